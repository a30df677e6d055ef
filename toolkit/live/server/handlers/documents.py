"""Handlers of the shared notebooks, narrowed to those of the session.

See docs/decisions/0009-groups.md.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from anyio.to_thread import run_sync
from jupyter_server_ydoc.handlers import DocSessionHandler, YDocWebSocketHandler
from jupyter_server_ydoc.utils import SERVER_SESSION
from pycrdt import YMessageType, YSyncMessageType, read_message
from pydantic import BaseModel, ConfigDict
from tornado.web import HTTPError

from toolkit.live.server.handlers.request_body import parse_body
from toolkit.live.server.identity import context_of
from toolkit.live.sync.update_causality import CHANGES
from toolkit.live.sync.update_depth import is_too_deep

__all__ = ["AWARENESS", "Document", "Room"]

AWARENESS = "JupyterLab:globalAwareness"
"""The room that says who is here."""

# The first bytes of a message to a room, as pycrdt reads them.
_WHO = bytes([YMessageType.AWARENESS])
_STATE = bytes([YMessageType.SYNC, YSyncMessageType.SYNC_STEP1])
_SHORT = 64 * 1024  # bytes
_BACK_SECONDS = 3.0  # a page whose connection was cut is back by then, as a rule
_LARGEST = 64 * 1024 * 1024  # bytes of a message to the shared document


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    format: str
    type: str


class Document(DocSessionHandler):  # type: ignore[misc]  # it has no types
    """Tells where a notebook of the session's is shared."""

    async def put(self, path: str) -> Any:  # noqa: ANN401 - as its base
        """Answer for the session's notebooks, refuse for anything else."""
        asked = parse_body(_Document, self.request.body)
        if path not in context_of(self).settings.notebooks or (asked.format, asked.type) != (
            "json",
            "notebook",
        ):
            raise HTTPError(403)
        return await super().put(path)


class Room(YDocWebSocketHandler):  # type: ignore[misc]
    """The shared notebooks, and who is here; no other room is made.

    Who may not write in one hears all that happens there; what they send is not taken.
    """

    _writes = False

    async def prepare(self) -> None:
        """Refuse other rooms before they are made."""
        room = self.request.path.removeprefix("/api/collaboration/room/")
        settings = context_of(self).settings
        ids = self.settings["file_id_manager"]
        rooms: dict[str, str | None] = {
            f"json:notebook:{ids.get_id(path)}": path for path in settings.notebooks
        }
        rooms[AWARENESS] = None
        if room not in rooms:
            raise HTTPError(403)
        self._notebook = rooms[room]
        await super().prepare()

    async def open(self, room_id: str) -> None:
        """Let somebody in."""
        guest = context_of(self).guest(self.current_user.username)
        notebook = self._notebook
        self._writes = guest is not None and (
            notebook is None or context_of(self).settings.may_write(guest, notebook)
        )
        await super().open(room_id)

    async def on_message(self, message: bytes | str) -> None:
        """Take a message: of one that says who is here the sender's own part, of a reader no change."""
        if isinstance(message, bytes) and message[:1] == bytes([YMessageType.AWARENESS]):
            context = context_of(self)
            guest = context.guest(self.current_user.username)
            if guest is None:
                return
            try:
                message = context.presence.admitted(
                    self.request.path, guest, asdict(self.current_user), message, self
                )
            except ValueError:
                self.close(1007)
                return
        if isinstance(message, bytes) and message[:2] in CHANGES and await _is_too_deep(message):
            self.close(1007)
            return
        if self._writes or (isinstance(message, bytes) and _is_of_a_reader(message)):
            await super().on_message(message)

    def on_close(self) -> None:
        """See to it that the others hear of it, if nobody comes back."""
        super().on_close()
        asyncio.get_running_loop().call_later(_BACK_SECONDS, self._tell_of_leaving)

    def _tell_of_leaving(self) -> None:
        # A browser that crashed does not say so itself: it would be taken for being here for half a minute.
        gone = context_of(self).presence.gone(self.request.path, self)
        self.room.awareness.remove_awareness_states(gone, "local")

    def get_query_argument(self, name: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as its base
        """Return an argument; a server that had this document before stands for this one."""
        value = super().get_query_argument(name, *args, **kwargs)
        known = name == "sessionId" and context_of(self).lineage.knows(value)
        return SERVER_SESSION if known else value

    @property
    def max_message_size(self) -> int:
        """How much one message may hold, bytes."""
        return _LARGEST


async def _is_too_deep(message: bytes) -> bool:
    try:
        update = read_message(message[2:])
    except Exception:  # noqa: BLE001 - it has no error of its own
        return True
    # Whoever sends much waits for it, and nobody else does.
    return await run_sync(is_too_deep, update) if len(update) > _SHORT else is_too_deep(update)


def _is_of_a_reader(message: bytes) -> bool:
    """Whether it asks for the document's state, or says who is here."""
    return message[:1] == _WHO or message[:2] == _STATE
