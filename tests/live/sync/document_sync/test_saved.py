"""Changes that the bridge reports as saved are on the disk, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import base64
import threading

from jupyter_ydoc import YNotebook

from tests.live.conftest import on_disk
from tests.live.page_peer import Page, answered, clocks, until
from tests.live.sync.document_sync.conftest import nothing
from tests.patience import PATIENCE_S
from toolkit.live.sync.document_sync import DocumentRecordSync


def test_the_document_rests_when_nobody_changes_anything(bridged):
    async def play(_bridge, page):
        await answered(page, {"agenda:a0/minutes": 8})
        state = page.doc.get_state()
        # Nothing comes of it: a bridge that answered itself would have, many times.
        await asyncio.sleep(0.3)
        assert page.doc.get_state() == state

    bridged(play)


def test_what_comes_during_a_write_is_not_covered_by_it(bridged, record, settings):
    held, go_on = threading.Event(), threading.Event()

    def hold():
        with record._locked():
            held.set()
            go_on.wait(PATIENCE_S)

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
        bridge = DocumentRecordSync(document, settings, nothing)
        await bridge.start()
        Page(document.ydoc).put({"agenda:a0/minutes": 6})
        await bridge.stop()
        assert on_disk(settings)["agenda:a0"]["minutes"] == 6

    asyncio.run(play())


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
