"""Handlers of Jupyter's, narrowed to the session's notebooks and their kernels."""

from __future__ import annotations

import asyncio
import json
import re
from asyncio import Future
from collections.abc import Iterable
from dataclasses import asdict
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any, Literal, TypeVar

from anyio.to_thread import run_sync
from jupyter_client.jsonutil import json_default
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.services.kernels.handlers import KernelActionHandler
from jupyter_server.services.sessions.handlers import SessionHandler, SessionRootHandler
from jupyter_server.services.sessions.sessionmanager import KernelName, ModelName
from jupyter_server.utils import ensure_async
from jupyter_server_ydoc.handlers import DocSessionHandler, YDocWebSocketHandler
from jupyter_server_ydoc.utils import SERVER_SESSION
from jupyterlab_server.settings_handler import SettingsHandler
from pycrdt import YMessageType, YSyncMessageType, read_message
from pydantic import BaseModel, ConfigDict, ValidationError
from tornado import web
from tornado.web import HTTPError

from toolkit.live.server.identity import context_of
from toolkit.live.server.kernel_manager import KERNEL
from toolkit.live.sync.update_causality import CHANGES
from toolkit.live.sync.update_depth import is_too_deep

__all__ = [
    "AWARENESS",
    "Document",
    "Forgotten",
    "KernelAction",
    "KernelSession",
    "KernelSessionChange",
    "NoExports",
    "Room",
    "Settings",
    "notebook_of",
]

AWARENESS = "JupyterLab:globalAwareness"
"""The room that says who is here."""

_MADE_UP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLUGIN = re.compile(r"(@[a-z0-9][\w-]*/)?[a-z0-9][\w-]*:[\w-]+")
_Model = TypeVar("_Model", bound=BaseModel)
# The first bytes of a message to a room, as pycrdt reads them.
_WHO = bytes([YMessageType.AWARENESS])
_STATE = bytes([YMessageType.SYNC, YSyncMessageType.SYNC_STEP1])
_SHORT = 64 * 1024  # bytes
_BACK_SECONDS = 3.0  # a page whose connection was cut is back by then, as a rule
_LARGEST = 64 * 1024 * 1024  # bytes of a message to the shared document


class _Kernel(BaseModel):
    # A browser sends more than we need, and what it sends is not passed on.
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str | None = None
    id: str | None = None


