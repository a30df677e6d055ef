"""Otter-grader for comparison: the same submissions, graded by its API in an environment of its own.

It runs only if ``MENTORING_OTTER`` names the Python of an environment with ``otter-grader``, ``ipykernel``,
numpy, pandas and matplotlib. It counts any output of a test as wrong, so points differ.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, run

from grading_course import ASSIGNMENTS, DATA

__all__ = ["otter"]

_SERVER = """
import json, os, sys
answers = os.fdopen(os.dup(1), "w")
nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(nowhere, 1), os.dup2(nowhere, 2)
from otter.api import grade_submission
for line in sys.stdin:
    results = grade_submission(*json.loads(line), quiet=True)
    answers.write(json.dumps([results.total, results.possible]) + "\\n")
    answers.flush()
"""


@contextmanager
def otter(name: str, folder: Path) -> Iterator[Callable[[bytes], tuple[float, float]] | None]:
    """Yield a grading process; it returns points and maximum points of a submission.

    Parameters
    ----------
    name : str
        Of the assignment.
    folder : Path
        An empty one, for its autograder and submissions.
    """
    python = os.environ.get("MENTORING_OTTER", "")
    if not python:
        yield None
        return
    autograder = _autograder(python, name, folder)
    path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])
    process = Popen(
        [python, "-c", _SERVER], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True,
        env={**os.environ, "PATH": path}, cwd=folder,
    )  # fmt: skip

    def graded(data: bytes) -> tuple[float, float]:
        asked, answered_by = process.stdin, process.stdout
        if asked is None or answered_by is None:
            raise RuntimeError("no pipes")
        submission = folder / f"{name}.ipynb"
        submission.write_bytes(data)
        asked.write(json.dumps([str(submission), str(autograder)]) + "\n")
        asked.flush()
        answer = answered_by.readline()
        if not answer:
            raise RuntimeError("otter-grader ended; try its Python by hand")
        points, most = json.loads(answer)
        return points, most

    try:
        yield graded
    finally:
        process.communicate()


def _autograder(python: str, name: str, folder: Path) -> Path:
    (folder / "tests").mkdir()
    for number, (_asked, _solution, _wrong, test) in enumerate(ASSIGNMENTS[name]):
        cases = [{"code": _as_doctest(test), "hidden": False, "locked": False}]
        suite = {"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        described = {"name": f"test-{number}", "points": number + 1, "suites": [suite]}
        (folder / "tests" / f"test-{number}.py").write_text(f"OK_FORMAT = True\n\ntest = {described!r}\n")
    for file, text in DATA.get(name, {}).items():
        (folder / file).write_text(text)
    path = folder / "autograder.zip"
    command = [python, "-m", "otter", "generate", "-t", "tests", "-o", str(path), *DATA.get(name, {})]
    run(command, cwd=folder, check=True, stdout=DEVNULL, stderr=DEVNULL)
    return path


def _as_doctest(source: str) -> str:
    lines: list[str] = []
    for statement in ast.parse(source).body:
        text = ast.unparse(statement)
        # A bare expression would display its value, and the doctest would compare it.
        first, *rest = (f"_ = {text}" if isinstance(statement, ast.Expr) else text).splitlines()
        lines += [f">>> {first}", *(f"... {line}" for line in rest)]
        if rest:
            lines.append("... ")
    return "\n".join(lines)
