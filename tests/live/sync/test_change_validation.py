"""Only the student may write their wish, and consent to a replay."""

from __future__ import annotations

import pytest

from toolkit.domain.record_entries import ConsentEntry, WishEntry
from toolkit.live.sync.change_validation import validate_changes

REPLAY = {"consent/replay": True}


def judged(table, role, known=None):
    return validate_changes(table, set(table), known or {}, dict.fromkeys(table, role) if role else {})


@pytest.mark.parametrize("known", [{}, {"consent": ConsentEntry()}])
def test_only_the_student_agrees_to_a_replay(known):
    assert judged(REPLAY, "student", known).changes == {"consent": ConsentEntry(replay=True)}
    # Who it was is not known after a server has died.
    for role in ("mentor", None):
        found = judged(REPLAY, role, known)
        assert found.back == set(REPLAY)
        assert "Only the student decides" in found.problem
        assert not found.changes


def test_it_is_taken_back_by_the_student_or_whoever_restores_it():
    known = {"consent": ConsentEntry(replay=True)}
    for role in ("student", None):
        assert judged({"consent/replay": False}, role, known).changes == {"consent": ConsentEntry()}
    assert judged({"consent/replay": False}, "mentor", known).back == {"consent/replay"}


def test_consent_entry_cannot_be_deleted():
    """A consent entry cannot be deleted as if it had never existed."""
    found = validate_changes({}, {"consent/replay"}, {"consent": ConsentEntry(replay=True)}, {})
    assert found.back == {"consent/replay"}


@pytest.mark.parametrize("known", [{}, {"wish": WishEntry(win="Loops")}])
def test_only_the_student_writes_their_wish(known):
    table = {"wish/win": "Loops", "wish/goal": "Plots"}
    assert judged(table, "student", known).changes == {"wish": WishEntry(win="Loops", goal="Plots")}
    found = judged(table, "mentor", known)
    assert "wish/goal" in found.back
    assert not found.changes
    mixed = validate_changes(table, set(table), {}, {"wish/win": "student", "wish/goal": "mentor"})
    assert not mixed.changes


def test_what_does_not_fit_is_refused():
    for table in (
        {"wish/win": "x" * 501},
        {"wish/else": "x"},
        {"consent/replay": "perhaps"},
        {"wish:a/win": "x"},
    ):
        found = judged(table, "student")
        assert found.back == set(table)
        assert not found.changes
