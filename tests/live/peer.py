"""A page, as the server sees it: a copy of the document, and the socket by which it is shared."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import suppress

from pycrdt import (
    Decoder,
    Doc,
    Map,
    YMessageType,
    YSyncMessageType,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClosedError, websocket_connect


def clocks(vector: bytes) -> dict[int, int]:
    decoder = Decoder(vector)
    return {decoder.read_var_uint(): decoder.read_var_uint() for _client in range(decoder.read_var_uint())}


class Page:
    """What a page has of the shared maps.

    Parameters
    ----------
    doc : Doc, optional
        Its copy of the document.
    """

    def __init__(self, doc: Doc | None = None) -> None:
        self.doc = doc or Doc()
        self.map = self.doc.get("mentoring", type=Map)
        self.server = self.doc.get("mentoring:server", type=Map)

    def put(self, fields: dict) -> None:
        """Change fields in one transaction; None deletes nothing, it is a value."""
        with self.doc.transaction():
            for name, value in fields.items():
                self.map[name] = value

    def remove(self, *names: str) -> None:
        with self.doc.transaction():
            for name in names:
                del self.map[name]

    @property
    def error(self) -> str:
        return self.server.get("error", "")

    def clock(self) -> int:
        """Return how far this page's own changes go."""
        return clocks(self.doc.get_state()).get(self.doc.client_id, 0)

    def saved(self) -> int:
        """Return how far the server says that they are on the disk."""
        saved = self.server.get("saved")
        return clocks(base64.b64decode(saved["vector"])).get(self.doc.client_id, 0) if saved else 0

    def covered(self) -> bool:
        """Return whether all that this page did was acknowledged."""
        return self.server.get("saved") is not None and self.saved() >= self.clock()


async def until(true, seconds: float = 10.0):
    """Wait until ``true()`` is, and return what it returned."""
    async with asyncio.timeout(seconds):
        while not (found := true()):
            await asyncio.sleep(0.002)
    return found


async def answered(page: Page, fields: dict) -> None:
    """Change fields, and wait until the server has dealt with it."""
    page.put(fields)
    await until(page.covered)


class Peer(Page):
    """A page that shares its document by a real socket.

    Parameters
    ----------
    who : str
        The guest's id.
    """

    def __init__(self, who: str) -> None:
        super().__init__()
        self.who = who
        self._socket = None
        self._reader: asyncio.Task | None = None
        self._taking = False
        self._subscription = self.doc.observe(self._changed)

    async def join(self, port: int, notebook: str) -> None:
        """Connect, and catch up with the server."""
        body = json.dumps({"format": "json", "type": "notebook"})
        url = f"http://127.0.0.1:{port}/api/collaboration/session/{notebook}?who={self.who}"
        answer = json.loads((await AsyncHTTPClient().fetch(url, method="PUT", body=body)).body)
        room = f"json:notebook:{answer['fileId']}"
        query = f"sessionId={answer['sessionId']}&who={self.who}"
        self._socket = await websocket_connect(f"ws://127.0.0.1:{port}/api/collaboration/room/{room}?{query}")
        synced = asyncio.Event()
        self._reader = asyncio.create_task(self._read(self._socket, synced))
        await self._send(create_sync_message(self.doc))
        await asyncio.wait_for(synced.wait(), 10)

    async def leave(self) -> None:
        """Go offline."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None

    def _changed(self, event) -> None:
        if not self._taking and self._socket is not None:
            with suppress(WebSocketClosedError):
                # Written to the socket's buffer in order; what a dead server misses is sent at the next join.
                self._socket.write_message(
                    create_update_message(event.update), binary=True
                ).add_done_callback(lambda done: done.exception())

    async def _send(self, message: bytes) -> None:
        with suppress(WebSocketClosedError):
            await self._socket.write_message(message, binary=True)

    async def _read(self, socket, synced) -> None:
        while (message := await socket.read_message()) is not None:
            if message[0] != YMessageType.SYNC:
                continue
            self._taking = True
            try:
                reply = handle_sync_message(message[1:], self.doc)
            finally:
                self._taking = False
            if message[1] == YSyncMessageType.SYNC_STEP2:
                synced.set()
            if reply is not None:
                await self._send(reply)
