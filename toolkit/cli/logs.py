"""The logs of a command, if requested: on the terminal (`-v`, `-vv`) or in a file (`--log-file`).

All our loggers are below ``mentoring``. Only their messages are written: those of other packages may hold
private data, and the names of students' files. A command's arguments are not logged: they hold notes.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit._internal.atomic_io import disk_errors
from toolkit.errors import MentoringError

if TYPE_CHECKING:
    import logging

    import click

__all__ = ["log_exit", "start_logging"]

_handlers: list[logging.Handler] = []


def start_logging(ctx: click.Context, verbose: int, path: Path | None) -> None:
    """Start to print log messages, or to append them to a file.

    Parameters
    ----------
    ctx : click.Context
        Context of `mentor`; its subcommand is named in the first line.
    verbose : int
        Level of the printed messages: 0 for none, 1 for INFO, 2 or more for DEBUG.
    path : Path or None
        File to which all messages are appended; None for no file.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    if not verbose and path is None:
        return
    # Imported here: without a log, nobody waits for these imports.
    import logging

    from toolkit import __version__
    from toolkit.live.process.log_redaction import RedactingFormatter

    if verbose:
        printed = logging.StreamHandler()
        printed.setLevel(logging.INFO if verbose == 1 else logging.DEBUG)
        _handlers.append(printed)
    if path is not None:
        with disk_errors(path):
            # Only its owner may read it: the errors in it name students.
            path.touch(mode=0o600)
            _handlers.append(logging.FileHandler(path, encoding="utf-8"))
    log = logging.getLogger("mentoring")
    log.setLevel(logging.DEBUG if path is not None or verbose > 1 else logging.INFO)
    for handler in _handlers:
        handler.setFormatter(RedactingFormatter())
        log.addHandler(handler)
    logging.getLogger("mentoring.cli").info(
        "mentor %s begins (version %s, Python %s)",
        ctx.invoked_subcommand or "",
        __version__,
        platform.python_version(),
    )


@contextmanager
def log_exit() -> Iterator[None]:
    """Log the end of the block if `start_logging` has started a log, and close the log."""
    since = time.monotonic()
    ending: BaseException | None = None
    try:
        yield
    except BaseException as error:
        ending = error
        raise
    finally:
        if _handlers:
            _close(ending, time.monotonic() - since)


def _close(ending: BaseException | None, seconds: float) -> None:
    import logging

    log = logging.getLogger("mentoring.cli")
    if isinstance(ending, SystemExit) or ending is None:
        log.info("mentor ends with %s after %.2f s", getattr(ending, "code", 0), seconds)
    elif isinstance(ending, (MentoringError, KeyboardInterrupt)):
        log.info("mentor ends with %s after %.2f s: %s", type(ending).__name__, seconds, ending)
        log.debug("Where it was raised", exc_info=ending)
    else:
        log.error("mentor ends with a fault after %.2f s", seconds, exc_info=ending)
    top = logging.getLogger("mentoring")
    for handler in _handlers:
        top.removeHandler(handler)
        handler.close()
    _handlers.clear()
    top.setLevel(logging.NOTSET)
