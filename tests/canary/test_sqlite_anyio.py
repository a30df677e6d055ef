"""sqlite-anyio: the handling of errors."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from sqlite_anyio import connect, exception_logger

pytestmark = pytest.mark.canary


async def _fails(handler):
    db = await connect(":memory:", exception_handler=handler)
    try:
        async with db:
            await (await db.cursor()).execute("no SQL")
    finally:
        await db.close()


def test_a_handler_swallows_the_error(changed):
    try:
        asyncio.run(_fails(exception_logger))
    except sqlite3.OperationalError:
        pytest.fail(changed("the swallowing of errors by the handler"))
    with pytest.raises(sqlite3.OperationalError):
        asyncio.run(_fails(None))


def test_the_handler_is_asked_when_it_happens(changed):
    async def run():
        db = await connect(":memory:", exception_handler=exception_logger)
        assert db._exception_handler is exception_logger, changed("the attribute `_exception_handler`")
        db._exception_handler = None
        try:
            async with db:
                await (await db.cursor()).execute("no SQL")
        finally:
            await db.close()

    with pytest.raises(sqlite3.OperationalError):
        asyncio.run(run())
