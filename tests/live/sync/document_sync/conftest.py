"""A bridge, and a page that changes the server's own document."""

from __future__ import annotations

import asyncio

import pytest
from jupyter_ydoc import YNotebook

from tests.live.page_peer import Page
from toolkit.live.sync.document_sync import DocumentRecordSync

ACTION = ("id", "text", "owner", "due", "plan", "order", "state", "carried_from")


@pytest.fixture
def bridged(settings):
    """Run a coroutine with a bridge and a page."""

    def run(play, document=None, options=settings):
        async def go():
            shared = document or YNotebook()
            bridge = DocumentRecordSync(shared, options, nothing)
            await bridge.start()
            try:
                await play(bridge, Page(shared.ydoc))
            finally:
                await bridge.stop()

        asyncio.run(go())

    return run


async def nothing() -> None:
    """Replace the wait for a store by nothing."""
