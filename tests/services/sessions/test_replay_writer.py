"""The student's wish and consent, and the replay that the consent permits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from bs4 import BeautifulSoup

from toolkit.domain.agenda import AgendaState
from toolkit.domain.consent import ConsentState
from toolkit.errors import InputError, StateError
from toolkit.i18n import use_language
from toolkit.live.snapshots.snapshot_store import SnapshotReason
from toolkit.services.sessions import (
    close_session,
    replay_writer,
    session_lifecycle,
    session_snapshots,
    wishes_and_consents,
)
from toolkit.services.sessions.desk_notebooks import prepare_session
from toolkit.workspace.session_record import Record

SESSION = "zoe-lefevre-3"
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
PAYLOADS = (
    "<script>document.title = 'run'</script>",
    "<img src=x onerror=\"document.title = 'run'\">",
    "</section></main><script>document.title = 'run'</script>",
    "<a href='javascript:document.title = 1'>x</a>",
)


@pytest.fixture
def started(demo_practice):
    """A session that is live, its notebook and its record."""
    _session, path = session_lifecycle.start_session(demo_practice, SESSION)
    return demo_practice, path, Record(path.with_name("record.json"))


def write(path, change):
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def settle(record, place):
    """Tick an item of the agenda; return its text."""
    key, entry = list(record.items("agenda:").items())[place]
    record.put({key: entry.model_copy(update={"state": AgendaState.DISCUSSED})})
    return entry.text


def held(practice, path, record):
    """Go through two items of an agenda, with hostile student input of every kind, and close."""
    keeper = session_snapshots.snapshot_scheduler_for(practice, SESSION)
    keeper.take_snapshot(SnapshotReason.FIRST)
    first = settle(record, 0)

    def tried(notebook):
        cell = nbformat.v4.new_code_cell("print('tried')", id="tried")
        output = {"text/html": "".join(PAYLOADS), "application/javascript": "document.title = 'run'"}
        cell.outputs = [nbformat.v4.new_output("display_data", output)]
        cell.metadata["replay"] = {"before": PAYLOADS[0], "alone": True, "after": PAYLOADS[2]}
        notebook.cells += [cell, nbformat.v4.new_markdown_cell("\n\n".join(PAYLOADS), id="words")]
        notebook.metadata["replay"] = {"head": PAYLOADS[0], "style": PAYLOADS[0]}

    write(path, tried)
    keeper.take_snapshot(SnapshotReason.AGENDA, first)
    second = settle(record, 1)

    def went_on(notebook):
        notebook.cells[-2].source = "print('tried')\nprint('<b>again</b>')"
        notebook.cells[-2].outputs = []
        del notebook.cells[-1]

    write(path, went_on)
    keeper.take_snapshot(SnapshotReason.AGENDA, second)
    close_session.close_session(practice, SESSION)
    return first, second


def test_nothing_is_replayed_unless_the_student_agrees(started):
    practice, path, record = started
    held(practice, path, record)
    with pytest.raises(StateError, match="has not agreed"):
        replay_writer.write_replay(practice, SESSION)
    # What comes too late counts for nothing, whoever wrote it.
    record.put({"consent": {"replay": True}})
    with pytest.raises(StateError, match="has not agreed"):
        replay_writer.write_replay(practice, SESSION)
    assert not path.with_name("replay.html").exists()


def test_the_page_shows_the_notebook_as_it_was_at_each_item(started):
    practice, path, record = started
    record.put({"consent": {"replay": True}})
    assert wishes_and_consents.ingest_student_input(practice, SESSION, NOW)[1].granted_at == NOW
    with pytest.raises(StateError, match="not over yet"):
        replay_writer.write_replay(practice, SESSION)
    first, second = held(practice, path, record)
    written = replay_writer.write_replay(practice, SESSION)
    assert written == path.with_name("replay.html")
    page = BeautifulSoup(written.read_text(), "html.parser")

    assert page.html["lang"] == "fr"
    steps = page.select("section.step")
    titles = [step.h2.get_text() for step in steps]
    assert first in titles[1]
    assert second in titles[2]
    assert [a["href"] for a in page.select("nav a")] == [f"#{step['id']}" for step in steps]
    assert "tried" not in steps[0].get_text()
    assert not steps[0].select(".is-new, .is-changed, .is-gone")
    assert [mark.find_parent(class_="cell")["class"] for mark in steps[1].select(".mark")] == [
        ["cell", "is-ran"],  # the agenda
        ["cell", "is-new"],
        ["cell", "is-new"],
    ]
    # Drawn as it was at the moment, not as it was when somebody last ran its cell.
    assert [step.get_text().count("· Abordé") for step in steps] == [0, 1, 2, 2]
    (changed,) = steps[2].select(".is-changed")
    assert [line.get_text() for line in changed.select("ins")] == ["+ print('<b>again</b>')"]
    assert "onerror" in steps[2].select_one(".is-gone pre").get_text()

    # Nothing of it runs, or stands where only we write.
    for element in page.find_all():
        assert element.name not in {"script", "iframe", "object", "embed", "form"}
        assert not [name for name in element.attrs if name.startswith("on")]
        assert not str(element.get("href", "")).lower().startswith("javascript")
    assert "document.title" not in page.header.get_text()
    assert "document.title" not in "".join(style.get_text() for style in page.find_all("style"))
    assert len({element["id"] for element in page.select("[id]")}) == len(page.select("[id]"))


def test_what_is_withdrawn_is_gone_and_the_page_says_so(started):
    practice, path, record = started
    record.put({"consent": {"replay": True}})
    held(practice, path, record)
    page = replay_writer.write_replay(practice, SESSION)
    record.put({"consent": {"replay": False}})
    with pytest.raises(StateError, match="withdrew"):
        replay_writer.write_replay(practice, SESSION)
    assert "tried" not in page.read_text()
    assert "plus disponible" in page.read_text()
    with practice.store.read() as tx:
        assert tx.consents.for_session(SESSION).state is ConsentState.WITHDRAWN
    # The snapshots stay what they were for.
    assert session_snapshots.outline_snapshot(practice, SESSION, 2)


def test_mentor_may_withdraw_but_not_give_consent(started):
    """A mentor may withdraw the student's consent, but not give it."""
    practice, _path, record = started
    assert wishes_and_consents.withdraw_consent(practice, SESSION) is None
    record.put({"consent": {"replay": True}})
    wishes_and_consents.ingest_student_input(practice, SESSION, NOW)
    later = NOW + timedelta(hours=1)
    assert wishes_and_consents.withdraw_consent(practice, SESSION, later).withdrawn_at == later
    assert record.get("consent").replay is False
    # The student may change their mind again: that is another consent.
    record.put({"consent": {"replay": True}})
    again = wishes_and_consents.ingest_student_input(practice, SESSION, later + timedelta(minutes=1))[1]
    assert again.state is ConsentState.GRANTED
    assert again.granted_at > later


