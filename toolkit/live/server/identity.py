"""The identity of a request: the guest whose ticket is in the cookie."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.web import RequestHandler

from toolkit.errors import MentoringError
from toolkit.live.server.session_context import LiveContext

__all__ = ["GuestIdentityProvider", "live_context_of"]


def live_context_of(handler: RequestHandler) -> LiveContext:
    """Return the context of the session that ``handler`` serves."""
    context = handler.settings["live"]
    assert isinstance(context, LiveContext)  # noqa: S101 - the server sets it
    return context


class GuestIdentityProvider(IdentityProvider):
    """Identifies people by their ticket.

    Names come from the session's settings, never from the cookie or the browser. There is no token, no
    password, no anonymous user, and no way to change a name.
    """

    def get_user(self, handler: RequestHandler) -> User | None:
        """Return the guest; None for everybody else."""
        context = live_context_of(handler)
        try:
            guest = context.holder(handler.get_cookie(context.cookie) or "")
        except MentoringError as error:
            self.log.error("%s", error)  # noqa: TRY400 - the message says enough
            return None
        if guest is None:
            return None
        initials = "".join(word[0] for word in guest.name.split()[:2]).upper()
        # JupyterLab would choose colours at random, sometimes the same one for both people.
        color = f"var(--jp-collaborator-color{1 + 3 * context.settings.guests.index(guest) % 7})"
        return User(guest.id, guest.name, guest.name, initials or None, color=color)

    @property
    def auth_enabled(self) -> bool:
        """Always True."""
        return True

    @property
    def login_available(self) -> bool:
        """Always False: people join by an invitation, without a password."""
        return False

    @property
    def logout_available(self) -> bool:
        """Always False: people leave by closing the window."""
        return False

    def get_handlers(self) -> list[tuple[str, object]]:
        """Return no handlers: there are no login pages."""
        return []

    def is_token_authenticated(self, handler: RequestHandler) -> bool:  # noqa: ARG002
        """Return False always: a token would lift the checks against cross-site requests."""
        return False

    def should_check_origin(self, handler: RequestHandler) -> bool:  # noqa: ARG002
        """Return True always."""
        return True

    def update_user(self, handler: RequestHandler, user_data: dict[Any, str]) -> User:  # noqa: ARG002
        """Refuse: names and colours come from the session.

        Parameters
        ----------
        handler : RequestHandler
            The handler of the request.
        user_data : dict
            The wanted changes.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError("Names and colours come from the session.")
