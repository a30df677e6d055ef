"""The images beside the session's notebook, for its Markdown cells."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from anyio.to_thread import run_sync
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.web import HTTPError

from toolkit.live.server.contents import WorkspaceContents
from toolkit.live.server.identity import live_context_of

__all__ = ["IMAGE_TYPES", "ImageHandler"]

IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
"""The media type of each image suffix; browsers are told not to guess another."""

_MAX_FILE_BYTES = 20 * 1024 * 1024
_CONTENT_SECURITY_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""An SVG may hold scripts: opened as a page it has no origin, runs nothing and loads nothing."""


class ImageHandler(JupyterHandler):
    """`/files/PATH`: an image in or below the folder of the session's notebook; other files are not found."""

    auth_resource = "contents"

    def initialize(self, **_kwargs: Any) -> None:  # noqa: ANN401
        """Ignore the arguments of the handler that this one replaces."""

    @property
    def content_security_policy(self) -> str:
        """The policy of an image that is opened as a page."""
        return _CONTENT_SECURITY_POLICY

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Return the image."""
        place, media_type = self._resolve(path)
        contents = self.contents_manager
        if not isinstance(contents, WorkspaceContents) or await contents.is_hidden(place):
            raise HTTPError(404)
        data = await run_sync(_read, contents, place)
        self.set_header("Content-Type", media_type)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        # A cell may write the image again at any moment.
        self.set_header("Cache-Control", "no-cache")
        self.finish(data)

    head = get

    def _resolve(self, path: str) -> tuple[str, str]:
        file = PurePosixPath(path)
        media_type = IMAGE_TYPES.get(file.suffix.lower())
        folder = PurePosixPath(live_context_of(self).settings.notebook).parent
        if media_type is None or ".." in file.parts or "\0" in path or folder not in file.parents:
            raise HTTPError(404)
        return str(file), media_type


def _read(contents: WorkspaceContents, place: str) -> bytes:
    with contents.open(str(Path(contents.root_dir).absolute() / place), "rb") as file:
        data: bytes = file.read(_MAX_FILE_BYTES + 1)
    if len(data) > _MAX_FILE_BYTES:
        raise HTTPError(413)
    return data
