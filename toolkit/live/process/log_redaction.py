"""Logs without secrets that would let somebody join a session."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.web import RequestHandler

__all__ = ["RedactingFormatter", "log_request", "rotating_log_handler"]

_SECRETS = (
    (re.compile(r"(/join/)[^\s\"'<>?#)\]]+"), r"\1…"),
    (re.compile(r"(mentoring-[0-9a-f]{12}\"?[=:]\s*\"?)[^\s;\"']+"), r"\1…"),
    (re.compile(r"((?:token|xsrf|ticket)[\w-]*=)[^\s&;\"']+", re.IGNORECASE), r"\1…"),
)
_MAX_FILE_BYTES = 2_000_000


class RedactingFormatter(logging.Formatter):
    """Formatter that redacts tokens and tickets in every line, tracebacks included."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted line."""
        line = super().format(record)
        for pattern, kept in _SECRETS:
            line = pattern.sub(kept, line)
        return line


def rotating_log_handler(path: Path) -> logging.Handler:
    """Return a rotating handler for ``path``, which keeps the last few megabytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=_MAX_FILE_BYTES, backupCount=2, encoding="utf-8")
    handler.setFormatter(RedactingFormatter())
    handler.setLevel(logging.INFO)
    return handler


def log_request(handler: RequestHandler) -> None:
    """Log a request without its query and headers; `RedactingFormatter` redacts its path."""
    request, status = handler.request, handler.get_status()
    level = logging.DEBUG if status < 400 else logging.WARNING if status < 500 else logging.ERROR
    name = getattr(getattr(handler, "_jupyter_current_user", None), "username", "-")
    milliseconds = 1000 * request.request_time()
    logging.getLogger("tornado.access").log(
        level,
        "%d %s %s (%s@%s) %.1f ms",
        status,
        request.method,
        request.path,
        name,
        request.remote_ip,
        milliseconds,
    )
