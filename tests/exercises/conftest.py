"""A small course with every case of grading, and a batch of submissions, graded once for all tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from toolkit.exercises import (
    Course,
    GradingJob,
    GradingResult,
    WorkerPool,
    grade_jobs,
    init_course,
    insert_answers,
    record_result,
    release_exercise,
    statement_cells,
    student_copy,
)
from toolkit.i18n import use_language
from toolkit.kernels import Limits

GOOD = Path(__file__).parent / "sample_course"
NOW = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)

RIGHT = {"total": "def total(numbers):\n    return sum(numbers)"}
ANSWERS = {
    "right": RIGHT,
    # Right but for the empty list.
    "half": {"total": "def total(numbers):\n    return sum(numbers) or 'nothing'"},
    "untouched": {},
    "loop": {"total": "def total(numbers):\n    while True:\n        pass"},
    "hungry": {"total": "def total(numbers):\n    return [0] * 10**11"},
    "breaks": {"total": "def total(numbers:\n    return"},
    "raises": {"total": "def total(numbers):\n    raise KeyError('no')"},
    "warns": {"total": "import sys\ndef total(n):\n    print('careful', file=sys.stderr)\n    return sum(n)"},
}


@pytest.fixture(scope="session", autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture(scope="session")
def make_course() -> Callable[[Path], Course]:
    """Return a function that makes the small course in a folder, as a practice has it, not yet released."""

    def _make_course(root: Path) -> Course:
        init_course(root)
        shutil.copytree(GOOD, root, dirs_exist_ok=True)
        config = root / "nbgrader_config.py"
        config.write_text(config.read_text().replace("timeout = 20", "timeout = 2"))
        return Course(root)

    return _make_course


@pytest.fixture(scope="session")
def workers() -> Iterator[WorkerPool]:
    with WorkerPool(2) as pool:
        yield pool


@pytest.fixture(scope="session")
def course(
    tmp_path_factory: pytest.TempPathFactory, workers: WorkerPool, make_course: Callable[[Path], Course]
) -> Course:
    """The tiny course, released. Shared: not to be changed but by `recorded`."""
    course = make_course(tmp_path_factory.mktemp("course"))
    for name in course.names():
        release_exercise(course, name, executor=workers)
    return course


@pytest.fixture(scope="session")
def answer(course: Course) -> Callable[..., bytes]:
    """Return a student's copy with answers in it: ``answer("add-up", {...}, student="ana")``."""

    def _answer(name: str, cells: dict[str, str], *, student: str = "ana", language: str = "en") -> bytes:
        return insert_answers(student_copy(course, name, language, student), cells)

    return _answer


@pytest.fixture(scope="session")
def job() -> Callable[..., GradingJob]:
    """Return a job; each one is a minute younger than the last."""
    made = 0

    def _job(student: str, exercise: str, data: bytes, **more: object) -> GradingJob:
        nonlocal made
        made += 1
        base = GradingJob(student, f"{student.title()} Müller", exercise, data, NOW + timedelta(minutes=made))
        return replace(base, **more)  # type: ignore[arg-type]

    return _job


