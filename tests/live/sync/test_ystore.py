"""Updates that the store of the shared document reports as stored are there, whatever the disk does."""

from __future__ import annotations

import asyncio
import resource

import pytest
from pycrdt import Doc, Text
from pycrdt.store import YDocNotFound

from toolkit.errors import StorageError
from toolkit.live.sync.ystore import open_ystore


def stored(path) -> str:
    """Return the text that another server would read."""

    async def read() -> str:
        doc: Doc = Doc()
        try:
            async with open_ystore(path)(path="one") as store:
                await store.apply_updates(doc)
        except YDocNotFound:
            return ""
        return str(doc.get("text", type=Text))

    return asyncio.run(read())


def test_flushed_updates_are_stored_several_at_a_time(tmp_path):
    """Flushed updates are stored, several at a time."""

    async def play() -> None:
        doc: Doc = Doc()
        text = doc.get("text", type=Text)
        text += "before "
        async with open_ystore(tmp_path / "updates.db")(path="one") as store:
            store.follow(doc)
            for word in ("a ", "b ", "c"):
                text += word
            await store.write(b"not an update: the document is followed")
            await store.flush()
            await store.flush()

    asyncio.run(play())
    assert stored(tmp_path / "updates.db") == "before a b c"


def test_updates_before_following_are_stored_one_by_one(tmp_path):
    """Updates before a document is followed are stored one by one."""

    async def play() -> None:
        doc: Doc = Doc()
        doc.get("text", type=Text).insert(0, "whole")
        async with open_ystore(tmp_path / "updates.db")(path="one") as store:
            await store.encode_state_as_update(doc)

    asyncio.run(play())
    assert stored(tmp_path / "updates.db") == "whole"


def test_updates_refused_by_a_full_disk_are_written_later(tmp_path):
    """Updates refused by a full disk are reported, and written once there is space."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def play() -> None:
        doc: Doc = Doc()
        text = doc.get("text", type=Text)
        async with open_ystore(tmp_path / "updates.db")(path="one") as store:
            store.follow(doc)
            text += "a "
            await store.flush()
            resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
            try:
                text += "b "
                with pytest.raises(StorageError, match=r"updates\.db"):
                    await store.flush()
                text += "c"
                with pytest.raises(StorageError):
                    await store.flush()
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            await store.flush()

    asyncio.run(play())
    assert stored(tmp_path / "updates.db") == "a b c"
