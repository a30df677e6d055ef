"""The rows of docs/upstream.md: for each canary, the code that depends on the behaviour it checks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parents[2] / "docs" / "upstream.md"


@dataclass(frozen=True)
class Row:
    """A behaviour of a dependency."""

    test: str
    package: str
    version: str
    place: str
    leans: str
    does: str

    @property
    def file(self) -> str:
        return f"test_{self.package.replace('-', '_')}.py"


@cache
def rows() -> tuple[Row, ...]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines
        if line.startswith("| `test_")
    ]
    return tuple(Row(cells[0].strip("`"), *cells[1:]) for cells in cells)
