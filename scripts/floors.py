"""Compare the versions that uv resolved as the lowest with the floors that pyproject.toml declares.

Takes the file that ``uv pip compile --resolution lowest-direct`` wrote. Exits with 1 if a version is
above its floor: another distribution requires more, so the floor is never installed, and never tested.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def normal(name: str) -> str:
    """Return the name of a distribution as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def floors(project: dict[str, object], extras: tuple[str, ...]) -> dict[str, Version]:
    """Return the highest floor of each distribution that is declared with one.

    Parameters
    ----------
    project : dict
        The table ``project`` of pyproject.toml.
    extras : tuple of str
        The extras that are counted, besides the dependencies.
    """
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    found: dict[str, Version] = {}
    for requirement in map(Requirement, lines):
        for clause in requirement.specifier:
            if clause.operator in {">=", "=="}:
                name, version = normal(requirement.name), Version(clause.version)
                found[name] = max(version, found.get(name, version))
    return found


def main() -> int:
    """Compare, and name each floor that is too low."""
    pins = re.findall(r"^([\w.-]+)==([^\s;\\]+)", Path(sys.argv[1]).read_text(encoding="utf-8"), re.MULTILINE)
    lowest = {normal(name): Version(version) for name, version in pins}
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    declared = floors(project, ("grading", "reports", "live", "test"))
    wrong = [
        f"{name}>={floor}: another distribution asks for {lowest[name]}"
        for name, floor in sorted(declared.items())
        if name in lowest and lowest[name] != floor
    ]
    print("\n".join(wrong) or f"{len(declared)} floors, each of them installed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
