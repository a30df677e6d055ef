"""The life of a variant: made, reviewed, given to one student, counted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from toolkit.cli.main import main
from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.mastery import MasteryState
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises import manage_exercises
from toolkit.services.practice import create_practice, mentorships
from toolkit.services.reports.student_snapshots import student_snapshot

NOW = datetime.now(UTC)
SOLVED = Outcome(Verdict.GRADED, (TestResult("test-total", 1.0, 1.0),))


@pytest.fixture
def practice(tmp_path):
    practice = create_practice.create_practice(tmp_path / "mine").practice
    for name in ("Ana", "Bo"):
        mentorships.add_student(practice, name)
    return practice


@pytest.fixture
def mentor(capfd, monkeypatch, practice):
    monkeypatch.chdir(practice.root)
    monkeypatch.setenv("MENTORING_LANG", "en")
    monkeypatch.setenv("LANGUAGE", "en")

    def run(*args):
        with pytest.raises(SystemExit) as done:
            main([*args])
        return (done.value.code, *capfd.readouterr())

    return run


def stands(practice, student, now=NOW):
    with practice.store.read() as tx:
        return student_snapshot(tx, Catalogue(practice), tx.students.get(student), now)


def proposed(practice, student):
    return {line.exercise for line in stands(practice, student).next_exercises}


def test_made_by_the_command_and_looked_at(mentor, practice):
    code, out, err = mentor("exercise", "variant", "bakery-till", "--seed", "7")
    assert (code, err) == (0, ""), err
    assert out.split("\n")[:2] == ["source/bakery-till-v7/bakery-till-v7.ipynb", "cards/bakery-till-v7.yaml"]
    assert "mentor exercise release bakery-till-v7" in out
    code, out, err = mentor("exercise", "variant", "bakery-till", "--seed", "7")
    assert code == 2
    assert "Choose another seed" in err
    code, out, err = mentor("exercise", "preview", "bakery-till-v7", "--language", "fr")
    assert (code, err) == (0, ""), err
    assert "```python\ndef total_cents" in out
    assert "Code vient ici" in out or "code vient ici" in out
    assert "gives" not in out
    assert "return croissants" not in out
    assert not (practice.root / "release").exists()
    code, out, err = mentor("exercise", "preview", "bakery-till-v7", "--to", "look.ipynb")
    assert (code, out) == (0, "look.ipynb\n"), err
    nb = json.loads((practice.root / "look.ipynb").read_text())
    assert nb["metadata"]["mentoring"]["language"] == "en"
    code, _out, err = mentor("exercise", "preview", "bakery-till-v7", "--to", "look.ipynb")
    assert code == 2
    assert "look.ipynb already" in err
    code, _out, err = mentor("exercise", "variant", "bakry-till")
    assert code == 2
    assert "bakery-till" in err


def test_proposed_to_those_alone_whom_it_was_given_to(practice):
    before = proposed(practice, "ana")
    assert "bakery-till" in before
    notebook, _card = manage_exercises.create_variant(practice, "bakery-till")
    name = notebook.stem
    assert proposed(practice, "ana") == proposed(practice, "bo") == before
    manage_exercises.release_exercises(practice, [name], ["ana"])
    assert proposed(practice, "ana") == before | {name}
    assert proposed(practice, "bo") == before


def test_counts_for_the_skills_of_its_exercise(practice):
    notebook, _card = manage_exercises.create_variant(practice, "bakery-till")
    first = Attempt("ana", "bakery-till", "a" * 64, NOW - timedelta(days=20), "inbox", outcome=SOLVED)
    again = replace(first, exercise_id=notebook.stem, sha256="b" * 64, received_at=NOW - timedelta(days=2))
    skill = {"values-and-names", "functions"}

    def states():
        return {line.state for line in stands(practice, "ana").skills if line.id in skill}

    with practice.store.begin() as tx:
        tx.attempts.add(first)
    assert states() == {MasteryState.REFRESH_DUE}
    with practice.store.begin() as tx:
        tx.attempts.add(again)
    assert states() == {MasteryState.RETAINED}
    assert notebook.stem in {line.id for line in stands(practice, "ana").exercises}
