"""Handlers of kernels and their sessions, narrowed to the kernels of the session's notebooks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Literal

from jupyter_client.jsonutil import json_default
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.handlers import KernelActionHandler
from jupyter_server.services.sessions.handlers import SessionHandler, SessionRootHandler
from jupyter_server.services.sessions.sessionmanager import KernelName, ModelName
from jupyter_server.utils import ensure_async
from pydantic import BaseModel, ConfigDict
from tornado import web
from tornado.web import HTTPError

from toolkit.live.server.handlers.request_body import parse_body
from toolkit.live.server.identity import context_of
from toolkit.live.server.kernel_manager import KERNEL

__all__ = ["KernelAction", "KernelSession", "KernelSessionChange", "notebook_of"]

_MADE_UP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


class KernelSession(SessionRootHandler):
    """Starts the sandboxed kernel for the session's notebook, once, and nothing else.

    JupyterLab asks for a kernel under a path that it makes up, and moves it to the notebook's own afterwards;
    two browsers that come at the same time would get a kernel each.
    """

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with the notebook's kernel, started if need be."""
        asked = parse_body(_Session, self.request.body)
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
        asked = parse_body(_Change, self.request.body)
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


def _meant(path: str, notebooks: Iterable[str]) -> str | None:
    return next((notebook for notebook in notebooks if _stands_for(path, notebook)), None)


def _stands_for(path: str, notebook: str) -> bool:
    """Whether ``path`` is the notebook's, or one that JupyterLab made up beside it."""
    asked = PurePosixPath(path)
    made_up = asked.parent == PurePosixPath(notebook).parent and _MADE_UP.fullmatch(asked.name) is not None
    return path == notebook or (made_up and ".." not in asked.parts)


def _is_ours(kernel: _Kernel) -> bool:
    return kernel.id is None and kernel.name in {None, "", KERNEL}
