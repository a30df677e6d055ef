"""Count in the package's source what makes it hard to read, and fail if anything is left.

python scripts/check_structure.py [--json]
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "toolkit"
MOST_LINES = 400
# Alembic calls them by these names, and reads nothing else.
MIGRATIONS = PACKAGE / "store" / "migrations"
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def main() -> int:
    """Print every count with its places; return 1 if one is not 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the places as JSON")
    as_json = parser.parse_args().json
    found = measure()
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        for what, places in found.items():
            print(f"{len(places):4}  {what}")
            for place in places:
                print(f"        {place}")
    return 1 if any(found.values()) else 0


def measure() -> dict[str, list[str]]:
    """Return the places of each kind, by the sentence that names the kind."""
    trees = {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}
    trees = {path: tree for path, tree in trees.items() if not path.is_relative_to(MIGRATIONS)}
    undocumented, without_parameters = [], []
    classes: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees.items():
        if not ast.get_docstring(tree) and tree.body:
            undocumented.append(_place(path))
        for name, node, is_method in _public(tree):
            text = ast.get_docstring(node) or ""
            if not text:
                undocumented.append(f"{_place(path)}:{node.lineno} {name}")
            if isinstance(node, ast.ClassDef):
                if not is_method:
                    classes[name].append(f"{_place(path)}:{node.lineno}")
            elif _arguments(node, is_method=is_method) >= 2 and "Parameters\n" not in text:
                without_parameters.append(f"{_place(path)}:{node.lineno} {name}")
    return {
        f"files over {MOST_LINES} lines": _long(),
        "public names without a docstring": undocumented,
        "public functions and methods with two or more arguments and no `Parameters`": without_parameters,
        "public class names used twice": [
            f"{name}: {', '.join(places)}" for name, places in sorted(classes.items()) if len(places) > 1
        ],
        "modules of the old names": _old(),
    }


def _public(tree: ast.Module) -> Iterator[tuple[str, Definition, bool]]:
    """Yield the public classes and functions of a module and the public methods of its classes."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node.name, node, False
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    if (
                        isinstance(part, Definition)
                        and not part.name.startswith("_")
                        and not _overloaded(part)
                    ):
                        yield f"{node.name}.{part.name}", part, True


def _overloaded(node: Definition) -> bool:
    names = {ast.unparse(decorator) for decorator in node.decorator_list}
    return bool(names & {"overload", "override"}) or any(name.endswith(".setter") for name in names)


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef, *, is_method: bool) -> int:
    """Return the number of arguments that a caller passes."""
    given = [
        *node.args.posonlyargs,
        *node.args.args,
        *node.args.kwonlyargs,
        node.args.vararg,
        node.args.kwarg,
    ]
    bound = is_method and not any("staticmethod" in ast.unparse(one) for one in node.decorator_list)
    return sum(one is not None for one in given) - bound


def _long() -> list[str]:
    sources = [
        *PACKAGE.rglob("*.py"),
        *PACKAGE.glob("lab/src/**/*.ts"),
        *PACKAGE.glob("widgets/views/**/*.js"),
    ]
    counted = ((len(path.read_text().splitlines()), path) for path in sorted(sources))
    return [f"{_place(path)} {lines}" for lines, path in counted if lines > MOST_LINES]


def _old() -> list[str]:
    """Return the modules that still have a name of `OLD_NAMES`."""
    names = set(OLD_NAMES.split())
    known = [path for path in sorted(PACKAGE.rglob("*.py")) if not path.is_relative_to(MIGRATIONS)]
    return [_place(path) for path in known if path.relative_to(PACKAGE).with_suffix("").as_posix() in names]


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


OLD_NAMES = """
"""

if __name__ == "__main__":
    sys.exit(main())
