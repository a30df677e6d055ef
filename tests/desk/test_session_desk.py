"""The mentor's desk on a real practice: the data it reads and saves, and the close of a session."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from toolkit.desk import SessionDesk
from toolkit.domain.mastery import MasteryState
from toolkit.domain.record_entries import ActionEntry
from toolkit.domain.session import SessionState
from toolkit.errors import NotFoundError, StateError
from toolkit.services.reports import progress_notebooks
from toolkit.services.sessions import closing_data, live_observations, session_lifecycle, session_workspace
from toolkit.store import NoteDraft, NoteSide
from toolkit.workspace.session_record import Record
from toolkit.workspace.submission_outbox import Outbox

ZOE = "zoe-lefevre"
ID = "zoe-lefevre-3"
SECRET = "Elle cherche un emploi; ne pas en parler."
HOSTILE = "</li><script>alert(1)</script>"


@pytest.fixture
def live(demo_practice):
    """The demo's next session, started, and its record."""
    session, notebook = session_lifecycle.start_session(demo_practice, ID)
    return session, Record(notebook.with_name("record.json"))


@pytest.fixture
def desk(demo_practice, live):
    widget = SessionDesk(ID, demo_practice, language="en")
    yield widget
    widget.close()


def ask(widget, what, **more):
    """Send the request of a button on the page."""
    token = widget.touched["token"] + 1
    widget.set_state({"request": {"n": token, "what": what, **more}, "touched": {"token": token, "ids": []}})
    assert widget.answered == token


def write(widget, **texts):
    """Send the request that the page sends while the mentor types."""
    token = widget.touched["token"] + 1
    widget.set_state({**texts, "touched": {"token": token, "ids": []}})
    assert widget.answered == token


def files(practice):
    """Return every file of the students' workspaces."""
    return {path: path.read_bytes() for path in (practice.root / "students").rglob("*") if path.is_file()}


def stored(practice, what):
    with practice.store.read() as tx:
        return what(tx)


def test_it_is_about_the_live_session_and_briefs(demo_practice):
    widget = SessionDesk("zoé", demo_practice, language="en")
    assert (widget.session["id"], widget.session["state"]) == (ID, "planned")
    assert "At the bakery till" in widget.brief["opener"], "in the mentor's language, not the student's"
    assert "3 attempts have come in" in widget.brief["news"]
    (promise,) = widget.brief["promises"]
    assert promise["late"]
    assert [line["text"].split(" · ")[1] for line in widget.brief["attempts"]] == [
        "solved",
        "solved",
        "timed out",
    ]
    assert widget.brief["reviews"]
    assert [note["text"] for note in widget.brief["notes"]] == [
        "Va vite ; lui laisser dire l’erreur elle-même."
    ]
    with pytest.raises(NotFoundError, match="zoe-lefevre"):
        SessionDesk("zoe-lefevr", demo_practice)


def test_the_agenda_is_read_as_it_is_now_and_never_trusted(desk, live):
    session, record = live
    items = record.items()
    agenda = [key for key in items if key.startswith("agenda:")]
    since = datetime.now(UTC) - timedelta(minutes=4)
    record.put(
        {
            agenda[0]: items[agenda[0]].model_copy(update={"state": "discussed"}),
            "timer": items["timer"].model_copy(
                update={"item": items[agenda[1]].id, "item_started_at": since, "started_at": since}
            ),
            "check:while-loops": items["check:while-loops"].model_copy(update={"ticked": True}),
            "action:new": ActionEntry(id="new", text=HOSTILE),
        }
    )
    desk.refresh()
    now = desk.table
    assert (now["done"], now["total"]) == (1, len(session.agenda))
    assert now["running"]["text"] == items[agenda[1]].text
    assert datetime.fromisoformat(now["running"]["since"]) == since
    assert now["ticks"] == ["Ticked by the student: Boucles while"]
    assert now["agreed"] == [f"{HOSTILE} · student"]
    assert HOSTILE not in desk.to_html()

    content = json.loads(record.path.read_text())
    content["items"][agenda[2]] = {"id": 7}
    record.path.write_text(json.dumps(content))
    desk.refresh()
    assert desk.table["total"] == len(session.agenda) - 1
    assert len(desk.table["problems"]) == 1
    record.path.write_bytes(b"\xff{")
    desk.refresh()
    assert (desk.table["total"], desk.error) == (0, "")
    assert "damaged" in desk.table["problems"][0]


