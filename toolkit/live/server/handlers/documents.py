"""Handlers of shared documents, limited to the notebooks of the session.

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
from toolkit.live.server.identity import live_context_of
from toolkit.live.sync.update_causality import CHANGE_MESSAGES
from toolkit.live.sync.update_depth import exceeds_nesting_limit

__all__ = ["AWARENESS_ROOM", "DocumentSessionHandler", "RoomHandler"]

AWARENESS_ROOM = "JupyterLab:globalAwareness"
"""The room of the global awareness, which shows the people who are present."""

# The first bytes of a message to a room, as pycrdt reads them.
_AWARENESS_MESSAGE = bytes([YMessageType.AWARENESS])
_SYNC_REQUEST = bytes([YMessageType.SYNC, YSyncMessageType.SYNC_STEP1])
_MAX_INLINE_CHECK_BYTES = 64 * 1024  # a longer update is checked in a thread
_RECONNECT_S = 3.0  # a page whose connection was cut has usually reconnected by then
_MAX_MESSAGE_BYTES = 64 * 1024 * 1024  # of one message to the shared document


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    format: str
    type: str


class DocumentSessionHandler(DocSessionHandler):  # type: ignore[misc]  # it has no types
    """Tells a page the room of a notebook of the session."""

    async def put(self, path: str) -> Any:  # noqa: ANN401 - as its base
        """Answer for the session's notebooks; refuse every other path."""
        body = parse_body(_Document, self.request.body)
        if path not in live_context_of(self).settings.notebooks or (body.format, body.type) != (
            "json",
            "notebook",
        ):
            raise HTTPError(403)
        return await super().put(path)


class RoomHandler(YDocWebSocketHandler):  # type: ignore[misc]
    """The rooms of the shared notebooks and of the global awareness; no other room is created.

    A guest without write access receives every update, but cannot send any.
    """

    _may_write = False

    async def prepare(self) -> None:
        """Refuse other rooms before they are created."""
        room = self.request.path.removeprefix("/api/collaboration/room/")
        settings = live_context_of(self).settings
        ids = self.settings["file_id_manager"]
        rooms: dict[str, str | None] = {
            f"json:notebook:{ids.get_id(path)}": path for path in settings.notebooks
        }
        rooms[AWARENESS_ROOM] = None
        if room not in rooms:
            raise HTTPError(403)
        self._notebook = rooms[room]
        await super().prepare()

    async def open(self, room_id: str) -> None:
        """Open the connection, with or without write access."""
        guest = live_context_of(self).guest(self.current_user.username)
        notebook = self._notebook
        self._may_write = guest is not None and (
            notebook is None or live_context_of(self).settings.may_write(guest, notebook)
        )
        await super().open(room_id)

    async def on_message(self, message: bytes | str) -> None:
        """Check a message: awareness is limited to the sender's own state, a reader's updates are dropped."""
        if isinstance(message, bytes) and message[:1] == bytes([YMessageType.AWARENESS]):
            context = live_context_of(self)
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
        if isinstance(message, bytes) and message[:2] in CHANGE_MESSAGES and await _is_too_deep(message):
            self.close(1007)
            return
        if self._may_write or (isinstance(message, bytes) and _is_read_only(message)):
            await super().on_message(message)

    def on_close(self) -> None:
        """Remove the page's awareness state later, unless it reconnects."""
        super().on_close()
        asyncio.get_running_loop().call_later(_RECONNECT_S, self._tell_of_leaving)

    def _tell_of_leaving(self) -> None:
        # A crashed browser does not announce it: it would be shown as present for half a minute.
        gone = live_context_of(self).presence.gone(self.request.path, self)
        self.room.awareness.remove_awareness_states(gone, "local")

    def get_query_argument(self, name: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as its base
        """Return a query argument; the session id of an earlier server is replaced by this server's.

        Parameters
        ----------
        name : str
            The argument's name.
        args, kwargs
            Passed on to Jupyter's handler.
        """
        value = super().get_query_argument(name, *args, **kwargs)
        known = name == "sessionId" and live_context_of(self).lineage.is_known(value)
        return SERVER_SESSION if known else value

    @property
    def max_message_size(self) -> int:
        """Maximum size of a message, bytes."""
        return _MAX_MESSAGE_BYTES


async def _is_too_deep(message: bytes) -> bool:
    try:
        update = read_message(message[2:])
    except Exception:  # noqa: BLE001 - the reader has no error class of its own
        return True
    # A long update is checked in a thread, so that it does not delay other guests.
    return (
        await run_sync(exceeds_nesting_limit, update)
        if len(update) > _MAX_INLINE_CHECK_BYTES
        else exceeds_nesting_limit(update)
    )


def _is_read_only(message: bytes) -> bool:
    """Return True if a message requests the document's state, or is an awareness message."""
    return message[:1] == _AWARENESS_MESSAGE or message[:2] == _SYNC_REQUEST
