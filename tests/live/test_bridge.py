"""What the bridge makes of single changes; a page is another hand on the server's own document here."""

from __future__ import annotations

import asyncio
import base64
import threading
from datetime import datetime

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Doc, Text

from toolkit.live.bridge import Bridge
from toolkit.live.whole import NOTES
from toolkit.record import Record
from toolkit.widgets import Agenda, Timer

from .conftest import on_disk
from .peer import Page, clocks, until

ACTION = ("id", "text", "owner", "due", "plan", "order", "state", "carried_from")


@pytest.fixture
def bridged(settings):
    """Run a coroutine with a bridge and a page."""

    def run(play, document=None, options=settings):
        async def go():
            shared = document or YNotebook()
            bridge = Bridge(shared, options, nothing)
            await bridge.start()
            try:
                await play(bridge, Page(shared.ydoc))
            finally:
                await bridge.stop()

        asyncio.run(go())

    return run


async def nothing() -> None:
    """Have no store to wait for."""


async def answered(page: Page, fields: dict) -> None:
    """Change fields, and wait until the server has dealt with it."""
    page.put(fields)
    await until(page.covered)


def flat(settings) -> dict:
    return {
        f"{key}/{field}": value for key, entry in on_disk(settings).items() for field, value in entry.items()
    }


def test_at_the_start_the_record_is_in_the_document_as_it_is_in_json(bridged, settings):
    async def play(_bridge, page):
        assert dict(page.map.items()) == flat(settings)
        assert datetime.fromisoformat(page.server["saved"]["at"]).tzinfo is not None
        assert base64.b64decode(page.server["saved"]["vector"])
        assert page.error == ""

    bridged(play)


def test_at_the_start_only_what_differs_is_written_and_the_record_wins(bridged, settings):
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


def test_what_was_not_saved_yet_when_the_server_ended_is_brought_in_at_the_next_start(bridged, settings):
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


def test_a_value_of_the_wrong_kind_that_means_something_is_written_as_it_is_meant(bridged, settings):
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


def test_what_others_write_to_the_record_is_in_the_document_within_50_ms(bridged, record):
    async def play(_bridge, page):
        took = []
        for number in range(10):
            await asyncio.sleep(0.03)
            before = record.items()
            key = "exercise:median"
            update = {"hints": [f"Hint {number}"]}
            await asyncio.to_thread(record.put, {key: before[key].model_copy(update=update)}, before)
            began = asyncio.get_running_loop().time()
            await until(lambda: page.map["exercise:median/hints"] == [f"Hint {number}"])  # noqa: B023
            took.append(asyncio.get_running_loop().time() - began)
        # The machine may be busy.
        assert min(took) < 0.05

    bridged(play)


def test_the_widgets_of_the_kernel_and_a_page_see_one_another(bridged, record):
    agenda, timer = Agenda(record), Timer(record)

    async def play(_bridge, page):
        added = await asyncio.to_thread(agenda.add, "From Python", 4)
        await until(lambda: page.map.get(f"agenda:{added}/text") == "From Python")
        await answered(page, {f"agenda:{added}/minutes": 6, "timer/minutes": 40})
        agenda.refresh()
        timer.refresh()
        assert agenda.items[-1]["minutes"] == 6
        assert timer.minutes == 40
        await asyncio.to_thread(record.put, {f"agenda:{added}": None})
        await until(lambda: not [name for name in page.map if name.startswith(f"agenda:{added}/")])

    bridged(play)


def test_the_document_rests_when_nobody_changes_anything(bridged):
    async def play(_bridge, page):
        await answered(page, {"agenda:a0/minutes": 8})
        state = page.doc.get_state()
        await asyncio.sleep(0.3)
        assert page.doc.get_state() == state

    bridged(play)


def test_a_change_without_effect_is_answered_and_what_is_no_field_is_left_alone(bridged, settings):
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


def test_what_comes_during_a_write_is_not_covered_by_it(bridged, record, settings):
    held, go_on = threading.Event(), threading.Event()

    def hold():
        with record._locked():
            held.set()
            go_on.wait(10)

    async def play(_bridge, page):
        holder = threading.Thread(target=hold)
        holder.start()
        await asyncio.to_thread(held.wait)
        made, wrong = [], []

        def acknowledged(_event):
            vector = clocks(base64.b64decode(page.server["saved"]["vector"])).get(page.doc.client_id, 0)
            promised = [minutes for minutes, clock in made if clock <= vector]
            there = on_disk(settings)["agenda:a0"]["minutes"]
            if promised and there < promised[-1]:
                wrong.append((there, promised[-1]))

        page.server.observe(acknowledged)
        for minutes in range(10, 100):
            page.put({"agenda:a0/minutes": minutes})
            made.append((minutes, page.clock()))
            await asyncio.sleep(0.002)
            if minutes == 40:
                # Until now the write was under way: it waited for the folder.
                assert not page.saved()
                go_on.set()
        await until(page.covered)
        holder.join()
        assert not wrong
        assert on_disk(settings)["agenda:a0"]["minutes"] == 99

    bridged(play)


