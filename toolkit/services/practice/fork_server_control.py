"""Control of the fork servers that start kernels: warm up before a session, test, stop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.i18n import _
from toolkit.kernels import fork_servers
from toolkit.kernels.fork_servers import PRELOAD, Domain, Server

__all__ = ["Stopped", "Trial", "Warmed", "stop", "try_out", "warm"]


@dataclass(frozen=True)
class Warmed:
    """A fork server that is ready.

    Parameters
    ----------
    server : Server
        The fork server.
    seconds : float
        Time until it was ready, s.
    already : bool
        Whether it was running before.
    left_out : tuple of str
        Requested modules that cannot be imported.
    """

    server: Server
    seconds: float
    already: bool
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
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
class Stopped:
    """Result of `stop`.

    Parameters
    ----------
    servers : int
        Number of stopped fork servers.
    kernels : int
        Number of kernels that ran in them.
    """

    servers: int
    kernels: int


def warm(preload: Sequence[str] = (), *, network: bool = False) -> Warmed:
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
    server = fork_servers.warm(Domain(preload=tuple(preload) or PRELOAD, network=network))
    return Warmed(
        server,
        seconds=time.perf_counter() - began,
        already=server.state["since"] < asked,
        left_out=tuple(name for name in preload if name not in server.state["preloaded"]),
    )


def try_out() -> Trial:
    """Run a small computation in a new sandboxed kernel.

    Raises
    ------
    ExecutionError
        There is no sandbox on this machine, or a kernel does not start in it.
    """
    from toolkit.kernels.sandboxed_shell import Shell

    fork_servers.warm(Domain())
    began = time.perf_counter()
    with Shell.open() as shell:
        reply = shell.run("1 + 1")
    seconds = time.perf_counter() - began
    if [output.get("data") for output in reply.outputs] == [{"text/plain": "2"}]:
        return Trial(seconds)
    why = str(reply.ended) if reply.ended else " ".join(reply.error or ()) or reply.status
    return Trial(seconds, _("a kernel in it cannot compute 1 + 1: {why}").format(why=why))


def stop(running: Sequence[Server]) -> Stopped:
    """Stop fork servers with all their kernels, and delete the files that ended servers have left."""
    for server in running:
        server.stop()
    fork_servers.clear()
    return Stopped(len(running), sum(server.state["running"] for server in running))
