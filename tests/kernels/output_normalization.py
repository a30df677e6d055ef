"""Remove what differs between two runs of the same code: addresses, process ids, times, random names."""

from __future__ import annotations

import base64
import io
import re
from itertools import groupby
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from PIL import Image

CHANGES = [
    (re.compile(r"\b0x[0-9a-f]{6,}\b"), "0x?"),
    (re.compile(r"ipykernel_\d+[/\\]\d+\.py"), "ipykernel_?/?.py"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "?id?"),
    # %timeit and %%time
    (re.compile(r"\d+(\.\d+)? (ns|[μµ]s|us|ms|s)( ± \d+(\.\d+)? (ns|[μµ]s|us|ms|s))?\b"), "? s"),
    (re.compile(r"^CPU times: .*$", re.MULTILINE), "CPU times: ?"),
    # Where `~` is depends on whose home it is.
    (re.compile(rf"{re.escape(str(Path.home()))}/"), "~/"),
    # matplotlib's SVG
    (re.compile(r"<dc:date>[^<]*</dc:date>"), "<dc:date>?</dc:date>"),
    (re.compile(r'(?<=["#])[a-z][0-9a-f]{10}\b'), "?id?"),
]


def plain(value: Any, folder: Path | str | None = None) -> Any:
    """Outputs as plain data, without the parts that may differ; PNGs as their pixels."""
    if isinstance(value, str):
        for pattern, instead in CHANGES:
            value = pattern.sub(instead, value)
        return value.replace(str(folder), "/workspace") if folder else value
    if isinstance(value, dict):
        return {
            key: pixels(item) if key == "image/png" and isinstance(item, str) else plain(item, folder)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [plain(item, folder) for item in value]
    return value


def pixels(encoded: str) -> tuple[str, tuple[int, int], bytes]:
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        return image.mode, image.size, image.tobytes()


def outputs(found: list[NotebookNode], folder: Path | str | None = None) -> list[Any]:
    """The outputs of a cell; neighbouring outputs of one stream are joined, because flushes are random."""
    merged: list[dict[str, Any]] = []
    for output in found:
        if (
            output.output_type == "stream"
            and merged
            and (merged[-1]["output_type"], merged[-1].get("name")) == ("stream", output.name)
        ):
            merged[-1]["text"] += output.text
        else:
            merged.append(dict(output))
            if output.output_type == "error":
                # How many frames a recursion has depends on how deep the cell itself is called.
                merged[-1]["traceback"] = [line for line, _same in groupby(output.traceback)]
    result: list[Any] = plain(merged, folder)
    return result


def differences(sources: list[str], left: list[list[Any]], right: list[list[Any]]) -> str:
    """Every cell whose outputs differ, with both sides; empty if all are equal."""
    said = [
        f"--- cell {number}\n{source}\n<<< {_short(a)}\n>>> {_short(b)}"
        for number, (source, a, b) in enumerate(zip(sources, left, right, strict=True), start=1)
        if a != b
    ]
    return "\n".join(said)


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) < 1500 else f"{said[:700]} ... {said[-700:]}"
