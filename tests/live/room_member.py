"""A client of the shared document that replaces a browser."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Self

import httpx
import websocket
from pycrdt import (
    Array,
    Doc,
    Map,
    YMessageType,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)

from tests.live.live_server import Live
from tests.patience import PATIENCE_S


class Member:
    """A participant in the room of the session's notebook."""

    def __init__(self, live: Live, client: httpx.Client) -> None:
        self.doc: Doc = Doc()
        self.cells: Array = self.doc.get("cells", type=Array)
        self.state: Map = self.doc.get("mentoring", type=Map)
        self.socket = live.open(client, live.room(client))
        self._sent = self.doc.get_state()
        self.socket.send_binary(create_sync_message(self.doc))
        deadline = time.monotonic() + PATIENCE_S
        while not len(self.cells):
            assert time.monotonic() < deadline
            self.hear(0.05)
        self._sent = self.doc.get_state()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.shutdown()

    def hear(self, seconds: float) -> None:
        """Receive messages for some time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            with suppress(websocket.WebSocketTimeoutException):
                message = self.socket.recv()
                if isinstance(message, bytes) and message and message[0] == YMessageType.SYNC:
                    answer = handle_sync_message(message[1:], self.doc)
                    if answer is not None:
                        self.socket.send_binary(answer)

    def send(self) -> None:
        """Send the local changes."""
        self.socket.send_binary(create_update_message(self.doc.get_update(self._sent)))
        self._sent = self.doc.get_state()

    def text(self, cell: int) -> str:
        """Return a cell's source."""
        return str(self.cells[cell]["source"])

    def type(self, cell: int, text: str) -> None:
        """Type at the end of a cell."""
        source = self.cells[cell]["source"]
        source += text
        self.send()
