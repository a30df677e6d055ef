"""A kernel client that detects the kernel's readiness from its reply, without jupyter_client's fixed wait."""

from __future__ import annotations

import inspect
import time
from functools import cache
from queue import Empty
from typing import Any

from jupyter_client.client import KernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_async, run_sync

__all__ = ["use_fast_ready_clients"]


def use_fast_ready_clients(manager: KernelManager) -> None:
    """Make the clients of ``manager`` detect readiness as soon as possible.

    jupyter_client waits until the iopub channel has been silent for 0.2 s. Once the idle message of our own
    request has arrived on that channel, it is known to be connected, and waiting longer has no use.
    """
    manager.client_factory = _fast_ready_class(manager.client_factory)


@cache
def _fast_ready_class(kind: type[KernelClient]) -> type[KernelClient]:
    if getattr(kind, "_ready_at_once", False):
        return kind
    asynchronous = inspect.iscoroutinefunction(kind.wait_for_ready)  # type: ignore[attr-defined]
    wait = _wait_for_ready if asynchronous else run_sync(_wait_for_ready)
    return type(kind.__name__, (kind,), {"wait_for_ready": wait, "_ready_at_once": True})


async def _wait_for_ready(client: Any, timeout: float | None = None) -> None:  # noqa: ANN401
    """Wait until the kernel has replied on both channels.

    Raises
    ------
    RuntimeError
        The kernel died, or ``timeout`` (s) passed.
    """
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    asked: list[str] = []
    answer, idle = None, False
    while answer is None or not idle:
        # Repeated: the first request may arrive before the iopub subscription, and its idle message is lost.
        asked.append(client.kernel_info())
        round_s = 0.05 * min(len(asked), 20)
        until = time.monotonic() + round_s
        while time.monotonic() < until and (answer is None or not idle):
            if answer is None:
                message = await _next(client.shell_channel, round_s)
                if message is not None and message["parent_header"].get("msg_id") in asked:
                    answer = message
            else:
                message = await _next(client.iopub_channel, until - time.monotonic())
                if message is not None and message["parent_header"].get("msg_id") in asked:
                    idle = message["content"].get("execution_state") == "idle"
        if time.monotonic() > deadline:
            raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")
        if (answer is None or not idle) and not await ensure_async(client.is_alive()):
            raise RuntimeError("Kernel died before replying to kernel_info")
    client._handle_kernel_info_reply(answer)  # noqa: SLF001 - as jupyter_client's `wait_for_ready`


async def _next(channel: Any, seconds: float) -> dict[str, Any] | None:  # noqa: ANN401
    try:
        message: dict[str, Any] = await ensure_async(channel.get_msg(timeout=max(0.001, seconds)))
    except Empty:
        return None
    return message
