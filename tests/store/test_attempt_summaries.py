"""The stored summary of a student's attempts at an exercise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from tests.store.example_rows import NOW, ZOE, fill
from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.attempt_evidence import summarize_attempts
from toolkit.store import Store
from toolkit.store.attempt_summaries import AttemptSummaryRow

moves = st.lists(
    st.tuples(
        st.sampled_from(["zoe-lefevre", "ben"]),
        st.sampled_from(["till", "fare"]),
        st.integers(0, 30),
        st.integers(0, 2),
        st.booleans(),
        st.sampled_from([None, Verdict.TIMED_OUT, (0.0,), (1.0, 0.0), (1.0,), (1.0, None)]),
    ),
    max_size=12,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(moves)
def test_the_summary_is_what_the_attempts_amount_to(tmp_path_factory, moved):
    store = Store(tmp_path_factory.mktemp("summary") / "practice.db")
    with store.begin() as tx:
        tx.students.add(ZOE)
        tx.students.add(replace(ZOE, id="ben", name="Ben"))
    for number, (student, exercise, day, hints, aided, result) in enumerate(moved):
        received = NOW + timedelta(day, minutes=number)
        with store.begin() as tx:
            kept, _new = tx.attempts.add(
                Attempt(student, exercise, f"{number:064x}", received, "mail", hints, aided)
            )
        outcome = None
        if isinstance(result, tuple):
            tests = [
                TestResult(f"t{n}", points, 1.0, "no" if points == 0 else "")
                for n, points in enumerate(result)
            ]
            outcome = Outcome(Verdict.GRADED, tuple(tests))
        elif result is not None:
            outcome = Outcome(result, reason="slow")
        if outcome is not None:
            with store.begin() as tx:
                tx.attempts.set_outcome(kept.id, outcome)
    with store.read() as tx:
        found = {(one.student_id, one.exercise_id): one for one in tx.tried.for_students([ZOE.id, "ben"])}
        by_pair = {}
        for attempt in tx.attempts.all():
            by_pair.setdefault((attempt.student_id, attempt.exercise_id), []).append(attempt)
        assert tx.tried.missing([ZOE.id, "ben"]) == set()
    assert found == {pair: summarize_attempts(attempts) for pair, attempts in by_pair.items()}
    store.close()


def test_a_summary_that_fails_takes_the_attempt_with_it(store):
    fill(store)
    with pytest.raises(ZeroDivisionError), store.begin() as tx:
        tx.attempts.add(Attempt(ZOE.id, "fare", "1" * 64, NOW, "mail"))
        raise ZeroDivisionError
    with store.read() as tx:
        assert [(one.exercise_id, one.attempts) for one in tx.tried.for_students([ZOE.id])] == [("till", 1)]


def test_summaries_that_are_not_there_yet_are_found_and_made(store):
    fill(store)
    with store.begin() as tx:
        tx.session.execute(delete(AttemptSummaryRow))
    with store.begin() as tx:
        assert tx.tried.missing(["nobody"]) == set()
        missing = tx.tried.missing([ZOE.id])
        assert missing == {(ZOE.id, "till")}
        tx.tried.make(missing)
        assert tx.tried.missing([ZOE.id]) == set()
        assert tx.tried.count() == 1
