"""Conversion of entries to fields, and equality of two entries."""

from __future__ import annotations

from toolkit.live.sync.field_codec import (
    MISSING,
    apply_entries_to_fields,
    default_value,
    entry_fields,
    flatten_entries,
    is_field,
    json_equal,
)
from toolkit.workspace.session_record import parse_entry

ENTRIES = {
    "agenda:a": parse_entry("agenda:a", {"id": "a", "text": "Two words", "minutes": 5}),
    "timer": parse_entry("timer", {"minutes": 45}),
}


def test_each_field_has_a_key_and_the_value_that_it_has_in_json():
    flat = flatten_entries(ENTRIES)
    assert flat["agenda:a/text"] == "Two words"
    assert flat["agenda:a/state"] == "open"
    assert flat["timer/item"] is None
    assert entry_fields(flat, ["timer", "agenda:b"])["timer"]["minutes"] == 45
    assert entry_fields(flat, ["timer", "agenda:b"])["agenda:b"] == {}


def test_what_begins_with_an_at_sign_is_no_part_of_the_record():
    assert [is_field(name) for name in ("agenda:a/text", "timer/item", "loose", "")] == [True] * 4
    assert not any(map(is_field, ("@wheel/driver", "agenda:a/@by", "@quiet/until")))


def test_numbers_are_alike_and_marks_are_no_numbers():
    assert json_equal(5, 5.0)
    assert json_equal([1, {"a": 2.0}], [1.0, {"a": 2}])
    assert not json_equal(True, 1)
    assert not json_equal(None, MISSING)


def test_equal_values_stay_and_missing_ones_get_the_default():
    """An equal value in another notation stays, and a missing one gets the default."""
    assert apply_entries_to_fields({}, ENTRIES) == flatten_entries(ENTRIES)
    table = {"agenda:a/text": " Two words\n", "agenda:a/minutes": 5.0, "agenda:a/order": 3.0}
    mirror = apply_entries_to_fields(table, {"agenda:a": ENTRIES["agenda:a"]})
    assert mirror == {
        "agenda:a/text": " Two words\n", "agenda:a/minutes": 5.0, "agenda:a/order": 0.0,
    }  # fmt: skip
    assert default_value("agenda:a", "id") == "a"
    assert default_value("agenda:a", "text") is MISSING
    assert default_value("timer", "minutes") == 30
    assert default_value("nothing", "minutes") is MISSING