def test_brief_has_wishes_from_student_and_mentor(started):
    """The brief has wishes from the student's record and from the mentor."""
    practice, _path, record = started
    record.put({"wish": {"win": "The loop works", "block": "Joins"}})
    wishes_and_consents.record_wish(practice, SESSION, "Wants to finish the report.\n")
    with use_language("en"):
        wish = prepare_session(practice, SESSION).wish
    assert (wish.win, wish.block, wish.goal, wish.words) == (
        "The loop works",
        "Joins",
        "",
        "Wants to finish the report.",
    )
    record.put({"wish": {"win": "", "block": "Joins"}})
    assert wishes_and_consents.ingest_student_input(practice, SESSION)[0].win == ""
    with practice.store.read() as tx:
        assert tx.wishes.for_session(SESSION).block == "Joins"
    close_session.close_session(practice, SESSION)
    record.put({"wish": {"goal": "Too late"}})
    assert wishes_and_consents.ingest_student_input(practice, SESSION)[0].goal == ""


def test_what_is_on_the_table_is_not_believed_unless_it_fits(started):
    practice, path, record = started
    record.put({"consent": {"replay": True}})
    text = path.with_name("record.json").read_text()
    path.with_name("record.json").write_text(text.replace('"replay": true', '"replay": "maybe"'))
    assert wishes_and_consents.ingest_student_input(practice, SESSION)[1] is None
    path.with_name("record.json").write_text("{")
    assert wishes_and_consents.ingest_student_input(practice, SESSION)[1] is None


def test_student_input_is_ingested_while_the_session_is_shared(started):
    """The watcher ingests the student's input while the session is shared."""
    practice, _path, record = started
    with practice.store.read() as tx:
        session = tx.sessions.get(SESSION)
    lookout = wishes_and_consents.StudentInputWatcher(practice, session)
    record.put({"wish": {"goal": "Plots"}})
    lookout.poll()
    with practice.store.read() as tx:
        assert tx.wishes.for_session(SESSION).goal == "Plots"


def test_too_much_for_a_page_is_refused(started):
    practice, path, record = started
    record.put({"consent": {"replay": True}})
    keeper = session_snapshots.snapshot_scheduler_for(practice, SESSION)
    keeper.take_snapshot(SnapshotReason.FIRST)
    path.write_bytes(path.read_bytes().replace(b"{", b'{"x": "' + b"a" * 61_000_000 + b'",', 1))
    close_session.close_session(practice, SESSION)
    # One that is so large is no snapshot's any more; two that are nearly so are too much.
    assert replay_writer.write_replay(practice, SESSION).is_file()
    found = session_snapshots.snapshots_of_session(practice, SESSION)
    found.add(SnapshotReason.CLOSE, b"a" * 45_000_000, None)
    found.add(SnapshotReason.CLOSE, b"b" * 45_000_000, None)
    with pytest.raises(InputError, match="too large"):
        replay_writer.write_replay(practice, SESSION)