def test_when_it_stops_what_came_in_is_written(settings):
    async def play():
        document = YNotebook()
        bridge = Bridge(document, settings, nothing)
        await bridge.start()
        Page(document.ydoc).put({"agenda:a0/minutes": 6})
        await bridge.stop()
        assert on_disk(settings)["agenda:a0"]["minutes"] == 6

    asyncio.run(play())


@pytest.mark.parametrize("content", [b"{", b'{"schema": 9, "items": {}}', None])
def test_a_record_that_cannot_be_read_is_said_and_nothing_is_written(bridged, settings, record, content):
    french = settings.model_copy(update={"language": "fr"})
    good = settings.record.read_bytes()
    settings.record.unlink()
    if content is not None:
        settings.record.write_bytes(content)

    async def play(_bridge, page):
        assert page.error.startswith("Pas enregistré")
        page.put({"agenda:a0/minutes": 6})
        await asyncio.sleep(0.1)
        assert not page.covered()
        assert (settings.record.read_bytes() if settings.record.exists() else None) == content
        assert set(page.map) == {"agenda:a0/minutes"}
        settings.record.write_bytes(good)
        await until(page.covered)
        assert page.error == ""
        assert page.map["agenda:a0/minutes"] == 5

    bridged(play, options=french)


def test_a_record_that_is_damaged_meanwhile_stays_as_it_is_until_it_is_mended(bridged, settings):
    async def play(_bridge, page):
        good = settings.record.read_bytes()
        settings.record.write_bytes(b"{")
        await until(lambda: "damaged" in page.error)
        page.put({"agenda:a0/minutes": 6})
        await asyncio.sleep(0.05)
        assert not page.covered()
        assert settings.record.read_bytes() == b"{"
        settings.record.write_bytes(good)
        await until(page.covered)
        assert on_disk(settings)["agenda:a0"]["minutes"] == 6
        assert page.error == ""

    bridged(play)


@pytest.mark.parametrize("harm", ["folder", "removed"])
def test_a_record_that_stays_damaged_is_put_aside_and_written_again(bridged, settings, harm):
    def damage() -> None:
        settings.record.unlink()
        if harm == "folder":
            settings.record.mkdir()

    async def play(_bridge, page):
        await answered(page, {"agenda:a1/minutes": 8})
        damage()
        await until(lambda: page.error)
        page.put({"agenda:a0/minutes": 6})
        await until(page.covered)
        assert page.error == ""
        assert [on_disk(settings)[f"agenda:a{n}"]["minutes"] for n in (0, 1)] == [6, 8]

    document = YNotebook()
    bridged(play, document)
    # So it is for the server that comes next.
    damage()

    async def begin(_bridge, page):
        await until(lambda: not page.error and settings.record.is_file())
        assert on_disk(settings)["agenda:a0"]["minutes"] == 6

    bridged(begin, document)
    aside = sorted(one.name for one in settings.record.parent.glob("record-damaged*"))
    assert aside == ([] if harm == "removed" else ["record-damaged-1.json", "record-damaged-2.json"])


def test_a_record_that_would_become_too_large_stays_as_it_was(bridged, record, settings):
    tests = [{"name": "long", "source": "x" * (8 * 1024 * 1024 - 20_000)}]
    record.put({"exercise:long": {"id": "long", "title": "Long", "tests": tests}})
    before = settings.record.stat().st_ino

    async def play(_bridge, page):
        many = {f"action:b{number}/text": "x" * 490 for number in range(60)}
        page.put(many)
        await until(lambda: "too large" in page.error)
        assert not many.keys() & set(page.map)
        assert settings.record.stat().st_ino == before
        await answered(page, {"agenda:a0/minutes": 6})
        assert page.error == ""

    bridged(play)


def test_an_answer_that_somebody_else_gave_is_corrected(bridged):
    async def play(_bridge, page):
        page.server["saved"] = {"at": "2030-01-01T00:00:00Z", "vector": "AA=="}
        await until(lambda: page.server["saved"]["vector"] != "AA==")

    bridged(play)


def test_a_fault_elsewhere_in_the_server_does_not_end_it(bridged, settings, caplog):
    async def play(_bridge, page):
        faults = [RuntimeError("somebody else's")]

        def fail(_event):
            if faults:
                raise faults.pop()

        page.server.observe(fail)
        await answered(page, {"agenda:a0/minutes": 6})
        assert not faults
        await answered(page, {"agenda:a0/minutes": 7})
        assert on_disk(settings)["agenda:a0"]["minutes"] == 7
        await until(lambda: page.error == "")

    bridged(play)
    assert "The bridge of session s1" in caplog.text


def test_notes_are_kept_with_the_record_and_emptied_with_it(bridged, settings):
    document = YNotebook()

    async def write(_bridge, page):
        notes = page.doc.get(NOTES, type=Text)
        notes += "Sort first.\nThen été 🐍\x07"
        await answered(page, {"notes/@by": {"role": "student", "name": "Zoé", "at": "now"}})
        assert on_disk(settings)["notes"] == {"text": "Sort first.\nThen été 🐍 "}
        assert str(notes).endswith("\x07"), "what somebody is typing in is left alone"

    bridged(write, document)

    async def again(_bridge, page):
        notes = page.doc.get(NOTES, type=Text)
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
        notes = page.doc.get(NOTES, type=Text)
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
