"""A session's life, on the demo practice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from toolkit.domain.agenda import ActionState, AgendaState
from toolkit.domain.ledger import LedgerState
from toolkit.domain.session import SessionState
from toolkit.errors import InputError, StateError
from toolkit.journeys import sessions, students, table
from toolkit.store import NoteSide

SOON = datetime.now(UTC) + timedelta(days=30)


def planned(practice, student="zoe-lefevre"):
    with practice.store.read() as tx:
        return tx.sessions.of(student)[-1]


def record_of(practice, session):
    return table.notebook_path(practice, session).with_name("record.json")


def edit(practice, session, change):
    path = record_of(practice, session)
    content = json.loads(path.read_text())
    change(content["items"])
    path.write_text(json.dumps(content))


def test_the_session_notebook_holds_what_the_session_is_about(demo_practice):
    session = planned(demo_practice)
    nb = json.loads(table.notebook_path(demo_practice, session).read_text())
    first = next(cell for cell in nb["cells"] if cell["cell_type"] == "code")
    assert "".join(first["source"]).startswith("from toolkit import ")
    assert nb["metadata"]["mentoring"]["kind"] == "session"
    text = "\n".join("".join(cell["source"]) for cell in nb["cells"])
    assert "Bonjour \u2068Zoé\u2069" in text
    assert "Hello" not in text
    items = json.loads(record_of(demo_practice, session).read_text())["items"]
    assert {key.split(":")[0] for key in items} == {
        "session",
        "timer",
        "agenda",
        "check",
        "action",
        "exercise",
    }
    assert any("tirelire" in item.get("text", "") for item in items.values())


def test_close_keeps_what_was_ticked_and_agreed(demo_practice):
    session = planned(demo_practice)
    session, path = sessions.start(demo_practice, session.id)
    with demo_practice.store.read() as tx:
        (promised,) = tx.actions.of("zoe-lefevre", ActionState.OPEN)

    def change(items):
        agenda = [key for key in items if key.startswith("agenda:")]
        items[agenda[0]]["state"] = "discussed"
        del items[agenda[1]]  # somebody deleted it
        items["agenda:mine"] = {
            "id": "mine",
            "text": "Ajouté en séance",
            "minutes": 5,
            "order": 9,
            "state": "discussed",
            "added_by": "student",
        }
        items["action:new"] = {"id": "new", "text": "Essayer <b>seule</b>", "owner": "student"}
        items["check:while-loops"]["ticked"] = True

    edit(demo_practice, session, change)
    preview = sessions.preview_close(demo_practice, session.id)
    assert preview.problems == ()
    closed = sessions.confirm_close(demo_practice, preview, note="bien")
    assert closed.state is SessionState.HELD
    states = {item.text: item.state for item in closed.agenda}
    assert states["La boucle de la tirelire ne s’arrête pas"] is AgendaState.CARRIED
    assert states["Compte rendu et prochain créneau"] is AgendaState.DROPPED
    assert AgendaState.OPEN not in states.values()
    assert "Ajouté en séance" in preview.closing.draft
    with demo_practice.store.read() as tx:
        still = tx.actions.of("zoe-lefevre", ActionState.OPEN)
        assert {a.text for a in still} == {promised.text, "Essayer <b>seule</b>"}
        assert next(a for a in still if a.text == promised.text).carried_from == promised.id
        assert [line.state for line in tx.ledger.all() if line.session_id == closed.id] == [
            LedgerState.BILLABLE
        ]
        assert tx.notes.of("zoe-lefevre", NoteSide.MENTOR)[-1].text == "bien"
        assert any(m.skill == "while-loops" and m.session_id == closed.id for m in tx.marks.of("zoe-lefevre"))
    assert demo_practice.kept(closed.notebook_sha256) == path.read_bytes()
    with pytest.raises(StateError):
        sessions.confirm_close(demo_practice, preview)
    following = sessions.plan(demo_practice, "zoe-lefevre", SOON)
    texts = [item.text for item in following.agenda]
    assert texts.count("La boucle de la tirelire ne s’arrête pas") == 1
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    "garbage",
    [b"", b"{", b"[]", b'{"items": []}', b'{"items": 3}', b"\xff\xfe", b"[" * 50_000],
)
def test_a_record_that_is_damaged_costs_nothing(demo_practice, garbage):
    session, _path = sessions.start(demo_practice, planned(demo_practice).id)
    record_of(demo_practice, session).write_bytes(garbage)
    preview = sessions.preview_close(demo_practice, session.id)
    assert preview.problems
    closed = sessions.confirm_close(demo_practice, preview)
    assert {item.state for item in closed.agenda} == {AgendaState.CARRIED, AgendaState.DROPPED}
    assert len(closed.agenda) == len(session.agenda)


def test_a_student_who_forges_the_record_gains_nothing(demo_practice):
    with demo_practice.store.read() as tx:
        (bens,) = tx.actions.of("ben-okafor", ActionState.OPEN)[:1]
    session, _path = sessions.start(demo_practice, planned(demo_practice).id)

    def change(items):
        items[f"action:{bens.id}"] = {"id": bens.id, "text": "forged", "state": "dropped"}
        items["action:other"] = {"id": "different", "text": "x"}
        items["ledger:1"] = {"state": "paid"}
        items["agenda:x"] = {"id": "x", "text": "x", "minutes": -5, "order": 1}
        items["check:x"] = {"id": "x", "title": "x", "milestone": "x", "mastery": "retained", "extra": 1}

    edit(demo_practice, session, change)
    preview = sessions.preview_close(demo_practice, session.id)
    assert len(preview.problems) == 4
    sessions.confirm_close(demo_practice, preview)
    with demo_practice.store.read() as tx:
        assert bens in tx.actions.of("ben-okafor", ActionState.OPEN)


def test_a_record_that_is_a_link_is_not_followed(demo_practice, tmp_path):
    session, _path = sessions.start(demo_practice, planned(demo_practice).id)
    path = record_of(demo_practice, session)
    path.rename(tmp_path / "record.json")
    path.symlink_to(tmp_path / "record.json")
    assert sessions.preview_close(demo_practice, session.id).problems


def test_cancelling_late_is_billed_once_and_early_is_not(demo_practice):
    early, late = planned(demo_practice), planned(demo_practice, "ben-okafor")
    sessions.cancel(demo_practice, early.id, "student", early.starts_at - timedelta(days=2))
    sessions.cancel(demo_practice, late.id, "student", late.starts_at - timedelta(hours=2))
    with pytest.raises(StateError):
        sessions.no_show(demo_practice, late.id, "student")
    with demo_practice.store.read() as tx:
        lines = {line.session_id: line.state for line in tx.ledger.all()}
    assert lines[early.id] is LedgerState.NONE
    assert lines[late.id] is LedgerState.BILLABLE


def test_a_session_is_moved_not_doubled(demo_practice):
    session = planned(demo_practice)
    before = table.notebook_path(demo_practice, session)
    moved = sessions.reschedule(demo_practice, session.id, session.starts_at + timedelta(minutes=10))
    assert (moved.id, moved.state) == (session.id, SessionState.PLANNED)
    assert table.notebook_path(demo_practice, moved) == before


def test_times_and_states_that_will_not_do(demo_practice):
    with pytest.raises(InputError, match="past"):
        sessions.plan(demo_practice, "ben-okafor", datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(InputError, match="at that time"):
        sessions.plan(demo_practice, "ben-okafor", planned(demo_practice).starts_at)
    with pytest.raises(InputError, match="minutes"):
        sessions.plan(demo_practice, "ben-okafor", SOON, minutes=5)
    students.act(demo_practice, "ben-okafor", "pause")
    with pytest.raises(StateError, match="resume"):
        sessions.plan(demo_practice, "ben-okafor", SOON)
