"""A client of a shared session without a browser: it joins by a link, and shares the document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from live_connection import Connection
from pycrdt import Array, Doc, Map
from tornado.httpclient import HTTPRequest

__all__ = ["Client", "State"]

State = tuple[dict[str, Any], list[str]]
"""The shared fields, and the text of each cell."""

_TAG = re.compile(r'name="_xsrf" value="([^"]+)"')
_SYNC_SECONDS = 20.0


class Client:
    """A participant of the session, in one event loop.

    Parameters
    ----------
    role, name : str
        Who it is, for the signature under what it does.
    """

    def __init__(self, role: str, name: str) -> None:
        self.doc: Doc[Any] = Doc()
        self.cells: Array[Any] = self.doc.get("cells", type=Array)
        self.map: Map[Any] = self.doc.get("mentoring", type=Map)
        self._by = {"role": role, "name": name}
        self._connection = Connection(self.doc)

    @property
    def connected(self) -> bool:
        """Whether the client has joined, and nothing has cut its connection."""
        return self._connection.synced

    async def join(self, link: str, notebook: str) -> None:
        """Join by an invitation, and synchronise with the others.

        Parameters
        ----------
        notebook : str
            Its path in the workspace.
        """
        base = link.partition("/join/")[0]
        async with httpx.AsyncClient(timeout=30) as browser:
            token = _TAG.search((await browser.get(link)).text)
            if token is None:
                raise RuntimeError("The link does not let in.")
            await browser.post(link, data={"_xsrf": token[1]}, headers={"Origin": "null"})
            asked = {"format": "json", "type": "notebook"}
            headers = {"X-XSRFToken": browser.cookies.get("_xsrf", ""), "Origin": base}
            answer = await browser.put(
                f"{base}/api/collaboration/session/{notebook}", json=asked, headers=headers
            )
            told = answer.raise_for_status().json()
            cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        room = f"/api/collaboration/room/json:notebook:{told['fileId']}?sessionId={told['sessionId']}"
        headers = {"Cookie": cookies, "Origin": base}
        request = HTTPRequest(base.replace("http", "ws", 1) + room, headers=headers)
        await self._connection.begin(request, seconds=_SYNC_SECONDS)

    async def leave(self) -> None:
        """Disconnect."""
        await self._connection.end()

    def put(self, entry: str, fields: Mapping[str, object]) -> None:
        """Change fields of an entry and set their author, as the page does."""
        with self.doc.transaction():
            for field, value in fields.items():
                self.map[f"{entry}/{field}"] = value
            self.map[f"{entry}/@by"] = self._signed()

    def entries(self, kind: str) -> list[str]:
        """Return the keys of the entries of a kind."""
        return sorted({name.partition("/")[0] for name in self.map if name.startswith(f"{kind}:")})

    def remove(self, entry: str) -> None:
        """Remove an entry, and record its author."""
        with self.doc.transaction():
            for name in [name for name in self.map if name.startswith(f"{entry}/")]:
                del self.map[name]
            self.map[f"{entry}/@by"] = self._signed()

    def state(self) -> State:
        """Return a copy of the client's state."""
        return dict(self.map.to_py() or {}), [str(cell["source"]) for cell in self.cells]

    def _signed(self) -> dict[str, str]:
        return {**self._by, "at": datetime.now(UTC).isoformat()}
