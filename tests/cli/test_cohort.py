"""`mentor cohort` and `mentor skill`."""

from __future__ import annotations

import json

import pytest

from toolkit.services.practice import create_practice, mentorships


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    practice = create_practice.create_practice(tmp_path_factory.mktemp("cohort") / "practice").practice
    mentorships.add_student(practice, "Zoé Lefèvre")
    return practice


@pytest.fixture
def run(mentor, practice):
    return lambda *args: mentor("--practice", practice.root, *args)


def test_what_the_mentor_says_stands_beside_the_evidence(run):
    code, out, _err = run("skill", "confirm", "zoe-lefevre", "for-loops", "Explained it\nto Ben.")
    assert (code, "You confirm" in out) == (0, True)
    run("skill", "contest", "zoé", "for-loops", "It was copied.")
    code, out, _err = run("skill", "list", "zoe-lefevre", "--json")
    line = next(one for one in json.loads(out) if one["skill"] == "for-loops")
    assert (line["state"], line["mentor"]["stance"], line["mentor"]["words"]) == (
        "not started",
        "contested",
        "It was copied.",
    )
    assert line["student"] is None
    run("skill", "withdraw", "zoe-lefevre", "for-loops")
    _code, out, _err = run("skill", "list", "zoe-lefevre", "--json")
    assert all(one["mentor"] is None for one in json.loads(out))


def test_what_cannot_be_said_is_refused_with_the_next_step(run):
    code, _out, err = run("skill", "confirm", "zoe-lefevre", "for-loop")
    assert (code, "for-loops" in err) == (2, True)
    code, _out, err = run("skill", "contest", "zoe-lefevre", "for-loops", "x" * 501)
    assert (code, "501 characters" in err) == (2, True)


def test_the_cohort_s_page_and_its_rows(run, practice):
    code, out, _err = run("cohort")
    assert (code, "1 of 1 students" in out) == (0, True)
    assert "Zoé Lefèvre" in (practice.root / "desk" / "cohort.html").read_text("utf-8")
    _code, out, _err = run("cohort", "--json")
    assert [one["student"] for one in json.loads(out)] == ["zoe-lefevre"]
    _code, out, _err = run("cohort", "--state", "ended", "--json")
    assert json.loads(out) == []


def test_who_is_looked_for_is_printed_and_the_page_stays_whole(run, practice):
    page = practice.root / "desk" / "cohort.html"
    run("cohort")
    whole = page.read_bytes()
    code, out, _err = run("cohort", "--find", "Zoé")
    assert (code, out.splitlines()[0].split("\t")[:2]) == (0, ["zoe-lefevre", "Zoé Lefèvre"])
    code, out, _err = run("cohort", "--find", "nobody")
    assert (code, out) == (0, "Nobody has 'nobody' in their name.\n")
    assert page.read_bytes() == whole
    code, _out, err = run("cohort", "--find", "zoe", "--open")
    assert (code, "without --find" in err) == (2, True)
