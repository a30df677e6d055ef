"""Handlers of kernels and their sessions, limited to the kernels of the session's notebooks."""

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
from toolkit.live.server.identity import live_context_of
from toolkit.live.server.kernel_manager import KERNEL_NAME

__all__ = ["GuestKernelActionHandler", "KernelSessionChangeHandler", "KernelSessionHandler", "notebook_of"]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _Kernel(BaseModel):
    # Other fields that a browser sends are dropped, never passed on.
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


class KernelSessionHandler(SessionRootHandler):
    """Starts one sandboxed kernel for a notebook of the session, and nothing else.

    JupyterLab requests a kernel under a temporary path and renames it to the notebook's afterwards; two
    browsers that come at the same time would get a kernel each.
    """

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with the notebook's kernel; start it if needed."""
        body = parse_body(_Session, self.request.body)
        context = live_context_of(self)
        notebook = _find_notebook(body.path, context.settings.with_kernels)
        if notebook is None or not _may_start(self, notebook) or not _is_allowed_kernel(body.kernel):
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
                    kernel_name=KernelName(KERNEL_NAME),
                )
        self.set_status(201)
        # The requested path: a browser that reads another one closes the session.
        self.finish(json.dumps({**model, "path": body.path}, default=json_default))


class KernelSessionChangeHandler(SessionHandler):
    """The kernel session of a notebook, which cannot be moved or renamed."""

    @web.authenticated
    @authorized
    async def patch(self, session_id: str) -> None:
        """Answer with the session; restart its kernel on request."""
        body = parse_body(_Change, self.request.body)
        model = await self.session_manager.get_session(session_id=session_id)
        notebook = str(model["path"])
        if body.path not in {None, notebook} or not _may_start(self, notebook):
            raise HTTPError(403)
        if body.kernel is None:
            self.finish(json.dumps(model, default=json_default))
        elif body.kernel.name == KERNEL_NAME and _is_allowed_kernel(body.kernel):
            self.request.body = json.dumps({"kernel": {"name": KERNEL_NAME}}).encode()
            await ensure_async(super().patch(session_id))
        else:
            raise HTTPError(403)


class GuestKernelActionHandler(KernelActionHandler):
    """Interrupts or restarts a kernel, for guests who may use it."""

    @web.authenticated
    @authorized
    async def post(self, kernel_id: str, action: str) -> None:
        """Interrupt or restart the kernel.

        Parameters
        ----------
        kernel_id : str
            The kernel's id.
        action : {"interrupt", "restart"}
            The action.

        Raises
        ------
        HTTPError
            403, if the guest may not use the kernel.
        """
        notebook = await notebook_of(self, kernel_id)
        if notebook is None or not _may_start(self, notebook):
            raise HTTPError(403)
        await ensure_async(super().post(kernel_id, action))


async def notebook_of(handler: JupyterHandler, kernel_id: str) -> str | None:
    """Return the path of a kernel's notebook; None if it has none.

    Parameters
    ----------
    handler : JupyterHandler
        A handler of the server.
    kernel_id : str
        The kernel's id.
    """
    for model in await handler.settings["session_manager"].list_sessions():
        if model["kernel"] is not None and model["kernel"]["id"] == kernel_id:
            return str(model["path"])
    return None


def _may_start(handler: JupyterHandler, notebook: str) -> bool:
    context = live_context_of(handler)
    guest = context.guest(handler.current_user.username)
    return guest is not None and context.settings.may_start(guest, notebook)


def _find_notebook(path: str, notebooks: Iterable[str]) -> str | None:
    return next((notebook for notebook in notebooks if _belongs_to(path, notebook)), None)


def _belongs_to(path: str, notebook: str) -> bool:
    """Return True if ``path`` is the notebook's, or a temporary one of JupyterLab's beside it."""
    file = PurePosixPath(path)
    is_temporary = file.parent == PurePosixPath(notebook).parent and _UUID.fullmatch(file.name) is not None
    return path == notebook or (is_temporary and ".." not in file.parts)


def _is_allowed_kernel(kernel: _Kernel) -> bool:
    return kernel.id is None and kernel.name in {None, "", KERNEL_NAME}
