"""The direct executor: one sandboxed shell, one cell at a time, no zmq in between."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nbformat import NotebookNode

from toolkit.errors import ExecutionError
from toolkit.i18n import _
from toolkit.kernels.cell_outputs import Outputs
from toolkit.kernels.environment import inside_environment
from toolkit.kernels.fork_servers import PRELOAD, Domain
from toolkit.kernels.kernel_exit import End
from toolkit.kernels.kernel_handle import Started, start
from toolkit.kernels.limits import Limits
from toolkit.kernels.value_decoder import Value

__all__ = ["Answer", "Reply", "Shell"]

Answer = Callable[[int, Value], bool]
"""What is called with the number of a question and the value; returns whether the cell may go on."""

_LARGEST_FRAME = 256 << 20
# What a frame has besides the output that it carries, bytes.
_ROOM_FOR_THE_REST = 1 << 16
_LONGEST_TEXT = 10_000
_GRACE_SECONDS = 3.0


@dataclass(frozen=True)
class Reply:
    """What came out of one cell.

    Parameters
    ----------
    outputs : list of NotebookNode
        As nbclient would have them; a cell that was stopped has no error of its own unless the code did.
    status : {"ok", "error", "interrupted", "ended"}
        How the cell ended: interrupted, for its time; ended, together with the kernel.
    execution_count : int or None
        None where the kernel did not get so far.
    ended : End or None
        Why the kernel is gone, where it is.
    error : tuple of str
        Name and text of the error that the kernel reported, where it reported one.
    full : bool
        Whether the cell said more than `Limits.output_bytes`, so that some of it was dropped.
    """

    outputs: list[NotebookNode]
    status: str
    execution_count: int | None = None
    ended: End | None = None
    error: tuple[str, str] | None = None
    full: bool = False


class Shell:
    """A Python of one's own in the sandbox. Make one by `Shell.open`; close it, or use it in a ``with``."""

    def __init__(
        self, started: Started, channel: socket.socket, pipes: Sequence[int], limits: Limits
    ) -> None:
        self._started = started
        self._channel = channel
        self._pipes = dict(zip(pipes, ("stdout", "stderr"), strict=True))
        self._limits = limits
        self._outputs = Outputs(self._send)
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)
        self._selector.register(started.connection, selectors.EVENT_READ)
        for pipe in pipes:
            self._selector.register(pipe, selectors.EVENT_READ)
        self._buffer = bytearray()
        self._skip = 0
        self._runs = 0
        self._ended: End | None = None
        self._answer: Answer | None = None

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
        """Start a shell in a sandbox of its own.

        Parameters
        ----------
        workspace : Path, optional
            The folder that the code works in.
        writable : bool
            Whether that folder itself is shown to it; otherwise it works on a copy in memory.
        network : bool
            Whether the code reaches the machine's network, all of it.
        preload : sequence of str, optional
            Modules that the fork server imports beforehand; numpy, pandas and matplotlib unless said.
        variables : mapping of str to str, optional
            Environment variables beside the few that every kernel has.
        python : Path, optional
            The interpreter, whose environment the code sees; this one unless said.

        Raises
        ------
        ExecutionError
            There is no sandbox on this machine, or the workspace cannot be used.
        """
        limits = limits or Limits()
        domain = Domain(
            python or Path(sys.executable), PRELOAD if preload is None else tuple(preload), network=network
        )
        ours, theirs = socket.socketpair()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        try:
            started = start(
                domain,
                "shell",
                (theirs.fileno(), out_end, err_end),
                workspace=workspace,
                writable=writable,
                limits=limits,
                variables=inside_environment(domain.python, variables or {}, network=network),
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
        asks: str = "",
        answer: Answer | None = None,
        numbered: bool = True,
    ) -> Reply:
        """Run one cell; whatever happens in it, this returns.

        Parameters
        ----------
        asks : str, optional
            The name of a function for the code: ``name(number, value)`` hands the value to ``answer``.
        answer : callable, optional
            Called with that number and the `Value`; returns whether the cell may go on.
        seconds : float, optional
            Past this time, s, the cell is interrupted; if that does not help, the kernel is ended. What
            `Limits.cell_seconds` says unless given.
        """
        self._outputs.fresh(self._runs + 1, self._limits.output_bytes)
        if self._ended is not None:
            return Reply([], "ended", ended=self._ended)
        self._runs += 1
        deadline = time.monotonic() + (self._limits.cell_seconds if seconds is None else seconds)
        self._answer = answer
        self._send({"run": self._runs, "code": code, "asks": asks, "numbered": numbered})
        reply, late = self._await_reply(deadline)
        if self._ended is None:
            self._drain()
        outputs = self._outputs.collected()
        if reply is None:
            count = self._outputs.execution_count
            return Reply(outputs, "ended", count, self._ended, full=self._outputs.full)
        error = None
        status = "interrupted" if late else str(reply.get("status"))
        if reply.get("status") == "error":
            error = (str(reply.get("ename")), str(reply.get("evalue")))
        return Reply(outputs, status, reply["execution_count"], error=error, full=self._outputs.full)

    @property
    def language(self) -> dict[str, Any]:
        """What the metadata of a notebook says of its language."""
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
        """Interrupt the cell that runs; may be called from another thread."""
        self._started.signal(signal.SIGINT)

    def close(self) -> None:
        """End the shell with all its processes."""
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
                    self._end(End("time"))
                    break
                late = True
                self.interrupt()
                deadline = time.monotonic() + _GRACE_SECONDS
                continue
            reply = self._listen(left)
            if reply is not None:
                return reply, late
        return None, late

    def _listen(self, seconds: float) -> dict[str, Any] | None:
        reply = None
        for key, _mask in self._selector.select(seconds):
            if key.fileobj is self._channel:
                reply = self._hear() or reply
            elif key.fileobj is self._started.connection:
                self._drain()
                self._finish(self._started.told())
            else:
                self._read_pipe(key.fd)
        return reply

    def _hear(self) -> dict[str, Any] | None:
        """Take in what the kernel says; return its reply to the cell that runs, if that is there."""
        try:
            data = self._channel.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            # How it ended comes by the other connection.
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
                    self._asked(message)
                else:
                    self._outputs.take(message)
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError):
            # Nobody but the student's own code can have sent that.
            self._end(End("garbled"))
        return reply

    def _asked(self, message: dict[str, Any]) -> None:
        if message["asked"] != self._runs or self._answer is None:
            raise ValueError(message["asked"])
        value = Value.decoded(message["value"])
        self._send({"go": bool(self._answer(int(message["question"]), value))})

    def _frames(self) -> Iterator[bytes]:
        while True:
            if self._skip:
                # More than is kept of a cell: not even parsed, which takes many times its size.
                gone = min(self._skip, len(self._buffer))
                del self._buffer[:gone]
                self._skip -= gone
            if self._skip or len(self._buffer) < 4:
                return
            (length,) = struct.unpack_from(">I", self._buffer)
            if length > _LARGEST_FRAME:
                raise ValueError(length)
            if length > self._limits.output_bytes + _ROOM_FOR_THE_REST:
                self._outputs.drop(length)
                self._skip = 4 + length
                continue
            if len(self._buffer) < 4 + length:
                return
            frame = bytes(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            yield frame

    def _drain(self) -> None:
        """Take in what was written to the standard descriptors before now."""
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
        # A kernel that does not read is ended by its time; one that is gone says so elsewhere.
        self._channel.settimeout(_GRACE_SECONDS)
        with suppress(OSError):
            self._channel.sendall(struct.pack(">I", len(data)) + data)
        self._channel.settimeout(None)

    def _end(self, why: End) -> None:
        self._ended = why
        self._started.close()

    def _finish(self, message: dict[str, Any]) -> None:
        if "ended" in message:
            self._ended = End.of(message)
        elif "failed" in message:
            raise ExecutionError(_("The sandbox failed: {why}").format(why=message["failed"]))
        else:
            self._ended = End("lost")


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    """Return what is used of a kernel's reply.

    Raises
    ------
    ValueError, TypeError, KeyError
        No kernel replies so.
    """
    if reply["status"] not in {"ok", "error"}:
        raise ValueError(reply["status"])
    texts = {name: str(reply.get(name))[:_LONGEST_TEXT] for name in ("status", "ename", "evalue")}
    count = reply.get("execution_count")
    return {**texts, "execution_count": count if isinstance(count, int) else None}
