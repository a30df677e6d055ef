"""Grading: stock nbgrader against ours, each in its sandbox; the same submissions, alternately.

Stock is nbgrader's own API in a long-lived process, with the stock kernel. Ours is the work of `mentor grade`
on each submission: grading and recording. Both write the gradebook and nbgrader's folders as the formgrader
expects them. For comparison there are the floor (the graded notebook's code in a fork of a warm interpreter)
and otter-grader by its API, if ``MENTORING_OTTER`` names a Python that has it (see `otter_grader`).
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

from grading_course import ASSIGNMENTS, DATA, answers, write_source
from interpreter_floor import floor
from kernels import own_servers
from measure import Report, Series, interleaved, main
from otter_grader import otter

from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.people import Student
from toolkit.exercises import (
    Course,
    GradingJob,
    GradingResult,
    WorkerPool,
    compute_grading_fingerprint,
    grade_jobs,
    init_course,
    insert_answers,
    preload_worker,
    record_result,
    release_exercise,
    render_feedback,
    student_copy,
)
from toolkit.exercises.course.notebook import grade_id, is_test, upgrade_notebook
from toolkit.practice import Practice
from toolkit.services.grading import grading_batch as service
from toolkit.services.practice import create_practice

WHEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = Student("ada", "Ada Byron", WHEN)
BARS = {"text": 13.0, "numpy": 13.0, "plots": 6.0}
WARM = {
    "text": "",
    "numpy": "import numpy, pandas",
    "plots": "import numpy, pandas, matplotlib.pyplot",
}

# nbgrader itself in a separate long-lived process, which reads one command per line.
STOCK = """
import json, logging, os, sys
answers = os.fdopen(os.dup(1), "w")
nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(nowhere, 1), os.dup2(nowhere, 2)
from nbgrader.apps.api import NbGraderAPI
from traitlets.config import PyFileConfigLoader
config = PyFileConfigLoader("nbgrader_config.py", path=sys.argv[1]).load_config()
config.CourseDirectory.root = sys.argv[1]
os.chdir(sys.argv[1])
api = NbGraderAPI(config=config)
for line in sys.stdin:
    name, arguments = json.loads(line)
    done = getattr(api, name)(*arguments, force=True)
    answers.write(json.dumps({key: done.get(key) for key in ("success", "error", "log")}) + "\\n")
    answers.flush()
"""


class Stock:
    """One process of stock nbgrader."""

    def __init__(self, root: Path) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self._process = Popen(
            [sys.executable, "-c", STOCK, str(root)],
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            text=True,
            env={**os.environ, "PATH": path},
        )

    def __call__(self, what: str, *arguments: str) -> None:
        """Call nbgrader's API."""
        asked, answered_by = self._process.stdin, self._process.stdout
        if asked is None or answered_by is None:
            raise RuntimeError("no pipes")
        asked.write(json.dumps([what, arguments]) + "\n")
        asked.flush()
        done = json.loads(answered_by.readline())
        if not done["success"]:
            raise RuntimeError(f"stock nbgrader: {done['error'] or done['log']}")

    def close(self) -> None:
        """End it."""
        self._process.communicate()


@dataclass(frozen=True)
class Courses:
    """The same course twice: one for stock, one for ours."""

    stock: Path
    ours: Course

    def job(self, name: str, number: int) -> GradingJob:
        """Return a submission; a copy is in the folder where stock looks for it."""
        student = f"s{number:04}"
        copy = student_copy(self.ours, name, "en", student)
        data = insert_answers(copy, answers(name, number))
        folder = self.stock / "submitted" / student / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.ipynb").write_bytes(data)
        return GradingJob(student, f"Student {number}", name, data, WHEN + timedelta(minutes=number))

    def autograded(self, root: Path, job: GradingJob) -> dict[str, Any]:
        """Return a graded notebook."""
        path = root / "autograded" / job.student_id / job.exercise / f"{job.exercise}.ipynb"
        return upgrade_notebook(json.loads(path.read_text()))


