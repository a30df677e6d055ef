"""At its start the bridge reconciles the record, the document, and the last checkpoint."""

from __future__ import annotations

import base64
from datetime import datetime

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Doc

from tests.live.conftest import on_disk
from tests.live.page_peer import Page, answered, until
from tests.live.sync.document_sync.conftest import ACTION
from toolkit.workspace.session_record import Record


def flat(settings) -> dict:
    return {
        f"{key}/{field}": value for key, entry in on_disk(settings).items() for field, value in entry.items()
    }


def test_document_holds_the_record_at_startup(bridged, settings):
    """At startup, the document gets the fields of the record as they are in JSON."""

    async def play(_bridge, page):
        assert dict(page.map.items()) == flat(settings)
        assert datetime.fromisoformat(page.server["saved"]["at"]).tzinfo is not None
        assert base64.b64decode(page.server["saved"]["vector"])
        assert page.error == ""

    bridged(play)


def test_startup_writes_only_differences_and_the_record_wins(bridged, settings):
    """At startup only differences are written, and the record wins over the document."""
    document = YNotebook()
    page = Page(document.ydoc)

    async def once(_bridge, _page):
        await answered(page, {"agenda:a0/text": "  Two spaces  ", "agenda:a1/minutes": 7.0})

    bridged(once, document)
    Record(settings.record).put({"action:x1": None, "timer": {"minutes": 50}})
    (settings.state / "agreed.json").unlink()
    page.put({"action:zz/text": "Not in the record", "agenda:a2/minutes": 99})
    changed = []
    page.map.observe(lambda event: changed.extend(event.keys))

    async def again(_bridge, _page):
        assert page.map["agenda:a0/text"] == "  Two spaces  ", "it says the same"
        assert page.map["timer/minutes"] == 50
        assert page.map["agenda:a2/minutes"] == 5

    bridged(again, document)
    gone = {f"action:x1/{field}" for field in ACTION}
    assert set(changed) == {"timer/minutes", "action:zz/text", "agenda:a2/minutes"} | gone


def test_unsaved_changes_are_recovered_at_the_next_startup(bridged, settings):
    """Changes that were unsaved when the server ended are saved at the next start."""
    document = YNotebook()
    page = Page(document.ydoc)

    async def once(_bridge, _page):
        await answered(page, {"agenda:a0/minutes": 6})

    bridged(once, document)
    page.put({"agenda:a1/minutes": 8, "action:zz/text": "New", "agenda:a2/minutes": 9})
    Record(settings.record).put({"agenda:a2": {**on_disk(settings)["agenda:a2"], "minutes": 11}})

    async def again(_bridge, _page):
        await until(page.covered)
        assert on_disk(settings)["agenda:a1"]["minutes"] == 8
        assert on_disk(settings)["action:zz"]["text"] == "New"
        # Both were changed: the record's is the older promise.
        assert page.map["agenda:a2/minutes"] == on_disk(settings)["agenda:a2"]["minutes"] == 11

    bridged(again, document)


def test_an_older_document_never_wins(bridged, settings):
    document = YNotebook()
    older = Doc()

    async def once(_bridge, page):
        older.apply_update(document.ydoc.get_update())
        await answered(page, {"check:loops/ticked": True})

    bridged(once, document)

    async def again(_bridge, page):
        assert page.map["check:loops/ticked"] is True
        assert on_disk(settings)["check:loops"]["ticked"] is True

        # What was added to it is new all the same.
        await until(lambda: "action:zz" in on_disk(settings))
        await until(page.covered)
        assert page.error == ""

    Page(older).put({"action:zz/text": "New", "check:dicts/ticked": True})
    bridged(again, YNotebook(older))
    assert on_disk(settings)["check:dicts"]["ticked"] is False


@pytest.mark.parametrize(
    "note", ["", "{", "[]", '{"vector": 5, "items": {}}', '{"vector": "/w==", "items": 1}']
)
def test_a_damaged_note_of_what_was_agreed_is_as_good_as_none(bridged, settings, note):
    (settings.state / "agreed.json").write_text(note)
    document = YNotebook()
    Page(document.ydoc).put({"agenda:a1/minutes": 8})

    async def play(_bridge, page):
        assert page.map["agenda:a1/minutes"] == 5
        assert page.error == ""

    bridged(play, document)