def test_a_hint_goes_to_the_table_once_and_the_next_ones_stay(desk, live, demo_practice):
    _session, record = live
    hints, given = desk.ladder["hints"], desk.ladder["given"]
    before = files(demo_practice)
    ask(desk, "hint", step=given + 1)
    ask(desk, "hint", step=given + 1)
    assert (desk.ladder["given"], desk.error) == (given + 1, "")
    assert record.get("exercise:savings-jar").hints == hints[: given + 1]
    after = files(demo_practice)
    assert {path for path in before | after if before.get(path) != after.get(path)} == {record.path}
    for to_come in hints[given + 1 :]:
        assert to_come.encode() not in b"".join(after.values())
    while desk.ladder["given"] < len(hints):
        desk.give_hint()
    with pytest.raises(StateError, match="all 3 hints"):
        desk.give_hint()


def test_notes_are_kept_as_they_are_typed_and_nowhere_else(desk, demo_practice):
    before = files(demo_practice)
    write(desk, note=SECRET)
    write(desk, recap="Bravo.")
    assert desk.saved
    assert stored(demo_practice, lambda tx: tx.drafts.for_session(ID)) == NoteDraft(SECRET, "Bravo.")
    assert files(demo_practice) == before
    assert SECRET not in desk.to_html()
    again = SessionDesk(ID, demo_practice, language="fr")
    assert (again.note, again.recap) == (SECRET, "Bravo.")
    write(desk, note=SECRET + " Jamais.")
    again.refresh()
    assert again.note == SECRET + " Jamais."


def test_two_desks_lose_nothing_of_one_another(desk, demo_practice):
    other = SessionDesk(ID, demo_practice, language="en")
    write(desk, note="one")
    write(other, note="two")
    assert other.note == "one\ntwo"
    write(desk, recap="three")
    assert stored(demo_practice, lambda tx: tx.drafts.for_session(ID)) == NoteDraft("one\ntwo", "three")


