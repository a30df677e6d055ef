"""Kernels that another process starts: for a server that is itself in a sandbox, and reaches no fork server.

A request is one packet: JSON, the five listening sockets of the kernel, and one end of a connection. The
broker (`toolkit.live.process.kernel_broker`) answers on that connection, and the kernel lives as long as it.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolkit.errors import ExecutionError
from toolkit.i18n import _
from toolkit.kernels.kernel_handle import Started

__all__ = ["BROKER", "PASSED_ON", "ask", "broker"]

BROKER = "MENTORING_BROKER"
"""The variable that holds the number of the broker's descriptor."""

PASSED_ON = ("JPY_SESSION_NAME", "MENTORING_FAREWELL")
"""The variables that a broker takes for a kernel."""

_SECONDS = 60.0


def broker() -> int | None:
    """Return the descriptor of the broker that starts this process's kernels, None where there is none."""
    number = os.environ.get(BROKER, "")
    return int(number) if number.isdigit() else None


def ask(
    descriptor: int,
    listeners: Sequence[int],
    *,
    cwd: str,
    key: str,
    signature_scheme: str,
    arguments: Sequence[str],
    variables: Mapping[str, str],
) -> tuple[Started, Path]:
    """Have a kernel started; return it, and the folder that it sees as its workspace.

    Parameters
    ----------
    descriptor : int
        The broker's.
    listeners : sequence of int
        What the kernel listens on, in the order of its ports.
    cwd : str
        Where it works, absolute; empty: in the workspace.
    variables : mapping of str to str
        What is set for this kernel; those that are not in `PASSED_ON` are left out.

    Raises
    ------
    ExecutionError
        It was refused, or it did not start.
    """
    request = {
        "cwd": cwd,
        "key": key,
        "signature_scheme": signature_scheme,
        "arguments": list(arguments),
        "variables": {name: variables[name] for name in PASSED_ON if name in variables},
    }
    connection, theirs = socket.socketpair()
    try:
        with theirs, socket.socket(fileno=os.dup(descriptor)) as asked:
            socket.send_fds(asked, [json.dumps(request).encode()], [*listeners, theirs.fileno()])
        started = Started(connection)
        connection.settimeout(_SECONDS)
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