@contextmanager
def _courses(workers: WorkerPool) -> Iterator[Courses]:
    with tempfile.TemporaryDirectory(prefix="mentoring-bench-") as folder:
        theirs, ours = Path(folder) / "stock", Path(folder) / "ours"
        init_course(ours)
        for root in (theirs, ours):
            for name in ASSIGNMENTS:
                write_source(root, name)
        # The same stubs, so that the same cells count as answered; the kernels are compared.
        config = (ours / "nbgrader_config.py").read_text()
        (theirs / "nbgrader_config.py").write_text(config.replace('"mentoring"', '"python3"'))
        course = Course(ours)
        stock = Stock(theirs)
        for name in ASSIGNMENTS:
            stock("generate_assignment", name)
            release_exercise(course, name, executor=workers)
        stock.close()
        yield Courses(theirs, course)


def serial(report: Report) -> None:
    """One submission after another: time, scores and outputs."""
    rounds = 4 if report.quick else 40
    with WorkerPool(1) as workers, _courses(workers) as courses, ExitStack() as stack:
        stock = Stock(courses.stock)
        stack.callback(stock.close)
        for name in ASSIGNMENTS:
            _serial(report, courses, workers, stock, name, rounds)


def _serial(
    report: Report, courses: Courses, workers: WorkerPool, stock: Stock, name: str, rounds: int
) -> None:
    jobs = [courses.job(name, number) for number in range(rounds + 1)]
    turn = dict.fromkeys(("stock", "ours", "floor", "otter"), -1)
    with (
        tempfile.TemporaryDirectory() as cwd,
        tempfile.TemporaryDirectory() as elsewhere,
        floor(WARM[name]) as plain,
        otter(name, Path(elsewhere)) as by_otter,
    ):
        for file, text in DATA.get(name, {}).items():
            (Path(cwd) / file).write_text(text)

        def next_job(arm: str) -> GradingJob:
            turn[arm] += 1
            return jobs[turn[arm]]

        def by_stock() -> float:
            job = next_job("stock")
            return seconds(partial(stock, "autograde", job.exercise, job.student_id))

        def by_ours() -> float:
            job = next_job("ours")
            return seconds(partial(_grade_and_record, courses.ours, [job], workers))

        def by_exec() -> float:
            cells = json.loads(next_job("floor").data)["cells"]
            sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
            return seconds(partial(plain, sources, Path(cwd)))

        arms: dict[str, Callable[[], float]] = {
            "nbgrader autograde": by_stock,
            "ours, sandboxed": by_ours,
            "fork and exec": by_exec,
        }
        if by_otter is not None:
            arms["otter-grader"] = lambda: seconds(partial(by_otter, next_job("otter").data))
        times = interleaved(arms, rounds)
    title = f"Grade a submission: {name} (autograde and gradebook)"
    series = [Series.of_seconds(arm, seconds) for arm, seconds in times.items()]
    ratios = report.compare(title, series, "ours, sandboxed", floor="fork and exec")
    ratio = ratios["nbgrader autograde"]
    report.hold(f"serial, {name}: stock against ours", ratio, least=BARS[name], unit="x")
    _same(report, courses, name, jobs)


def _same(report: Report, courses: Courses, name: str, jobs: Sequence[GradingJob]) -> None:
    """Compare scores and outputs of both gradebooks."""
    scores = outputs = 0
    listed: dict[str, int] = {}
    for job in jobs:
        theirs, ours = (_scores(root, job) for root in (courses.stock, courses.ours.root))
        if theirs != ours:
            scores += 1
            report.say(f"  {job.student_id}: {theirs} != {ours}")
        pairs = zip(
            courses.autograded(courses.stock, job)["cells"],
            courses.autograded(courses.ours.root, job)["cells"],
            strict=True,
        )
        for left, right in pairs:
            if _shown(left) == _shown(right):
                continue
            if is_test(left) and _failed(left) and _failed(right):
                # Split tests have their own wording for expected and actual; the failure is the same.
                listed[grade_id(left)] = listed.get(grade_id(left), 0) + 1
                continue
            outputs += 1
            report.say(f"  {job.student_id} {grade_id(left)}: {_shown(left)} != {_shown(right)}"[:600])
    for cell, count in listed.items():
        report.say(f"  (the failure of {cell} is said in other words, {count} times)")
    report.hold(f"{name}: submissions of {len(jobs)} whose scores differ", scores, most=0)
    report.hold(f"{name}: cells whose outputs differ beyond the list", outputs, most=0)


