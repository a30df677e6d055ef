"""The shared map and the notes, read and written as one mapping."""

from __future__ import annotations

import pytest
from pycrdt import Doc, Map, Text

from toolkit.live.sync.shared_fields import NOTES_FIELD, NOTES_NAME, SharedFields


@pytest.fixture
def doc() -> Doc:
    return Doc()


@pytest.fixture
def whole(doc: Doc) -> SharedFields:
    return SharedFields(doc.get("mentoring", type=Map), doc.get(NOTES_NAME, type=Text))


def test_the_notes_are_a_field_unless_they_are_empty(doc, whole):
    whole["timer/minutes"] = 30
    assert dict(whole.items()) == {"timer/minutes": 30}
    assert (NOTES_FIELD in whole, whole.get(NOTES_FIELD, "none")) == (False, "none")
    whole[NOTES_FIELD] = "Été"
    assert dict(whole.items()) == {"timer/minutes": 30, NOTES_FIELD: "Été"}
    assert str(doc.get(NOTES_NAME, type=Text)) == whole[NOTES_FIELD] == "Été"
    del whole[NOTES_FIELD]
    assert NOTES_FIELD not in whole
    with pytest.raises(KeyError):
        whole[NOTES_FIELD]


def test_what_the_map_has_under_the_key_of_the_notes_is_nothing(doc, whole):
    doc.get("mentoring", type=Map)[NOTES_FIELD] = "forged"
    assert NOTES_FIELD not in whole
    assert dict(whole.items()) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a"),
        ("a", ""),
        ("aa", "aaa"),
        ("abcabc", "abc"),
        ("Été 🐍 à midi", "Étés 🐍🐍 midi"),
        ("one\ntwo\nthree", "one\n2\nthree"),
    ],
)
def test_only_what_differs_is_written(doc, whole, before, after):
    whole[NOTES_FIELD] = before
    seen = []
    doc.get(NOTES_NAME, type=Text).observe(lambda event: seen.extend(event.delta))
    whole[NOTES_FIELD] = after
    assert str(doc.get(NOTES_NAME, type=Text)) == after
    assert sum(len(step.get("insert", "")) for step in seen) <= max(1, len(after) - 1)


def test_what_somebody_types_elsewhere_meanwhile_stays(doc, whole):
    whole[NOTES_FIELD] = "one\ntwo"
    other = Doc()
    other.apply_update(doc.get_update())
    text = other.get(NOTES_NAME, type=Text)
    text += "\nthree"
    whole[NOTES_FIELD] = "1\ntwo"
    doc.apply_update(other.get_update())
    assert whole[NOTES_FIELD] == "1\ntwo\nthree"
