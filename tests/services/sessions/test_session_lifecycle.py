"""The life cycle of a session, on the demo practice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from toolkit.domain.agenda import ActionState, AgendaState
from toolkit.domain.ledger import LedgerState
from toolkit.domain.session import SessionState
from toolkit.errors import InputError, PracticeBusyError, SchemaError, StateError, StorageError
from toolkit.practice import Practice
from toolkit.services.practice import mentorships
from toolkit.services.sessions import closing_data, session_lifecycle, session_workspace
from toolkit.store import NoteSide

SOON = datetime.now(UTC) + timedelta(days=30)


def planned(practice, student="zoe-lefevre"):
    with practice.store.read() as tx:
        return tx.sessions.for_student(student)[-1]


def record_of(practice, session):
    return session_workspace.notebook_path(practice, session).with_name("record.json")


def edit(practice, session, change):
    path = record_of(practice, session)
    content = json.loads(path.read_text())
    change(content["items"])
    path.write_text(json.dumps(content))


def test_the_session_notebook_holds_what_the_session_is_about(demo_practice):
    session = planned(demo_practice)
    nb = json.loads(session_workspace.notebook_path(demo_practice, session).read_text())
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
    session, path = session_lifecycle.start_session(demo_practice, session.id)
    with demo_practice.store.read() as tx:
        (promised,) = tx.actions.for_student("zoe-lefevre", ActionState.OPEN)

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
        items["check:while-loops"] |= {"says": "with help", "words": "Je m’y perds."}
        items["notes"] = {"text": "# Trier\n\npuis regarder"}

    edit(demo_practice, session, change)
    preview = closing_data.preview_close(demo_practice, session.id)
    assert preview.problems == ()
    assert [(one.skill, one.stance, one.words) for one in preview.closing.sayings] == [
        ("while-loops", "with help", "Je m’y perds.")
    ]
    closed = closing_data.confirm_close(demo_practice, preview, note="bien", recap="Bravo !")
    assert closed.state is SessionState.HELD
    # It was planned for later: a recap has no date in the future.
    assert closed.starts_at <= datetime.now(UTC) < session.starts_at
    assert closed.recap == f"Bravo !\n\n{preview.closing.draft}"
    assert " – Zoé" in closed.recap.split("seule")[1].splitlines()[0]
    states = {item.text: item.state for item in closed.agenda}
    assert states["La boucle de la tirelire ne s’arrête pas"] is AgendaState.CARRIED
    assert states["Compte rendu et prochain créneau"] is AgendaState.DROPPED
    assert AgendaState.OPEN not in states.values()
    assert "Ajouté en séance" in preview.closing.draft
    assert preview.closing.draft.endswith("**Notes**\n\n> \\# Trier\n>\n> puis regarder")
    with demo_practice.store.read() as tx:
        said = tx.opinions.for_student("zoe-lefevre")[-1]
        assert (said.by, said.skill, said.words) == ("student", "while-loops", "Je m’y perds.")
        still = tx.actions.for_student("zoe-lefevre", ActionState.OPEN)
        assert {a.text for a in still} == {promised.text, "Essayer <b>seule</b>"}
        assert next(a for a in still if a.text == promised.text).carried_from == promised.id
        assert [line.state for line in tx.ledger.all() if line.session_id == closed.id] == [
            LedgerState.BILLABLE
        ]
        assert tx.notes.for_student("zoe-lefevre", NoteSide.MENTOR)[-1].text == "bien"
        assert any(
            m.skill == "while-loops" and m.session_id == closed.id
            for m in tx.marks.for_student("zoe-lefevre")
        )
    assert demo_practice.kept(closed.notebook_sha256) == path.read_bytes()
    with pytest.raises(StateError):
        closing_data.confirm_close(demo_practice, preview)
    following = session_lifecycle.plan_session(demo_practice, "zoe-lefevre", SOON)
    texts = [item.text for item in following.agenda]
    assert texts.count("La boucle de la tirelire ne s’arrête pas") == 1
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    "garbage",
    [b"", b"{", b"[]", b'{"items": []}', b'{"items": 3}', b"\xff\xfe", b"[" * 50_000],
)
def test_a_record_that_is_damaged_costs_nothing(demo_practice, garbage):
    session, _path = session_lifecycle.start_session(demo_practice, planned(demo_practice).id)
    record_of(demo_practice, session).write_bytes(garbage)
    preview = closing_data.preview_close(demo_practice, session.id)
    assert preview.problems
    closed = closing_data.confirm_close(demo_practice, preview)
    assert {item.state for item in closed.agenda} == {AgendaState.CARRIED, AgendaState.DROPPED}
    assert len(closed.agenda) == len(session.agenda)


def test_a_student_who_forges_the_record_gains_nothing(demo_practice):
    with demo_practice.store.read() as tx:
        (bens,) = tx.actions.for_student("ben-okafor", ActionState.OPEN)[:1]
    session, _path = session_lifecycle.start_session(demo_practice, planned(demo_practice).id)

    def change(items):
        items[f"action:{bens.id}"] = {"id": bens.id, "text": "forged", "state": "dropped"}
        items["action:other"] = {"id": "different", "text": "x"}
        items["ledger:1"] = {"state": "paid"}
        items["agenda:x"] = {"id": "x", "text": "x", "minutes": -5, "order": 1}
        items["check:x"] = {"id": "x", "title": "x", "milestone": "x", "mastery": "retained", "extra": 1}

    edit(demo_practice, session, change)
    preview = closing_data.preview_close(demo_practice, session.id)
    assert len(preview.problems) == 4
    closing_data.confirm_close(demo_practice, preview)
    with demo_practice.store.read() as tx:
        assert bens in tx.actions.for_student("ben-okafor", ActionState.OPEN)


def test_a_record_that_is_a_link_is_not_followed(demo_practice, tmp_path):
    session, _path = session_lifecycle.start_session(demo_practice, planned(demo_practice).id)
    path = record_of(demo_practice, session)
    path.rename(tmp_path / "record.json")
    path.symlink_to(tmp_path / "record.json")
    assert closing_data.preview_close(demo_practice, session.id).problems


def test_record_behind_a_linked_folder_is_not_touched(demo_practice, tmp_path):
    """A record behind a linked folder is neither read nor written."""
    session = planned(demo_practice)
    folder = demo_practice.workspace(session.student_id) / "sessions"
    elsewhere = folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(elsewhere)
    path = record_of(demo_practice, session)
    before = path.read_bytes()
    entries, problems, data = session_workspace.read_record(demo_practice, session)
    assert (entries, data, len(problems)) == ({}, b"", 1)
    with pytest.raises(StorageError):
        session_lifecycle.reschedule_session(demo_practice, session.id, SOON)
    assert path.read_bytes() == before


def test_cancelling_late_is_billed_once_and_early_is_not(demo_practice):
    early, late = planned(demo_practice), planned(demo_practice, "ben-okafor")
    session_lifecycle.cancel_session(demo_practice, early.id, "student", early.starts_at - timedelta(days=2))
    session_lifecycle.cancel_session(demo_practice, late.id, "student", late.starts_at - timedelta(hours=2))
    with pytest.raises(StateError):
        session_lifecycle.record_no_show(demo_practice, late.id, "student")
    with demo_practice.store.read() as tx:
        lines = {line.session_id: line.state for line in tx.ledger.all()}
    assert lines[early.id] is LedgerState.NONE
    assert lines[late.id] is LedgerState.BILLABLE


def test_a_session_is_moved_not_doubled(demo_practice):
    session = planned(demo_practice)
    before = session_workspace.notebook_path(demo_practice, session)
    moved = session_lifecycle.reschedule_session(
        demo_practice, session.id, session.starts_at + timedelta(minutes=10)
    )
    assert (moved.id, moved.state) == (session.id, SessionState.PLANNED)
    assert session_workspace.notebook_path(demo_practice, moved) == before


def test_times_and_states_that_will_not_do(demo_practice):
    with pytest.raises(InputError, match="past"):
        session_lifecycle.plan_session(demo_practice, "ben-okafor", datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(InputError, match="at that time"):
        session_lifecycle.plan_session(demo_practice, "ben-okafor", planned(demo_practice).starts_at)
    with pytest.raises(InputError, match="minutes"):
        session_lifecycle.plan_session(demo_practice, "ben-okafor", SOON, minutes=5)
    mentorships.change_mentorship(demo_practice, "ben-okafor", "pause")
    with pytest.raises(StateError, match="resume"):
        session_lifecycle.plan_session(demo_practice, "ben-okafor", SOON)


def hold(practice, session, change=lambda items: None):
    session, _path = session_lifecycle.start_session(practice, session.id)
    edit(practice, session, change)
    return closing_data.confirm_close(practice, closing_data.preview_close(practice, session.id))


def test_two_sessions_planned_ahead_share_what_is_open(demo_practice):
    """An item settled in the first session is settled in the second; an open one appears there once."""
    first = planned(demo_practice)
    second = session_lifecycle.plan_session(demo_practice, "zoe-lefevre", SOON)
    with demo_practice.store.read() as tx:
        (promised,) = tx.actions.for_student("zoe-lefevre", ActionState.OPEN)

    def finish(items):
        items[f"action:{promised.id}"]["state"] = "done"
        items["action:new"] = {"id": "new", "text": "Nouvelle", "owner": "student"}

    hold(demo_practice, first, finish)
    topic = "La boucle de la tirelire ne s’arrête pas"
    second, _path = session_lifecycle.start_session(demo_practice, second.id)
    items = json.loads(record_of(demo_practice, second).read_text())["items"]
    texts = [item["text"] for key, item in items.items() if key.startswith(("action:", "agenda:"))]
    assert texts.count(topic) == 1
    assert texts.count("Nouvelle") == 1
    assert promised.text not in texts
    closing_data.confirm_close(demo_practice, closing_data.preview_close(demo_practice, second.id))
    with demo_practice.store.read() as tx:
        assert [a.text for a in tx.actions.for_student("zoe-lefevre", ActionState.OPEN)] == ["Nouvelle"]


def test_what_a_cancelled_session_was_to_be_about_comes_up_again(demo_practice):
    first = planned(demo_practice)
    session_lifecycle.cancel_session(demo_practice, first.id, "student", first.starts_at - timedelta(days=2))
    following = session_lifecycle.plan_session(demo_practice, "zoe-lefevre", SOON)
    assert "La boucle de la tirelire ne s’arrête pas" in {item.text for item in following.agenda}


def test_starting_twice_and_starting_without_a_notebook(demo_practice):
    session = planned(demo_practice)
    session_workspace.notebook_path(demo_practice, session).unlink()
    _session, path = session_lifecycle.start_session(demo_practice, session.id)
    assert path.exists()
    path.unlink()
    again, path = session_lifecycle.start_session(demo_practice, session.id)
    assert again.state is SessionState.LIVE
    assert path.exists()


def test_plan_reports_obstacles_before_keeping_anything(demo_practice):
    """A plan reports its obstacles before it stores anything."""
    with demo_practice.store.read() as tx:
        before = len(tx.sessions.all())
    for topics in (["x" * 501], ["   "]):
        with pytest.raises(InputError):
            session_lifecycle.plan_session(demo_practice, "ben-okafor", SOON, topics=topics)
    with demo_practice.writing("mentor grade"), pytest.raises(PracticeBusyError):
        (demo_practice.root / "release" / "bus-timetable" / "bus-timetable.ipynb").unlink()
        session_lifecycle.plan_session(demo_practice, "ben-okafor", SOON, exercise="bus-timetable")
    with demo_practice.store.read() as tx:
        assert len(tx.sessions.all()) == before


def test_a_tick_is_dated_once_and_may_be_taken_back(demo_practice):
    with demo_practice.store.read() as tx:
        before = {(m.skill, m.by): m.on for m in tx.marks.for_student("zoe-lefevre")}
    assert ("functions", "student") in before

    def untick(items):
        items["check:functions"]["ticked"] = False
        items["check:invented"] = {"id": "invented", "title": "x", "milestone": "x", "confirmed": True}

    hold(demo_practice, planned(demo_practice), untick)
    with demo_practice.store.read() as tx:
        after = {(m.skill, m.by): m.on for m in tx.marks.for_student("zoe-lefevre")}
    del before["functions", "student"]
    assert after == before


def test_a_moved_session_greets_with_its_new_time(demo_practice):
    session = planned(demo_practice)
    notebook = session_workspace.notebook_path(demo_practice, session)
    moved = session_lifecycle.reschedule_session(demo_practice, session.id, SOON)
    assert record_of(demo_practice, moved) == record_of(demo_practice, session)
    items = json.loads(record_of(demo_practice, moved).read_text())["items"]
    assert datetime.fromisoformat(items["session"]["starts_at"]) == SOON
    assert str(SOON.astimezone().year) in notebook.read_text()
    notebook.write_text(notebook.read_text().replace("Bonjour", "Salut"))
    session_lifecycle.reschedule_session(demo_practice, session.id, SOON + timedelta(days=1))
    assert "Salut" in notebook.read_text(), "what somebody wrote in it stays"


def test_a_notebook_that_is_a_link_is_not_kept(demo_practice, tmp_path):
    session, path = session_lifecycle.start_session(demo_practice, planned(demo_practice).id)
    (tmp_path / "secret").write_text("secret")
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    preview = closing_data.preview_close(demo_practice, session.id)
    assert preview.notebook == b""


def test_students_own_folder_is_not_taken_for_the_session(demo_practice):
    """A folder that the student made is not used as the session's folder."""
    session = planned(demo_practice)
    before = session_workspace.notebook_path(demo_practice, session)
    (before.parent.parent / f"0000-{session.id}").mkdir()
    assert session_workspace.notebook_path(demo_practice, session) == before


def test_lost_database_is_not_replaced_by_an_empty_one(demo_practice):
    """A lost database is not replaced by an empty one."""
    with demo_practice.store.read() as tx:
        assert tx.students.all()
    backup = next((demo_practice.private / "backups").glob("practice-*.db"))
    for name in ("practice.db", "practice.db-wal", "practice.db-shm"):
        (demo_practice.private / name).unlink(missing_ok=True)
    again = Practice(demo_practice.root)
    with pytest.raises(SchemaError, match="gone or empty"):
        _ = again.store
    backup.rename(demo_practice.private / "practice.db")
    with again.store.read() as tx:
        assert tx.students.all()
