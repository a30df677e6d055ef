"""A shell that says in words which limit the code has come to."""

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

__all__ = ["CourteousShell"]

_NO_NETWORK = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}
# The commands of package managers that only look.
_LOOKING = {"list", "show", "freeze", "check", "help", "--version", "-V", "info", ""}


class CourteousShell(ZMQInteractiveShell):
    """ipykernel's shell; errors that come from a limit carry a sentence about it."""

    limits: ClassVar[dict[str, Any]] = {}
    _transformed: tuple[str, int, str] = ("", 0, "")

    def transform_cell(self, raw_cell: str) -> str:
        """Turn magics into Python; ipykernel and IPython ask for the same cell, one right after the other."""
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
        """Register the magics, with our word on installing packages."""
        super().init_magics()
        self.register_magics(_Packages)

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - IPython's own
        """Show the traceback of the error being handled."""
        if isinstance(sys.exc_info()[1], MemoryError):
            # To say so takes memory as well: what was held back for it.
            hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
            resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
        super().showtraceback(*args, **kwargs)

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        said = _explained(evalue, self.limits)
        super()._showtraceback(etype, evalue, [*stb, said] if said else stb)


# Libraries look for this very name to know that they are in a notebook.
CourteousShell.__name__ = "ZMQInteractiveShell"


@magics_class
class _Packages(Magics):
    """`%pip` and its like, which cannot install anything here."""

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
        if tool == "pip" and word in _LOOKING:
            shell = get_ipython()
            assert shell is not None  # noqa: S101 - who else calls a magic
            shell.system(f'"{sys.executable}" -m pip {line}')
            return
        from toolkit.i18n import _

        text = _(
            "Nothing can be installed from here: the environment is read-only. "
            "Your mentor can add packages to it."
        )
        print(text, file=sys.stderr)  # noqa: T201 - this is the output of a cell


def _explained(error: BaseException, limits: dict[str, Any]) -> str:
    """Return which limit an error speaks of, in the student's language; empty where it is none."""
    number = _number(error, limits)
    if not number:
        return ""  # most errors are of the code alone, and the words for numbers take long to load
    from toolkit.i18n import _, ngettext
    from toolkit.kernels.format_size import size

    sentences = {
        errno.ENOMEM: _("Your code used more than {size} of memory.").format(size=size(limits["memory"])),
        errno.EAGAIN: ngettext(
            "Your code may have {n} process or thread at a time.",
            "Your code may have {n} processes and threads at a time.",
            limits["processes"],
        ).format(n=limits["processes"]),
        errno.EFBIG: _("One file may grow to {size} here.").format(size=size(limits["file"])),
        errno.ENOSPC: _("Your files may take {size} here, and there may be {n} of them.").format(
            size=size(limits["disk"]), n=limits["files"]
        ),
        errno.ENETUNREACH: _("There is no network here."),
        errno.EROFS: _("Only files of this workspace, of the home folder and of /tmp can be written here."),
    }
    return sentences.get(number, "")


def _number(error: BaseException, limits: dict[str, Any]) -> int:
    """Return the error number that stands for the limit which ``error`` speaks of, 0 for none."""
    number = error.errno if isinstance(error, OSError) else 0
    if isinstance(error, MemoryError):
        number = errno.ENOMEM
    elif isinstance(error, socket.gaierror) or number in _NO_NETWORK:
        number = 0 if limits["network"] else errno.ENETUNREACH
    elif isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        number = errno.EAGAIN
    elif number == errno.EAGAIN and _tasks() < 0.9 * limits["processes"]:
        number = 0  # a socket with nothing to read says the same
    elif number == errno.EACCES and _outside(error):
        number = errno.EROFS
    return number or 0


def _tasks() -> int:
    """Return how many processes and threads there are in this sandbox."""
    count = 0
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            with suppress(OSError):
                count += len(os.listdir(f"/proc/{pid}/task"))
    return count


def _outside(error: BaseException) -> bool:
    path = getattr(error, "filename", None)
    return isinstance(path, str) and os.path.exists(os.path.dirname(os.path.abspath(path)))
