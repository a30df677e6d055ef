"""A shell that explains errors caused by the sandbox's limits."""

from __future__ import annotations

import errno
import os
import resource
import socket
import sys
from contextlib import suppress
from typing import Any, ClassVar

from ipykernel.eventloops import enable_gui
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import UsageError
from IPython.core.getipython import get_ipython
from IPython.core.magic import Magics, line_magic, magics_class

__all__ = ["LimitMessagesShell"]

_NO_NETWORK = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}
# Commands of package managers that change nothing.
_READ_ONLY_COMMANDS = {"list", "show", "freeze", "check", "help", "--version", "-V", "info", ""}


class LimitMessagesShell(ZMQInteractiveShell):
    """ipykernel's shell, which adds an explanation to errors caused by a limit."""

    limits: ClassVar[dict[str, Any]] = {}
    _transformed: tuple[str, int, str] = ("", 0, "")

    def transform_cell(self, raw_cell: str) -> str:
        """Turn magics into Python; cached, because ipykernel and IPython both transform each cell."""
        cell, count, result = self._transformed
        if (cell, count) != (raw_cell, self.execution_count):
            result = super().transform_cell(raw_cell)
            self._transformed = raw_cell, self.execution_count, result
        return result

    def enable_gui(self, gui: str | None = None) -> None:
        """Switch the event loop of a user interface on or off."""
        try:
            enable_gui(gui, kernel=self.kernel)
        except ValueError as error:
            raise UsageError(str(error)) from error
        self.active_eventloop = gui

    def init_magics(self) -> None:
        """Register the magics, with those that explain that packages cannot be installed."""
        super().init_magics()
        self.register_magics(_Packages)

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - IPython's own
        """Show the traceback of the current error.

        Parameters
        ----------
        *args, **kwargs
            As in IPython.
        """
        if isinstance(sys.exc_info()[1], MemoryError):
            # The traceback needs memory too: raise the soft limit to the hard one, which has a reserve.
            hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
            resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
        super().showtraceback(*args, **kwargs)

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        message = _limit_message(evalue, self.limits)
        super()._showtraceback(etype, evalue, [*stb, message] if message else stb)


# Libraries check for this class name to detect a notebook.
LimitMessagesShell.__name__ = "ZMQInteractiveShell"


@magics_class
class _Packages(Magics):
    """`%pip` and similar magics, which can only read here."""

    @line_magic
    def pip(self, line: str) -> None:
        """Look at the packages of this environment; installing is the mentor's part."""
        self._manage("pip", line)

    @line_magic
    def conda(self, line: str) -> None:
        """Look at the packages of this environment; installing is the mentor's part."""
        self._manage("conda", line)

    @line_magic
    def mamba(self, line: str) -> None:
        """Look at the packages of this environment; installing is the mentor's part."""
        self._manage("mamba", line)

    @line_magic
    def uv(self, line: str) -> None:
        """Look at the packages of this environment; installing is the mentor's part."""
        self._manage("uv", line)

    def _manage(self, tool: str, line: str) -> None:
        word = line.split(maxsplit=1)[0] if line.split() else ""
        if tool == "pip" and word in _READ_ONLY_COMMANDS:
            shell = get_ipython()
            assert shell is not None  # noqa: S101 - only a shell calls a magic
            shell.system(f'"{sys.executable}" -m pip {line}')
            return
        from toolkit.i18n import _

        text = _(
            "Nothing can be installed from here: the environment is read-only. "
            "Your mentor can add packages to it."
        )
        print(text, file=sys.stderr)  # noqa: T201 - this is the output of a cell


def _limit_message(error: BaseException, limits: dict[str, Any]) -> str:
    """Return a message about the limit that caused an error, in the student's language; empty if none did."""
    number = _limit_error_number(error, limits)
    if not number:
        return ""  # returns before the slow import: most errors have nothing to do with a limit
    from toolkit.i18n import _, ngettext
    from toolkit.kernels.format_size import format_bytes

    sentences = {
        errno.ENOMEM: _("Your code used more than {size} of memory.").format(
            size=format_bytes(limits["memory"])
        ),
        errno.EAGAIN: ngettext(
            "Your code may have {n} process or thread at a time.",
            "Your code may have {n} processes and threads at a time.",
            limits["processes"],
        ).format(n=limits["processes"]),
        errno.EFBIG: _("One file may grow to {size} here.").format(size=format_bytes(limits["file"])),
        errno.ENOSPC: _("Your files may take {size} here, and there may be {n} of them.").format(
            size=format_bytes(limits["disk"]), n=limits["files"]
        ),
        errno.ENETUNREACH: _("There is no network here."),
        errno.EROFS: _("Only files of this workspace, of the home folder and of /tmp can be written here."),
    }
    return sentences.get(number, "")


def _limit_error_number(error: BaseException, limits: dict[str, Any]) -> int:
    """Return the error number of the limit that caused ``error``; 0 if none did."""
    number = error.errno if isinstance(error, OSError) else 0
    if isinstance(error, MemoryError):
        number = errno.ENOMEM
    elif isinstance(error, socket.gaierror) or number in _NO_NETWORK:
        number = 0 if limits["network"] else errno.ENETUNREACH
    elif isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        number = errno.EAGAIN
    elif number == errno.EAGAIN and _task_count() < 0.9 * limits["processes"]:
        number = 0  # a non-blocking socket without data raises the same error
    elif number == errno.EACCES and _is_existing_folder(error):
        number = errno.EROFS
    return number or 0


def _task_count() -> int:
    """Return the number of processes and threads in this sandbox."""
    count = 0
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            with suppress(OSError):
                count += len(os.listdir(f"/proc/{pid}/task"))
    return count


def _is_existing_folder(error: BaseException) -> bool:
    path = getattr(error, "filename", None)
    return isinstance(path, str) and os.path.exists(os.path.dirname(os.path.abspath(path)))
