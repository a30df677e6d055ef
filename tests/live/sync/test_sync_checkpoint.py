"""What is concluded after a crash, and when nothing can be."""

from __future__ import annotations

import pytest
from pycrdt import Doc, Map

from toolkit.live.sync.sync_checkpoint import Agreed, clocks, with_clock
from toolkit.workspace.session_record import parse_entry


def entry(minutes: int):
    return parse_entry("agenda:a", {"id": "a", "text": "t", "minutes": minutes})


@pytest.fixture
def agreed(tmp_path) -> Agreed:
    return Agreed(tmp_path / "agreed.json")


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


def test_what_others_wrote_to_the_record_meanwhile_does_not_hide_that(agreed, states):
    old, new = {"agenda:a": entry(5)}, {"agenda:a": entry(6)}
    other = {"action:x": parse_entry("action:x", {"id": "x", "text": "t"})}
    agreed.write(new, states[2], old, states[1])
    assert agreed.read(states[2], new | other) == (new, True)
    assert agreed.read(states[1], old | other) == (old, True)


def test_without_a_note_or_where_it_cannot_be_written_nothing_is_concluded(agreed, states):
    assert agreed.read(states[3], {}) is None
    agreed.write({}, states[0], {}, states[0])
    agreed.path.with_suffix(".draft").mkdir()
    agreed.write({"agenda:a": entry(6)}, states[1], {}, states[0])
    assert agreed.read(states[3], {}) is None, "not the older one"


def test_a_vector_with_one_clock_raised_is_as_yjs_writes_it(states):
    (client,) = clocks(states[3])
    assert with_clock(states[1], client, clocks(states[3])[client]) == states[3]
    assert clocks(with_clock(states[1], 300, 70_000)) == {**clocks(states[1]), 300: 70_000}
