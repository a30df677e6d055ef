"""Whose message the server is dealing with."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_server.base.call_context import CallContext

from toolkit.live.session_settings import Guest

__all__ = ["speaker"]


def speaker(guests: Iterable[Guest]) -> Guest | None:
    """Return who sent what is being dealt with; None where that is not known.

    A room applies an update in the task that serves the connection which it came by, and the server notes
    the handler of that connection in the task's context. Who is logged in there is no claim of the page's.
    """
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    user = getattr(handler, "current_user", None)
    name = getattr(user, "username", None)
    return next((guest for guest in guests if guest.id == name), None)