class _Session(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    path: str
    type: Literal["notebook"]
    kernel: _Kernel = _Kernel()


class _Change(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    path: str | None = None
    kernel: _Kernel | None = None


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    format: str
    type: str


class KernelSession(SessionRootHandler):
    """Starts the sandboxed kernel for the session's notebook, once, and nothing else.

    JupyterLab asks for a kernel under a path that it makes up, and moves it to the notebook's own afterwards;
    two browsers that come at the same time would get a kernel each.
    """

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with the notebook's kernel, started if need be."""
        asked = _parse(_Session, self.request.body)
        context = context_of(self)
        notebook = _meant(asked.path, context.settings.with_kernels)
        if notebook is None or not _may_start(self, notebook) or not _is_ours(asked.kernel):
            raise HTTPError(403)
        sessions = self.session_manager
        async with context.starting:
            if await sessions.session_exists(path=notebook):
                model = await sessions.get_session(path=notebook)
            else:
                model = await sessions.create_session(
                    path=notebook,
                    name=ModelName(PurePosixPath(notebook).name),
                    type="notebook",
                    kernel_name=KernelName(KERNEL),
                )
        self.set_status(201)
        # The path that was asked for: a browser that reads another one ends the session.
        self.finish(json.dumps({**model, "path": asked.path}, default=json_default))


class KernelSessionChange(SessionHandler):
    """The session of the notebook: where it is, it stays."""

    @web.authenticated
    @authorized
    async def patch(self, session_id: str) -> None:
        """Say where the session is; start the same kernel anew where that is asked for."""
        asked = _parse(_Change, self.request.body)
        model = await self.session_manager.get_session(session_id=session_id)
        notebook = str(model["path"])
        if asked.path not in {None, notebook} or not _may_start(self, notebook):
            raise HTTPError(403)
        if asked.kernel is None:
            self.finish(json.dumps(model, default=json_default))
        elif asked.kernel.name == KERNEL and _is_ours(asked.kernel):
            self.request.body = json.dumps({"kernel": {"name": KERNEL}}).encode()
            await ensure_async(super().patch(session_id))
        else:
            raise HTTPError(403)


class KernelAction(KernelActionHandler):
    """Interrupts a kernel, or starts it anew, for those whose it is."""

    @web.authenticated
    @authorized
    async def post(self, kernel_id: str, action: str) -> None:
        """Do it."""
        notebook = await notebook_of(self, kernel_id)
        if notebook is None or not _may_start(self, notebook):
            raise HTTPError(403)
        await ensure_async(super().post(kernel_id, action))


class Document(DocSessionHandler):  # type: ignore[misc]  # it has no types
    """Tells where a notebook of the session's is shared."""

    async def put(self, path: str) -> Any:  # noqa: ANN401 - as its base
        """Answer for the session's notebooks, refuse for anything else."""
        asked = _parse(_Document, self.request.body)
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


class Settings(SettingsHandler):
    """JupyterLab's settings, by the names that plugins have: any other may lead to any JSON file.

    Nobody changes any of them here, and to read all of them takes a seventh of a second, in which the server
    does nothing else: they are read once.
    """

    _asked = ("", False)

    @web.authenticated
    def get(self, schema_name: str = "") -> Any:  # noqa: ANN401 - as its base
        """Return one plugin's settings, or everything's."""
        if schema_name and _PLUGIN.fullmatch(schema_name) is None:
            raise HTTPError(404)
        self._asked = (schema_name, self.get_argument("ids_only", "") == "true")
        known = self._known.get(self._asked)
        return self.finish(known) if known is not None else super().get(schema_name)

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Future[None]:
        """Answer, and remember what was right."""
        if self.get_status() == HTTPStatus.OK and isinstance(chunk, str):
            self._known[self._asked] = chunk
        return super().finish(chunk)

    @property
    def _known(self) -> dict[tuple[str, bool], str]:
        known: dict[tuple[str, bool], str] = self.settings.setdefault("mentoring_settings", {})
        return known


class Forgotten(APIHandler):
    """Takes the layout that JupyterLab wants remembered, and forgets it: both people's pages begin alike."""

    auth_resource = "api"

    def initialize(self, **_kwargs: Any) -> None:  # noqa: ANN401
        """Need nothing of what the handler it stands for needs."""

    @web.authenticated
    def get(self, name: str = "", **_kwargs: str) -> None:
        """Return an empty one."""
        space = name or "default"
        self.finish(json.dumps({"data": {}, "metadata": {"id": space}}))

    @web.authenticated
    def put(self, *_args: str, **_kwargs: str) -> None:
        """Say that all is well."""
        self.set_status(204)
        self.finish()


class NoExports(APIHandler):
    """JupyterLab asks at its start into what a notebook can be turned: here, into nothing."""

    @web.authenticated
    def get(self) -> None:
        """Return no format."""
        self.finish(json.dumps({}))


def _parse(model: type[_Model], body: bytes) -> _Model:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise HTTPError(400) from error


async def notebook_of(handler: JupyterHandler, kernel_id: str) -> str | None:
    """Return the notebook that a kernel is for; None where it is for none."""
    for model in await handler.settings["session_manager"].list_sessions():
        if model["kernel"] is not None and model["kernel"]["id"] == kernel_id:
            return str(model["path"])
    return None


def _may_start(handler: JupyterHandler, notebook: str) -> bool:
    context = context_of(handler)
    guest = context.guest(handler.current_user.username)
    return guest is not None and context.settings.may_start(guest, notebook)


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


def _meant(path: str, notebooks: Iterable[str]) -> str | None:
    return next((notebook for notebook in notebooks if _stands_for(path, notebook)), None)


def _stands_for(path: str, notebook: str) -> bool:
    """Whether ``path`` is the notebook's, or one that JupyterLab made up beside it."""
    asked = PurePosixPath(path)
    made_up = asked.parent == PurePosixPath(notebook).parent and _MADE_UP.fullmatch(asked.name) is not None
    return path == notebook or (made_up and ".." not in asked.parts)


def _is_ours(kernel: _Kernel) -> bool:
    return kernel.id is None and kernel.name in {None, "", KERNEL}