def test_what_the_database_refuses_stays_and_is_tried_again(desk, demo_practice):
    blocker = sqlite3.connect(demo_practice.store.path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        write(desk, note=SECRET)
    finally:
        blocker.close()
    assert desk.error.startswith("Not saved.")
    assert (desk.note, desk.saved) == (SECRET, "")
    desk.refresh()
    assert (desk.error, stored(demo_practice, lambda tx: tx.drafts.for_session(ID).note)) == ("", SECRET)


def test_what_was_seen_is_evidence_until_it_is_taken_back(desk, demo_practice):
    def state():
        return next(one["state"] for one in desk.evidence["skills"] if one["id"] == "while-loops")

    before = files(demo_practice)
    assert state() == MasteryState.LEARNING
    ask(desk, "see", skill="while-loops", aided=True)
    assert state() == MasteryState.LEARNING
    ask(desk, "see", skill="while-loops", aided=False)
    ask(desk, "see", skill="while-loops", aided=False)
    assert state() == MasteryState.SHOWN
    assert [one["aided"] for one in desk.evidence["skills"][0]["seen"]] == [True, False]
    assert "While loops" in desk.to_html() or "while" in desk.to_html()
    ask(desk, "unsee", skill="while-loops", aided=False)
    assert state() == MasteryState.LEARNING
    desk.see("strings", aided=False)
    assert {one["id"] for one in desk.evidence["skills"]} == {"while-loops", "strings"}
    assert files(demo_practice) == before
    ask(desk, "see", skill="flying", aided=False)
    assert "no skill 'flying'" in desk.error
    progress_notebooks.write_progress_notebooks(demo_practice, [ZOE])
    assert stored(demo_practice, lambda tx: [o.skill for o in tx.observations.for_student(ZOE)]) == [
        "while-loops",
        "strings",
    ]


def test_before_a_session_there_is_nothing_to_be_seen_or_closed(demo_practice):
    widget = SessionDesk(ID, demo_practice, language="en")
    for what in ("see", "preview", "close"):
        ask(widget, what, skill="while-loops")
        assert widget.error, what
    ask(widget, "format-the-disk")
    assert "does not have" in widget.error
    assert stored(demo_practice, lambda tx: tx.sessions.get(ID).state) is SessionState.PLANNED


def test_the_close_keeps_what_was_looked_at_and_the_note(desk, live, demo_practice):
    _session, record = live
    write(desk, note=SECRET, recap="Une belle heure.")
    ask(desk, "close")
    assert "changed since you looked" in desk.error, "nobody has looked yet"
    assert desk.preview["lines"]
    items = record.items()
    first = next(key for key in items if key.startswith("agenda:"))
    record.put({first: items[first].model_copy(update={"state": "discussed"})})
    ask(desk, "close")
    assert "changed since you looked" in desk.error
    assert stored(demo_practice, lambda tx: tx.sessions.get(ID).state) is SessionState.LIVE
    shown = desk.preview["draft"]
    ask(desk, "close")
    assert desk.error == ""
    closed = stored(demo_practice, lambda tx: tx.sessions.get(ID))
    assert (closed.state, closed.recap) == (SessionState.REPORTED, f"Une belle heure.\n\n{shown}")
    assert desk.kept["recap"] == closed.recap
    assert desk.kept["mail"]["subject"].startswith("Compte rendu de la session du ")
    assert "Une belle heure." in desk.kept["mail"]["text"]
    assert closed.record_sha256
    notes = stored(demo_practice, lambda tx: tx.notes.for_student(ZOE, NoteSide.MENTOR))
    assert [note.text for note in notes if note.session_id == ID] == [SECRET]
    assert stored(demo_practice, lambda tx: tx.drafts.for_session(ID)) == NoteDraft()
    assert (desk.kept["report"], desk.preview, desk.note) == ("written", {}, "")
    assert desk.kept["lines"][0] == f"Agenda: 1 of {len(closed.agenda)} discussed."
    assert SECRET.encode() not in b"".join(files(demo_practice).values())
    write(desk, note="Rappeler lundi.")
    ask(desk, "keep")
    assert [note["text"] for note in desk.notes] == [SECRET, "Rappeler lundi."]
    again = SessionDesk(ID, demo_practice, language="en")
    assert (again.session["state"], again.kept["report"]) == ("reported", "written")
    assert again.table["running"] == {}


def test_a_close_from_the_terminal_keeps_what_was_typed_here(desk, demo_practice):
    write(desk, note=SECRET, recap="Du bureau.")
    preview = closing_data.preview_close(demo_practice, ID)
    closing_data.confirm_close(demo_practice, preview, note="Du terminal.")
    notes = stored(demo_practice, lambda tx: tx.notes.for_student(ZOE, NoteSide.MENTOR))
    assert [note.text for note in notes if note.session_id == ID] == [SECRET, "Du terminal."]
    recap = stored(demo_practice, lambda tx: tx.sessions.get(ID).recap)
    assert recap == preview.closing.recap("Du bureau.")
    assert recap.startswith("Du bureau.\n\n**")
    ask(desk, "close")
    assert desk.error
    ask(desk, "report")
    assert desk.kept["report"] == "written"


def test_what_is_seen_late_counts_for_the_day_of_the_session(desk, demo_practice):
    closing_data.confirm_close(demo_practice, closing_data.preview_close(demo_practice, ID))
    seen = live_observations.record_observation(
        demo_practice, ID, "strings", aided=False, now=datetime(2030, 1, 1, tzinfo=UTC)
    )
    assert seen.seen_at == stored(demo_practice, lambda tx: tx.sessions.get(ID).starts_at)


def test_a_card_with_a_slip_in_it_stops_no_call(desk, demo_practice):
    card = demo_practice.root / "cards" / "savings-jar.yaml"
    whole = card.read_text()
    card.write_text("id: savings-jar\n")
    desk.refresh()
    assert (len(desk.ladder["hints"]), desk.error) == (3, "")
    widget = SessionDesk(ID, demo_practice, language="en")
    assert "savings-jar.yaml" in widget.error
    write(widget, note=SECRET)
    assert stored(demo_practice, lambda tx: tx.drafts.for_session(ID).note) == SECRET
    card.write_text(whole)
    widget.refresh()
    assert (len(widget.ladder["hints"]), widget.error) == (3, "")


def test_its_words_are_in_the_mentor_s_language(demo_practice):
    widget = SessionDesk(ID, demo_practice, language="fr")
    assert widget.strings["notes"] == "Notes privées"
    assert session_workspace.notebook_path(
        demo_practice, stored(demo_practice, lambda tx: tx.sessions.get(ID))
    ).exists()


def test_requested_hint_waits_on_the_desk_until_given(desk, live, demo_practice):
    """A hint request stays on the desk until the hint is given."""
    assert desk.ladder["asked"] == ""
    outbox = Outbox(demo_practice.workspace(ZOE))
    step = desk.ladder["given"] + 1
    outbox.ask("savings-jar", step)
    desk.refresh()
    assert desk.ladder["asked"]
    ask(desk, "hint", step=step)
    assert (desk.ladder["asked"], desk.ladder["given"]) == ("", step)
    assert outbox.requests() == []
    # What is out of turn is not for now.
    outbox.ask("savings-jar", step + 2)
    desk.refresh()
    assert desk.ladder["asked"] == ""


def test_the_students_wish_is_in_the_brief(desk, live):
    _session, record = live
    record.put({"wish": {"win": "The till adds up", "goal": HOSTILE}})
    desk.refresh()
    assert desk.brief["wish"] == ["A win: The till adds up", f"A goal: {HOSTILE}"]
    assert HOSTILE not in desk.to_html()
    assert "The till adds up" in desk.to_html()
