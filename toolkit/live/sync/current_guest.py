"""The guest whose message the server is processing."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_server.base.call_context import CallContext

from toolkit.live.session_settings import Guest

__all__ = ["current_guest_of"]


def current_guest_of(guests: Iterable[Guest]) -> Guest | None:
    """Return the sender of the message that is being processed; None if unknown.

    A room applies an update in the task of the connection that it arrived on, and the server stores that
    connection's handler in the task's context. Its authenticated user is not a claim of the page.
    """
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    user = getattr(handler, "current_user", None)
    name = getattr(user, "username", None)
    return next((guest for guest in guests if guest.id == name), None)
