"""A page from the server's point of view: a copy of the document, and the socket that shares it."""

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
    """A page's copy of the shared maps.

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
        """Return the clock of this page's own changes."""
        return clocks(self.doc.get_state()).get(self.doc.client_id, 0)

    def saved(self) -> int:
        """Return the clock up to which the server has reported changes as saved."""
        saved = self.server.get("saved")
        return clocks(base64.b64decode(saved["vector"])).get(self.doc.client_id, 0) if saved else 0

    def covered(self) -> bool:
        """Return whether all changes of this page were acknowledged."""
        return self.server.get("saved") is not None and self.saved() >= self.clock()


async def until(true, seconds: float = PATIENCE_S):
    """Wait until ``true()`` returns a true value, and return it."""
    async with asyncio.timeout(seconds):
        while not (found := true()):
            await asyncio.sleep(0.002)
    return found


async def answered(page: Page, fields: dict) -> None:
    """Change fields, and wait until the server has processed the change."""
    page.put(fields)
    await until(page.covered)


class Peer(Page):
    """A page that shares its document over a real socket.

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
        """Connect, and synchronise with the server."""
        body = json.dumps({"format": "json", "type": "notebook"})
        url = f"http://127.0.0.1:{port}/api/collaboration/session/{notebook}?who={self.who}"
        answer = json.loads((await AsyncHTTPClient().fetch(url, method="PUT", body=body)).body)
        room = f"json:notebook:{answer['fileId']}"
        query = f"sessionId={answer['sessionId']}&who={self.who}"
        socket = HTTPRequest(f"ws://127.0.0.1:{port}/api/collaboration/room/{room}?{query}")
        await self._connection.begin(socket, seconds=10)

    async def send(self, message: bytes) -> None:
        """Send a message that is not an update of this page's own document."""
        await self._connection.send(message)

    async def leave(self) -> None:
        """Disconnect."""
        await self._connection.end()
