"""Grading that is killed, has a full disk, or finds the gradebook locked loses nothing."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil
import pytest

from tests.repeats import repeats
from toolkit import exercises
from toolkit.domain.attempt import Attempt, Verdict
from toolkit.errors import PracticeBusyError, StorageError
from toolkit.exercises import Course, student_copy
from toolkit.practice import Practice
from toolkit.services.grading import grading_batch

SCRIPT = Path(__file__).parent / "crash_while_grading.py"
STUDENTS = ("zoe-lefevre", "ben-okafor", "aicha-benali")
EXERCISES = ("bus-timetable", "recipe-cupboard")
KILLS = repeats(50)
# Where the machine is busy there are fewer kills, not a longer test.
SECONDS = 40


@pytest.fixture
def waiting(demo_practice) -> Practice:
    """The demo practice with a pending batch: six submissions to grade, one of them unreadable."""
    course = Course(demo_practice.root)
    at = datetime.now(UTC)
    with demo_practice.store.begin() as tx:
        for number, (student, exercise) in enumerate((s, e) for s in STUDENTS for e in EXERCISES):
            data = b"torn" if number == 5 else student_copy(course, exercise, "en", student)
            attempt = Attempt(
                student, exercise, demo_practice.keep(data), at + timedelta(seconds=number), "test"
            )
            tx.attempts.add(attempt)
    return demo_practice


def outcomes(practice):
    with practice.store.read() as tx:
        return {(a.student_id, a.exercise_id, a.sha256): a.outcome for a in tx.attempts.all()}


def gradebook(practice):
    query = """
        SELECT s.student_id, a.name, n.name, c.name, g.auto_score, g.manual_score, g.needs_manual_grade,
            s.timestamp FROM grade g
        JOIN base_cell c ON c.id = g.cell_id JOIN submitted_notebook sn ON sn.id = g.notebook_id
        JOIN notebook n ON n.id = sn.notebook_id
        JOIN submitted_assignment s ON s.id = sn.assignment_id JOIN assignment a ON a.id = s.assignment_id
    """
    with closing(sqlite3.connect(practice.root / "gradebook.db")) as db:
        return sorted(db.execute(query), key=repr)


def files(practice):
    folder = practice.root / "submitted"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def changes(root):
    """Return the files of a practice that grading writes."""
    return [root / name for name in ("gradebook.db", "submitted", "autograded", ".mentoring")]


def put_back(fresh, root):
    # Not the whole practice: the exercise's files stay the very ones that the grader knows.
    for path in [*changes(root), root / "gradebook.db-journal"]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in changes(fresh):
        if path.is_dir():
            shutil.copytree(path, root / path.name)
        else:
            shutil.copyfile(path, root / path.name)


class Grader:
    """A process that grades in forks of itself."""

    def __init__(self, practice):
        line = [sys.executable, str(SCRIPT), str(practice.root), *EXERCISES]
        # nbgrader starts `alembic`.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(line, text=True, env={**os.environ, "PATH": path}, **pipes)

    def __call__(self, kill_after=None):
        """Grade the pending submissions, and kill the process meanwhile if asked to; return the exit code."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(self.process.stdout.readline())


@pytest.mark.kills
def test_killed_at_random_it_goes_on_and_ends_as_if_undisturbed(waiting, tmp_path):
    fresh = Path(shutil.copytree(waiting.root, tmp_path / "fresh"))
    grader = Grader(waiting)
    with grader.process:
        assert grader() == 0
        calm = Practice(Path(shutil.copytree(waiting.root, tmp_path / "calm")))
        put_back(fresh, waiting.root)
        began = time.monotonic()
        assert grader() == 0
        whole = time.monotonic() - began
        assert_same(waiting, calm)
        put_back(fresh, waiting.root)

        dice = random.Random(4)
        began = time.monotonic()
        kills = 0
        while kills < KILLS and time.monotonic() - began < SECONDS:
            code = grader(kill_after=dice.uniform(0, 1.1 * whole))
            assert code in {0, -signal.SIGKILL}
            kills += code != 0
            if all(outcomes(waiting).values()):
                # The end was reached: it is the right one, and the rest begins anew.
                assert grader() == 0
                assert_same(waiting, calm)
                put_back(fresh, waiting.root)
        assert kills
        assert grader() == 0
        assert_same(waiting, calm)
        grader.process.stdin.close()


@pytest.mark.kills
def test_what_a_killed_worker_was_at_is_done_all_the_same(waiting, tmp_path):
    fresh = Path(shutil.copytree(waiting.root, tmp_path / "fresh"))
    assert [str(one.problem) for one in grading_batch.grade_attempts(waiting) if one.problem] == []
    calm = Practice(Path(shutil.copytree(waiting.root, tmp_path / "calm")))
    put_back(fresh, waiting.root)
    killed = []

    def kill(_what, done, _all):
        workers = [
            child for child in multiprocessing.active_children() if isinstance(child, ForkServerProcess)
        ]
        if done == 1 and not killed:
            killed.append(workers[0].pid)
            workers[0].kill()

    found = grading_batch.grade_attempts(waiting, step=kill)
    assert killed
    assert not any(one.problem for one in found), [str(one.problem) for one in found]
    assert_same(waiting, calm)


def assert_same(one, other):
    assert outcomes(one) == outcomes(other)
    assert gradebook(one) == gradebook(other)
    assert files(one) == files(other)


def test_a_locked_gradebook_is_said_and_what_waits_still_waits(waiting):
    before = gradebook(waiting)
    blocker = sqlite3.connect(waiting.root / "gradebook.db", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        (one,) = grading_batch.grade_attempts(waiting, student="zoe-lefevre", exercise="bus-timetable")
    finally:
        blocker.close()
    assert isinstance(one.problem, PracticeBusyError)
    assert "gradebook" in str(one.problem)
    assert gradebook(waiting) == before
    (again,) = grading_batch.grade_attempts(waiting, student="zoe-lefevre", exercise="bus-timetable")
    assert again.problem is None
    assert again.outcome.verdict is Verdict.GRADED


def test_a_full_disk_is_said_and_what_waits_still_waits(waiting):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def limit(most):
        for process in (psutil.Process(), *psutil.Process().children()):
            if process.pid == os.getpid() or "forkserver" in " ".join(process.cmdline()):
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, hard))

    try:
        # No file may grow beyond what the gradebook has by now: of ours, and of the workers to come.
        limit(4096)
        with pytest.raises(StorageError):
            for one in grading_batch.grade_attempts(waiting, student="zoe-lefevre", exercise="bus-timetable"):
                raise one.problem
    finally:
        limit(soft)
        signal.signal(signal.SIGXFSZ, handler)
    (again,) = grading_batch.grade_attempts(waiting, student="zoe-lefevre", exercise="bus-timetable")
    assert again.problem is None
    assert (
        exercises.compute_grading_fingerprint(Course(waiting.root), "bus-timetable")
        == again.outcome.made_with
    )
