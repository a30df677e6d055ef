"""Agreement: plain Python against `mentor check`, `mentor grade` and the panel, by kinds of test and answer.

Plain Python (a stock IPython shell that runs the answer and then the test) decides which answers are right. A
deceit is a wrong answer that may well pass a plain test. The table of kinds is in
``tests/exercises/grading/agreement_cases.py``, the deceits are in ``deceits.py`` beside it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1]))

import nbformat
from kernels import own_servers
from measure import Report, main
from nbformat.v4 import new_code_cell, new_notebook

from tests.exercises.grading.agreement_cases import KINDS, Kind
from tests.exercises.grading.deceits import DECEITS
from toolkit.exercises import (
    Course,
    GradingJob,
    GradingResult,
    WorkerPool,
    grade_jobs,
    init_course,
    insert_answers,
    parse_submission,
    release_exercise,
    student_copy,
)
from toolkit.exercises.grading.visible_tests import try_visible_tests

_POINTS = 3
_QUICK_EVERY = 12
WHEN = datetime(2026, 3, 2, 9, tzinfo=UTC)

# Run answers and tests one by one, each in a fork of a warm shell: 1 if the test gives all points.
PLAIN = """
import contextlib, io, json, os, sys, tempfile
from IPython.core.interactiveshell import InteractiveShell
if sys.argv[1] == "panel":
    from toolkit.domain.record_entries import TestEntry
    from toolkit.widgets.visible_test_run import run_tests
for line in sys.stdin:
    answer, test, points = json.loads(line)
    pid = os.fork()
    if not pid:
        good = False
        with contextlib.suppress(BaseException):
            os.chdir(tempfile.mkdtemp())
            shell = InteractiveShell.instance()
            shell.history_manager.enabled = False
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                shell.run_cell(answer, store_history=True)
                if sys.argv[1] == "panel":
                    entry = TestEntry(name="t", source=test, points=points)
                    good = run_tests([entry], shell.user_ns)[0].outcome == "passed"
                else:
                    ran = shell.run_cell(test, store_history=True)
                    number = isinstance(ran.result, (int, float)) and not isinstance(ran.result, bool)
                    good = ran.success and not (number and ran.result < points)
        os._exit(0 if good else 1)
    print(int(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0), flush=True)
