"""pycrdt: conversion of values by shared types, and the content of messages."""

from __future__ import annotations

import pytest
from pycrdt import (
    Array,
    Decoder,
    Doc,
    Map,
    Text,
    YMessageType,
    YSyncMessageType,
    create_awareness_message,
    create_update_message,
    get_update,
    merge_updates,
    read_message,
    write_var_uint,
)

pytestmark = pytest.mark.canary


def test_a_small_integer_comes_back_as_a_float(changed):
    table = Doc().get("m", type=Map)
    for value, kind in ((1, float), (2**53 - 1, float), (2**53, int), (True, bool)):
        table["x"] = value
        assert (table["x"], type(table["x"])) == (value, kind), changed(
            f"the type that {value!r} comes back with"
        )
    table["x"] = {"a": [1]}
    assert type(table["x"]["a"][0]) is float, changed("the type of a number within a value")


def test_a_text_is_counted_in_bytes(changed):
    text = Doc().get("t", type=Text)
    text += "aéb"
    assert len(text) == 4, changed("the length of a text")
    del text[1:3]
    assert str(text) == "ab", changed("the unit of what is deleted")
    text.insert(1, "é")
    text.insert(3, "c")
    assert str(text) == "aécb", changed("the unit of where is inserted")
    assert text[0:2] == "aé", changed("the unit of a slice that is read")


def test_an_array_has_no_move(changed):
    assert not hasattr(Array, "move"), changed("the lack of `move`")


def test_the_higher_number_wins(changed):
    low, high = Doc(client_id=1), Doc(client_id=2)
    for doc in (low, high):
        doc.get("m", type=Map)["x"] = doc.client_id
    before = low.get_update(), high.get_update()
    low.apply_update(before[1])
    high.apply_update(before[0])
    for doc in (low, high):
        assert doc.get("m", type=Map)["x"] == 2, changed("which of two values of the same instant stays")


def test_what_is_missing_is_waited_for(changed):
    source = Doc(client_id=7)
    parts: list[bytes] = []
    source.observe(lambda event: parts.append(event.update))
    table = source.get("m", type=Map)
    table["x"], table["x"] = 1, 2
    first, second = parts
    copy = Doc()
    copy.apply_update(second)
    assert dict(copy.get("m", type=Map).items()) == {}, changed(
        "the waiting of a change for the one before it"
    )
    assert get_update(second, copy.get_state())[:1] != b"\0", changed("the number that an update begins with")
    copy.apply_update(first)
    assert dict(copy.get("m", type=Map).items()) == {"x": 2}, changed("the doing of what waited")
    assert get_update(second, copy.get_state())[:1] == b"\0", changed("the number that an update begins with")
    merged = Doc()
    merged.apply_update(merge_updates(first, second))
    assert merged.get_state() == copy.get_state(), changed("merge_updates")


def test_the_first_bytes_of_a_message(changed):
    assert (YMessageType.SYNC, YMessageType.AWARENESS) == (0, 1), changed(
        "the numbers of the kinds of messages"
    )
    steps = (YSyncMessageType.SYNC_STEP1, YSyncMessageType.SYNC_STEP2, YSyncMessageType.SYNC_UPDATE)
    assert steps == (0, 1, 2), changed("the numbers of the steps")
    assert create_update_message(b"ab") == b"\0\2\2ab", changed("the message of an update")
    assert read_message(b"\2ab") == b"ab", changed("read_message")
    assert create_awareness_message(b"ab") == b"\1\2ab", changed("the message of the awareness")
    assert Decoder(write_var_uint(300)).read_var_uint() == 300, changed("the numbers of a message")


def test_a_change_names_its_keys(changed):
    table = Doc().get("m", type=Map)
    heard: list[str] = []
    subscription = table.observe(lambda event: heard.extend(event.keys))
    table["x"] = 1
    table.unobserve(subscription)
    table["y"] = 1
    assert heard == ["x"], changed("the event of a map")


def test_an_update_as_it_is_counted(changed):
    doc = Doc(client_id=5)
    doc.get("m", type=Map)["x"] = {"a": ["b"]}
    # One client, one struct, its number and clock, a map's entry by the root's name and its key, one value.
    assert doc.get_update() == b"\x01\x01\x05\x00(\x01\x01m\x01x\x01v\x01\x01au\x01w\x01b\x00", changed(
        "the encoding of an update"
    )
