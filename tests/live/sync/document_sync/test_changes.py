"""The bridge writes, normalises or reverts each single change of a page."""

from __future__ import annotations

import pytest

from tests.live.conftest import on_disk
from tests.live.page_peer import answered, until
from tests.live.sync.document_sync.conftest import ACTION


@pytest.mark.parametrize(
    ("fields", "key", "expected"),
    [
        ({"agenda:a0/minutes": 7.0}, "agenda:a0", {"minutes": 7}),
        ({"agenda:a0/state": "discussed", "agenda:a0/@by": {}}, "agenda:a0", {"state": "discussed"}),
        ({"agenda:a0/order": 0.5, "agenda:a0/text": " Moved "}, "agenda:a0", {"order": 0.5, "text": "Moved"}),
        ({"agenda:n1/text": "New", "agenda:n1/minutes": 3.0}, "agenda:n1", {"id": "n1", "minutes": 3}),
        ({"check:loops/ticked": True}, "check:loops", {"ticked": True, "confirmed": False}),
        ({"check:loops/confirmed": True}, "check:loops", {"confirmed": True}),
        ({"action:x1/due": "2026-12-01", "action:x1/owner": "mentor"}, "action:x1", {"due": "2026-12-01"}),
        ({"action:x1/state": "done"}, "action:x1", {"state": "done"}),
        ({"timer/started_at": "2026-11-24T18:00:00.000Z"}, "timer", {"started_at": "2026-11-24T18:00:00Z"}),
        ({"timer/item": "a1", "timer/item_started_at": "2026-11-24T18:01:00Z"}, "timer", {"item": "a1"}),
        ({"agenda:n2/text": "New", "timer/item": "n2"}, "timer", {"item": "n2"}),
    ],
)  # fmt: skip
def test_what_a_page_may_change_is_written(bridged, settings, fields, key, expected):
    async def play(_bridge, page):
        await answered(page, fields)
        assert page.error == ""
        assert expected.items() <= on_disk(settings)[key].items()
        assert fields.items() <= dict(page.map.items()).items(), "the page's own words stay"

    bridged(play)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"agenda:a0/minutes": 241}, "above 240"),
        ({"agenda:a0/minutes": 2.5}, "minutes"),
        ({"agenda:a0/text": " "}, "empty"),
        ({"agenda:a0/text": None}, "text"),
        ({"agenda:a0/colour": "red"}, "colour"),
        ({"agenda:a0/id": "a1"}, "its id says otherwise"),
        ({"agenda:a0/order": float("inf")}, "no file can hold"),
        ({"agenda:a0/state": "forgotten"}, "state"),
        ({"agenda:../../x/text": "t"}, "cannot be kept"),
        ({"agenda:n1/minutes": 4}, "text"),
        ({"check:new/title": "New", "check:new/milestone": "M"}, "not on this list"),
        ({"check:loops/title": "Other"}, "Only what is said"),
        ({"check:loops/mastery": "retained"}, "Only what is said"),
        ({"timer/minutes": 0}, "below 1"),
        ({"timer/item": "zz"}, "There is no 'zz'"),
        ({"session/student": "Eve"}, "not for a page"),
        ({"exercise:median/hints": ["all of them"]}, "not for a page"),
        ({"nothing/x": 1}, "not for a page"),
        ({"loose": 1}, "not for a page"),
        ({"": 1}, "not for a page"),
    ],
)
def test_what_a_page_may_not_change_goes_back_and_is_said(bridged, settings, fields, words):
    async def play(_bridge, page):
        before, content = dict(page.map.items()), settings.record.read_bytes()
        await answered(page, fields)
        assert words in page.error
        assert dict(page.map.items()) == before
        assert settings.record.read_bytes() == content
        await answered(page, {"agenda:a0/minutes": 9})
        assert page.error == ""

    bridged(play)


def test_what_is_carried_stays_carried(bridged, settings):
    async def play(_bridge, page):
        await answered(page, {"agenda:a0/state": "carried"})
        await answered(page, {"agenda:a0/state": "open"})
        assert "not possible" in page.error
        assert page.map["agenda:a0/state"] == "carried"
        await answered(page, {"timer/item": "a0"})
        assert "not open any more" in page.error
        # Two steps may come as one: what is in between is not seen.
        await answered(page, {"agenda:a1/state": "discussed"})
        page.put({"agenda:a1/state": "open"})
        await answered(page, {"agenda:a1/state": "dropped"})
        assert page.error == ""
        assert on_disk(settings)["agenda:a1"]["state"] == "dropped"

    bridged(play)


def test_of_two_changes_only_the_bad_one_falls(bridged, settings):
    async def play(_bridge, page):
        await answered(page, {"agenda:a0/minutes": 999, "agenda:a0/text": "Good", "agenda:a1/minutes": 6})
        assert "above 240" in page.error
        assert page.map["agenda:a0/minutes"] == 5
        there = on_disk(settings)
        assert (there["agenda:a0"]["text"], there["agenda:a0"]["minutes"]) == ("Good", 5)
        assert there["agenda:a1"]["minutes"] == 6

    bridged(play)


def test_convertible_value_of_the_wrong_type_is_normalized(bridged, settings):
    """A convertible value of the wrong type is normalised and written."""

    async def play(_bridge, page):
        await answered(page, {"check:loops/ticked": "no", "check:dicts/ticked": 1.0})
        assert page.map["check:loops/ticked"] is False
        assert page.map["check:dicts/ticked"] is True
        assert on_disk(settings)["check:dicts"]["ticked"] is True

    bridged(play)


def test_an_item_is_taken_away_as_a_whole(bridged, settings):
    async def play(_bridge, page):
        page.remove(*(f"action:x1/{field}" for field in ACTION))
        await until(lambda: "action:x1" not in on_disk(settings))
        page.remove("agenda:a0/text")
        await until(lambda: page.map.get("agenda:a0/text") == "Point 0")
        page.remove(*(name for name in list(page.map) if name.startswith("check:loops/")))
        await until(lambda: page.map.get("check:loops/title") == "Loops")
        assert "not for a page" in page.error
        assert "check:loops" in on_disk(settings)

    bridged(play)


def test_change_without_effect_is_answered_and_non_fields_stay(bridged, settings):
    """A change without effect is answered, and keys that are no fields stay as they are."""

    async def play(bridge, page):
        content = settings.record.stat()
        await answered(page, {"agenda:a0/minutes": 5})
        assert bridge.driver is None
        await answered(page, {"@wheel/driver": {"role": "student", "name": "Zoé"}, "@quiet/until": None})
        assert bridge.driver == "student"
        await answered(page, {"@wheel/driver": "nobody"})
        assert bridge.driver is None
        assert settings.record.stat().st_ino == content.st_ino

    bridged(play)


def test_what_is_asked_for_by_nobody_known_is_refused(bridged, settings):
    async def play(_bridge, page):
        wish = {"exercise": "median", "role": "student", "name": "Zoé", "at": "now"}
        await answered(page, {"@exercise/submit": wish})
        await until(lambda: page.server["exercise:median/submission"]["asked"] == "now")
        assert "Only the student" in page.server["exercise:median/submission"]["message"]
        assert not (settings.root / "outbox").exists()
        # What somebody else puts there is said anew.
        page.server["exercise:median/submission"] = {"state": "graded"}
        await until(lambda: page.server["exercise:median/submission"]["state"] == "problem")
        await answered(page, {"exercise:median/handed_in": "a" * 64})
        assert page.map["exercise:median/handed_in"] == ""

    bridged(play)