def _scores(root: Path, job: GradingJob) -> dict[str, tuple[float | None, ...]]:
    query = """
        SELECT c.name, g.auto_score, g.manual_score, g.needs_manual_grade FROM grade g
        JOIN base_cell c ON c.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id
        JOIN submitted_assignment s ON s.id = n.assignment_id JOIN assignment a ON a.id = s.assignment_id
        WHERE s.student_id = ? AND a.name = ?
    """
    with closing(sqlite3.connect(root / "gradebook.db")) as db:
        return {name: tuple(rest) for name, *rest in db.execute(query, (job.student_id, job.exercise))}


def _shown(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a cell's outputs; chunks of a stream are joined, and a traceback is reduced to its last line."""
    merged: list[dict[str, Any]] = []
    for output in cell.get("outputs", []):
        one = {key: value for key, value in output.items() if key != "metadata"}
        if "text" in one:
            one["text"] = "".join(one["text"])
        if "data" in one:
            one["data"] = {mime: "".join(value) for mime, value in one["data"].items()}
        if "traceback" in one:
            one["traceback"] = one["traceback"][-1:]
        if merged and one["output_type"] == "stream" and merged[-1].get("name") == one["name"]:
            merged[-1]["text"] += one["text"]
        else:
            merged.append(one)
    return merged


def _failed(cell: dict[str, Any]) -> bool:
    return any(output["output_type"] == "error" for output in cell.get("outputs", []))


def _grade_and_record(course: Course, jobs: Sequence[GradingJob], workers: WorkerPool) -> None:
    for job, graded in grade_jobs(course, jobs, executor=workers):
        if not isinstance(graded, GradingResult):
            raise graded
        record_result(course, job, graded, executor=workers)


def parallel(report: Report) -> None:
    """Two workers against two processes of stock, a batch at a time."""
    rounds, size = (2, 4) if report.quick else (10, 8)
    with WorkerPool(2) as workers, _courses(workers) as courses, ExitStack() as stack:
        stocks = [Stock(courses.stock) for _ in range(2)]
        for stock in stocks:
            stack.callback(stock.close)
        threads = stack.enter_context(ThreadPoolExecutor(2))
        # A pool starts its second process when the first is busy: start both before the measurement.
        list(threads.map(preload_worker, [workers, workers]))
        for name in ASSIGNMENTS:
            jobs = [courses.job(name, number) for number in range(size * (rounds + 1))]
            batches = [jobs[start : start + size] for start in range(0, len(jobs), size)]
            _parallel(report, courses, workers, partial(_shared, threads, stocks), batches)


def _shared(threads: ThreadPoolExecutor, stocks: Sequence[Stock], batch: Sequence[GradingJob]) -> None:
    def share(number: int) -> None:
        for job in batch[number :: len(stocks)]:
            stocks[number]("autograde", job.exercise, job.student_id)

    list(threads.map(share, range(len(stocks))))


def _parallel(
    report: Report,
    courses: Courses,
    workers: WorkerPool,
    stock: Callable[[Sequence[GradingJob]], None],
    batches: Sequence[Sequence[GradingJob]],
) -> None:
    size, name = len(batches[0]), batches[0][0].exercise
    theirs, ours = iter(batches), iter(batches)
    arms = {
        "nbgrader, 2 processes": lambda: seconds(partial(stock, next(theirs))) / size,
        "ours, 2 workers": lambda: (
            seconds(partial(_grade_and_record, courses.ours, next(ours), workers)) / size
        ),
    }
    times = interleaved(arms, len(batches) - 1)
    series = [Series.of_seconds(arm, seconds) for arm, seconds in times.items()]
    title = f"Grade in batches of {size}, two at a time, a submission: {name}"
    ratio = report.compare(title, series, "ours, 2 workers")["nbgrader, 2 processes"]
    # The time of drawing is matplotlib's, so the bar is for code that does not mostly draw.
    least = 9.0 if name != "plots" else None
    report.hold(f"2 workers, {name}: stock against ours", ratio, least=least, unit="x")


def feedback(report: Report) -> None:
    """One submission: graded, recorded, and its page written."""
    rounds = 4 if report.quick else 40
    with WorkerPool(1) as workers, _courses(workers) as courses, ExitStack() as stack:
        stock = Stock(courses.stock)
        stack.callback(stock.close)
        jobs = [courses.job("text", number) for number in range(rounds + 1)]
        turn = {"stock": iter(jobs), "ours": iter(jobs)}

        def by_stock() -> float:
            job = next(turn["stock"])
            began = time.perf_counter()
            stock("autograde", job.exercise, job.student_id)
            stock("generate_feedback", job.exercise, job.student_id)
            return time.perf_counter() - began

        def by_ours() -> float:
            job = next(turn["ours"])
            student = Student(job.student_id, job.student_name, WHEN)
            began = time.perf_counter()
            ((_job, graded),) = grade_jobs(courses.ours, [job], executor=workers)
            if not isinstance(graded, GradingResult):
                raise graded
            record_result(courses.ours, job, graded, executor=workers)
            render_feedback(courses.ours, student, job.exercise, graded.outcome, executor=workers)
            return time.perf_counter() - began

        times = interleaved({"nbgrader": by_stock, "ours, sandboxed": by_ours}, rounds)
    series = [Series.of_seconds(arm, seconds) for arm, seconds in times.items()]
    ratios = report.compare("One submission, graded, with its feedback", series, "ours, sandboxed")
    report.hold("graded with feedback, one submission", series[1].median / 1000, most=0.5, unit=" s")
    report.hold("graded with feedback: stock against ours", ratios["nbgrader"], least=1.0, unit="x")


def store(report: Report) -> None:
    """No new submission, and one new submission, with 100 to 10,000 attempts stored, 20 per student."""
    sizes = (100, 1000) if report.quick else (100, 1000, 10_000)
    rounds = 3 if report.quick else 12
    unchanged: list[Series] = []
    one_more: list[Series] = []
    with tempfile.TemporaryDirectory(prefix="mentoring-bench-") as folder:
        practice = Practice(_practice(Path(folder) / "practice"))
        course = Course(practice.root)
        made_with = compute_grading_fingerprint(course, "text")
        results = tuple(TestResult(f"test-{n}", 1.0, 1.0) for n in range(6))
        outcome = Outcome(Verdict.GRADED, results, made_with=made_with)
        there = 0
        for size in sizes:
            with practice.store.begin() as tx:
                for number in range(there, size):
                    at = WHEN - timedelta(days=1, minutes=-(number % 1000))
                    student = f"student-{number // 20}"
                    if number % 20 == 0:
                        tx.students.add(Student(student, student, WHEN))
                    tx.attempts.add(Attempt(student, "text", f"{number:064x}", at, "x", outcome=outcome))
            there = size
            again = [seconds(partial(_nothing_changed, practice)) for _ in range(rounds)]
            unchanged.append(Series.of_seconds(f"{size} attempts", again))
            more = []
            for number in range(rounds + 1):
                data = insert_answers(
                    student_copy(course, "text", "en", "ada"), answers("text", size + number)
                )
                at = WHEN + timedelta(seconds=size + number)
                with practice.store.begin() as tx:
                    tx.attempts.add(Attempt("ada", "text", practice.keep(data), at, "x"))
                more.append(seconds(partial(service.grade_attempts, practice)))
            one_more.append(Series.of_seconds(f"{size} attempts", more[1:]))
    report.compare("mentor grade where nothing has changed", unchanged, unchanged[0].name)
    # The start of the workers (two seconds) is part of a command that grades.
    ratios = report.compare("mentor grade of one more, workers' start included", one_more, one_more[0].name)
    thousand = next(one for one in unchanged if one.name == "1000 attempts")
    report.hold("nothing changed, 1,000 submissions", thousand.median / 1000, most=2.0, unit=" s")
    report.hold(
        f"one more at {sizes[-1]} attempts against at 100", list(ratios.values())[-1], most=1.2, unit="x"
    )


def _practice(root: Path) -> Path:
    create_practice.create_practice(root, course=False)
    for name in ASSIGNMENTS:
        write_source(root, name)
    with WorkerPool(1) as workers:
        release_exercise(Course(root), "text", executor=workers)
    with Practice(root).store.begin() as tx:
        tx.students.add(ADA)
    return root


def _nothing_changed(practice: Practice) -> None:
    if service.grade_attempts(practice) or service.outdated_attempts(practice):
        raise RuntimeError("something was graded")


def seconds(once: Callable[[], object]) -> float:
    began = time.perf_counter()
    once()
    return time.perf_counter() - began


if __name__ == "__main__":
    parts = {"serial": serial, "parallel": parallel, "feedback": feedback, "store": store}
    with own_servers():
        code = main("grading", parts)
    sys.exit(code)
