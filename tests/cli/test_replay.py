"""`mentor replay` and `mentor session wish`."""

from __future__ import annotations

from toolkit.services.sessions import session_snapshots, session_workspace, wishes_and_consents
from toolkit.services.sessions.session_lifecycle import start_session
from toolkit.workspace.session_record import Record

SESSION = "zoe-lefevre-3"


def test_a_session_is_replayed_as_long_as_the_student_agrees(on_demo, demo_practice):
    code, _out, err = on_demo("replay", SESSION)
    assert code == 3
    assert "has not agreed" in err
    assert "had not agreed" in on_demo("replay", SESSION, "--withdraw")[1]

    _session, path = start_session(demo_practice, SESSION)
    Record(path.with_name("record.json")).put({"consent": {"replay": True}})
    session_snapshots.take_snapshot(demo_practice, SESSION)
    assert on_demo("close", SESSION, "--yes")[0] == 0
    code, out, err = on_demo("replay", SESSION)
    assert (code, err) == (0, "")
    assert out.splitlines()[0].endswith("replay.html")
    page = path.with_name("replay.html")
    assert "<section" in page.read_text()
    code, out, _err = on_demo("replay", SESSION, "--withdraw")
    assert code == 0
    assert out.startswith("Withdrawn: ")
    assert "<section" not in page.read_text()
    assert on_demo("replay", SESSION)[0] == 3


def test_a_wish_that_came_by_mail_stands_in_the_brief(on_demo, demo_practice):
    assert on_demo("session", "wish", SESSION, " ")[0] == 2
    code, out, err = on_demo("session", "wish", SESSION, "Stuck on joins \x1b[31m;\nwants to finish.")
    assert (code, err) == (0, "")
    assert f"mentor session brief {SESSION}" in out
    with demo_practice.store.read() as tx:
        session = tx.sessions.get(SESSION)
    Record(session_workspace.notebook_path(demo_practice, session).with_name("record.json")).put(
        {"wish": {"win": "The till adds up"}}
    )
    _code, out, _err = on_demo("session", "brief", SESSION)
    assert "The student's wish" in out
    assert "A win: The till adds up" in out
    assert "They said: Stuck on joins" in out
    assert "\x1b" not in out
    assert wishes_and_consents.ingest_student_input(demo_practice, SESSION)[0].win == "The till adds up"


def test_a_proxy_is_named_by_its_address(on_demo, demo_practice):
    code, _out, err = on_demo("live", "zoe-lefevre", "--trusted-proxy", "proxy.example")
    assert code == 2
    assert "no IP address" in err
    with demo_practice.store.read() as tx:
        assert tx.sessions.get(SESSION).state == "planned"
