"""A released exercise contains all that students need, and no solution or hidden test."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from toolkit.domain.people import Student
from toolkit.errors import (
    DuplicateError,
    ExecutionError,
    InputError,
    MentoringError,
    NotFoundError,
    StateError,
)
from toolkit.exercises import (
    Course,
    check_exercise,
    create_exercise,
    grade_jobs,
    init_course,
    insert_answers,
    record_result,
    release_exercise,
    render_feedback,
    statement_cells,
    student_copy,
    student_files,
    visible_tests,
    worked_solution,
)
from toolkit.exercises.course.path_files import load_path, path_names

SECRETS = ("BEGIN", "result += number", "10, -4, 7", "total([])", "counts characters", "should give `13`")


def snapshot(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


class TestCopies:
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_one_language_and_no_secrets(self, course, language):
        for name in ("add-up", "say-why"):
            text = student_copy(course, name, language, "ana").decode()
            assert not [secret for secret in SECRETS if secret in text]
            assert f"say-{language}" in text
            assert f"say-{'fr' if language == 'en' else 'en'}" not in text
            stamp = json.loads(text)["metadata"]["mentoring"]
            assert stamp == {"exercise": name, "student": "ana", "language": language}

    def test_everything_that_belongs_to_it(self, course):
        assert set(student_files(course, "say-why", "en", "ana")) == {"say-why.ipynb", "words.txt"}
        assert set(student_files(course, "Problem Set 1", "en", "ana")) == {"Part A.ipynb", "Part B.ipynb"}

    def test_visible_tests(self, course):
        (test,) = visible_tests(course, "add-up")
        assert (test.grade_id, test.points) == ("test-sum", 2.0)
        assert "total([1, 2])" in test.source
        assert "total([10, -4, 7])" not in test.source

    def test_a_statement_has_no_tests(self, course):
        ids = [cell["id"] for cell in statement_cells(course, "add-up", "fr")]
        assert ids == ["say-fr", "total"], "nor the words that lead to them"
        assert [cell["id"] for cell in statement_cells(course, "say-why", "en")] == [
            "say-en",
            "given",
            "words",
            "why-en",
            "why",
        ]
        for cell in statement_cells(course, "add-up", "fr"):
            assert cell["metadata"]["mentoring"] == {"exercise": "add-up"}

    def test_answers(self, course):
        solution = worked_solution(course, "add-up")
        assert solution["total"].startswith("def total(numbers):\n    result = 0")
        assert "SOLUTION" not in solution["total"]
        copy = json.loads(insert_answers(student_copy(course, "add-up", "en", "ana"), {"total": "x = 1"}))
        assert [cell["source"] for cell in copy["cells"] if cell["id"] == "total"] == ["x = 1"]

    def test_a_release_that_somebody_tampered_with_is_not_handed_out(self, course, tmp_path):
        mine = Course(Path(shutil.copytree(course.root, tmp_path / "course")))
        path = mine.released_notebooks("add-up")["add-up"]
        nb = json.loads(path.read_text())
        nb["cells"][-1]["source"] = "got = total([10, -4, 7])"
        path.write_text(json.dumps(nb))
        with pytest.raises(StateError, match="students must not see"):
            student_copy(mine, "add-up", "en", "ana")


class TestRelease:
    def test_not_yet(self, make_course, tmp_path):
        course = make_course(tmp_path)
        assert not course.is_released("add-up")
        with pytest.raises(StateError, match="not released yet") as caught:
            student_copy(course, "add-up", "en", "ana")
        assert "mentor exercise release add-up" in caught.value.hint

    def test_a_broken_or_leaking_source_leaves_the_last_release(self, make_course, tmp_path, workers):
        course = make_course(tmp_path)
        release_exercise(course, "add-up", executor=workers)
        assert course.is_released("add-up")
        before = snapshot(tmp_path / "release")
        source = course.notebooks("add-up")["add-up"]
        sound = source.read_text()
        source.write_text(sound.replace("### END HIDDEN TESTS", "### THE END"))
        with pytest.raises(ExecutionError, match="hidden tests"):
            release_exercise(course, "add-up", executor=workers)
        assert snapshot(tmp_path / "release") == before
        source.write_text(sound)
        with (tmp_path / "nbgrader_config.py").open("a") as config:
            config.write('c.ClearHiddenTests.begin_test_delimeter = "BEGIN SECRET"\n')
        with pytest.raises(StateError, match="would show what students must not see"):
            release_exercise(course, "add-up", executor=workers)
        assert snapshot(tmp_path / "release") == before

    def test_other_cells_after_work_was_graded(self, make_course, tmp_path, workers, job, answer):
        course = make_course(tmp_path)
        release_exercise(course, "add-up", executor=workers)
        jobs = [job("ana", "add-up", answer("add-up", {}))]
        ((done, graded),) = grade_jobs(course, jobs, executor=workers)
        record_result(course, done, graded, executor=workers)
        source = course.notebooks("add-up")["add-up"]
        points = json.loads(source.read_text())
        points["cells"][-1]["metadata"]["nbgrader"]["points"] = 5
        source.write_text(json.dumps(points))
        ((done, graded),) = grade_jobs(course, jobs, executor=workers)
        assert graded.outcome.max_points == 7
        record_result(course, done, graded, executor=workers)  # the gradebook follows by itself
        nb = json.loads(source.read_text())
        nb["cells"][-1]["metadata"]["nbgrader"]["grade_id"] = "test-nothing"
        source.write_text(json.dumps(nb))
        ((done, graded),) = grade_jobs(course, jobs, executor=workers)
        for act in (
            lambda: release_exercise(course, "add-up", executor=workers),
            lambda: record_result(course, done, graded, executor=workers),
        ):
            with pytest.raises(StateError, match="test-empty, test-nothing"):
                act()


class TestCourse:
    def test_names(self, course):
        assert course.names() == ("Problem Set 1", "add-up", "say-why")
        with pytest.raises(NotFoundError) as caught:
            course.source("ad-up")
        assert caught.value.near == ["add-up"]
        assert Course(Path("/nowhere")).names() == ()

    def test_an_adopted_course_is_left_byte_for_byte(self, tmp_path):
        for name in ("gradebook.db", "source/ps1/ps1.ipynb", "nbgrader_config.py"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(b"as it was")
        before = snapshot(tmp_path)
        assert init_course(tmp_path)
        assert snapshot(tmp_path) == before

    def test_one_without_a_configuration_gets_none(self, tmp_path):
        (tmp_path / "source" / "ps1").mkdir(parents=True)
        (tmp_path / "source" / "ps1" / "ps1.ipynb").write_text("{}")
        assert init_course(tmp_path)
        assert not (tmp_path / "nbgrader_config.py").exists()

    def test_a_new_one_runs_from_wherever_it_is_moved(self, tmp_path):
        assert not init_course(tmp_path)
        assert "__file__" in (tmp_path / "nbgrader_config.py").read_text()
        assert init_course(tmp_path), "the second time it is there"

    def test_an_exercise_without_a_card(self, course):
        card = course.card("Problem Set 1")
        assert (card.id, card.title.en, card.hints) == ("Problem Set 1", "Part A", ())
        assert len(course.cards()) == 3

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("id: [", "line 1: this is no YAML"),
            ("id: add-up\nminutes: soon\n", "`title`"),
            (None, "`colour`"),
            ("- a\n", "`add-up`"),
            ("\xff", "UTF-8"),
        ],
    )
    def test_a_card_that_is_none(self, make_course, tmp_path, text, said):
        course = make_course(tmp_path)
        path = tmp_path / "cards" / "add-up.yaml"
        path.write_bytes(
            (path.read_text() + "colour: red\n" if text is None else text).encode("latin-1", "ignore")
        )
        with pytest.raises(InputError) as caught:
            course.card("add-up")
        assert "add-up.yaml" in caught.value.message
        assert said in caught.value.message
        assert "\n" not in caught.value.message

    def test_a_card_of_another_name(self, make_course, tmp_path):
        course = make_course(tmp_path)
        shutil.copy(tmp_path / "cards" / "say-why.yaml", tmp_path / "cards" / "add-up.yaml")
        with pytest.raises(InputError, match="`id` is 'say-why'"):
            course.card("add-up")

    def test_paths(self, tmp_path):
        (tmp_path / "paths").mkdir()
        skill = "{id: loops, title: {en: Loops, fr: Boucles}}"
        (tmp_path / "paths" / "first.yaml").write_text(
            "id: first\nversion: 1\ntitle: {en: First, fr: Premier}\n"
            f"milestones: [{{id: one, title: {{en: One, fr: Un}}, skills: [{skill}]}}]\n"
        )
        assert path_names(tmp_path) == ("first",)
        assert load_path(tmp_path, "first").skills[0].id == "loops"
        with pytest.raises(NotFoundError) as caught:
            load_path(tmp_path, "fist")
        assert caught.value.near == ["first"]
        (tmp_path / "paths" / "first.yaml").write_text("id: first\n")
        with pytest.raises(InputError, match="`version`"):
            load_path(tmp_path, "first")


class TestCheck:
    def said(self, course: Course, name: str, workers) -> list[tuple[str, str]]:
        return [(finding.level, str(finding)) for finding in check_exercise(course, name, executor=workers)]

    def test_a_new_exercise_is_sound_from_the_start(self, make_course, tmp_path, workers):
        course = make_course(tmp_path)
        notebook, card = create_exercise(
            course, "my-own", 'Say "hello"', title_fr="Dire « bonjour »", skills=["strings"]
        )
        assert self.said(course, "my-own", workers) == []
        assert course.card("my-own").title.en == 'Say "hello"'
        assert 'Say "hello"' in course.source("my-own")["cells"][0]["source"]
        assert (notebook.name, card.name) == ("my-own.ipynb", "my-own.yaml")
        with pytest.raises(DuplicateError):
            create_exercise(course, "my-own")
        for name in ("My Own", "", "../up", "é"):
            with pytest.raises(InputError):
                create_exercise(course, name)

    def test_what_is_wrong_is_said(self, make_course, tmp_path, workers):
        course = make_course(tmp_path)
        assert self.said(course, "add-up", workers) == [
            ("warning", "The card has 1 typical wrong answer; 3 are usual.")
        ]
        source = course.notebooks("add-up")["add-up"]
        text = (
            source.read_text().replace("result += number", "result -= number").replace("lang-fr", "lang-en")
        )
        source.write_text(text.replace('"points": 1', '"points": 0'))
        card = tmp_path / "cards" / "add-up.yaml"
        card.write_text(
            card.read_text().replace("yours gave `6`", "yours gave `7`").replace("  - {en: At", "#")
        )
        said = self.said(course, "add-up", workers)
        errors = [text for level, text in said if level == "error"]
        assert any("lang-fr" in text for text in errors)
        assert ("warning", "Cell 'test-empty' is graded, and worth no points.") in said
        assert (
            "The solution fails test 'test-sum': `total([1, 2])` should give `3`, yours gave `-3`" in errors
        )
        assert any("another message" in text for text in errors)

    def test_a_source_that_nbgrader_refuses(self, make_course, tmp_path, workers):
        course = make_course(tmp_path)
        source = course.notebooks("add-up")["add-up"]
        source.write_text(source.read_text().replace("test-empty", "test-sum"))
        said = self.said(course, "add-up", workers)
        assert ("error", "Several cells have the name 'test-sum'.") in said
        assert any("Duplicate grade id" in text for _level, text in said)
        source.write_text("{")
        ((level, text),) = self.said(course, "add-up", workers)
        assert level == "error"
        assert "add-up.ipynb" in text

    def test_an_unknown_one(self, course, workers):
        with pytest.raises(MentoringError, match="no exercise 'nothing'"):
            check_exercise(course, "nothing", executor=workers)


def test_lateness_is_nbgraders_business(make_course, tmp_path, workers, job, answer):
    course = make_course(tmp_path)
    release_exercise(course, "add-up", executor=workers)
    with (tmp_path / "nbgrader_config.py").open("a") as config:
        config.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    with closing(sqlite3.connect(tmp_path / "gradebook.db")) as db:
        db.execute("UPDATE assignment SET duedate = '2020-01-01 00:00:00.000000'")
        db.commit()
        right = answer("add-up", {"total": "def total(numbers):\n    return sum(numbers)"})
        ((done, graded),) = grade_jobs(course, [job("ana", "add-up", right)], executor=workers)
        assert graded.outcome.points == 3, "what was shown is shown, late or not"
        record_result(course, done, graded, executor=workers)
        assert db.execute("SELECT late_submission_penalty FROM submitted_notebook").fetchall() == [(3.0,)]
    html = render_feedback(course, Student("ana", "Ana", done.received_at), "add-up", executor=workers)
    assert "Taken off for lateness: 3" in html
