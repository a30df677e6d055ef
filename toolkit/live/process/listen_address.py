"""The address that a session's server listens on: its socket and its TLS context."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from contextlib import suppress

from toolkit.errors import InputError
from toolkit.i18n import _
from toolkit.live.session_settings import LiveSettings

__all__ = ["bind_socket", "create_ssl_context", "is_loopback", "is_wildcard"]


def create_ssl_context(settings: LiveSettings) -> ssl.SSLContext | None:
    """Return the TLS context; None without a certificate.

    Raises
    ------
    InputError
        If the certificate or its key cannot be used.
    """
    if settings.certfile is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.certfile, settings.keyfile)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            _("{path} cannot be used for TLS: {why}").format(path=settings.certfile, why=error),
            _("Give the certificate and its key, both in PEM (--certfile and --keyfile)."),
        ) from error
    return context


def is_loopback(host: str) -> bool:
    """Return True if only this machine can reach ``host``."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def is_wildcard(host: str) -> bool:
    """Return True if ``host`` stands for all addresses of this machine."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_unspecified
    return host in {"", "0"}


def bind_socket(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address and does not listen yet.

    Parameters
    ----------
    host : str
        A host name or an IP address; empty for all addresses.
    port : int
        The port; 0 for any free one.

    Raises
    ------
    InputError
        If the address cannot be bound.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _name, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _no_address(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _no_address(host, port, error) from error
    return listener


def _no_address(host: str, port: int, error: OSError) -> InputError:
    return InputError(
        _("Nobody can be let in at {address}: {why}").format(
            address=f"{host}:{port}", why=error.strerror or error
        ),
        _("Choose another port, or 0 for any that is free."),
    )
