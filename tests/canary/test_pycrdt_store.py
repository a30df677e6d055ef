"""pycrdt-store: storage of updates."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest
from pycrdt import Doc, Map
from pycrdt.store import SQLiteYStore, YDocNotFound

from tests.canary.signatures import mentions

pytestmark = pytest.mark.canary


def kept(folder, name="a"):
    kind = type("Kept", (SQLiteYStore,), {"db_path": str(folder / "store.db")})
    return kind(path=name)


def test_tables_and_their_columns(changed, tmp_path):
    async def run():
        doc = Doc()
        doc.get("m", type=Map)["x"] = "y"
        store = kept(tmp_path)
        async with store:
            await store.write(doc.get_update())

    asyncio.run(run())
    with closing(sqlite3.connect(tmp_path / "store.db")) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert tables == {"yupdates", "ycheckpoints"}, changed("the names of the tables")
        assert db.execute("SELECT path FROM yupdates").fetchall() == [("a",)], changed("the column `path`")
        db.execute("SELECT path FROM ycheckpoints")


def test_an_unknown_document_is_not_found(changed, tmp_path):
    async def run():
        async with kept(tmp_path) as store:
            with pytest.raises(YDocNotFound):
                await store.apply_updates(Doc())

    asyncio.run(run())
    assert issubclass(YDocNotFound, Exception), changed("the error of an unknown document")


def test_where_its_connection_is(changed):
    assert mentions(SQLiteYStore._init_db, "self._db = "), changed("the attribute `_db`, made by `_init_db`,")
    assert SQLiteYStore.checkpoint_interval == 100, changed("the number of writes between two checkpoints")
    assert mentions(SQLiteYStore.write, "self.checkpoint_interval"), changed("the use of checkpoint_interval")
