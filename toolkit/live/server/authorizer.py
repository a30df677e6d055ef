"""The allowlist of guests' actions."""

from __future__ import annotations

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler

from toolkit.domain.people import Role
from toolkit.live.server.identity import live_context_of

__all__ = ["ALLOWED_ACTIONS", "GuestAuthorizer"]

_BOTH = frozenset(
    {
        ("api", "read"),
        ("contents", "read"),
        # Needed to open the shared document; `toolkit.live.server.route_allowlist` lets no file be written.
        ("contents", "write"),
        ("events", "execute"),
        ("kernels", "read"),
        ("kernels", "write"),  # to interrupt and restart
        ("kernels", "execute"),
        ("kernelspecs", "read"),
        ("sessions", "read"),
        ("sessions", "write"),
    }
)

ALLOWED_ACTIONS: dict[Role, frozenset[tuple[str, str]]] = {"student": _BOTH, "mentor": _BOTH}
"""Allowed pairs (resource, action) by role.

The mentor has no more rights than the student: HTML in a student's output runs in the mentor's browser,
with the mentor's cookie.
"""


class GuestAuthorizer(Authorizer):
    """Lets guests do the actions that their role allows."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        """Return True if a user may do an action.

        Parameters
        ----------
        handler : JupyterHandler
            The handler of the request.
        user : User
            The authenticated guest.
        action : {"read", "write", "execute"}
            The action.
        resource : str
            Jupyter's name of the resource.
        """
        guest = live_context_of(handler).guest(user.username)
        return guest is not None and (resource, action) in ALLOWED_ACTIONS[guest.role]
