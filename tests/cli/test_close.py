"""A close: its recap says all that was agreed; one that is killed is completed by the same command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from tests.live.live_server import Live, press
from tests.live.room_member import Member
from tests.live.server.test_killed_server import stored
from tests.patience import PATIENCE_S
from toolkit.domain.record_entries import ActionEntry, NotesEntry
from toolkit.domain.session import SessionState
from toolkit.i18n import format_date, use_language
from toolkit.services.sessions import (
    close_session,
    live_session,
    session_lifecycle,
    session_recap,
    session_workspace,
)
from toolkit.store import NoteSide

STUDENT = "zoe-lefevre"


_SERVE = """
import sys, time
from pathlib import Path
from toolkit.practice import Practice
from toolkit.services.sessions import live_session
practice = Practice(Path(sys.argv[1]))
session = live_session.session_to_hold(practice, sys.argv[2])
with live_session.serve_session(practice, session) as served:
    print(served.link(sys.argv[2]), served.settings.notebook, flush=True)
    time.sleep(600)
"""


def last_session(practice):
    with practice.store.read() as tx:
        return tx.sessions.for_student(STUDENT)[-1]


def closing(practice, *args):
    return subprocess.Popen(
        [Path(sys.executable).with_name("mentor"), "--practice", practice.root, "close", *args],
        env={**os.environ, "MENTORING_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.kills
@pytest.mark.parametrize("name", [STUDENT, "the id"])
def test_a_close_that_is_killed_goes_on_with_the_same_command(demo_practice, on_demo, name):
    session, _path = session_lifecycle.start_session(demo_practice, last_session(demo_practice).id)
    name = session.id if name == "the id" else name
    report = demo_practice.workspace(STUDENT) / "progress.ipynb"
    report.unlink(missing_ok=True)
    with closing(demo_practice, name, "--yes", "--recap", "Well *done*.", "--note", "Tired.") as close:
        deadline = time.monotonic() + PATIENCE_S
        while last_session(demo_practice).state is SessionState.LIVE:
            assert close.poll() is None, close.communicate()[0]
            assert time.monotonic() < deadline
        os.killpg(close.pid, signal.SIGKILL)
        said = close.communicate()[0]
    assert last_session(demo_practice).state is SessionState.HELD
    assert not report.exists()
    assert "Traceback" not in said
    code, out, err = on_demo("close", name, "--yes", "--recap", "Well *done*.", "--note", "Tired.")
    assert (code, err) == (0, ""), out
    assert f"Session {session.id} is closed." in out
    assert report.is_file()
    done = last_session(demo_practice)
    assert done.state is SessionState.REPORTED
    assert done.recap.startswith("Well *done*.\n\n**")
    assert session_recap.load_recap(demo_practice, session.id).words == done.recap
    assert "Well" in report.read_text()
    with demo_practice.store.read() as tx:
        assert [
            note.text
            for note in tx.notes.for_student(STUDENT, NoteSide.MENTOR)
            if note.session_id == session.id
        ] == ["Tired."]
        assert sum(line.session_id == session.id for line in tx.ledger.all()) == 1
    # Nothing is left to do.
    code, _out, err = on_demo("close", name, "--yes")
    assert (code, "No live session is called" in err) == (2, True)


def test_the_live_session_is_meant_before_one_whose_report_is_missing(demo_practice):
    session, _path = session_lifecycle.start_session(demo_practice, last_session(demo_practice).id)
    close_session.close_session(demo_practice, session.id)
    assert close_session.session_to_close(demo_practice, STUDENT).id == session.id
    newer = live_session.session_to_hold(demo_practice, STUDENT)
    session_lifecycle.start_session(demo_practice, newer.id)
    assert close_session.session_to_close(demo_practice, STUDENT).id == newer.id
    assert close_session.session_to_close(demo_practice, session.id).id == session.id


@pytest.mark.kills
def test_what_only_the_killed_servers_store_had_is_kept(demo_practice, on_demo, monkeypatch):
    """Server, page and `mentor live` are killed together, and the mentor closes without sharing again."""
    serve = [sys.executable, "-c", _SERVE, demo_practice.root, STUDENT]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as mentor:
        link, notebook = mentor.stdout.readline().split()
        monkeypatch.setattr("tests.live.live_server.NOTEBOOK", notebook)
        session = live_session.current_session(demo_practice)
        state = demo_practice.private / "live" / session.id
        live = Live(link.partition("/join/")[0], SimpleNamespace(state=state), mentor)
        with live.stack, live.nobody() as client:
            assert press(client, link).status_code == 303
            with Member(live, client) as member:
                member.type(0, " Words called saved.")
                deadline = time.monotonic() + PATIENCE_S
                while not stored(live, " Words called saved."):
                    assert time.monotonic() < deadline
                mentor.kill()
    code, _out, err = on_demo("close", STUDENT, "--yes")
    assert (code, err) == (0, "")
    with demo_practice.store.read() as tx:
        closed = tx.sessions.get(session.id)
    assert b"Words called saved." in demo_practice.kept(closed.notebook_sha256)


def test_own_words_stand_above_what_was_agreed_everywhere(demo_practice, on_demo):
    session, _path = session_lifecycle.start_session(demo_practice, "zoe-lefevre-3")
    with demo_practice.store.begin() as tx:
        tx.students.save(replace(tx.students.get(STUDENT), email="zoe@example.org"))
    due = datetime.now(UTC).date() + timedelta(days=3)
    session_workspace.open_record(demo_practice, session).put(
        {
            "action:a": ActionEntry(id="a", text="Relire la boucle", due=due, plan="si je bloque, j’écris"),
            "notes": NotesEntry(text="range() s’arrête avant"),
        }
    )
    code, preview, _err = on_demo("--lang", "en", "close", session.id, "--yes", "--recap", "Bravo *Zoé* !")
    assert code == 0
    with use_language("fr"):
        agreed = f"Relire la boucle – Zoé, pour le {format_date(due)} (si je bloque, j’écris)"
    _code, text, _err = on_demo("session", "recap", session.id, "--text")
    _code, path, _err = on_demo("session", "recap", session.id, "--mail")
    draft = message_from_bytes(Path(path.splitlines()[0]).read_bytes(), policy=policy.default)
    assert draft["Subject"].startswith("Compte rendu de la session du ")
    assert (draft["To"], draft["X-Unsent"]) == ("zoe@example.org", "1")
    mail = draft.get_content()
    assert mail.split() == text.split()
    page = BeautifulSoup(
        session_recap.write_recap_files(demo_practice, session.id).page.read_text(encoding="utf-8"),
        "html.parser",
    ).get_text()
    for one in (preview, text, mail, page):
        places = [one.index(part) for part in ("Bravo", "Convenu", agreed, "Notes", "range() s’arrête avant")]
        assert places == sorted(places), one
