"""The protocol face: ipykernel as it is, on sockets that the client bound and passed on."""

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

from toolkit.kernels.forkserver.direct_executor import Kernel, integrate_plots, woken_by_signals
from toolkit.kernels.forkserver.limit_messages_shell import CourteousShell

__all__ = ["PORTS", "run"]

PORTS = ("shell", "iopub", "stdin", "control", "hb")
"""The order of the descriptors: port 1 of the connection is the first of them."""

_POLITE_SECONDS = 2.0


class _Passed:
    """Binds zmq sockets to listening sockets that exist already."""

    descriptors: Mapping[int, int] = {}

    @classmethod
    def bind(cls, socket: zmq.Socket[Any], port: int) -> None:
        socket.setsockopt(zmq.USE_FD, cls.descriptors[port])
        # Nothing is looked up or made at this address; libzmq wants one to know that it is a Unix socket.
        socket.bind(f"ipc:///run/kernel-{port}")


class _Heartbeat(Heartbeat):
    def _try_bind_socket(self) -> None:
        _Passed.bind(self.socket, self.port)


class _Kernel(IPythonKernel):
    shell_class = CourteousShell

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - ipykernel's own
        # The fork server made one for the other face, in a tenth of the time that it takes here.
        shell = CourteousShell.instance() if CourteousShell.initialized() else None
        super().__init__(**kwargs)
        if shell is not None:
            self._take_over(shell)

    def _take_over(self, shell: CourteousShell) -> None:
        shell.parent = shell.kernel = self
        shell.profile_dir = self.profile_dir
        shell.init_environment()
        # The last to come is the first to go: before what it still writes to.
        atexit.unregister(shell.atexit_operations)
        atexit.register(shell.atexit_operations)


class _App(IPKernelApp):
    name = "mentoring-kernel"
    kernel_class = _Kernel

    def _try_bind_socket(self, s: zmq.Socket[Any], port: int) -> int:
        _Passed.bind(s, port)
        if s is self.shell_socket:
            # The debugger talks to the shell by its last address, and the other leads nowhere in here.
            s.setsockopt(zmq.USE_FD, -1)
            s.bind("inproc://shell-of-the-debugger")
        return port

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """Take what the kernelspec has for ipykernel, as a rule nothing."""
        if argv:
            super().parse_command_line(argv)

    def init_kernel(self) -> None:
        """Make the kernel, around the shell that is there already."""
        if self.config:
            # What is configured must be known to the shell from the start.
            CourteousShell.clear_instance()
        super().init_kernel()

    def init_connection_file(self) -> None:
        """Do nothing: the connection came with the request."""

    def write_connection_file(self, **_kwargs: object) -> None:
        """Do nothing: the client has it."""

    def init_heartbeat(self) -> None:
        """Start the heartbeat on the socket that was passed on."""
        self.heartbeat = _Heartbeat(zmq.Context(), (self.transport, self.ip, self.hb_port))
        self.heartbeat.start()


def run(request: dict[str, Any], descriptors: list[int]) -> int:
    """Serve the kernel until it is told to shut down; return its exit code."""
    _Passed.descriptors = dict(enumerate(descriptors[: len(PORTS)], start=1))
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
    # The server's own log is no place for what student code writes.
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    CourteousShell.limits = request
    Kernel.clear_instance()
    app.initialize(argv=request["arguments"])
    _say_before_the_first_cell(os.environ.pop("MENTORING_FAREWELL", ""))
    integrate_plots()
    loop = IOLoop.current()
    assert isinstance(loop, BaseAsyncIOLoop)  # noqa: S101 - the only kind that tornado still has
    woken_by_signals(loop.asyncio_loop)
    app.start()
    # It may still be saying that it was told to shut down. ipykernel would first take away what it says it
    # by, and then wait for it for seconds.
    app.control_thread.stop()
    app.control_thread.join(_POLITE_SECONDS)
    return 0


def _say_before_the_first_cell(farewell: str) -> None:
    """Tell the student why the kernel before this one ended: it could not any more."""
    shell = CourteousShell.instance()
    if not farewell:
        return

    def say(_cell: object) -> None:
        shell.events.unregister("pre_run_cell", say)
        sys.stderr.write(farewell + "\n")
        sys.stderr.flush()  # else what the cell prints would come before it, or after it, as the clock has it

    shell.events.register("pre_run_cell", say)
