"""Ways in which a student's kernel can damage the notebook in its folder."""

from __future__ import annotations

import json

__all__ = ["BEGIN", "GARBLED", "OLD"]

BEGIN = """
import os
def write(text):
    with open(name, "w") as file:
        file.write(text)
"""
"""What the code below begins with; ``name`` is the file's."""


def _with(**changed: object) -> str:
    whole = {"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    return f"write({json.dumps(whole | changed)!r})"


GARBLED = {
    "no JSON": "write('{')",
    "nothing": "write('')",
    "a list": "write('[]')",
    "large": "with open(name, 'wb') as file: file.truncate(100_000_000)",
    "Latin-1": "with open(name, 'wb') as file: file.write(b'{\"\\xe9\": 1}')",
    "deep": "write('[' * 100_000)",
    "deep in place": _with(metadata={"a": "DEEP"}).replace('"DEEP"', "' + '[' * 600 + ']' * 600 + '"),
    "cells that are none": _with(cells=7),
    "a cell that is none": _with(cells=[7]),
    "outputs that are none": _with(
        cells=[{"cell_type": "code", "source": "1", "metadata": {}, "outputs": [[1]]}]
    ),
    "a folder": "os.remove(name); os.mkdir(name); os.mkdir(name + '/mine')",
    "a link": "os.remove(name); os.symlink('/etc/hostname', name)",
    "a link to itself": "os.remove(name); os.symlink(name, name)",
    "a pipe": "os.remove(name); os.mkfifo(name)",
    "removed": "os.remove(name)",
}
"""Python, by what it makes."""

OLD = json.dumps(
    {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": [{"cell_type": "markdown", "metadata": {}, "source": "of old"}]}],
    }
)
"""A notebook as they were until 2015: it is taken."""
