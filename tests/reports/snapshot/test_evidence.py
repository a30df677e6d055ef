from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from tests.reports.conftest import NOW
from toolkit.domain.attempt import Verdict
from toolkit.domain.mastery import Evidence, MasteryState
from toolkit.reports.snapshot.evidence import evidence_from_attempts, evidence_from_observation
from toolkit.store import Observation


def test_hints_count_as_help_until_a_success_without_new_ones(make_attempt):
    """Hints count as help until a later success without new ones."""

    def aided(*attempts):
        return [trial.aided for trial in evidence_from_attempts(attempts, UTC)]

    assert aided(make_attempt("counting", 5)) == [False]
    assert aided(make_attempt("counting", 5, aided=True)) == [True]
    assert aided(make_attempt("counting", 5, hints_used=1)) == [True]
    # Given hints stay given: the same two, a day later, are no help any more …
    assert aided(make_attempt("counting", 5, hints_used=2), make_attempt("counting", 4, hints_used=2)) == [
        True,
        False,
    ]
    # … but a third one is, and so is the same day, or an earlier attempt that failed.
    assert aided(make_attempt("counting", 5, hints_used=2), make_attempt("counting", 4, hints_used=3))[1]
    assert aided(make_attempt("counting", 5, hints_used=2), make_attempt("counting", 4.99, hints_used=2))[1]
    assert aided(make_attempt("counting", 5, 1, hints_used=2), make_attempt("counting", 4, hints_used=2))[1]
    # Of two successes of one day, the one with more hints counts.
    one_day = [make_attempt("counting", 5 - n / 100, hints_used=hints) for n, hints in enumerate((1, 2, 1))]
    assert aided(*one_day, make_attempt("counting", 4, hints_used=2)) == [True, True, True, False]


def test_a_file_that_says_nothing_about_a_skill_is_no_evidence(make_attempt):
    for verdict in (None, Verdict.UNREADABLE, Verdict.TAMPERED):
        (trial,) = evidence_from_attempts([make_attempt("counting", 5, verdict=verdict)], UTC)
        assert trial.evidence is None
    (trial,) = evidence_from_attempts([make_attempt("counting", 5, verdict=Verdict.TIMED_OUT)], UTC)
    assert trial.evidence == Evidence(date(2026, 11, 19), success=False, source=str(trial.attempt.id))


def test_what_the_mentor_saw_counts_as_success_on_its_day(story):
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    zone = timezone(timedelta(hours=1))
    seen = Observation("ana", "ana-1", "lists", aided=False, seen_at=late)
    assert evidence_from_observation(seen, zone) == Evidence(
        date(2026, 11, 24), success=True, source="session:ana-1"
    )
    story.observations = [replace(seen, aided=True, seen_at=NOW - timedelta(9))]

    def lists():
        return next(skill for skill in story.told().skills if skill.id == "lists")

    assert lists().state is MasteryState.LEARNING
    story.observations.append(replace(seen, seen_at=NOW - timedelta(8)))
    assert lists().state is MasteryState.REFRESH_DUE
    story.observations.append(replace(seen, session_id="ana-2", seen_at=NOW - timedelta(1)))
    assert lists().state is MasteryState.RETAINED
    assert [(item.session, item.aided) for item in lists().evidence if item.session] == [
        ("ana-1", True),
        ("ana-1", False),
        ("ana-2", False),
    ]
    story.observations = [replace(seen, student_id="ben")]
    assert lists().state is MasteryState.LEARNING
