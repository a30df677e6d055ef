"""Control of the fork servers that start kernels: warm up before a session, test, stop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.i18n import _
from toolkit.kernels import fork_servers
from toolkit.kernels.fork_servers import PRELOADED_MODULES, ForkServer, ForkServerKey

__all__ = ["SandboxTrial", "StoppedServers", "WarmedServer", "stop_servers", "try_sandbox", "warm_server"]


@dataclass(frozen=True)
class WarmedServer:
    """A fork server that is ready.

    Parameters
    ----------
    server : ForkServer
        The fork server.
    seconds : float
        Time until it was ready, s.
    already : bool
        Whether it was running before.
    left_out : tuple of str
        Requested modules that cannot be imported.
    """

    server: ForkServer
    seconds: float
    already: bool
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class SandboxTrial:
    """Result of a small computation in the sandbox.

    Parameters
    ----------
    seconds : float
        Time from the request of a kernel to its answer, with a warm fork server, s.
    problem : str
        Description of a failure, in the current language; empty if the answer is correct.
    """

    seconds: float
    problem: str = ""


@dataclass(frozen=True)
class StoppedServers:
    """Result of `stop_servers`.

    Parameters
    ----------
    servers : int
        Number of stopped fork servers.
    kernels : int
        Number of kernels that ran in them.
    """

    servers: int
    kernels: int


def warm_server(preload: Sequence[str] = (), *, network: bool = False) -> WarmedServer:
    """Start the fork server of this environment if it is not running.

    Parameters
    ----------
    preload : sequence of str
        Modules to import in advance; if empty, a default list.
    network : bool
        Whether its kernels can use the machine's network.

    Raises
    ------
    ExecutionError
        There is no sandbox on this machine, or the server does not start.
    """
    began, asked = time.perf_counter(), time.time()
    server = fork_servers.warm_fork_server(
        ForkServerKey(preload=tuple(preload) or PRELOADED_MODULES, network=network)
    )
    return WarmedServer(
        server,
        seconds=time.perf_counter() - began,
        already=server.state["since"] < asked,
        left_out=tuple(name for name in preload if name not in server.state["preloaded"]),
    )


def try_sandbox() -> SandboxTrial:
    """Run a small computation in a new sandboxed kernel.

    Raises
    ------
    ExecutionError
        There is no sandbox on this machine, or a kernel does not start in it.
    """
    from toolkit.kernels.sandboxed_shell import SandboxedShell

    fork_servers.warm_fork_server(ForkServerKey())
    began = time.perf_counter()
    with SandboxedShell.open() as shell:
        reply = shell.run("1 + 1")
    seconds = time.perf_counter() - began
    if [output.get("data") for output in reply.outputs] == [{"text/plain": "2"}]:
        return SandboxTrial(seconds)
    why = str(reply.ended) if reply.ended else " ".join(reply.error or ()) or reply.status
    return SandboxTrial(seconds, _("a kernel in it cannot compute 1 + 1: {why}").format(why=why))


def stop_servers(running: Sequence[ForkServer]) -> StoppedServers:
    """Stop fork servers with all their kernels, and delete the files that ended servers have left."""
    for server in running:
        server.stop()
    fork_servers.remove_stale_folders()
    return StoppedServers(len(running), sum(server.state["running"] for server in running))
