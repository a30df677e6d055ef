"""The client side of the socket that shares a document: it sends local changes and applies remote ones."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from pycrdt import (
    Doc,
    YMessageType,
    YSyncMessageType,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

__all__ = ["Connection"]


class Connection:
    """Keeps a copy of a document in step with the server's, in one event loop; it can end and start again.

    Parameters
    ----------
    doc : Doc
        The copy.

    Attributes
    ----------
    synced : bool
        Whether it has all that the server had, and goes on.
    """

    def __init__(self, doc: Doc[Any]) -> None:
        self.synced = False
        self._doc = doc
        self._socket: WebSocketClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._taking = False
        self._subscription = doc.observe(self._changed)

    async def begin(self, request: HTTPRequest, *, seconds: float) -> None:
        """Connect to a room, and synchronise with it.

        Parameters
        ----------
        seconds : float
            How long catching up may take.

        Raises
        ------
        TimeoutError
            It takes longer.
        """
        self._socket = await websocket_connect(request)
        synced = asyncio.Event()
        self._reader = asyncio.create_task(self._read(self._socket, synced))
        await self.send(create_sync_message(self._doc))
        await asyncio.wait_for(synced.wait(), seconds)

    async def end(self) -> None:
        """Go offline; later changes are sent after the next start."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None

    async def send(self, message: bytes) -> None:
        """Send a message that is not a change of the copy; without a connection it is lost."""
        if self._socket is not None:
            with suppress(WebSocketClosedError):
                await self._socket.write_message(message, binary=True)

    def _changed(self, event: Any) -> None:  # noqa: ANN401 - pycrdt's own
        if self._taking or self._socket is None:
            return
        with suppress(WebSocketClosedError):
            # Written to the buffer in order; updates that a dead server misses are sent after the next start.
            written = self._socket.write_message(create_update_message(event.update), binary=True)
            asyncio.ensure_future(written).add_done_callback(lambda done: done.exception())

    async def _read(self, socket: WebSocketClientConnection, synced: asyncio.Event) -> None:
        while (message := await socket.read_message()) is not None:
            if not isinstance(message, bytes) or message[0] != YMessageType.SYNC:
                continue
            self._taking = True
            try:
                reply = handle_sync_message(message[1:], self._doc)
            finally:
                self._taking = False
            if message[1] == YSyncMessageType.SYNC_STEP2:
                self.synced = True
                synced.set()
            if reply is not None:
                await self.send(reply)
        self.synced = False
