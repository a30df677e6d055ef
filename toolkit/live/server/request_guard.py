"""What every request passes before any handler of Jupyter's sees it."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import urlsplit

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from toolkit.live.server.identity import context_of

__all__ = ["Guarded", "Refused"]

_HOST = re.compile(r"(?P<name>\[[0-9a-f:]+\]|[^:\[\]]+)(:\d{1,5})?")
_READING = frozenset({"GET", "HEAD"})


class Guarded(JupyterHandler):
    """Mixed in before a handler of Jupyter's: checks host, site, method and person, in this order.

    Jupyter leaves these to each handler, at different moments: the shared document's, for one, makes rooms
    for whoever asks before it looks who that is, and takes websockets from any site.
    """

    methods: ClassVar[frozenset[str]] = frozenset()
    """What may be done with it."""
    public: ClassVar[bool] = False
    """Whether it answers to people who are not invited."""
    page: ClassVar[bool] = False
    """Whether one may come to it by a link on another site."""
    ticket: str = ""

    async def prepare(self, **kwargs: Any) -> None:  # noqa: ANN401 - Jupyter's own
        """Refuse, or go on."""
        if not self.check_host():
            raise HTTPError(403, reason="Host")
        if not self._is_from_here():
            raise HTTPError(403, reason="Cross-site")
        if self.request.method not in self.methods:
            raise HTTPError(403, reason="Method")
        context = context_of(self)
        self.ticket = self.get_cookie(context.cookie) or ""
        if not self.public and self.identity_provider.get_user(self) is None:
            if self.page and self.request.method in _READING:
                self.redirect("/login")
                return
            raise HTTPError(403, reason="Not invited")
        if self._is_websocket():
            context.sockets.add(self)  # type: ignore[arg-type]  # a websocket's handler has `close`
        await super().prepare(**kwargs)

    def check_host(self) -> bool:
        """Whether the request is for a name of this server's: another name is an attempt at rebinding."""
        found = _HOST.fullmatch(self.request.host.lower())
        return found is not None and found["name"].strip("[]") in context_of(self).hosts

    def _is_websocket(self) -> bool:
        return self.request.headers.get("Upgrade", "").lower() == "websocket"

    def _is_from_here(self) -> bool:
        """Whether a page of this very origin asks, or nobody's page."""
        headers = self.request.headers
        site = headers.get("Sec-Fetch-Site", "none")
        if site not in {"none", "same-origin"}:
            followed = headers.get("Sec-Fetch-Mode") == "navigate"
            top = headers.get("Sec-Fetch-Dest", "document") == "document"
            return self.page and self.request.method in _READING and followed and top
        origin = headers.get("Origin")
        if origin is None:
            # Browsers always name the origin of a websocket.
            return not self._is_websocket()
        return self.is_own(origin)

    def is_own(self, origin: str) -> bool:
        """Whether ``origin`` is this server's."""
        public = urlsplit(context_of(self).settings.public_url)
        return origin.lower() in {
            f"{self.request.protocol}://{self.request.host}".lower(),
            f"{public.scheme}://{public.netloc}".lower(),
        }


class Refused(JupyterHandler):
    """What stands where a handler is not for guests: it answers 403, whoever asks for whatever."""

    async def prepare(self, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
        """Refuse."""
        raise HTTPError(403)

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
        """Say no more than that."""
        self.set_header("Content-Type", "application/json")
        self.finish({"message": "Forbidden", "status": status_code})
