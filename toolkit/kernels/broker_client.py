"""Client of the kernel broker, for a server that runs in a sandbox and cannot reach a fork server.

A request is one packet: JSON, the five listening sockets of the kernel, and one end of a connection. The
broker (`toolkit.live.process.kernel_broker`) answers on that connection; the kernel ends when it closes.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolkit.errors import ExecutionError
from toolkit.i18n import _
from toolkit.kernels.kernel_handle import KernelHandle

__all__ = ["BROKER_VARIABLE", "PASSED_VARIABLES", "broker_descriptor", "request_kernel"]

BROKER_VARIABLE = "MENTORING_BROKER"
"""Environment variable with the file descriptor of the broker's socket."""

PASSED_VARIABLES = ("JPY_SESSION_NAME", "MENTORING_FAREWELL")
"""Environment variables that the broker accepts for a kernel."""

_REPLY_TIMEOUT_S = 60.0


def broker_descriptor() -> int | None:
    """Return the file descriptor of this process's broker; None if it has none."""
    number = os.environ.get(BROKER_VARIABLE, "")
    return int(number) if number.isdigit() else None


def request_kernel(
    descriptor: int,
    listeners: Sequence[int],
    *,
    cwd: str,
    key: str,
    signature_scheme: str,
    arguments: Sequence[str],
    variables: Mapping[str, str],
) -> tuple[KernelHandle, Path]:
    """Start a kernel through the broker.

    Parameters
    ----------
    descriptor : int
        File descriptor of the broker's socket.
    listeners : sequence of int
        File descriptors of the kernel's listening sockets, in the order of its ports.
    cwd : str
        Working directory, absolute; the workspace if empty.
    key : str
        Key of the kernel's Jupyter session.
    signature_scheme : str
        Signature scheme of that session.
    arguments : sequence of str
        Command line arguments for ipykernel.
    variables : mapping of str to str
        Environment of the kernel; only the names in `PASSED_VARIABLES` are sent.

    Returns
    -------
    tuple of (Started, Path)
        The kernel, and the folder that it sees as its workspace.

    Raises
    ------
    ExecutionError
        The broker refuses, or the kernel does not start.
    """
    request = {
        "cwd": cwd,
        "key": key,
        "signature_scheme": signature_scheme,
        "arguments": list(arguments),
        "variables": {name: variables[name] for name in PASSED_VARIABLES if name in variables},
    }
    connection, theirs = socket.socketpair()
    try:
        with theirs, socket.socket(fileno=os.dup(descriptor)) as asked:
            socket.send_fds(asked, [json.dumps(request).encode()], [*listeners, theirs.fileno()])
        started = KernelHandle(connection)
        connection.settimeout(_REPLY_TIMEOUT_S)
        answer = started.told()
        connection.settimeout(None)
    except OSError as error:
        connection.close()
        raise ExecutionError(_("The process that starts kernels does not answer."), str(error)) from error
    except BaseException:
        connection.close()
        raise
    if "entered" not in answer:
        connection.close()
        raise ExecutionError(
            str(answer.get("refused") or _("The process that starts kernels does not answer.")),
            str(answer.get("hint", "")),
        )
    started.python = str(answer["python"])
    return started, Path(answer["workspace"])
