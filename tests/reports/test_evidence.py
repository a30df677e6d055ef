from __future__ import annotations

from datetime import UTC, date

from toolkit.domain.attempt import Verdict
from toolkit.domain.mastery import Evidence
from toolkit.reports.evidence import trials


def test_hints_are_help_and_a_later_success_without_new_ones_is_not(make_attempt):
    def aided(*attempts):
        return [trial.aided for trial in trials(attempts, UTC)]

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


def test_a_file_that_says_nothing_about_a_skill_is_no_evidence(make_attempt):
    for verdict in (None, Verdict.UNREADABLE, Verdict.TAMPERED):
        (trial,) = trials([make_attempt("counting", 5, verdict=verdict)], UTC)
        assert trial.evidence is None
    (trial,) = trials([make_attempt("counting", 5, verdict=Verdict.TIMED_OUT)], UTC)
    assert trial.evidence == Evidence(date(2026, 11, 19), success=False, source=str(trial.attempt.id))
