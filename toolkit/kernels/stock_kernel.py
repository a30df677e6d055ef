"""Starts one stock kernel without sandbox, and ends it with all its processes.

See docs/decisions/0001-stock-kernels-until-the-sandbox.md.
"""

from __future__ import annotations

import logging
import resource
import subprocess
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode, from_dict

from toolkit.errors import ExecutionError
from toolkit.i18n import _
from toolkit.kernels.environment import kernel_environment
from toolkit.kernels.limits import Limits
from toolkit.kernels.process_cleanup import end_leftovers

__all__ = ["StockClient", "running_kernel"]

_log = logging.getLogger("mentoring.kernels")
_log.addHandler(logging.NullHandler())


class StockClient(NotebookClient):
    """nbclient's client with a limit on the output of a cell."""

    ceiling = 0
    pid = 0
    _size = 0

    async def async_execute_cell(
        self,
        cell: NotebookNode,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,  # noqa: FBT001, FBT002 - nbclient's signature
    ) -> NotebookNode:
        """Run one cell.

        Parameters
        ----------
        cell, cell_index, execution_count, store_history
            As in nbclient.
        """
        self._size = 0
        return await super().async_execute_cell(cell, cell_index, execution_count, store_history)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Add one output, unless the cell's output exceeds ``ceiling`` (characters).

        Parameters
        ----------
        outs, msg, display_id, cell_index
            As in nbclient.
        """
        # A loop that prints would otherwise fill the memory of the grading process.
        content = msg.get("content", {})
        room = self.ceiling - self._size
        self._size += len(str(content))
        if self._size <= self.ceiling or msg.get("msg_type") == "error":
            return super().output(outs, msg, display_id, cell_index)
        if room > 0:
            text = str(content.get("text", ""))[:room]
            text += "\n" + _("… the rest of this output was dropped …") + "\n"
            note = {"output_type": "stream", "name": content.get("name", "stdout"), "text": text}
            outs.append(from_dict(note))  # type: ignore[no-untyped-call]
        return None

    async def language(self) -> dict[str, Any]:
        """Return the kernel's ``language_info``."""
        assert self.kc is not None  # noqa: S101 - it was started
        reply = await self.async_wait_for_reply(self.kc.kernel_info())
        info: dict[str, Any] = (reply or {}).get("content", {}).get("language_info", {})
        return info

    async def exit_code(self) -> int | None:
        """Return the exit code of the kernel's process; None while it runs."""
        provisioner = self.km.provisioner if self.km is not None else None
        return await provisioner.poll() if provisioner is not None else None


@asynccontextmanager
async def running_kernel(
    nb: NotebookNode,
    kernel_name: str,
    *,
    cwd: Path,
    scratch: Path,
    limits: Limits,
    variables: Mapping[str, str],
    nonce: str,
) -> AsyncIterator[StockClient]:
    """Start a kernel, yield its client, and end the kernel with all its processes.

    Parameters
    ----------
    nb : NotebookNode
        Notebook of the client.
    kernel_name : str
        Name of an installed kernelspec.
    cwd : Path
        Working directory.
    scratch : Path
        Empty temporary folder for home, sockets and connection file.
    limits : Limits
        Cell timeout, memory and output limits.
    variables : mapping of str to str
        Further environment variables.
    nonce : str
        Unpredictable ``evalue`` of the reply to a cell that was interrupted after its timeout.

    Raises
    ------
    ExecutionError
        The kernel does not exist or does not start.
    """
    mark = uuid.uuid4().hex
    home = scratch / "home"
    home.mkdir()
    # Unix sockets rather than ports, because other users cannot connect to them. Their paths are limited to
    # about a hundred characters.
    sockets = {"transport": "ipc", "ip": str(scratch / "k")} if len(str(scratch)) < 90 else {}
    manager = AsyncKernelManager(
        kernel_name=kernel_name, connection_file=str(scratch / "kernel.json"), log=_log, **sockets
    )
    client = StockClient(
        nb,
        km=manager,
        allow_errors=True,
        timeout_func=lambda _cell: limits.cell_seconds,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "", "evalue": nonce, "traceback": []},
        raise_on_iopub_timeout=True,
        store_widget_state=False,
        record_timing=False,
        # An unpredictable tag: nbclient would skip a test cell with the default tag, and the test would pass.
        skip_cells_with_tag=nonce,
        log=_log,
    )
    client.ceiling = limits.output_bytes
    try:
        try:
            await client.async_start_new_kernel(
                cwd=str(cwd),
                env=kernel_environment(home, mark, variables),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            client.pid = getattr(manager.provisioner, "pid", 0)
            _limit_memory(client.pid, limits.memory_bytes)
            await client.async_start_new_kernel_client()
        except NoSuchKernel as error:
            raise ExecutionError(
                _("There is no kernel named '{kernel}' on this machine.").format(kernel=kernel_name),
                _("`jupyter kernelspec list` names those that there are."),
            ) from error
        except (RuntimeError, OSError) as error:
            raise ExecutionError(
                _("The kernel '{kernel}' did not start: {why}").format(kernel=kernel_name, why=error),
                _("`mentor doctor` checks the kernels."),
            ) from error
        yield client
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
        if manager.has_kernel:
            # Killed at once: exit handlers of the code have no effect on the result.
            await manager.shutdown_kernel(now=True)
        await manager.cleanup_resources()
        if client.pid:
            end_leftovers(client.pid, mark)


def _limit_memory(pid: int, wanted: int | None) -> None:
    # Set from outside, after the start and before the first cell, because code between fork and exec is
    # unsafe. RLIMIT_DATA rather than RLIMIT_AS: libraries reserve far more address space than they use.
    if wanted is not None and hasattr(resource, "prlimit"):
        with suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (wanted, wanted))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
