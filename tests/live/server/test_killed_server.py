"""Text reported as saved survives the death of server and page, whatever the file contains."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from tests.live.live_server import NOTEBOOK, Live, serving
from tests.live.room_member import Member
from tests.patience import PATIENCE_S


def stored(live: Live, words: str) -> bool:
    """Return whether the store of the shared document has this text; no text is reported as saved earlier."""
    with closing(sqlite3.connect(live.settings.state / "updates.db")) as db:
        return any(words.encode() in update for (update,) in db.execute("SELECT yupdate FROM yupdates"))


def hear_until(member: Member, true) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        member.hear(0.002)


@pytest.mark.kills
@pytest.mark.parametrize("written", ["never", "by another program"])
def test_words_called_saved_survive_server_and_page(tmp_path, written):
    file = tmp_path / "workspace" / NOTEBOOK
    with serving(tmp_path) as live:
        before = file.read_bytes()
        with Member(live, live.guest()) as member:
            if written == "by another program":
                content = json.loads(before)
                content["cells"][0]["source"] = "2 + 2"
                before = json.dumps(content, indent=2).encode()
                file.write_bytes(before)
                hear_until(member, lambda: member.text(0) == "2 + 2")
            member.type(0, "  # word")
            hear_until(member, lambda: stored(live, "# word"))
            live.stop(signal.SIGKILL)
    # Most often the server was quicker than its own delay before a write.
    assert file.read_bytes() == before or b"word" in file.read_bytes()
    with serving(tmp_path) as live, Member(live, live.guest()) as member:
        assert member.text(0) == f"{'1 + 1' if written == 'never' else '2 + 2'}  # word"
        assert "word" in file.read_text()


@pytest.mark.kills
def test_a_restored_file_wins_after_the_server_was_killed(tmp_path):
    file = tmp_path / "workspace" / NOTEBOOK
    with serving(tmp_path) as live, Member(live, live.guest()) as member:
        member.type(0, "  # typed")
        hear_until(member, lambda: stored(live, "# typed"))
        live.stop(signal.SIGKILL)
    content = json.loads(file.read_bytes())
    content["cells"][0]["source"] = "restored"
    file.write_text(json.dumps(content))
    with serving(tmp_path) as live, Member(live, live.guest()) as member:
        assert member.text(0) == "restored"
