"""Notebooks with manipulated cells around a wrong answer: none of them gets a point.

Each takes the cells by their ``grade_id`` and the notebook, and changes them in place.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

from tests.exercises.hostile_submissions.case import code_cell

__all__ = ["METADATA", "TINKERED"]

Cells = dict[str, dict]
TESTS = ("test-sum", "test-empty")


def _points(value: object) -> Callable[[Cells, dict], None]:
    def change(c: Cells, _nb: dict) -> None:
        for name in TESTS:
            c[name]["metadata"]["nbgrader"]["points"] = value

    return change


def _marks(**marks: object) -> Callable[[Cells, dict], None]:
    def change(c: Cells, _nb: dict) -> None:
        for name in TESTS:
            c[name]["metadata"]["nbgrader"] |= marks

    return change


def _instead(marks: object) -> Callable[[Cells, dict], None]:
    def change(c: Cells, _nb: dict) -> None:
        for name in TESTS:
            c[name]["metadata"]["nbgrader"] = marks

    return change


def _kind(kind: str) -> Callable[[Cells, dict], None]:
    def change(c: Cells, _nb: dict) -> None:
        for name in TESTS:
            c[name]["cell_type"] = kind
            del c[name]["outputs"], c[name]["execution_count"]

    return change


def _answer_is_text(c: Cells, _nb: dict) -> None:
    c["total"] |= {"cell_type": "markdown"}
    del c["total"]["outputs"], c["total"]["execution_count"]


def _emptied(c: Cells, _nb: dict) -> None:
    for name in TESTS:
        c[name]["source"] = "pass"


def _edited(c: Cells, _nb: dict) -> None:
    c["test-sum"]["source"] = "assert True\n" + c["test-sum"]["source"].replace("== 3", "!= 3")


def _doubled(c: Cells, nb: dict) -> None:
    nb["cells"].append(copy.deepcopy(c["test-sum"]) | {"source": "pass"})
    nb["cells"].insert(0, copy.deepcopy(c["test-empty"]) | {"source": "pass"})


def _hundredfold(c: Cells, nb: dict) -> None:
    nb["cells"] += [copy.deepcopy(c["test-sum"]) for _ in range(100)]


def _deleted(c: Cells, nb: dict) -> None:
    nb["cells"] = [cell for cell in nb["cells"] if cell not in [c[name] for name in TESTS]]


def _swapped(c: Cells, _nb: dict) -> None:
    one, other = c["total"]["metadata"], c["test-sum"]["metadata"]
    one["nbgrader"], other["nbgrader"] = other["nbgrader"], one["nbgrader"]


def _foreign(name: object) -> Callable[[Cells, dict], None]:
    def change(c: Cells, _nb: dict) -> None:
        for test in TESTS:
            c[test]["metadata"]["nbgrader"]["grade_id"] = name

    return change


def _invented(_c: Cells, nb: dict) -> None:
    marks = {"grade": True, "grade_id": "bonus", "locked": True, "points": 100, "solution": False}
    nb["cells"].append(code_cell("pass", metadata={"nbgrader": marks | {"schema_version": 3, "task": False}}))


def _reversed(_c: Cells, nb: dict) -> None:
    nb["cells"].reverse()


def _untested(c: Cells, nb: dict) -> None:
    nb["cells"].insert(0, code_cell("%%script true\n"))
    c["test-sum"]["source"] = "%%script true\n" + c["test-sum"]["source"]


def _tags(tags: object) -> Callable[[Cells, dict], None]:
    def change(c: Cells, nb: dict) -> None:
        nb["cells"].append(code_cell("x = 1", metadata={"tags": tags}))
        for cell in nb["cells"]:
            cell["metadata"]["tags"] = tags

    return change


#: By name: what is done, and a piece of what is said about it.
TINKERED: dict[str, tuple[Callable[[Cells, dict], None], str]] = {
    "a hundred points": (_points(100), "marks of cells"),
    "points that are text": (_points("2 / 0"), "marks of cells"),
    "points without end": (_points(1e308), "marks of cells"),
    "grade: false": (_marks(grade=False), "marks of cells"),
    "solution: true": (_marks(solution=True, locked=False), "marks of cells"),
    "task: true": (_marks(task=True, grade=False), "marks of cells"),
    "another schema": (_marks(schema_version=99), "marks of cells"),
    "another checksum": (_marks(checksum="0" * 32), "marks of cells"),
    "marks are a list": (_instead([]), "put back"),
    "marks are text": (_instead("x"), "put back"),
    "marks are null": (_instead(None), "put back"),
    "no marks": (_instead({}), "put back"),
    "tests are text": (_kind("markdown"), "marks of cells"),
    "the answer is text": (_answer_is_text, "mark of a cell"),
    "tests emptied": (_emptied, "locked cells had been changed"),
    "a test edited": (_edited, "locked cell had been changed"),
    "a test doubled": (_doubled, "2 cells were there twice"),
    "a test a hundred times": (_hundredfold, "100 cells were there twice"),
    "tests deleted": (_deleted, "2 cells of the exercise were missing"),
    "names swapped": (_swapped, "changed"),
    "a foreign name": (_foreign("stranger"), "put back"),
    "a name of another exercise": (_foreign("test-words"), "put back"),
    "a name that is a path": (_foreign("../../total"), "put back"),
    "a name of 10,000 characters": (_foreign("x" * 10_000), "put back"),
    "a name in another script": (_foreign("тест-🎓-\u202ex"), "put back"),
    "a name that is a number": (_foreign(7), "put back"),
    "a name that is a list": (_foreign(["test-sum"]), "put back"),
    "a test of one's own": (_invented, "mark of a cell"),
    "backwards": (_reversed, "mark of a cell"),
    "tests given to a magic": (_untested, "locked cell had been changed"),
    "left out by a tag": (_tags(["skip-execution"]), "marks of cells"),
    "may raise, by a tag": (_tags(["raises-exception"]), "marks of cells"),
}

#: What else may stand where a program put it that has nothing to do with us: it costs nothing.
METADATA: dict[str, tuple[dict, dict]] = {
    # by name: what is in every cell, what is in the notebook
    "tags are a number": ({"tags": 5}, {}),
    "tags are text": ({"tags": "lang-fr skip-execution"}, {}),
    "tags are an object": ({"tags": {"lang-fr": 1}}, {}),
    "tags are lists": ({"tags": [["lang-fr"], {}, None, 7]}, {}),
    "tags are null": ({"tags": None}, {}),
    "tags twice and empty": ({"tags": ["", "a", "a", "b,c"]}, {}),
    "what the schema has otherwise": (
        {
            "collapsed": "x",
            "scrolled": 7,
            "name": "",
            "format": 3,
            "jupyter": 5,
            "execution": [],
            "deletable": 0,
        },
        {"title": 7, "authors": "x", "orig_nbformat": "x"},
    ),
    "a stamp that is a list": ({"mentoring": []}, {"mentoring": []}),
    "a stamp of numbers": ({"mentoring": {"exercise": 7}}, {"mentoring": {"student": 7, "kind": []}}),
    "a kernel that is a list": ({}, {"kernelspec": [], "language_info": 7}),
    "a kernel without a name": ({}, {"kernelspec": {"name": {}}, "language_info": {}}),
    "widgets that are text": ({}, {"widgets": "x", "toc": None, "celltoolbar": 3}),
    "nbgrader for the notebook": ({}, {"nbgrader": 3, "celltoolbar": "Create Assignment"}),
    "somebody's papermill": ({"papermill": 3, "vscode": {}}, {"papermill": "x"}),
    "an editor's": ({"id": 7, "": "", "\u202e": "\x00"}, {"\U0001f393": {"\u0301": None}}),
}
