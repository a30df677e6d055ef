"""Files that are not valid notebooks, by name, with the expected message; and odd files that are readable."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.exercises.hostile_submissions.case import code_cell

__all__ = ["ODD", "UNREADABLE"]


def _cells(*cells: object, **more: object) -> bytes:
    return json.dumps(
        {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | more
    ).encode()


def _nested(opening: bytes, closing: bytes) -> bytes:
    return b'{"nbformat": 4, "metadata": {"x": ' + opening * 100_000 + b"1" + closing * 100_000 + b"}}"


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "blanks": (b" \r\n\t", "empty"),
    "a mark of order and no more": (b"\xef\xbb\xbf", "empty"),
    "zeros": (b"\0" * 1000, "is not JSON"),
    "words": (b"Voici mon devoir.", "is not JSON"),
    "cut off": (_cells(code_cell("x"))[:-20], "JSON, so"),
    "two notebooks in one": (_cells() * 2, "JSON, so"),
    "a page": (b"<!DOCTYPE html><title>Sign in</title>", "JSON, so"),
    "python": (b"{'cells': [], 'nbformat': 4}", "JSON, so"),
    "an archive": (b"PK\x03\x04\x14\x00\x08\xff\xfe", "not text in UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\xff", "not text in UTF-8"),
    "utf-16": (_cells().decode().encode("utf-16"), "not text in UTF-8"),
    "latin-1": ('{"é": 1}'.encode("latin-1"), "not text in UTF-8"),
    "half a character in bytes": (b'{"x": "\xed\xa0\xbd"}', "not text in UTF-8"),
    "a list": (b"[]", "not a notebook"),
    "a number": (b"7", "not a notebook"),
    "null": (b"null", "not a notebook"),
    "NaN": (b"NaN", "not a notebook"),
    "another object": (b'{"cells": []}', "not a notebook"),
    "format 2": (_cells(nbformat=2), "format 2"),
    "format 99": (_cells(nbformat=99), "format 99"),
    "format -4": (_cells(nbformat=-4), "format -4"),
    "a format of many digits": (_cells(nbformat=10**4000), "not a notebook"),
    "format 4.0": (_cells(nbformat=4.0), "not a notebook"),
    "format null": (_cells(nbformat=None), "not a notebook"),
    "format 3 without anything": (b'{"nbformat": 3}', "format 3"),
    "format 3 of numbers": (b'{"nbformat": 3, "worksheets": [7]}', "format 3"),
    "format 3 without cells": (b'{"nbformat": 3, "metadata": {}, "worksheets": []}', "no cells"),
    "no cells": (_cells(), "no cells"),
    "cells are an object": (_cells(cells={}), "damaged: cells"),
    "cells are null": (_cells(cells=None), "damaged: cells"),
    "a cell is null": (_cells(None), "damaged in cell 1"),
    "a cell is a list": (_cells(code_cell("x"), []), "damaged in cell 2"),
    "a cell of no kind": (_cells({"source": "", "metadata": {}}), "cell 1: cell_type"),
    "a cell of another kind": (_cells(code_cell("") | {"cell_type": "heading"}), "cell 1: cell_type"),
    "source is a number": (_cells(code_cell("") | {"source": 7}), "cell 1: source"),
    "source is null": (_cells(code_cell("") | {"source": None}), "cell 1: source"),
    "source is an object": (_cells(code_cell("") | {"source": {}}), "cell 1: source"),
    "source is a list of lists": (_cells(code_cell("") | {"source": [["x"]]}), "cell 1: source"),
    "no source": (_cells({"cell_type": "code", "metadata": {}}), "cell 1: source"),
    "metadata is text": (_cells(code_cell("", metadata="x")), "cell 1: metadata"),
    "the notebook's metadata is a list": (_cells(code_cell(""), metadata=[]), "damaged: metadata"),
    "none of an exercise": (_cells(code_cell("x = 1")), "none of an exercise"),
    "a hundred thousand cells": (_cells(*[code_cell("x")] * 100_000), "100000 cells"),
    "nested lists": (_nested(b"[", b"]"), "nested too deeply"),
    "nested objects": (_nested(b'{"a":', b"}"), "nested too deeply"),
    "a number of many digits": (b'{"nbformat": ' + b"4" * 5000 + b"}", "JSON, so"),
}


def _source(source: object) -> Callable[[dict, dict], None]:
    def change(c: dict, nb: dict) -> None:
        nb["cells"].append(code_cell("") | {"source": source})

    return change


def _ids(name: object) -> Callable[[dict, dict], None]:
    def change(_c: dict, nb: dict) -> None:
        for cell in nb["cells"]:
            cell["id"] = name

    return change


def _no_ids(_c: dict, nb: dict) -> None:
    for cell in nb["cells"]:
        cell.pop("id", None)
    nb["nbformat_minor"] = 2


def _outputs(c: dict, _nb: dict) -> None:
    # 30 MB, as a student who plots in a loop keeps them, and shapes that no kernel makes.
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 3_000_000}}
    c["total"]["outputs"] = [picture] * 10
    c["test-sum"]["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "2"}}, 7, None, []]


def _outputs_are_text(c: dict, _nb: dict) -> None:
    c["total"] |= {"outputs": "x", "execution_count": "x"}
    c["test-sum"] |= {"outputs": {"x": float("nan")}, "execution_count": -1.5}


def _many(_c: dict, nb: dict) -> None:
    text = {"cell_type": "markdown", "metadata": {}, "source": "."}
    nb["cells"] += [dict(text) for _ in range(2_000)]


def _minor(minor: object) -> Callable[[dict, dict], None]:
    def change(_c: dict, nb: dict) -> None:
        nb["nbformat_minor"] = minor

    return change


def _attachments(c: dict, nb: dict) -> None:
    text = {"cell_type": "markdown", "metadata": {}, "source": "![x](attachment:x)"}
    nb["cells"] += [text | {"attachments": {"x": 5}}, text | {"attachments": {"x": {"image/png": [1, {}]}}}]
    c["total"]["attachments"] = {"x": 5}


#: Each is a right answer, and keeps its points.
ODD: dict[str, Callable[[dict, dict], None]] = {
    "ids doubled": _ids("same"),
    "ids of 10,000 characters": _ids("x" * 10_000),
    "ids in another script": _ids("\u202e🎓 é"),
    "ids null": _ids(None),
    "ids empty": _ids(""),
    "no ids": _no_ids,
    "outputs kept": _outputs,
    "outputs are text": _outputs_are_text,
    "two thousand cells": _many,
    "source in lines": _source(["x = 1\n", "y = 2"]),
    "source of a megabyte": _source("x = 0" + " + 1" * 10 + "#" * 1_000_000),
    "source with zeros": _source("x = '\0'"),
    "source with every break": _source("x = 1\r\ny = 2\rz = 3\u2028\u2029\x0c\x1b[2J"),
    "source nested deeply": _source("x = " + "(" * 500 + ")" * 500),
    "source without a line": _source([]),
    "minor 99": _minor(99),
    "minor is text": _minor("x"),
    "minor is null": _minor(None),
    "attachments": _attachments,
}
