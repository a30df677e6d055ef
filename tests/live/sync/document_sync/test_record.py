"""Other programs write, damage or fill the record while the bridge runs."""

from __future__ import annotations

import asyncio

import pytest
from jupyter_ydoc import YNotebook

from tests.live.conftest import on_disk
from tests.live.page_peer import answered, until
from toolkit.widgets import Agenda, Timer


def test_what_others_write_to_the_record_is_in_the_document_soon(bridged, record):
    async def play(_bridge, page):
        took = []
        for number in range(10):
            # Each by itself: what comes together is taken in together.
            await asyncio.sleep(0.03)
            before = record.items()
            key = "exercise:median"
            update = {"hints": [f"Hint {number}"]}
            await asyncio.to_thread(record.put, {key: before[key].model_copy(update=update)}, before)
            began = asyncio.get_running_loop().time()
            await until(lambda: page.map["exercise:median/hints"] == [f"Hint {number}"])  # noqa: B023 - within the turn
            took.append(asyncio.get_running_loop().time() - began)
        # The bridge looks every 20 ms; the machine may be busy.
        assert min(took) < 0.5

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


@pytest.mark.parametrize("content", [b"{", b'{"schema": 9, "items": {}}', None])
def test_unreadable_record_is_reported_and_not_written(bridged, settings, record, content):
    """An unreadable record is reported, and nothing is written to it."""
    french = settings.model_copy(update={"language": "fr"})
    good = settings.record.read_bytes()
    settings.record.unlink()
    if content is not None:
        settings.record.write_bytes(content)

    async def play(_bridge, page):
        assert page.error.startswith("Pas enregistré")
        page.put({"agenda:a0/minutes": 6})
        # Long enough to be written, if it could be.
        await asyncio.sleep(0.1)
        assert not page.covered()
        assert (settings.record.read_bytes() if settings.record.exists() else None) == content
        assert set(page.map) == {"agenda:a0/minutes"}
        settings.record.write_bytes(good)
        await until(page.covered)
        assert page.error == ""
        assert page.map["agenda:a0/minutes"] == 5

    bridged(play, options=french)


def test_record_damaged_meanwhile_is_left_until_repaired(bridged, settings):
    """A record that is damaged while the bridge runs stays as it is until it is repaired."""

    async def play(_bridge, page):
        good = settings.record.read_bytes()
        settings.record.write_bytes(b"{")
        await until(lambda: "damaged" in page.error)
        page.put({"agenda:a0/minutes": 6})
        # Long enough to be written, if it could be.
        await asyncio.sleep(0.05)
        assert not page.covered()
        assert settings.record.read_bytes() == b"{"
        settings.record.write_bytes(good)
        await until(page.covered)
        assert on_disk(settings)["agenda:a0"]["minutes"] == 6
        assert page.error == ""

    bridged(play)


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


@pytest.mark.parametrize("harm", ["folder", "removed"])
def test_record_that_stays_damaged_is_quarantined_and_rewritten(bridged, settings, harm):
    """A record that stays damaged is moved aside and rewritten."""

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
