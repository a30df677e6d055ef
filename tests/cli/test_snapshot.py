"""`mentor snapshot`."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from toolkit.live.snapshots.snapshot_store import SnapshotReason
from toolkit.services.sessions import session_snapshots as service
from toolkit.services.sessions.session_workspace import notebook_path

SESSION = "zoe-lefevre-3"


@pytest.fixture
def path(demo_practice):
    with demo_practice.store.read() as tx:
        return notebook_path(demo_practice, tx.sessions.get(SESSION))


def edit(path, text):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = text
    nbformat.write(notebook, path)


def test_it_takes_lists_shows_compares_and_puts_back(on_demo, path, demo_practice):
    code, out, err = on_demo("snapshot", "list", SESSION)
    assert (code, err) == (0, "")
    assert f"mentor snapshot take {SESSION}" in out
    before = path.read_bytes()
    record = path.with_name("record.json").read_bytes()
    assert on_demo("snapshot", "take", SESSION) == (0, "Snapshot 1: by hand.\n", "")
    assert on_demo("snapshot", "take", SESSION)[1] == "Nothing has changed since the last snapshot.\n"
    edit(path, "Written over \x1b[31m by accident\u202e")
    path.with_name("record.json").write_bytes(b"{")
    after = path.read_bytes()

    code, out, err = on_demo("snapshot", "diff", SESSION, 1)
    assert (code, err) == (0, "")
    assert "+Written over" in out.replace("+  ", "+")
    assert not {"\x1b", "\u202e"} & set(out)
    assert on_demo("snapshot", "take", SESSION)[0] == 0
    assert on_demo("snapshot", "diff", SESSION, 1, 2)[1] == out
    assert on_demo("snapshot", "diff", SESSION, 2)[1] == "The notebooks are the same.\n"

    code, out, _err = on_demo("snapshot", "show", SESSION, 2, "--copy")
    assert code == 0
    assert "Written over" in out
    assert "\x1b" not in out
    copy = demo_practice.root / "desk" / "snapshots" / f"{SESSION}-2.ipynb"
    assert f"mentor open {copy.relative_to(Path.cwd())}" in out
    assert copy.read_bytes() == after

    edit(path, "Something else")
    last = path.read_bytes()
    code, out, _err = on_demo("snapshot", "restore", SESSION, 1, "--yes")
    assert code == 0
    assert "Snapshot 3: before a restore." in out
    assert path.read_bytes() == before
    assert path.with_name("record.json").read_bytes() == b"{"
    assert on_demo("snapshot", "restore", SESSION, 1, "--record", "--yes")[0] == 0
    assert path.with_name("record.json").read_bytes() == record
    assert on_demo("snapshot", "restore", SESSION, 3, "--yes")[0] == 0
    assert path.read_bytes() == last

    code, out, _err = on_demo("snapshot", "list", SESSION, "--json")
    found = json.loads(out)
    assert [one["number"] for one in found] == list(range(1, len(found) + 1))
    assert found[0]["why"] == "by hand"
    assert found[0]["notebook"]["size"] == len(before)
    assert "Zoé" not in on_demo("snapshot", "list", SESSION)[1]


def test_it_asks_before_it_puts_back(on_demo, path, monkeypatch):
    on_demo("snapshot", "take", SESSION)
    edit(path, "New")
    new = path.read_bytes()
    monkeypatch.setattr("click.prompt", lambda *_args, **_options: "n")
    assert on_demo("snapshot", "restore", SESSION, 1)[0] == 130
    assert path.read_bytes() == new


def test_while_the_session_is_open_nothing_is_put_back(on_demo, path, demo_practice):
    on_demo("snapshot", "take", SESSION)
    edit(path, "New")
    new = path.read_bytes()
    with service.snapshot_scheduler_for(demo_practice, SESSION) as keeper:
        assert keeper.step().why is SnapshotReason.FIRST
        code, _out, err = on_demo("snapshot", "restore", SESSION, 1, "--yes")
    assert code == 3
    assert "Close the session" in err
    assert path.read_bytes() == new
    assert on_demo("snapshot", "restore", SESSION, 1, "--yes")[0] == 0


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("list", "zoe-lefevre-33"), 2, "zoe-lefevre-3"),
        (("show", SESSION, "5"), 2, "There is no snapshot 5"),
        (("show", SESSION, "first"), 2, "first"),
        (("diff", SESSION, "1", "9"), 2, "There is no snapshot 9"),
        (("diff", SESSION, "2", "1"), 2, "Snapshot 2 is no notebook that can be read"),
        (("restore", SESSION, "0", "--yes"), 2, "There is no snapshot 0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_clear_line(on_demo, path, args, code, words):
    on_demo("snapshot", "take", SESSION)
    path.write_text('{"cells": 5}')
    on_demo("snapshot", "take", SESSION)
    got, out, err = on_demo("snapshot", *args)
    assert got == code, out + err
    assert words in out + err


def test_a_table_that_leads_elsewhere_is_not_written_to(on_demo, path, tmp_path):
    on_demo("snapshot", "take", SESSION)
    edit(path, "New")
    elsewhere = tmp_path / "elsewhere"
    path.parent.parent.rename(elsewhere)
    path.parent.parent.symlink_to(elsewhere)
    new = (elsewhere / path.parent.name / path.name).read_bytes()
    code, _out, err = on_demo("snapshot", "restore", SESSION, 1, "--yes")
    assert code == 4
    assert "link" in err
    assert (elsewhere / path.parent.name / path.name).read_bytes() == new


def test_it_speaks_french(on_demo):
    code, out, _err = on_demo("--lang", "fr", "snapshot", "take", SESSION)
    assert (code, out) == (0, "Instantané 1\u00a0: à la main.\n")