"""


@dataclass
class Case:
    """One answer to one kind of test, and the judges that accept it."""

    kind: Kind
    sort: str
    answer: str
    label: str
    plain: bool = False
    panel: bool = False
    checked: bool = False
    graded: bool = False


def agreement(report: Report) -> None:
    """Let each judge decide every answer."""
    cases = list(_cases(quick=report.quick))
    for judge in ("plain", "panel"):
        with judging(judge) as ask:
            for case in cases:
                setattr(case, judge, ask(case))
    with tempfile.TemporaryDirectory() as folder, WorkerPool(2) as workers:
        course = _course(Path(folder), {case.kind.name: case.kind for case in cases}, workers)
        _grade(course, cases, workers)
        for case in cases:
            case.checked = _check(course, case)
    _tell(report, cases)


def _cases(*, quick: bool) -> Iterator[Case]:
    for number, kind in enumerate(KINDS):
        if quick and number % _QUICK_EVERY:
            continue
        for sort, answers in (("right", (kind.solution, *kind.right)), ("wrong", kind.wrong)):
            for place, answer in enumerate(answers):
                yield Case(kind, sort, answer, f"{sort} {place + 1}")
        for label, answer in DECEITS.items() if kind.general else ():
            yield Case(kind, "deceit", answer, label)


@contextmanager
def judging(judge: str) -> Iterator[Callable[[Case], bool]]:
    """Yield a function that runs an answer in a plain shell, or with the panel's code."""
    with subprocess.Popen(
        [sys.executable, "-c", PLAIN, judge], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipe")
        told, asked = process.stdout, process.stdin

        def ask(case: Case) -> bool:
            asked.write(json.dumps([case.answer, case.kind.test, _POINTS]) + "\n")
            asked.flush()
            return told.readline().strip() == "1"

        yield ask
        asked.close()


def _name(kind: Kind) -> str:
    return re.sub(r"[^a-z0-9]+", "-", kind.name.lower()).strip("-")


def _course(root: Path, kinds: dict[str, Kind], workers: WorkerPool) -> Course:
    course = Course(root)
    init_course(root)
    for kind in kinds.values():
        name = _name(kind)
        solution = f"### BEGIN SOLUTION\n{kind.solution}\n### END SOLUTION"
        cells = [_cell(solution, "answer", 0), _cell(kind.test, "test", _POINTS)]
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = root / "source" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
        release_exercise(course, name, executor=workers)
    return course


def _cell(source: str, name: str, points: int) -> nbformat.NotebookNode:
    kind = {"grade": points > 0, "solution": not points, "locked": points > 0, "task": False}
    nbgrader = {"grade_id": name, "schema_version": 3, **kind, **({"points": points} if points else {})}
    return new_code_cell(source, metadata={"nbgrader": nbgrader})


def _submission(course: Course, case: Case) -> bytes:
    name = _name(case.kind)
    return insert_answers(student_copy(course, name, "en", "ada"), {"answer": case.answer})


def _grade(course: Course, cases: list[Case], workers: WorkerPool) -> None:
    jobs = [
        GradingJob("ada", "Ada", _name(case.kind), _submission(course, case), WHEN, number)
        for number, case in enumerate(cases)
    ]
    for job, result in grade_jobs(course, jobs, executor=workers):
        if isinstance(result, GradingResult):
            cases[job.attempt_id or 0].graded = result.outcome.solved


def _check(course: Course, case: Case) -> bool:
    submission = parse_submission(_submission(course, case))
    return all(one.passed for one in try_visible_tests(course, _name(case.kind), submission))


def _tell(report: Report, cases: list[Case]) -> None:
    rows = []
    for name in dict.fromkeys(case.kind.name for case in cases):
        mine = [case for case in cases if case.kind.name == name]
        count = Counter(case.sort for case in mine)
        won = sum(case.graded for case in mine if case.sort == "deceit")
        differ = sum(not _agree(case) for case in mine)
        rows.append([name, count["right"], count["wrong"], count["deceit"], differ, won])
    report.table(
        "Answers by kind of test",
        ["", "right", "wrong", "deceitful", "judges differ", "deceits won"],
        rows,
    )
    for case in cases:
        if not _agree(case) or (case.sort == "deceit" and case.graded):
            report.say(
                f"  {case.kind.name}, {case.label}: plain {case.plain}, check {case.checked}, "
                f"grade {case.graded}, panel {case.panel}"
            )
    honest = [case for case in cases if case.sort != "deceit"]
    deceits = [case for case in cases if case.sort == "deceit"]
    judged = [(case, judge) for case in honest for judge in (case.checked, case.graded, case.panel)]
    report.hold("pairs of test and answer", float(len(cases)), least=30.0 if report.quick else 200.0)
    report.hold("right answers lost", float(sum(case.plain and not good for case, good in judged)), most=0.0)
    report.hold(
        "wrong answers passed", float(sum(good and not case.plain for case, good in judged)), most=0.0
    )
    report.hold(
        "table that plain Python contradicts",
        float(sum(case.plain is not (case.sort == "right") for case in honest)),
        most=0.0,
    )
    report.hold(
        "deceits won in tests of which no one is warned",
        float(sum(case.graded for case in deceits if not case.kind.guarded)),
        most=0.0,
    )
    report.hold(
        "deceits on which check and grade differ",
        float(sum(case.checked is not case.graded for case in deceits)),
        most=0.0,
    )
    believed = sum(case.plain for case in deceits)
    report.say(f"  of {len(deceits)} deceits plain Python believes {believed}")


def _agree(case: Case) -> bool:
    if case.sort == "deceit":
        return case.checked is case.graded
    return case.plain is case.checked is case.graded is case.panel


if __name__ == "__main__":
    with own_servers():
        code = main("agreement", {"agreement": agreement})
    sys.exit(code)
