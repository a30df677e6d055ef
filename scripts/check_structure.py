"""Count constructs in the package's source that make it hard to read, and fail if there are any.

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
# Not checked: Alembic requires the names of these functions.
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
    """Return the places of each kind, by the sentence that describes the kind."""
    trees = {path: ast.parse(path.read_text()) for path in _modules()}
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
        *_modules(),
        *PACKAGE.glob("lab/src/**/*.ts"),
        *PACKAGE.glob("widgets/views/**/*.js"),
    ]
    counted = ((len(path.read_text().splitlines()), path) for path in sorted(sources))
    return [f"{_place(path)} {lines}" for lines, path in counted if lines > MOST_LINES]


def _modules() -> list[Path]:
    """Return the package's modules, without the migrations and the front end's npm packages."""
    left_out = (MIGRATIONS, PACKAGE / "lab")
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not any(map(path.is_relative_to, left_out))]


def _old() -> list[str]:
    """Return the modules that still have a name from `OLD_NAMES`."""
    names = set(OLD_NAMES.split())
    return [
        _place(path) for path in _modules() if path.relative_to(PACKAGE).with_suffix("").as_posix() in names
    ]


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


OLD_NAMES = """
cli/asked cli/bring cli/click_words cli/complete cli/moment cli/show desk/facts desk/page desk/pulse
desk/review desk/session desk/shown desk/words domain/answer domain/changes domain/closing domain/cohort
domain/entries domain/group domain/machine domain/opinion domain/path domain/record domain/trial domain/wish
durable exercises/answers exercises/arrivals exercises/author exercises/basis exercises/bench/__init__
exercises/bench/autograde exercises/bench/config exercises/bench/database exercises/bench/feedback
exercises/bench/gradebook exercises/bench/pipeline exercises/bench/private exercises/bench/probing
exercises/bench/question exercises/bench/release exercises/bench/rendering exercises/bench/reviewing
exercises/bench/warm exercises/check exercises/course exercises/declared exercises/difference
exercises/feedback exercises/gradebook exercises/graded exercises/grading exercises/intake exercises/leaks
exercises/literals exercises/notebook exercises/odds exercises/parts exercises/paths exercises/probe
exercises/recognition exercises/recompute exercises/rehearsal exercises/release exercises/replacing
exercises/results exercises/reviewed exercises/reviewing exercises/scores exercises/settle exercises/shown
exercises/soundness exercises/split exercises/variants exercises/veil exercises/visible exercises/workers
faults grammar journeys/__init__ journeys/asked journeys/bring journeys/catalogue journeys/check
journeys/closing journeys/cohort journeys/collect journeys/demo journeys/demo_cast journeys/desk
journeys/doctor journeys/exercises journeys/feedback journeys/found journeys/fresh journeys/gathering
journeys/given journeys/grade journeys/groups journeys/kernels journeys/lab journeys/live journeys/manual
journeys/observe journeys/outbox journeys/pages journeys/progress journeys/question journeys/recap
journeys/redrawn journeys/replay journeys/report journeys/review journeys/sessions journeys/shared_report
journeys/skill journeys/snapshots journeys/step journeys/students journeys/table journeys/watch
kernels/brokered kernels/ended kernels/execution kernels/inside/__init__ kernels/inside/child
kernels/inside/courtesy kernels/inside/direct kernels/inside/entry kernels/inside/keeper
kernels/inside/landlock kernels/inside/pages kernels/inside/protocol kernels/inside/seccomp
kernels/inside/server kernels/inside/syscalls kernels/inside/values kernels/inside/warm kernels/kernel
kernels/outputs kernels/processes kernels/ready kernels/servers kernels/shell kernels/sizes kernels/stamps
kernels/started kernels/stock kernels/values live/agreed live/app live/aside live/authorizer live/bridge
live/broker live/causes live/channels live/configuration live/contents live/context live/depth
live/discretion live/door live/environment live/errands live/fields live/front live/growth live/guard
live/guesses live/handlers live/handwriting live/identity live/inside live/invitations live/join
live/journal live/judging live/keeper live/kernels live/lineage live/page live/pen live/pictures
live/presence live/process live/recovery live/relay live/routes live/sandbox live/server live/settings
live/shared_map live/snapshots live/soundness live/speaker live/twin live/updates live/visitors live/whole
lock outbox record reports/block reports/brief reports/builder reports/charts reports/clean
reports/cohort_page reports/contract reports/door reports/engine reports/evidence reports/export
reports/exporter reports/failing reports/failure reports/icons reports/letter reports/lines reports/notebook
reports/page reports/path_map reports/pdf reports/placeholders reports/progress reports/prose reports/ready
reports/recap reports/replay reports/session_notebook reports/since reports/skill_lines reports/snapshot
reports/story reports/suggest reports/warmup resources store/cohort store/drafts store/feedback store/ledger
store/marks store/remarks store/reports store/tried widgets/actions widgets/asking widgets/called
widgets/checking widgets/exercise widgets/handin widgets/items widgets/prep widgets/static widgets/table
widgets/view
"""

if __name__ == "__main__":
    sys.exit(main())
