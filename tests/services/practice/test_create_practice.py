"""Creating a practice: new, after an interruption, or on an existing nbgrader course."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.exercises.course.path_files import path_names
from toolkit.services.exercises import manage_exercises
from toolkit.services.practice import create_practice, demo_builder, mentorships
from toolkit.services.practice.demo_data import DEMO_PEOPLE
from toolkit.services.sessions import session_lifecycle

GOOD = Path(__file__).parents[2] / "exercises" / "sample_course" / "source"


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def course(tmp_path) -> Path:
    """An nbgrader course, as nbgrader's own quickstart makes it."""
    root = tmp_path / "course"
    shutil.copytree(GOOD / "Problem Set 1", root / "source" / "Problem Set 1")
    (root / "source" / "Problem Set 1" / "words.txt").write_text("one two three")
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'theirs'\n")
    return root


def test_a_new_practice_has_exercises_a_path_and_the_notebooks(tmp_path):
    made = create_practice.create_practice(tmp_path / "mine")
    root = made.practice.root
    assert not made.existed
    assert not made.adopted
    assert (root / "notebooks" / "student-first-steps-fr.ipynb").is_file()
    assert path_names(root) == ("python-foundations",)
    assert not (root / ".mentoring" / "founding").exists()
    assert create_practice.create_practice(root).existed
    bare = create_practice.create_practice(tmp_path / "bare", course=False).practice
    assert mentorships.add_student(bare, "Ana").path == "python-foundations"
    assert manage_exercises.list_exercises(bare) == []


@pytest.mark.parametrize("stopped_at", ["notebooks", "source", "cards", "paths"])
def test_a_beginning_that_was_cut_short_is_not_somebody_s_course(tmp_path, monkeypatch, stopped_at):
    whole = shutil.copytree

    def stop(source, target, *rest, **more):
        if Path(target).name == stopped_at:
            raise KeyboardInterrupt
        return whole(source, target, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr("toolkit.services.practice.create_practice.shutil.copytree", stop)
        with pytest.raises(KeyboardInterrupt):
            create_practice.create_practice(tmp_path / "mine")
    made = create_practice.create_practice(tmp_path / "mine")
    assert not made.adopted
    assert not made.existed
    there, beside = (
        files(made.practice.root),
        files(create_practice.create_practice(tmp_path / "other").practice.root),
    )
    assert there.keys() == beside.keys()
    assert len(manage_exercises.list_exercises(made.practice)) == 30


def test_an_adopted_course_is_left_alone_and_can_be_used(course):
    before = files(course)
    practice = create_practice.create_practice(course).practice
    after = files(course)
    assert {name: after[name] for name in before} == before
    assert {Path(name).parts[0] for name in after.keys() - before.keys()} == {
        ".mentoring",
        "mentoring.toml",
        "paths",
    }
    student = mentorships.add_student(practice, "Ana Ruiz")
    (given,) = manage_exercises.release_exercises(practice, ["Problem Set 1"])
    workspace = practice.workspace(student.id)
    folder = workspace / "exercises" / "Problem Set 1"
    assert set(files(folder)) == {"Part A.ipynb", "Part B.ipynb", "words.txt"}
    assert given.path == folder / "Part A.ipynb"
    assert not given.kept

    # What the student has is kept, file by file; what is gone comes again.
    (folder / "Part A.ipynb").write_text("mine")
    (folder / "words.txt").unlink()
    (given,) = manage_exercises.release_exercises(practice, ["Problem Set 1"])
    assert given.kept
    assert (folder / "Part A.ipynb").read_text() == "mine"
    assert (folder / "words.txt").read_text() == "one two three"

    session = session_lifecycle.plan_session(
        practice, student.id, datetime.now(UTC) + timedelta(days=3), exercise="Problem Set 1"
    )
    assert session.exercise == "Problem Set 1"
    assert list(workspace.glob("sessions/*/session.ipynb"))


def test_somebody_s_own_paths_are_the_paths(course):
    (course / "paths").mkdir()
    (course / "paths" / "mine.yaml").write_text("id: mine\n")
    assert path_names(create_practice.create_practice(course).practice.root) == ("mine",)


def test_the_demo_is_not_built_into_what_is_there(tmp_path, course):
    practice = create_practice.create_practice(tmp_path / "mine").practice
    mentorships.add_student(practice, "Ana Ruiz")
    half = tmp_path / "half"
    (half / ".mentoring").mkdir(parents=True)
    (half / ".mentoring" / "founding").touch()
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    for folder in (practice.root, course, half, other):
        before = files(folder)
        with pytest.raises(InputError, match=folder.name):
            demo_builder.build_demo(folder)
        assert files(folder) == before
    with practice.store.read() as tx:
        assert [student.id for student in tx.students.all()] == ["ana-ruiz"]


def test_a_demo_that_was_cut_short_at_once_knows_its_own(tmp_path, monkeypatch):
    def stop(*_args, **_more):
        raise KeyboardInterrupt

    for part in ("create_practice.create_practice", "demo_builder._steps"):
        with monkeypatch.context() as patch:
            patch.setattr(f"toolkit.services.practice.{part}", stop)
            with pytest.raises(KeyboardInterrupt):
                demo_builder.build_demo(tmp_path / "demo", people=DEMO_PEOPLE[:1])
    mark = tmp_path / "demo" / ".mentoring" / "demo"
    assert mark.read_text() == "building\n"
    with monkeypatch.context() as patch:
        patch.setattr("toolkit.services.practice.demo_builder._steps", lambda *_args: ())
        patch.setattr("toolkit.services.practice.demo_builder._summary", lambda *_args: None)
        demo_builder.build_demo(tmp_path / "demo", people=DEMO_PEOPLE[:1])
    assert mark.read_text() == "built\n"
