"""Submissions in a workspace are ingested once, even during grading, and nothing else is."""

from __future__ import annotations

from pathlib import Path

from tests.services.outbox_submissions import ZOE, answer, attempts, hand_in
from toolkit.domain.attempt import Verdict
from toolkit.services.grading import feedback_writer, grading_batch
from toolkit.services.grading.collect_submissions import ReceiptStatus
from toolkit.services.grading.submission_inbox import ingest_outbox
from toolkit.services.sessions import session_workspace
from toolkit.workspace.submission_outbox import Outbox


def test_what_nobody_watched_is_taken_in_by_the_next_grade(demo_practice):
    name = hand_in(demo_practice)
    assert answer(demo_practice, name) is None
    found = {one.attempt.exercise_id: one for one in grading_batch.grade_attempts(demo_practice, student=ZOE)}
    assert found["bakery-till"].outcome.verdict is Verdict.GRADED
    said = answer(demo_practice, name)
    assert (said.state, said.verdict, said.message) == ("graded", "noté", "")
    assert said.points == said.max_points > 0
    assert {test.outcome for test in said.tests} == {"passed"}
    assert said.page == ""
    feedback_writer.write_feedback(demo_practice, student=ZOE)
    page = demo_practice.workspace(ZOE) / answer(demo_practice, name).page
    assert page.is_file()
    assert page.parent.name == "feedback"
    kept = attempts(demo_practice)[name]
    assert demo_practice.kept(kept.sha256) == (demo_practice.workspace(ZOE) / "outbox" / name).read_bytes()


def test_it_is_received_even_while_somebody_grades(demo_practice):
    name = hand_in(demo_practice)
    with demo_practice.writing("mentor grade"):
        (receipt,) = ingest_outbox(demo_practice)
    assert (receipt.received, receipt.student_id, receipt.exercise_id) == (
        ReceiptStatus.NEW,
        ZOE,
        "bakery-till",
    )
    assert answer(demo_practice, name).state == "received"
    assert ingest_outbox(demo_practice) == [], "once"


def test_submission_without_its_receipt_is_ingested_again(demo_practice):
    """A submission interrupted between storing and its receipt is ingested again."""
    name = hand_in(demo_practice)
    ingest_outbox(demo_practice)
    (demo_practice.workspace(ZOE) / "outbox" / name).with_suffix(".json").unlink()
    (receipt,) = ingest_outbox(demo_practice)
    assert receipt.received is ReceiptStatus.AGAIN
    assert len([a for a in attempts(demo_practice).values() if a.sha256 == receipt.sha256]) == 1


def test_what_cannot_be_taken_in_is_answered_and_stops_no_other(demo_practice):
    outbox = Outbox(demo_practice.workspace(ZOE))
    outbox.folder.mkdir()
    (outbox.folder / "bakery-till-0.ipynb").write_bytes(b"no notebook")
    (outbox.folder / "no-such-thing-0.ipynb").write_bytes(b"{}")
    (outbox.folder / "link-0.ipynb").symlink_to(demo_practice.root / "mentoring.toml")
    name = hand_in(demo_practice)
    receipts = {Path(r.source).name: r.received for r in ingest_outbox(demo_practice)}
    assert receipts == {
        "bakery-till-0.ipynb": ReceiptStatus.UNREADABLE,
        "no-such-thing-0.ipynb": ReceiptStatus.UNREADABLE,
        "link-0.ipynb": ReceiptStatus.REFUSED,
        name: ReceiptStatus.NEW,
    }
    unreadable = outbox.answer("bakery-till-0.ipynb")
    assert (unreadable.state, unreadable.verdict) == ("graded", "illisible")
    assert unreadable.message
    assert outbox.answer("no-such-thing-0.ipynb").state == "refused"
    assert outbox.answer("link-0.ipynb").state == "refused"
    assert ingest_outbox(demo_practice) == []


def test_an_outbox_that_leads_elsewhere_is_passed_over(demo_practice):
    name = hand_in(demo_practice, student="ben-okafor")
    outbox = demo_practice.workspace(ZOE) / "outbox"
    outbox.symlink_to(demo_practice.workspace("ben-okafor") / "outbox")
    (receipt,) = ingest_outbox(demo_practice)
    assert receipt.student_id == "ben-okafor"
    assert name not in attempts(demo_practice)


def test_a_table_is_handed_in_from_its_own_notebook(demo_practice):
    """A session's notebook: nbgrader's metadata marks the answers in it."""
    with demo_practice.store.read() as tx:
        session = tx.sessions.get("zoe-lefevre-3")
    notebook = session_workspace.notebook_path(demo_practice, session)
    outbox = Outbox.of_record(notebook.with_name("record.json"))
    assert outbox.workspace == demo_practice.workspace(ZOE)
    digest = outbox.put(session.exercise, notebook)
    (receipt,) = ingest_outbox(demo_practice)
    assert (receipt.sha256, receipt.exercise_id) == (digest, session.exercise)
