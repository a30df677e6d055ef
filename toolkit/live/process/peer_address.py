"""Who a request comes from, for a server that is reached through the relay."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate

__all__ = ["RelayedServer", "visitor"]


def visitor(address: object) -> str:
    """Return the IP address that the relay has put into the name of its socket, empty where there is none."""
    name = address.decode(errors="replace") if isinstance(address, bytes) else address
    if isinstance(name, str) and name.startswith("\0mentoring/"):
        with suppress(ValueError, IndexError):
            return str(ipaddress.ip_address(name.split("/")[1]))
    return ""


class RelayedServer(HTTPServer):
    """Tornado's server, where a request's ``remote_ip`` is the visitor's rather than none.

    What a proxy says in its headers is believed of this machine's own, and of those that ``trusted`` names:
    anybody who comes by another way could say the same.
    """

    trusted: frozenset[str] = frozenset()

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:  # noqa: ANN401
        """Begin a request."""
        context: Any = getattr(server_conn, "context", None)
        found = visitor(getattr(context, "address", None))
        if found:
            # What a proxy says in its headers is taken from here on, and given back after the request.
            context.remote_ip = context._orig_remote_ip = found  # noqa: SLF001 - there is no other way in
        allowed, self.xheaders = self.xheaders, self.xheaders and self._believes(context)
        try:
            # Whether headers are looked at is settled here, request by request.
            return super().start_request(server_conn, request_conn)
        finally:
            self.xheaders = allowed

    def _believes(self, context: Any) -> bool:  # noqa: ANN401
        try:
            peer = ipaddress.ip_address(getattr(context, "remote_ip", ""))
        except ValueError:
            return False
        return peer.is_loopback or str(peer) in self.trusted
