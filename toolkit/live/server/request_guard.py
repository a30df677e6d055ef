"""The checks that every request passes before Jupyter's own handlers see it."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import urlsplit

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from toolkit.live.server.identity import live_context_of

__all__ = ["GuardedHandlerMixin", "RefusedHandler"]

_HOST = re.compile(r"(?P<name>\[[0-9a-f:]+\]|[^:\[\]]+)(:\d{1,5})?")
_SAFE_METHODS = frozenset({"GET", "HEAD"})


class GuardedHandlerMixin(JupyterHandler):
    """Mixin before a handler of Jupyter's: checks host, origin, method and identity, in this order.

    Jupyter leaves these checks to each handler, at different moments: the collaboration handler creates a
    room before it checks the identity, and accepts websockets from any origin.
    """

    methods: ClassVar[frozenset[str]] = frozenset()
    """The allowed HTTP methods."""
    public: ClassVar[bool] = False
    """True if it also answers people without an invitation."""
    page: ClassVar[bool] = False
    """True if a link on another site may lead to it."""
    ticket: str = ""

    async def prepare(self, **kwargs: Any) -> None:  # noqa: ANN401 - Jupyter's own
        """Check the request; redirect a page to the login, or answer 403, if it is not allowed."""
        if not self.check_host():
            raise HTTPError(403, reason="Host")
        if not self._is_same_origin():
            raise HTTPError(403, reason="Cross-site")
        if self.request.method not in self.methods:
            raise HTTPError(403, reason="Method")
        context = live_context_of(self)
        self.ticket = self.get_cookie(context.cookie) or ""
        if not self.public and self.identity_provider.get_user(self) is None:
            if self.page and self.request.method in _SAFE_METHODS:
                self.redirect("/login")
                return
            raise HTTPError(403, reason="Not invited")
        if self._is_websocket():
            context.sockets.add(self)  # type: ignore[arg-type]  # a websocket handler has `close`
        await super().prepare(**kwargs)

    def check_host(self) -> bool:
        """Return True if the Host header names this server: another name is an attempt at DNS rebinding."""
        found = _HOST.fullmatch(self.request.host.lower())
        return found is not None and found["name"].strip("[]") in live_context_of(self).hosts

    def _is_websocket(self) -> bool:
        return self.request.headers.get("Upgrade", "").lower() == "websocket"

    def _is_same_origin(self) -> bool:
        """Return True for a request of this origin's pages, of no page, or of a link to a public page."""
        headers = self.request.headers
        site = headers.get("Sec-Fetch-Site", "none")
        if site not in {"none", "same-origin"}:
            is_navigation = headers.get("Sec-Fetch-Mode") == "navigate"
            is_top_level = headers.get("Sec-Fetch-Dest", "document") == "document"
            return self.page and self.request.method in _SAFE_METHODS and is_navigation and is_top_level
        origin = headers.get("Origin")
        if origin is None:
            # Browsers always send the Origin header with a websocket.
            return not self._is_websocket()
        return self.is_own(origin)

    def is_own(self, origin: str) -> bool:
        """Return True if ``origin`` is this server's."""
        public = urlsplit(live_context_of(self).settings.public_url)
        return origin.lower() in {
            f"{self.request.protocol}://{self.request.host}".lower(),
            f"{public.scheme}://{public.netloc}".lower(),
        }


class RefusedHandler(JupyterHandler):
    """Replaces a handler that guests cannot reach: it answers every request with 403."""

    async def prepare(self, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
        """Answer 403."""
        raise HTTPError(403)

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
        """Answer with a fixed message, which reveals nothing.

        Parameters
        ----------
        status_code : int
            The HTTP status.
        kwargs
            Not used.
        """
        self.set_header("Content-Type", "application/json")
        self.finish({"message": "Forbidden", "status": status_code})
