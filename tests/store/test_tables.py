"""The tables return rows as they were written, and store each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.store.example_rows import NOW, ZOE, fill
from toolkit.domain.agenda import ActionItem, ActionState
from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.ledger import BillingRules, ledger_line_for
from toolkit.domain.session import SessionState
from toolkit.domain.skill_opinions import Opinion, Stance
from toolkit.errors import DuplicateError, NotFoundError
from toolkit.store import Mark, Note, NoteDraft, NoteSide, Observation, Remark
from toolkit.store.note_drafts import DraftRow


def test_what_is_written_is_read_back(store):
    fill(store)
    with store.read() as tx:
        assert tx.students.get("zoe-lefevre") == ZOE
        assert tx.students.get("Zoé") == ZOE
        assert tx.students.get("zoé lefèvre") == ZOE
        assert [item.text for item in tx.sessions.get("zoe-1").agenda] == ["one", "two"]
        assert tx.sessions.next_id(ZOE.id) == "zoe-lefevre-2"
        assert tx.actions.for_student(ZOE.id, ActionState.OPEN)[0].due == date(2026, 12, 1)
        assert tx.actions.for_student(ZOE.id, ActionState.DONE) == []
        assert len(tx.attempts.waiting()) == 1


def test_an_outcome_is_written_and_read_back(store):
    fill(store)
    outcome = Outcome(
        Verdict.PARTLY_GRADED, (TestResult("t", None, 2.0), TestResult("u", 1.0, 1.0)), "", "3.11"
    )
    with store.begin() as tx:
        attempt = tx.attempts.waiting()[0]
        tx.attempts.set_outcome(attempt.id, outcome)
    with store.read() as tx:
        assert tx.attempts.for_student(ZOE.id)[0].outcome == outcome
        assert tx.attempts.waiting() == []


def test_the_same_bytes_are_the_same_attempt(store):
    fill(store)
    with store.begin() as tx:
        kept, new = tx.attempts.add(Attempt(ZOE.id, "till", "0" * 64, NOW, "again"))
    assert not new
    assert kept.source == "mail"


def test_names_that_are_not_there_propose_the_near_one(store):
    fill(store)
    with store.read() as tx, pytest.raises(NotFoundError, match=r"zoe-lefevre"):
        tx.students.get("zoe-lefevr")
    with store.read() as tx, pytest.raises(NotFoundError, match=r"zoe-1"):
        tx.sessions.get("zoe-11")
    with store.begin() as tx, pytest.raises(DuplicateError):
        tx.students.add(ZOE)


def test_two_students_of_one_name_are_told_apart(store):
    with store.begin() as tx:
        tx.students.add(replace(ZOE, id="zoe-a", name="Zoé A"))
        tx.students.add(replace(ZOE, id="zoe-b", name="Zoé B"))
    with store.read() as tx, pytest.raises(NotFoundError, match="zoe-a, zoe-b"):
        tx.students.get("zoé")


def test_a_session_is_billed_once(store):
    fill(store)
    with store.begin() as tx:
        held = replace(tx.sessions.get("zoe-1"), state=SessionState.HELD)
        line = ledger_line_for(held, BillingRules())
        tx.ledger.add(line)
    with pytest.raises(IntegrityError), store.begin() as tx:
        tx.ledger.add(line)
    with store.read() as tx:
        assert tx.ledger.all() == [line]


def test_one_action_item_is_continued_by_one(store):
    fill(store)
    with store.begin() as tx:
        for item in tx.actions.for_student(ZOE.id)[0].carry("y"):
            tx.actions.save(item, ZOE.id)
    with pytest.raises(IntegrityError), store.begin() as tx:
        tx.actions.save(ActionItem("z", "practise", carried_from="x"), ZOE.id)


def test_notes_keep_to_their_side(store):
    fill(store)
    with store.begin() as tx:
        tx.notes.add(Note(ZOE.id, "zoe-1", NoteSide.MENTOR, "shy", NOW))
        tx.marks.add(Mark(ZOE.id, "loops", "student", "zoe-1", NOW))
        tx.marks.add(Mark(ZOE.id, "loops", "student", "zoe-1", NOW))
    with store.read() as tx:
        assert tx.notes.for_student(ZOE.id, NoteSide.SHARED) == []
        assert tx.notes.for_student(ZOE.id, NoteSide.MENTOR)[0].text == "shy"
        assert len(tx.marks.for_student(ZOE.id)) == 1


def test_a_student_without_a_name_is_no_obstacle(store):
    # An earlier version took them on.
    fill(store)
    with store.begin() as tx:
        tx.students.add(replace(ZOE, id="x", name=""))
    with store.read() as tx:
        assert tx.students.get("Zoé") == ZOE
        assert tx.students.get("x").given_name == "x"


def test_what_was_seen_is_kept_once_and_can_be_taken_back(store):
    fill(store)
    seen = Observation(ZOE.id, "zoe-1", "loops", aided=False, seen_at=NOW)
    with store.begin() as tx:
        tx.observations.add(seen)
        tx.observations.add(replace(seen, seen_at=NOW.replace(hour=19)))
        tx.observations.add(replace(seen, aided=True))
    with store.begin() as tx:
        assert tx.observations.for_student(ZOE.id) == [seen, replace(seen, aided=True)]
        assert tx.observations.for_student("ben") == []
        tx.observations.take_back(replace(seen, seen_at=NOW.replace(hour=20)))
        tx.observations.take_back(seen)
    with store.read() as tx:
        assert tx.observations.for_student(ZOE.id) == [replace(seen, aided=True)]
    with pytest.raises(IntegrityError), store.begin() as tx:
        tx.observations.add(replace(seen, session_id="zoe-2"))


def test_a_draft_is_written_over_and_goes_when_it_is_empty(store):
    fill(store)
    with store.begin() as tx:
        assert tx.drafts.for_session("zoe-1") == NoteDraft()
        tx.drafts.save("zoe-1", NoteDraft("shy"), NOW)
        tx.drafts.save("zoe-1", NoteDraft("shy", "well done"), NOW)
    with store.begin() as tx:
        assert tx.drafts.for_session("zoe-1") == NoteDraft("shy", "well done")
        tx.drafts.save("zoe-1", NoteDraft(), NOW)
        tx.drafts.save("zoe-1", NoteDraft(), NOW)
    with store.read() as tx:
        assert tx.drafts.for_session("zoe-1") == NoteDraft()
        assert tx.session.scalars(select(DraftRow)).all() == []


def test_opinions_and_confirmations_keep_their_order(store):
    """Opinions and confirmations are returned in the order in which they were given."""
    fill(store)
    with store.begin() as tx:
        tx.opinions.add(Opinion(ZOE.id, "loops", "student", Stance.ALONE, NOW + timedelta(1), "I can."))
        tx.opinions.add(Opinion(ZOE.id, "loops", "mentor", Stance.CONTESTED, NOW + timedelta(2)))
        tx.marks.add(Mark(ZOE.id, "loops", "mentor", "zoe-1", NOW))
        tx.marks.add(Mark(ZOE.id, "loops", "student", "zoe-1", NOW))
    with store.read() as tx:
        assert [(one.by, one.stance, one.words) for one in tx.opinions.for_student(ZOE.id)] == [
            ("mentor", Stance.CONFIRMED, ""),
            ("student", Stance.ALONE, "I can."),
            ("mentor", Stance.CONTESTED, ""),
        ]
        assert tx.opinions.for_students(["nobody"]) == {"nobody": []}


def test_remarks_are_kept_replaced_and_taken_back(store):
    fill(store)
    with store.begin() as tx:
        number = tx.attempts.waiting()[0].id
        tx.remarks.save(Remark(number, "solution", "till", "Sort first.", NOW))
        tx.remarks.save(Remark(number, "solution", "till", "Sort it first.", NOW))
        tx.remarks.save(Remark(number, "other", "till", " ", NOW))
        assert [one.text for one in tx.remarks.on(["till", "fare"])] == ["Sort it first."]
        tx.remarks.save(Remark(number, "solution", "till", "", NOW))
        assert tx.remarks.on(["till"]) == []
