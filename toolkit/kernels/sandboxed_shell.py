"""Client of the direct executor: a sandboxed shell that runs one cell at a time, without zmq."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nbformat import NotebookNode

from toolkit.errors import ExecutionError
from toolkit.i18n import _
from toolkit.kernels.cell_outputs import OutputCollector, storable_text
from toolkit.kernels.environment import sandbox_environment
from toolkit.kernels.fork_servers import PRELOADED_MODULES, ForkServerKey
from toolkit.kernels.forkserver.value_encoder import MAX_ENCODED_CHARS
from toolkit.kernels.kernel_exit import KernelExit
from toolkit.kernels.kernel_handle import KernelHandle, start_kernel
from toolkit.kernels.kernel_steps import AnswerCallback, KernelSteps, decode_result
from toolkit.kernels.limits import Limits

__all__ = ["CellReply", "SandboxedShell"]

_MAX_FRAME_BYTES = 256 << 20
# Size of a frame without the output in it.
_FRAME_OVERHEAD_BYTES = 1 << 16
_MAX_TEXT_CHARS = 10_000
_GRACE_PERIOD_S = 3.0


@dataclass(frozen=True)
class CellReply:
    """Result of one cell.

    Parameters
    ----------
    outputs : list of NotebookNode
        Outputs as nbclient builds them; a stopped cell has an error output only if its code raised.
    status : {"ok", "error", "interrupted", "ended"}
        "interrupted" after a timeout, "ended" if the kernel ended with the cell.
    execution_count : int or None
        None if the kernel did not start the cell.
    ended : KernelExit or None
        Reason for the end of the kernel; None if it still runs.
    error : tuple of (str, str) or None
        Name and text of the error that the kernel reported.
    full : bool
        True if the output exceeded `Limits.output_bytes` and was cut.
    """

    outputs: list[NotebookNode]
    status: str
    execution_count: int | None = None
    ended: KernelExit | None = None
    error: tuple[str, str] | None = None
    full: bool = False


class SandboxedShell:
    """A Python shell in its own sandbox. Create it with `SandboxedShell.open`; close it, or use a ``with``.

    Parameters
    ----------
    started : KernelHandle
        The kernel.
    channel : socket
        Connection to the direct executor.
    pipes : sequence of int
        Read ends of the pipes for stdout and stderr.
    limits : Limits
        Limits of the kernel.
    """

    def __init__(
        self, started: KernelHandle, channel: socket.socket, pipes: Sequence[int], limits: Limits
    ) -> None:
        self._started = started
        self._channel = channel
        self._pipes = dict(zip(pipes, ("stdout", "stderr"), strict=True))
        self._limits = limits
        self._outputs = OutputCollector(self._send)
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)
        self._selector.register(started.connection, selectors.EVENT_READ)
        for pipe in pipes:
            self._selector.register(pipe, selectors.EVENT_READ)
        self._buffer = bytearray()
        self._skip = 0
        self._runs = 0
        self._ended: KernelExit | None = None
        self._answer: AnswerCallback | None = None

    @classmethod
    def open(
        cls,
        workspace: Path | None = None,
        *,
        writable: bool = False,
        limits: Limits | None = None,
        network: bool = False,
        preload: Sequence[str] | None = None,
        variables: Mapping[str, str] | None = None,
        python: Path | None = None,
    ) -> Self:
        """Start a shell in its own sandbox.

        Parameters
        ----------
        workspace : Path, optional
            Working directory of the code; an empty private folder if None.
        writable : bool
            Mount that folder itself; otherwise the code works on a copy in memory.
        limits : Limits, optional
            Limits of the shell; the defaults of `Limits` if None.
        network : bool
            Give the code the machine's whole network.
        preload : sequence of str, optional
            Modules that the fork server imports in advance; `PRELOADED_MODULES` if None.
        variables : mapping of str to str, optional
            Further environment variables.
        python : Path, optional
            Interpreter, whose environment the code uses; the current one if None.

        Raises
        ------
        ExecutionError
            There is no sandbox on this machine, or the kernel does not start.
        InputError
            The workspace does not exist or must not be mounted.
        """
        limits = limits or Limits()
        domain = ForkServerKey(
            python or Path(sys.executable),
            PRELOADED_MODULES if preload is None else tuple(preload),
            network=network,
        )
        ours, theirs = socket.socketpair()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        try:
            started = start_kernel(
                domain,
                "shell",
                (theirs.fileno(), out_end, err_end),
                workspace=workspace,
                writable=writable,
                limits=limits,
                variables=sandbox_environment(domain.python, variables or {}, network=network),
            )
        except BaseException:
            ours.close()
            os.close(out)
            os.close(err)
            raise
        finally:
            theirs.close()
            os.close(out_end)
            os.close(err_end)
        for pipe in (out, err):
            os.set_blocking(pipe, False)
        return cls(started, ours, (out, err), limits)

    def run(
        self,
        code: str,
        *,
        seconds: float | None = None,
        steps: KernelSteps | None = None,
        answer: AnswerCallback | None = None,
        numbered: bool = True,
    ) -> CellReply:
        """Run one cell. Errors in the cell, and the end of the kernel, are part of the reply.

        Parameters
        ----------
        code : str
            Source of the cell.
        seconds : float, optional
            Time limit, s; after that the cell is interrupted, and if that fails the kernel is ended.
            `Limits.cell_seconds` if None.
        steps : KernelSteps, optional
            The first steps of a test, which is run instead of ``code``.
        answer : callable, optional
            Called with the result of steps; returns the next ones.
        numbered : bool
            Increase the execution count.
        """
        self._outputs.fresh(self._runs + 1, self._limits.output_bytes)
        if self._ended is not None:
            return CellReply([], "ended", ended=self._ended)
        self._runs += 1
        deadline = time.monotonic() + (self._limits.cell_seconds if seconds is None else seconds)
        self._answer = answer
        first = None if steps is None else steps.encoded()
        self._send({"run": self._runs, "code": code, "steps": first, "numbered": numbered})
        reply, late = self._await_reply(deadline)
        if self._ended is None:
            self._drain()
        outputs = self._outputs.collected()
        if reply is None:
            count = self._outputs.execution_count
            return CellReply(outputs, "ended", count, self._ended, full=self._outputs.full)
        error = None
        status = "interrupted" if late else str(reply.get("status"))
        if reply.get("status") == "error":
            error = (str(reply.get("ename")), str(reply.get("evalue")))
        return CellReply(outputs, status, reply["execution_count"], error=error, full=self._outputs.full)

    @property
    def language(self) -> dict[str, Any]:
        """The ``language_info`` metadata for a notebook."""
        version = self._started.python
        return {
            "name": "python",
            "version": version,
            "mimetype": "text/x-python",
            "codemirror_mode": {"name": "ipython", "version": 3},
            "pygments_lexer": "ipython3",
            "nbconvert_exporter": "python",
            "file_extension": ".py",
        }

    def interrupt(self) -> None:
        """Interrupt the running cell; may be called from another thread."""
        self._started.signal(signal.SIGINT)

    def close(self) -> None:
        """End the shell and all its processes."""
        self._selector.close()
        self._channel.close()
        for pipe in self._pipes:
            with suppress(OSError):
                os.close(pipe)
        self._pipes = {}
        self._started.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _await_reply(self, deadline: float) -> tuple[dict[str, Any] | None, bool]:
        late = False
        while self._ended is None:
            left = deadline - time.monotonic()
            if left <= 0:
                if late:
                    self._end(KernelExit("time"))
                    break
                late = True
                self.interrupt()
                deadline = time.monotonic() + _GRACE_PERIOD_S
                continue
            reply = self._listen(left)
            if reply is not None:
                return reply, late
        return None, late

    def _listen(self, seconds: float) -> dict[str, Any] | None:
        reply = None
        for key, _mask in self._selector.select(seconds):
            if key.fileobj is self._channel:
                reply = self._read_channel() or reply
            elif key.fileobj is self._started.connection:
                self._drain()
                self._finish(self._started.told())
            else:
                self._read_pipe(key.fd)
        return reply

    def _read_channel(self) -> dict[str, Any] | None:
        """Process the kernel's messages; return its reply to the running cell, if it has arrived."""
        try:
            data = self._channel.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            # The reason for the end arrives on the connection to the fork server.
            self._selector.unregister(self._channel)
            return None
        self._buffer += data
        reply = None
        try:
            for frame in self._frames():
                message = json.loads(frame)
                if message.get("done") == self._runs:
                    reply = _checked(message["reply"])
                elif "asked" in message:
                    self._answer_question(message)
                else:
                    self._outputs.take(message)
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError):
            # Only student code can have sent an invalid message.
            self._end(KernelExit("garbled"))
        return reply

    def _answer_question(self, message: dict[str, Any]) -> None:
        if message["asked"] != self._runs or self._answer is None:
            raise ValueError(message["asked"])
        self._send(self._answer(decode_result(message["result"])).encoded())

    def _frames(self) -> Iterator[bytes]:
        while True:
            if self._skip:
                # Larger than the output limit: skipped unparsed, because parsing takes many times its size.
                gone = min(self._skip, len(self._buffer))
                del self._buffer[:gone]
                self._skip -= gone
            if self._skip or len(self._buffer) < 4:
                return
            (length,) = struct.unpack_from(">I", self._buffer)
            if length > _MAX_FRAME_BYTES:
                raise ValueError(length)
            if length > max(self._limits.output_bytes, MAX_ENCODED_CHARS) + _FRAME_OVERHEAD_BYTES:
                self._outputs.drop(length)
                self._skip = 4 + length
                continue
            if len(self._buffer) < 4 + length:
                return
            frame = bytes(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            yield frame

    def _drain(self) -> None:
        """Read everything that was written to the standard streams so far."""
        for pipe in list(self._pipes):
            while self._read_pipe(pipe):
                if self._outputs.full:
                    break

    def _read_pipe(self, pipe: int) -> bool:
        try:
            data = os.read(pipe, 1 << 16)
        except BlockingIOError:
            return False
        if not data:
            with suppress(KeyError):
                self._selector.unregister(pipe)
            return False
        self._outputs.write(self._pipes[pipe], data)
        return True

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode()
        # Errors are ignored: the time limit ends a kernel that does not read, and the end of a kernel is
        # reported by the fork server.
        self._channel.settimeout(_GRACE_PERIOD_S)
        with suppress(OSError):
            self._channel.sendall(struct.pack(">I", len(data)) + data)
        self._channel.settimeout(None)

    def _end(self, why: KernelExit) -> None:
        self._ended = why
        self._started.close()

    def _finish(self, message: dict[str, Any]) -> None:
        if "ended" in message:
            self._ended = KernelExit.of(message)
        elif "failed" in message:
            raise ExecutionError(_("The sandbox failed: {why}").format(why=message["failed"]))
        else:
            self._ended = KernelExit("lost")


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    """Return the validated fields of a kernel's reply.

    Raises
    ------
    ValueError, TypeError, KeyError
        The reply is malformed.
    """
    if reply["status"] not in {"ok", "error"}:
        raise ValueError(reply["status"])
    names = ("status", "ename", "evalue")
    texts = {name: storable_text(str(reply.get(name))[:_MAX_TEXT_CHARS]) for name in names}
    count = reply.get("execution_count")
    return {**texts, "execution_count": count if isinstance(count, int) else None}
