"""The pictures beside the session's notebook, for its Markdown cells."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from anyio.to_thread import run_sync
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.web import HTTPError

from toolkit.live.server.contents import WorkspaceContents
from toolkit.live.server.identity import context_of

__all__ = ["TYPES", "Picture"]

TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
"""What is a picture, by the end of its name; a browser takes it for nothing else."""

_LARGEST = 20 * 1024 * 1024  # bytes
_ALONE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""A drawing may hold scripts: opened by itself it is nobody's page, runs nothing and loads nothing."""


class Picture(JupyterHandler):
    """`/files/PATH`: a picture in the folder of the session's notebook, or below it; nothing else."""

    auth_resource = "contents"

    def initialize(self, **_kwargs: Any) -> None:  # noqa: ANN401
        """Need nothing of what the handler it stands for needs."""

    @property
    def content_security_policy(self) -> str:
        """What a page that this is opened as may do."""
        return _ALONE

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Return the picture."""
        place, kind = self._place(path)
        contents = self.contents_manager
        if not isinstance(contents, WorkspaceContents) or await contents.is_hidden(place):
            raise HTTPError(404)
        data = await run_sync(_read, contents, place)
        self.set_header("Content-Type", kind)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        # It may be drawn anew at any moment.
        self.set_header("Cache-Control", "no-cache")
        self.finish(data)

    head = get

    def _place(self, path: str) -> tuple[str, str]:
        asked = PurePosixPath(path)
        kind = TYPES.get(asked.suffix.lower())
        folder = PurePosixPath(context_of(self).settings.notebook).parent
        if kind is None or ".." in asked.parts or "\0" in path or folder not in asked.parents:
            raise HTTPError(404)
        return str(asked), kind


def _read(contents: WorkspaceContents, place: str) -> bytes:
    with contents.open(str(Path(contents.root_dir).absolute() / place), "rb") as file:
        data: bytes = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise HTTPError(413)
    return data
