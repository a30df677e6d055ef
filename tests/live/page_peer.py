"""A page, as the server sees it: a copy of the document, and the socket by which it is shared."""

from __future__ import annotations

import asyncio
import base64
import json

from pycrdt import Decoder, Doc, Map
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from benchmarks.live_connection import Connection
from tests.patience import PATIENCE_S


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


async def until(true, seconds: float = PATIENCE_S):
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
        self._connection = Connection(self.doc)

    async def join(self, port: int, notebook: str) -> None:
        """Connect, and catch up with the server."""
        body = json.dumps({"format": "json", "type": "notebook"})
        url = f"http://127.0.0.1:{port}/api/collaboration/session/{notebook}?who={self.who}"
        answer = json.loads((await AsyncHTTPClient().fetch(url, method="PUT", body=body)).body)
        room = f"json:notebook:{answer['fileId']}"
        query = f"sessionId={answer['sessionId']}&who={self.who}"
        socket = HTTPRequest(f"ws://127.0.0.1:{port}/api/collaboration/room/{room}?{query}")
        await self._connection.begin(socket, seconds=10)

    async def send(self, message: bytes) -> None:
        """Send what this page did not do."""
        await self._connection.send(message)

    async def leave(self) -> None:
        """Go offline."""
        await self._connection.end()
