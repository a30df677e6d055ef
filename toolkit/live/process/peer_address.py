"""The client's IP address, for a server that is reached through the relay."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate

__all__ = ["RelayedHTTPServer", "parse_peer_address"]


def parse_peer_address(address: object) -> str:
    """Return the IP address in the name of the relay's socket; empty if there is none."""
    name = address.decode(errors="replace") if isinstance(address, bytes) else address
    if isinstance(name, str) and name.startswith("\0mentoring/"):
        with suppress(ValueError, IndexError):
            return str(ipaddress.ip_address(name.split("/")[1]))
    return ""


class RelayedHTTPServer(HTTPServer):
    """Tornado's server, with the client's address as ``remote_ip`` of a request.

    A proxy's forwarding headers are trusted only from loopback addresses and from those in ``trusted``: any
    other client could forge them.
    """

    trusted: frozenset[str] = frozenset()

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:  # noqa: ANN401
        """Begin a request with the client's address.

        Parameters
        ----------
        server_conn : object
            Tornado's connection.
        request_conn : object
            Tornado's request of it.
        """
        context: Any = getattr(server_conn, "context", None)
        found = parse_peer_address(getattr(context, "address", None))
        if found:
            # Tornado replaces it by a proxy's header, and restores the original after the request.
            context.remote_ip = context._orig_remote_ip = found  # noqa: SLF001 - no public way to set it
        allowed, self.xheaders = self.xheaders, self.xheaders and self._trusts(context)
        try:
            # Tornado reads `xheaders` in this call, once per request.
            return super().start_request(server_conn, request_conn)
        finally:
            self.xheaders = allowed

    def _trusts(self, context: Any) -> bool:  # noqa: ANN401
        try:
            peer = ipaddress.ip_address(getattr(context, "remote_ip", ""))
        except ValueError:
            return False
        return peer.is_loopback or str(peer) in self.trusted
