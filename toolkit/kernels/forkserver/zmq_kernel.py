"""The Jupyter protocol interface: unchanged ipykernel, on listening sockets passed by the client."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

import zmq
from ipykernel.heartbeat import Heartbeat
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session
from tornado.ioloop import IOLoop
from tornado.platform.asyncio import BaseAsyncIOLoop

from toolkit.kernels.forkserver.direct_executor import DirectKernel, integrate_plots, wake_on_signals
from toolkit.kernels.forkserver.limit_messages_shell import LimitMessagesShell

__all__ = ["PORTS", "run"]

PORTS = ("shell", "iopub", "stdin", "control", "hb")
"""Order of the socket descriptors; the first is port 1 of the connection."""

_SHUTDOWN_TIMEOUT_S = 2.0


class _PassedSockets:
    """Binds zmq sockets to existing listening sockets."""

    descriptors: Mapping[int, int] = {}

    @classmethod
    def bind(cls, socket: zmq.Socket[Any], port: int) -> None:
        socket.setsockopt(zmq.USE_FD, cls.descriptors[port])
        # The address is not used; libzmq only needs it to select the transport.
        socket.bind(f"ipc:///run/kernel-{port}")


class _Heartbeat(Heartbeat):
    def _try_bind_socket(self) -> None:
        _PassedSockets.bind(self.socket, self.port)


class _Kernel(IPythonKernel):
    shell_class = LimitMessagesShell

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - ipykernel's own
        # Reuses the shell that the fork server created, because a new one would take much longer.
        shell = LimitMessagesShell.instance() if LimitMessagesShell.initialized() else None
        super().__init__(**kwargs)
        if shell is not None:
            self._take_over(shell)

    def _take_over(self, shell: LimitMessagesShell) -> None:
        shell.parent = shell.kernel = self
        shell.profile_dir = self.profile_dir
        shell.init_environment()
        # Registered last, so that it runs first, while the streams it writes to still exist.
        atexit.unregister(shell.atexit_operations)
        atexit.register(shell.atexit_operations)


class _App(IPKernelApp):
    name = "mentoring-kernel"
    kernel_class = _Kernel

    def _try_bind_socket(self, s: zmq.Socket[Any], port: int) -> int:
        _PassedSockets.bind(s, port)
        if s is self.shell_socket:
            # The debugger connects to the socket's last address, so it must be one that works in the sandbox.
            s.setsockopt(zmq.USE_FD, -1)
            s.bind("inproc://shell-of-the-debugger")
        return port

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """Parse the kernelspec's arguments for ipykernel, usually none."""
        if argv:
            super().parse_command_line(argv)

    def init_kernel(self) -> None:
        """Create the kernel with the existing shell."""
        if self.config:
            # A configuration must be known when the shell is created, so the existing one is dropped.
            LimitMessagesShell.clear_instance()
        super().init_kernel()

    def init_connection_file(self) -> None:
        """Do nothing: the request contains the connection info."""

    def write_connection_file(self, **_kwargs: object) -> None:
        """Do nothing: the client has the connection info."""

    def init_heartbeat(self) -> None:
        """Start the heartbeat on the passed socket."""
        self.heartbeat = _Heartbeat(zmq.Context(), (self.transport, self.ip, self.hb_port))
        self.heartbeat.start()


def run(request: dict[str, Any], descriptors: list[int]) -> int:
    """Run the kernel until it is shut down.

    Parameters
    ----------
    request : dict
        The ``start`` request of the fork server, with ``key``, ``signature_scheme`` and ``arguments``.
    descriptors : list of int
        Listening sockets, in the order of `PORTS`.

    Returns
    -------
    int
        Exit code.
    """
    _PassedSockets.descriptors = dict(enumerate(descriptors[: len(PORTS)], start=1))
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    app = _App.instance(
        transport="ipc",
        ip="/run/kernel",
        connection_file="/run/kernel.json",
        parent_handle=0,
        log_level=logging.CRITICAL,
        session=Session(key=request["key"].encode(), signature_scheme=request["signature_scheme"]),
        **{f"{name}_port": number for number, name in enumerate(PORTS, start=1)},
    )
    # Output of student code must not go to the fork server's log.
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    LimitMessagesShell.limits = request
    DirectKernel.clear_instance()
    app.initialize(argv=request["arguments"])
    _print_before_first_cell(os.environ.pop("MENTORING_FAREWELL", ""))
    integrate_plots()
    loop = IOLoop.current()
    assert isinstance(loop, BaseAsyncIOLoop)  # noqa: S101 - the only kind that tornado still has
    wake_on_signals(loop.asyncio_loop)
    app.start()
    # The control thread may still be sending its shutdown reply. ipykernel itself would close the socket
    # first, and then wait for the thread for seconds.
    app.control_thread.stop()
    app.control_thread.join(_SHUTDOWN_TIMEOUT_S)
    return 0


def _print_before_first_cell(farewell: str) -> None:
    """Print the reason why the previous kernel ended, which that kernel could not print itself."""
    shell = LimitMessagesShell.instance()
    if not farewell:
        return

    def say(_cell: object) -> None:
        shell.events.unregister("pre_run_cell", say)
        sys.stderr.write(farewell + "\n")
        sys.stderr.flush()  # so that it always comes before the output of the cell

    shell.events.register("pre_run_cell", say)
