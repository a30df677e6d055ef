"""The shared notes, and their copy in the record."""

from __future__ import annotations

from jupyter_ydoc import YNotebook
from pycrdt import Text

from tests.live.conftest import on_disk
from tests.live.page_peer import answered, until
from toolkit.live.sync.shared_fields import NOTES_NAME
from toolkit.workspace.session_record import Record


def test_notes_are_kept_with_the_record_and_emptied_with_it(bridged, settings):
    document = YNotebook()

    async def write(_bridge, page):
        notes = page.doc.get(NOTES_NAME, type=Text)
        notes += "Sort first.\nThen été 🐍\x07"
        await answered(page, {"notes/@by": {"role": "student", "name": "Zoé", "at": "now"}})
        assert on_disk(settings)["notes"] == {"text": "Sort first.\nThen été 🐍 "}
        assert str(notes).endswith("\x07"), "what somebody is typing in is left alone"

    bridged(write, document)

    async def again(_bridge, page):
        notes = page.doc.get(NOTES_NAME, type=Text)
        assert str(notes).startswith("Sort first.")
        Record(settings.record).put({"notes": {"text": "By the kernel"}})
        await until(lambda: str(notes) == "By the kernel")
        with page.doc.transaction():
            del notes[:]
            page.map["notes/@by"] = None
        await until(page.covered)
        assert "notes" not in on_disk(settings)
        assert page.error == ""

    bridged(again, document)


def test_notes_that_are_too_long_are_put_back(bridged, settings):
    async def play(_bridge, page):
        notes = page.doc.get(NOTES_NAME, type=Text)
        notes += "Short"
        await answered(page, {"notes/@by": 1})
        notes += "x" * 20_001
        await answered(page, {"notes/@by": 2, "agenda:a0/minutes": 6})
        await until(lambda: str(notes) == "Short")
        assert "more than 20000 characters" in page.error
        assert on_disk(settings)["agenda:a0"]["minutes"] == 6
        await answered(page, {"notes/text": "forged", "notes/@by": 3})
        assert on_disk(settings)["notes"] == {"text": "Short"}

    bridged(play)
