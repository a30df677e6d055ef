"""The logs of a command, where asked for: on the terminal (`-v`, `-vv`) or in a file (`--log-file`).

All our loggers are below ``mentoring``. Only they are listened to: what other packages log may hold what is
nobody's business, and the names of students' files. Arguments of a command are not logged: they hold notes.
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

__all__ = ["begin_logs", "log_end"]

_handlers: list[logging.Handler] = []


def begin_logs(ctx: click.Context, verbose: int, path: Path | None) -> None:
    """Have what is logged from now on printed, or written to a file, or neither.

    Parameters
    ----------
    ctx : click.Context
        Of the whole command; its subcommand is named in the first line.
    verbose : int
        0: nothing is printed; 1: what is done (INFO); 2 or more: in detail (DEBUG).
    path : Path or None
        A file that is added to, in detail.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    if not verbose and path is None:
        return
    # Nobody waits for these who does not want a log.
    import logging

    from toolkit import __version__
    from toolkit.live.process.log_redaction import Discreet

    if verbose:
        printed = logging.StreamHandler()
        printed.setLevel(logging.INFO if verbose == 1 else logging.DEBUG)
        _handlers.append(printed)
    if path is not None:
        with disk_errors(path):
            # For its owner alone: the errors in it name students.
            path.touch(mode=0o600)
            _handlers.append(logging.FileHandler(path, encoding="utf-8"))
    log = logging.getLogger("mentoring")
    log.setLevel(logging.DEBUG if path is not None or verbose > 1 else logging.INFO)
    for handler in _handlers:
        handler.setFormatter(Discreet())
        log.addHandler(handler)
    logging.getLogger("mentoring.cli").info(
        "mentor %s begins (version %s, Python %s)",
        ctx.invoked_subcommand or "",
        __version__,
        platform.python_version(),
    )


@contextmanager
def log_end() -> Iterator[None]:
    """Log how the block ends, if `begin_logs` was told to, and close what it opened."""
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
