"""The store of the shared document's updates keeps up, and keeps what it was given."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from logging import getLogger
from pathlib import Path

from pycrdt import Doc, Map
from traitlets import Unicode

from toolkit.live.updates import Updates

N = 40


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT count(*) FROM yupdates").fetchone()[0]


def store_in(path: Path) -> Updates:
    return type("Store", (Updates,), {"db_path": Unicode(str(path))})(path="notebook", log=getLogger())


def made() -> tuple[Doc, list[bytes]]:
    """A document, and the updates that made it."""
    doc = Doc()
    table = doc.get("mentoring", type=Map)
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    for number in range(N):
        table[f"agenda:a{number % 7}/state"] = number
    doc.unobserve(subscription)
    return doc, updates


def test_updates_that_come_at_once_are_written_together(tmp_path: Path) -> None:
    path = tmp_path / "updates.db"
    doc, updates = made()

    async def write() -> None:
        async with store_in(path) as store:
            await asyncio.gather(*(store.write(update) for update in updates))
            assert 0 < rows(path) < 10

    async def read() -> Doc:
        found = Doc()
        async with store_in(path) as store:
            await store.apply_updates(found)
        return found

    asyncio.run(write())
    found = asyncio.run(read())
    assert found.get("mentoring", type=Map).to_py() == doc["mentoring"].to_py()
    assert found.get_state() == doc.get_state()


def test_an_update_is_stored_when_write_returns(tmp_path: Path) -> None:
    path = tmp_path / "updates.db"

    async def write() -> None:
        async with store_in(path) as store:
            for number, update in enumerate(made()[1][:5]):
                await store.write(update)
                assert rows(path) == number + 1

    asyncio.run(write())


def test_what_a_cancelled_call_had_taken_along_is_stored_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "updates.db"
    doc, updates = made()

    async def write() -> None:
        found = Doc()
        async with store_in(path) as store:
            calls = [asyncio.create_task(store.write(update)) for update in updates[:-1]]
            await asyncio.sleep(0)
            calls[0].cancel()
            await asyncio.wait(calls)
            await store.write(updates[-1])
            await store.apply_updates(found)
        assert found.get_state() == doc.get_state()

    asyncio.run(write())
