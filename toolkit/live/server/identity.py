"""Who is asking: the guest whose ticket is in the cookie, and nobody else."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.web import RequestHandler

from toolkit.errors import MentoringError
from toolkit.live.server.session_context import LiveContext

__all__ = ["GuestIdentity", "context_of"]


def context_of(handler: RequestHandler) -> LiveContext:
    """Return the session that ``handler`` serves."""
    context = handler.settings["live"]
    assert isinstance(context, LiveContext)  # noqa: S101 - the server put it there
    return context


class GuestIdentity(IdentityProvider):
    """Knows people by their ticket.

    Their names come from the session's settings: neither the cookie nor the browser has a say. There is no
    token, no password, no anonymous user and no way to change a name.
    """

    def get_user(self, handler: RequestHandler) -> User | None:
        """Return the guest, None for everybody else."""
        context = context_of(handler)
        try:
            guest = context.holder(handler.get_cookie(context.cookie) or "")
        except MentoringError as error:
            self.log.error("%s", error)  # noqa: TRY400 - a sentence says it
            return None
        if guest is None:
            return None
        initials = "".join(word[0] for word in guest.name.split()[:2]).upper()
        # JupyterLab would draw a colour for each, now and then the same one for both.
        color = f"var(--jp-collaborator-color{1 + 3 * context.settings.guests.index(guest) % 7})"
        return User(guest.id, guest.name, guest.name, initials or None, color=color)

    @property
    def auth_enabled(self) -> bool:
        """Always."""
        return True

    @property
    def login_available(self) -> bool:
        """There is nothing to type: one is invited."""
        return False

    @property
    def logout_available(self) -> bool:
        """Whoever wants to leave closes the window."""
        return False

    def get_handlers(self) -> list[tuple[str, object]]:
        """No pages of its own."""
        return []

    def is_token_authenticated(self, handler: RequestHandler) -> bool:  # noqa: ARG002
        """Never: a token would lift the checks against requests from other sites."""
        return False

    def should_check_origin(self, handler: RequestHandler) -> bool:  # noqa: ARG002
        """Look at every request's."""
        return True

    def update_user(self, handler: RequestHandler, user_data: dict[Any, str]) -> User:  # noqa: ARG002
        """Refuse."""
        raise ValueError("Names and colours come from the session.")
