"""The state derived from the checkpoint after a crash, and the cases without a conclusion."""

from __future__ import annotations

import pytest
from pycrdt import Doc, Map

from toolkit.live.sync.sync_checkpoint import SyncCheckpoint, client_clocks, with_clock
from toolkit.workspace.session_record import parse_entry


def entry(minutes: int):
    return parse_entry("agenda:a", {"id": "a", "text": "t", "minutes": minutes})


@pytest.fixture
def agreed(tmp_path) -> SyncCheckpoint:
    return SyncCheckpoint(tmp_path / "agreed.json")


@pytest.fixture
def states() -> list[bytes]:
    doc = Doc()
    found = []
    for number in range(4):
        doc.get("mentoring", type=Map)["x"] = number
        found.append(doc.get_state())
    return found


def test_the_write_came_about_or_it_did_not(agreed, states):
    old, new = {"agenda:a": entry(5), "timer": parse_entry("timer", {})}, {"agenda:a": entry(6)}
    agreed.write(new, states[2], old, states[1])
    assert agreed.read(states[2], new) == (new, True)
    assert agreed.read(states[3], new) == (new, True)
    assert agreed.read(states[1], new) == (new, False), "the document is older"
    assert agreed.read(states[1], old) == (old, True)
    assert agreed.read(states[0], old) == (old, False)
    assert agreed.read(Doc().get_state(), old) == (old, False)


def test_record_writes_by_others_do_not_hide_unsynced_changes(agreed, states):
    """Writes of others to the record do not change the conclusion."""
    old, new = {"agenda:a": entry(5)}, {"agenda:a": entry(6)}
    other = {"action:x": parse_entry("action:x", {"id": "x", "text": "t"})}
    agreed.write(new, states[2], old, states[1])
    assert agreed.read(states[2], new | other) == (new, True)
    assert agreed.read(states[1], old | other) == (old, True)


def test_missing_or_unwritable_checkpoint_concludes_nothing(agreed, states):
    """Without a checkpoint, or if it cannot be written, there is no conclusion."""
    assert agreed.read(states[3], {}) is None
    agreed.write({}, states[0], {}, states[0])
    agreed.path.with_suffix(".draft").mkdir()
    agreed.write({"agenda:a": entry(6)}, states[1], {}, states[0])
    assert agreed.read(states[3], {}) is None, "not the older one"


def test_a_vector_with_one_clock_raised_is_as_yjs_writes_it(states):
    (client,) = client_clocks(states[3])
    assert with_clock(states[1], client, client_clocks(states[3])[client]) == states[3]
    assert client_clocks(with_clock(states[1], 300, 70_000)) == {**client_clocks(states[1]), 300: 70_000}
