"""Finds the Python interpreter of a kernelspec."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from toolkit.errors import ExecutionError
from toolkit.i18n import _

__all__ = ["interpreter_of", "parse_kernel_command"]

_OWN_NAMES = {"python", "python3", f"python3.{sys.version_info[1]}"}


def interpreter_of(kernel_name: str) -> Path:
    """Return the interpreter of an installed kernelspec.

    Raises
    ------
    ExecutionError
        There is no such kernelspec, or it is not a Python kernel.
    """
    # Jupyter accepts "python" as "python3"; nbgrader's example course uses it.
    if kernel_name in {"python", "python3", "mentoring"}:
        return Path(sys.executable)
    try:
        spec = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel as error:
        raise ExecutionError(
            _("There is no kernel named '{kernel}' on this machine.").format(kernel=kernel_name),
            _("`jupyter kernelspec list` names those that there are."),
        ) from error
    python, _arguments = parse_kernel_command(spec.argv)
    return python


def parse_kernel_command(command: Sequence[str]) -> tuple[Path, list[str]]:
    """Return the interpreter of a kernelspec's command line, and its further arguments for ipykernel.

    Raises
    ------
    ExecutionError
        The command does not start ipykernel.
    """
    words = list(command)
    if "ipykernel_launcher" in words[1:] and words[words.index("ipykernel_launcher") - 1] == "-m":
        rest = words[words.index("ipykernel_launcher") + 1 :]
        if "-f" in rest:
            place = rest.index("-f")
            del rest[place : place + 2]
        return Path(sys.executable if words[0] in _OWN_NAMES else words[0]), rest
    raise ExecutionError(
        _("Only Python kernels can be sandboxed, and this is none: {command}").format(
            command=" ".join(words)
        ),
        _("Choose the kernel 'mentoring'."),
    )
