"""The direct executor: runs one cell at a time over a socket, without zmq, heartbeat or threads.

A frame is a length (4 bytes, big endian) and JSON. Requests are ``{"run": n, "code": str, "steps": steps,
"numbered": bool}`` or ``{"comm": message}``. Replies are Jupyter messages, ``{"msg_type", "content",
"metadata", "parent", "buffers"}``, and at the end of a cell ``{"done": n, "reply": content}``. The file
descriptors 1 and 2, of the kernel and its child processes, are pipes to the client.

If there are ``steps`` (`toolkit.kernels.kernel_steps.KernelSteps`), the cell is a test: instead of code it
takes those steps, sends ``{"asked": n, "result": result}``, receives the next ones, until the grader ends it.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from traitlets.config import Config

from toolkit.kernels.forkserver.limit_messages_shell import LimitMessagesShell
from toolkit.kernels.forkserver.step_runner import StepRunner, text_of

__all__ = [
    "DirectKernel",
    "clear_kernel_instance",
    "integrate_plots",
    "prepare_kernel",
    "run",
    "wake_on_signals",
]

_FLUSH_INTERVAL_S = 0.05
_MAX_BUFFERED_CHARS = 1 << 14
# Name in the student's namespace while a test runs.
_TEST = "__test__"


class _DirectShell(LimitMessagesShell):
    """A shell whose errors start no debugger: nobody would answer it."""

    call_pdb = property(lambda _self: False, lambda _self, _wanted: None)


# Libraries check for this class name to detect a notebook.
_DirectShell.__name__ = "ZMQInteractiveShell"


class DirectKernel(IPythonKernel):
    """ipykernel's kernel without its sockets."""

    shell_class = _DirectShell
    log = logging.getLogger("mentoring.kernel")

    def start(self) -> None:
        """Do nothing: there are no sockets to listen on."""