@pytest.fixture(scope="session")
def edited(answer: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return a right answer, edited by ``change(cells by grade_id, notebook)``."""

    def _edited(change: Callable[[dict, dict], object], name: str = "add-up") -> bytes:
        nb = json.loads(answer(name, RIGHT))
        change({cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in nb["cells"]}, nb)
        return json.dumps(nb).encode()

    return _edited


@pytest.fixture(scope="session")
def session_notebook(course: Course) -> bytes:
    """A session's notebook that contains the exercise, answered during the session."""
    own = {"cell_type": "code", "id": "a", "metadata": {"tags": ["session"], "mentoring": {}}, "outputs": []}
    cells = statement_cells(course, "add-up", "fr")
    added = {"cell_type": "code", "id": "b", "metadata": {}, "outputs": [], "execution_count": None}
    for cell in cells:
        if cell["metadata"].get("nbgrader"):
            cell["source"] = "def total(numbers):\n    return helper(numbers)"
    cells = [
        {**own, "source": "raise SystemExit('the agenda')", "execution_count": None},
        *cells[:1],
        {**added, "source": "def helper(numbers):\n    return sum(numbers)"},
        *cells[1:],
        {"cell_type": "markdown", "id": "c", "metadata": {}, "source": "# Notes"},
        {**added, "id": "d", "source": "1 / 0"},
    ]
    stamp = {"kind": "session", "exercise": "add-up", "student": "lea", "language": "fr"}
    nb = {"cells": cells, "metadata": {"mentoring": stamp}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(nb).encode()


def _mischief(edited: Callable[..., bytes]) -> dict[str, bytes]:
    """Return right answers in notebooks that somebody damaged or manipulated, by name."""
    wrong = "def total(numbers):\n    return -1"

    def points(c: dict, _nb: dict) -> None:
        c["total"]["source"] = wrong
        for name in ("test-sum", "test-empty"):
            c[name]["metadata"]["nbgrader"]["points"] = 100

    def ungraded(c: dict, _nb: dict) -> None:
        c["total"]["source"] = wrong
        c["test-sum"]["metadata"]["nbgrader"] |= {"grade": False, "locked": False}
        c["test-empty"]["metadata"]["tags"] = ["skip-execution"]

    def emptied(c: dict, _nb: dict) -> None:
        c["total"]["source"] = wrong
        c["test-sum"]["source"] = c["test-empty"]["source"] = "pass"

    def retyped(c: dict, _nb: dict) -> None:
        for name in ("total", "test-sum"):
            c[name]["cell_type"] = "markdown"
            del c[name]["outputs"], c[name]["execution_count"]

    def deleted(c: dict, nb: dict) -> None:
        nb["cells"] = [cell for cell in nb["cells"] if cell not in (c["test-sum"], c["test-empty"])]

    def doubled(c: dict, nb: dict) -> None:
        old = json.loads(json.dumps(c["total"])) | {"source": wrong}
        nb["cells"] = [old, *nb["cells"], json.loads(json.dumps(c["test-sum"]))]

    def renamed(c: dict, _nb: dict) -> None:
        c["test-empty"]["metadata"]["nbgrader"]["grade_id"] = "stranger"

    def reordered(_c: dict, nb: dict) -> None:
        nb["cells"].reverse()

    def kernel(_c: dict, nb: dict) -> None:
        nb["metadata"]["kernelspec"] = {"name": "somebody-elses", "display_name": "x", "language": "cobol"}

    changes = (points, ungraded, emptied, retyped, deleted, doubled, renamed, reordered, kernel)
    return {change.__name__: edited(change) for change in changes}


@pytest.fixture(scope="session")
def batch(
    course: Course,
    workers: WorkerPool,
    answer: Callable[..., bytes],
    edited: Callable[..., bytes],
    job: Callable[..., GradingJob],
    session_notebook: bytes,
) -> dict[str, tuple[GradingJob, GradingResult]]:
    """Every kind of submission, graded in one batch; by student."""
    jobs = [job(who, "add-up", answer("add-up", cells, student=who)) for who, cells in ANSWERS.items()]
    jobs += [job(who, "add-up", data) for who, data in _mischief(edited).items()]
    prose = {"words": "def words():\n    return len(TEXT.read_text().split())", "why": "It counts letters."}
    jobs += [
        job("exits", "say-why", answer("say-why", {"words": "import os\nos._exit(0)", "why": "?"})),
        job("prose", "say-why", answer("say-why", prose, language="fr"), language="fr"),
        job("lea", "add-up", session_notebook, language="fr"),
        job("torn", "add-up", b'{"cells": ['),
        job("newer", "add-up", b'{"nbformat": 99, "cells": []}'),
    ]
    limits = Limits(cell_seconds=2, total_seconds=20, memory_bytes=400_000_000)
    results: dict[str, tuple[GradingJob, GradingResult]] = {}
    for done, result in grade_jobs(course, jobs, executor=workers, limits=limits):
        assert isinstance(result, GradingResult), result
        results[done.student_id] = (done, result)
    assert results.keys() == {job.student_id for job in jobs}
    return results


@pytest.fixture(scope="session")
def recorded(
    course: Course, workers: WorkerPool, batch: dict[str, tuple[GradingJob, GradingResult]]
) -> SimpleNamespace:
    """The course with the batch in its gradebook; ``results`` has the results of recording, by student."""
    results = {
        who: record_result(course, done, graded, executor=workers) for who, (done, graded) in batch.items()
    }
    return SimpleNamespace(course=course, results=results)
