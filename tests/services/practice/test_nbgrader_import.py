"""Importing an nbgrader course into a practice."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.exercises import Course, WorkerPool, release_exercise, student_copy
from toolkit.services.grading.collect_submissions import ReceiptStatus
from toolkit.services.practice import create_practice
from toolkit.services.practice.nbgrader_import import import_course

COURSE = Path(__file__).parents[2] / "exercises/sample_course"
ROSTER = (
    "import sys; from nbgrader.api import Gradebook; g = Gradebook(sys.argv[1], ''); "
    "g.add_student('Ada_B', first_name='Ada', last_name='Byron'); g.add_student('ben'); g.close()"
)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory) -> Path:
    """A course with three students, two of them in the gradebook, and two submissions."""
    root = tmp_path_factory.mktemp("theirs")
    shutil.copytree(COURSE / "source", root / "source")
    from toolkit.exercises.nbgrader_worker.gradebook_database import create_tables as make

    url = f"sqlite:///{root / 'gradebook.db'}"
    make(url)
    subprocess.run([sys.executable, "-c", ROSTER, url], check=True)
    with WorkerPool(1) as workers:
        release_exercise(Course(root), "add-up", executor=workers)
    for student, stamp in (("Ada_B", "2025-02-02 15:58:23.948203 America/New_York"), ("carla", "")):
        place = root / "submitted" / student / "add-up"
        place.mkdir(parents=True)
        (place / "add-up.ipynb").write_bytes(student_copy(Course(root), "add-up", "en", "x"))
        if stamp:
            (place / "timestamp.txt").write_text(stamp)
    (root / "submitted/carla/add-up/add-up.ipynb").write_bytes(b"torn")
    return root


def test_everything_comes_once_and_theirs_stays_as_it_is(theirs, tmp_path):
    practice = create_practice.create_practice(tmp_path / "ours", course=False).practice
    before = {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()}
    first = import_course(practice, theirs)
    assert set(first.exercises) == set(Course(theirs).names())
    assert first.students == ("ada-b", "ben", "carla")
    assert [one.received for one in first.receipts] == [ReceiptStatus.NEW, ReceiptStatus.UNREADABLE]
    with practice.store.read() as tx:
        assert tx.students.get("ada-b").name == "Ada Byron"
        (attempt,) = tx.attempts.for_student("ada-b")
    assert attempt.received_at == datetime(2025, 2, 2, 20, 58, 23, 948203, UTC)
    again = import_course(practice, theirs)
    assert (again.exercises, again.left, again.students) == ((), (), ())
    assert again.receipts[0].received is ReceiptStatus.AGAIN
    assert before == {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("stamp", "hour"),
    [
        ("2025-07-02 12:00:00 CEST", 10),
        ("2025-07-02 12:00:00 EDT", 16),
        ("2025-07-02 12:00:00 +0200", 10),
        ("2025-07-02T12:00:00+02:00", 10),
        ("2025-07-02 12:00:00", 12),
        ("2025-07-02 12:00:00 Europe/Paris", 10),
    ],
)
def test_the_time_of_a_submission_is_the_one_in_its_timestamp(theirs, tmp_path, stamp, hour):
    copied = Path(shutil.copytree(theirs, tmp_path / "copied"))
    (copied / "submitted/Ada_B/add-up/timestamp.txt").write_text(stamp)
    practice = create_practice.create_practice(tmp_path / "ours", course=False).practice
    first = import_course(practice, copied).receipts[0]
    assert first.received is ReceiptStatus.NEW
    assert "timestamp" not in first.message
    with practice.store.read() as tx:
        (attempt,) = tx.attempts.for_student("ada-b")
    assert attempt.received_at == datetime(2025, 7, 2, hour, tzinfo=UTC)


def test_a_timestamp_that_says_no_time_is_named(theirs, tmp_path):
    copied = Path(shutil.copytree(theirs, tmp_path / "copied"))
    (copied / "submitted/Ada_B/add-up/timestamp.txt").write_text("yesterday, about noon-ish")
    practice = create_practice.create_practice(tmp_path / "ours", course=False).practice
    first = import_course(practice, copied).receipts[0]
    assert first.received is ReceiptStatus.NEW
    assert "timestamp.txt" in first.message


def test_nothing_that_was_submitted_is_passed_over(theirs, tmp_path):
    copied = Path(shutil.copytree(theirs, tmp_path / "copied"))
    ada = copied / "submitted/Ada_B"
    shutil.copytree(ada / "add-up", ada / "add-up-2024")
    shutil.copy(ada / "add-up/add-up.ipynb", ada / "loose.ipynb")
    (ada / "add-up/essay.pdf").write_bytes(b"x")
    (ada / "linked").symlink_to(ada / "add-up")
    practice = create_practice.create_practice(tmp_path / "ours", course=False).practice
    named = {Path(one.source).name: one for one in import_course(practice, copied).receipts}
    for name in ("add-up-2024", "loose.ipynb", "linked"):
        assert named[name].received is ReceiptStatus.REFUSED
        assert named[name].message
    assert named["essay.pdf"].received is ReceiptStatus.LEFT


def test_an_exercise_of_the_same_name_stays(theirs, tmp_path):
    practice = create_practice.create_practice(tmp_path / "ours", course=False).practice
    shutil.copytree(theirs / "source/add-up", practice.root / "source/add-up")
    (practice.root / "source/add-up/note.txt").write_text("mine")
    brought = import_course(practice, theirs)
    assert brought.left == ("add-up",)
    assert (practice.root / "source/add-up/note.txt").read_text() == "mine"


def test_into_itself(theirs, tmp_path):
    root = Path(shutil.copytree(theirs, tmp_path / "adopted"))
    practice = create_practice.create_practice(root).practice
    brought = import_course(practice, root)
    assert brought.exercises == ()
    assert brought.students == ("ada-b", "ben", "carla")


def test_what_is_no_course_is_said(tmp_path):
    practice = create_practice.create_practice(tmp_path / "ours", course=False).practice
    with pytest.raises(InputError, match="no nbgrader course directory"):
        import_course(practice, tmp_path / "nowhere")
    theirs = tmp_path / "theirs"
    (theirs / "source").mkdir(parents=True)
    (theirs / "gradebook.db").write_bytes(b"torn" * 1000)
    with pytest.raises(InputError, match="no gradebook"):
        import_course(practice, theirs)
