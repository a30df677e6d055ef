"""A stock kernel with the interface of `Shell`, for the unsafe mode without sandbox.

See docs/decisions/0005-the-sandbox.md.
"""

from __future__ import annotations

import signal
import tempfile
import uuid
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from toolkit.kernels.kernel_exit import KernelExit
from toolkit.kernels.limits import Limits
from toolkit.kernels.process_cleanup import private_memory
from toolkit.kernels.sandboxed_shell import CellReply
from toolkit.kernels.stock_kernel import StockClient, running_kernel

__all__ = ["StockShell"]


class StockShell:
    """A stock kernel with the user's own rights. Create it with `StockShell.open`, and close it.

    Parameters
    ----------
    client : StockClient
        Client of the kernel.
    stack : AsyncExitStack
        Ends the kernel when closed.
    limits : Limits
        Limits of the kernel.
    nonce : str
        ``evalue`` of the reply to an interrupted cell.
    """

    def __init__(self, client: StockClient, stack: AsyncExitStack, limits: Limits, nonce: str) -> None:
        self._client = client
        self._stack = stack
        self._limits = limits
        self._nonce = nonce
        self._ended: KernelExit | None = None
        self._reply: dict[str, Any] = {}
        self.language: dict[str, Any] = {}

    @classmethod
    def open(cls, workspace: Path, *, kernel_name: str, limits: Limits, variables: Mapping[str, str]) -> Self:
        """Start a kernel.

        Parameters
        ----------
        workspace : Path
            Working directory, used itself, not copied.
        kernel_name : str
            Name of an installed kernelspec.
        limits : Limits
            Cell timeout, memory and output limits.
        variables : mapping of str to str
            Further environment variables.

        Raises
        ------
        ExecutionError
            The kernel does not exist or does not start.
        """
        shell: Self = run_sync(cls._open)(workspace, kernel_name, limits, variables)
        return shell

    @classmethod
    async def _open(
        cls, workspace: Path, kernel_name: str, limits: Limits, variables: Mapping[str, str]
    ) -> Self:
        nonce = uuid.uuid4().hex
        stack = AsyncExitStack()
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-")))
        try:
            client = await stack.enter_async_context(
                running_kernel(
                    new_notebook(),  # type: ignore[no-untyped-call]
                    kernel_name,
                    cwd=workspace,
                    scratch=scratch,
                    limits=limits,
                    variables=variables,
                    nonce=nonce,
                )
            )
            shell = cls(client, stack, limits, nonce)
            client.on_cell_executed = shell._executed
            shell.language = await client.language()
        except BaseException:
            await stack.aclose()
            raise
        return shell

    def run(self, code: str, *, seconds: float | None = None) -> CellReply:
        """Run one cell. Errors in the cell, and the end of the kernel, are part of the reply.

        Parameters
        ----------
        code : str
            Source of the cell.
        seconds : float, optional
            Time limit, s, after which the cell is interrupted; `Limits.cell_seconds` if None.
        """
        reply: CellReply = run_sync(self._run)(
            code, self._limits.cell_seconds if seconds is None else seconds
        )
        return reply

    async def _run(self, code: str, seconds: float) -> CellReply:
        if self._ended is not None:
            return CellReply([], "ended", ended=self._ended)
        cell = new_code_cell(code)  # type: ignore[no-untyped-call]
        self._client.nb.cells.append(cell)
        self._client.timeout_func = lambda _cell: seconds  # type: ignore[assignment]
        self._reply = {}
        before = private_memory(self._client.pid)
        try:
            await self._client.async_execute_cell(cell, len(self._client.nb.cells) - 1)
        except CellTimeoutError:
            self._ended = KernelExit("time")
        except DeadKernelError:
            self._ended = await self._end_reason(before)
        if self._ended is not None:
            return CellReply(cell.outputs, "ended", cell.execution_count, self._ended)
        status = "interrupted" if self._reply.get("evalue") == self._nonce else str(self._reply.get("status"))
        error = None
        if self._reply.get("status") == "error" and status == "error":
            error = (str(self._reply.get("ename")), str(self._reply.get("evalue")))
        return CellReply(cell.outputs, status, cell.execution_count, error=error)

    def _executed(self, *, execute_reply: dict[str, Any], **_rest: object) -> None:
        self._reply = execute_reply["content"]

    async def _end_reason(self, memory: int) -> KernelExit:
        code = await self._client.exit_code()
        limit = self._limits.memory_bytes
        # libzmq and CPython abort if an allocation fails, so the signal alone does not identify the reason.
        if code == -signal.SIGKILL or (limit is not None and memory > 0.75 * limit):
            return KernelExit("memory")
        return KernelExit("signal", -code) if code is not None and code < 0 else KernelExit("exit", code or 0)

    def interrupt(self) -> None:
        """Interrupt the running cell."""
        if self._client.km is not None:
            run_sync(self._client.km.interrupt_kernel)()  # type: ignore[arg-type]

    def close(self) -> None:
        """End the kernel and all its processes."""
        run_sync(self._stack.aclose)()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
