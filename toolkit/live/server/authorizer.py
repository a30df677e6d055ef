"""What guests may do: what is listed here, and nothing else."""

from __future__ import annotations

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler

from toolkit.domain.people import Role
from toolkit.live.server.identity import context_of

__all__ = ["ALLOWED", "GuestAuthorizer"]

_BOTH = frozenset(
    {
        ("api", "read"),
        ("contents", "read"),
        (
            "contents",
            "write",
        ),  # to ask for the shared document; `toolkit.live.server.route_allowlist` lets no file be written
        ("events", "execute"),
        ("kernels", "read"),
        ("kernels", "write"),  # to interrupt and restart
        ("kernels", "execute"),
        ("kernelspecs", "read"),
        ("sessions", "read"),
        ("sessions", "write"),
    }
)

ALLOWED: dict[Role, frozenset[tuple[str, str]]] = {"student": _BOTH, "mentor": _BOTH}
"""(resource, action) by role. The mentor has no more than the student: what the student's outputs do in the
mentor's browser, they do with the mentor's cookie."""


class GuestAuthorizer(Authorizer):
    """Lets guests do what their role is allowed to."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        """Whether ``user`` may do ``action`` (read, write, execute) on ``resource``."""
        guest = context_of(handler).guest(user.username)
        return guest is not None and (resource, action) in ALLOWED[guest.role]