class _Session(Session):
    """Jupyter session that sends ipykernel's messages to the client's socket."""

    channel: _Channel | None = None

    def send(
        self,
        _stream: object,
        msg_or_type: dict[str, Any] | str,
        content: dict[str, Any] | None = None,
        parent: dict[str, Any] | None = None,
        ident: object = None,  # noqa: ARG002 - Session's signature
        buffers: list[Any] | None = None,
        track: bool = False,  # noqa: ARG002, FBT001, FBT002
        header: object = None,  # noqa: ARG002
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Send one message."""
        if self.channel is None:
            return
        if isinstance(msg_or_type, dict):
            kind = msg_or_type["msg_type"]
            content, metadata = msg_or_type["content"], msg_or_type.get("metadata")
            parent = {"header": msg_or_type.get("parent_header") or {}}
        else:
            kind = msg_or_type
        above = (parent or {}).get("header", parent) or {}
        message = {
            "msg_type": kind,
            "content": content or {},
            "metadata": metadata or {},
            "parent": above.get("msg_id", ""),
        }
        if buffers:
            message["buffers"] = [base64.b64encode(bytes(buffer)).decode() for buffer in buffers]
        # The reply follows right after the value of a cell, so both are sent together.
        self.channel.send(message, more=kind == "execute_result")


def prepare_kernel() -> DirectKernel:
    """Return a kernel with its shell, without a connection; the fork server makes it for its children."""
    config = Config()
    # A history file would not outlive the kernel, and would need a thread.
    config.HistoryManager.hist_file = ":memory:"
    # `user_ns=None` as in ipykernel's application: the shell creates its own `__main__` module.
    kernel = DirectKernel.instance(session=_Session(), config=config, user_ns=None)
    integrate_plots()
    assert kernel.shell is not None  # noqa: S101 - a kernel has one from the start
    # Creates the formatters, which are made at first use, before the fork.
    kernel.shell.display_formatter.format(None)
    return kernel


def clear_kernel_instance(kernel: DirectKernel) -> None:
    """Clear the singletons, so that the process can create another kernel."""
    _DirectShell.clear_instance()
    type(kernel).clear_instance()


class _Channel:
    def __init__(self, fd: int) -> None:
        self.socket = socket.socket(fileno=fd)
        self.lock = threading.Lock()
        self.pid = os.getpid()
        self.held = b""

    def send(self, message: dict[str, Any], *, more: bool = False) -> None:
        """Send a message; with ``more``, hold it back and send it with the next, to wake the client once."""
        if os.getpid() != self.pid:
            return  # as in ipykernel: a forked process sends no messages, it only prints
        # ASCII escapes, so that a lone surrogate can be sent too.
        data = json.dumps(message, default=json_default).encode()
        with self.lock:
            self.held += struct.pack(">I", len(data)) + data
            if not more:
                data, self.held = self.held, b""
                self.socket.sendall(data)

    def receive(self) -> dict[str, Any]:
        (length,) = struct.unpack(">I", self._exactly(4))
        message: dict[str, Any] = json.loads(self._exactly(length))
        return message

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return bytes(data)


class _Stream(io.TextIOBase):
    """`sys.stdout` and `sys.stderr`: buffers text for a short time, so that prints share a message."""

    encoding = "UTF-8"
    errors = "strict"

    def __init__(self, channel: _Channel, name: str, fd: int) -> None:
        self.channel = channel
        self.name = name
        self.fd = fd
        self.parts: list[str] = []
        self.length = 0
        self.sent = 0.0
        self.parent = ""
        self.lock = threading.RLock()

    def fileno(self) -> int:
        return self.fd

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def set_parent(self, parent: dict[str, Any]) -> None:
        self.parent = parent["header"]["msg_id"]

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() != self.channel.pid:
            # A forked process writes to the pipe: frames of several processes would mix on the socket.
            data = text.encode(errors="surrogatepass")
            while data:
                data = data[os.write(self.fd, data) :]
            return len(text)
        with self.lock:
            self.parts.append(text)
            self.length += len(text)
            if self.length > _MAX_BUFFERED_CHARS or time.monotonic() - self.sent > _FLUSH_INTERVAL_S:
                self.flush()
        return len(text)

    def flush(self, *, more: bool = False) -> None:
        if os.getpid() != self.channel.pid:
            return
        with self.lock:
            text, self.parts, self.length = "".join(self.parts), [], 0
            self.sent = time.monotonic()
        if text:
            content = {"name": self.name, "text": text}
            self.channel.send(
                {"msg_type": "stream", "content": content, "metadata": {}, "parent": self.parent}, more=more
            )


def run(request: dict[str, Any], descriptors: list[int]) -> int:
    """Run cells until the client closes the connection.

    Parameters
    ----------
    request : dict
        The ``start`` request of the fork server; its limits are used in messages.
    descriptors : list of int
        Socket of the client, and the pipes for stdout and stderr.

    Returns
    -------
    int
        Exit code.
    """
    channel = _Channel(descriptors[0])
    os.set_inheritable(descriptors[0], False)
    for pipe, standard in zip(descriptors[1:3], (1, 2), strict=True):
        os.dup2(pipe, standard)
        os.close(pipe)
    streams = (_Stream(channel, "stdout", 1), _Stream(channel, "stderr", 2))
    sys.stdout, sys.stderr = streams
    LimitMessagesShell.limits = request
    shell = DirectKernel.instance().shell
    assert shell is not None  # noqa: S101 - see `prepare_kernel`
    shell.history_manager.enabled = False  # this interface has no history request, and saving takes time
    shell.init_environment()  # again: its variables were set in the fork server's environment
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    wake_on_signals(loop)
    cells = _Cells(channel, streams, loop)
    loop.add_reader(channel.socket, cells.read)
    loop.run_until_complete(cells.serve())
    return 0


class _Cells:
    # ipykernel reads this attribute to find the thread that gets the signals.
    parent_thread = threading.main_thread()

    def __init__(
        self, channel: _Channel, streams: Sequence[_Stream], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.channel = channel
        self.loop = loop
        self.waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        # Created by the fork server.
        self.kernel = DirectKernel.instance()
        session = self.kernel.session
        assert isinstance(session, _Session)  # noqa: S101 - see `prepare_kernel`
        session.channel = channel
        self.kernel.shell_channel_thread = self
        self.streams = streams
        self.usual_trace = ""

    def read(self) -> None:
        """Read one frame into the queue; an empty one at the end of the connection."""
        try:
            self.waiting.put_nowait(self.channel.receive())
        except (EOFError, OSError):
            self.loop.remove_reader(self.channel.socket)
            self.waiting.put_nowait({})

    async def serve(self) -> None:
        """Process requests until the connection ends."""
        from tornado.ioloop import IOLoop

        self.kernel.io_loop = IOLoop.current()
        while True:
            message = await self.waiting.get()
            if not message:
                return
            if "comm" in message:
                self._comm(message["comm"])
            else:
                await self._run(**message)

    def _comm(self, message: dict[str, Any]) -> None:
        handler = getattr(self.kernel.comm_manager, message["msg_type"], None)
        if handler is not None:
            handler(None, None, message)

    async def _run(self, run: int, code: str, steps: dict[str, Any] | None, *, numbered: bool) -> None:
        me = os.getpid()
        names = self.kernel.shell.user_ns if self.kernel.shell is not None else {}
        probes = None
        if steps is not None:
            probes = names[_TEST] = StepRunner(partial(self._exchange, run), names, steps, f"<test {run}>")
            code = f"{_TEST}()"
        parent = {"header": {"msg_id": str(run), "msg_type": "execute_request", "session": ""}}
        self.kernel.set_parent([], parent)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            if not numbered:
                self._trace_briefly()
            reply = await self.kernel.do_execute(code, silent=False, store_history=numbered)
            if probes is not None and probes.error is not None:
                reply |= self._show_error(probes.error, probes.trace())
        except KeyboardInterrupt:
            reply = {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
        finally:
            if os.getpid() != me:
                os._exit(0)  # a process that the cell forked must not go on as the kernel
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._trace_as_usual()
        names.pop(_TEST, None)
        for stream in (sys.stdout, sys.stderr):
            if stream not in self.streams:
                # Replaced by student code; its `flush` may raise anything.
                with suppress(Exception):
                    stream.flush()
        for own in self.streams:
            own.flush(more=True)
        self.channel.send({"done": run, "reply": reply})

    def _trace_briefly(self) -> None:
        # The traceback of this cell is not shown, and formatting it would take most of the time.
        if self.kernel.shell is not None:
            self.usual_trace = self.usual_trace or self.kernel.shell.InteractiveTB.mode
            self.kernel.shell.InteractiveTB.set_mode("Minimal")

    def _trace_as_usual(self) -> None:
        if self.usual_trace and self.kernel.shell is not None:
            self.kernel.shell.InteractiveTB.set_mode(self.usual_trace)
        self.usual_trace = ""

    def _exchange(self, number: int, result: dict[str, Any]) -> dict[str, Any]:
        for stream in self.streams:
            stream.flush(more=True)
        self.channel.send({"asked": number, "result": result})
        steps = self.channel.receive()
        if steps["end"] == "failed":
            self._trace_briefly()
        return steps

    def _show_error(self, error: BaseException, trace: TracebackType | None) -> dict[str, Any]:
        shell = self.kernel.shell
        assert shell is not None  # noqa: S101 - see `run`
        shell.showtraceback((type(error), error, trace))
        return {"status": "error", "ename": type(error).__name__, "evalue": text_of(error)}


def wake_on_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Make signals wake the event loop, so that an interrupt reaches a cell that awaits.

    Python runs its signal handler only when the loop wakes up. Registering a handler for any signal sets a
    wake-up file descriptor, which works for all signals.
    """
    loop.add_signal_handler(signal.SIGWINCH, lambda: None)


def integrate_plots() -> None:
    """Connect matplotlib's inline backend with the shell, if it was imported before the shell existed.

    Otherwise figures would never be shown.
    """
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend is not None and "matplotlib.pyplot" in sys.modules:
        # Reset its state, which refers to an earlier shell and would prevent the setup.
        backend.InlineBackend.clear_instance()
        backend.configure_inline_support.current_backend = "unset"
        backend._enable_matplotlib_integration()  # noqa: SLF001
