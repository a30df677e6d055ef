"""The fork servers: warmed up before a lesson, tried out, stopped."""

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
    seconds : float
        How long it took until it was, s.
    already : bool
        Whether it was there before.
    left_out : tuple of str
        Modules that were asked for and cannot be imported.
    """

    server: Server
    seconds: float
    already: bool
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """How a small computation in the sandbox went.

    Parameters
    ----------
    seconds : float
        From asking for a kernel until its answer was there, with a warm server, s.
    problem : str
        What was wrong, in the reader's language; empty where the answer is right.
    """

    seconds: float
    problem: str = ""


@dataclass(frozen=True)
class Stopped:
    """How many fork servers were stopped, and how many kernels ran in them."""

    servers: int
    kernels: int


def warm(preload: Sequence[str] = (), *, network: bool = False) -> Warmed:
    """Start the fork server of this environment, unless it is there.

    Parameters
    ----------
    preload : sequence of str
        Modules that it imports beforehand; the usual ones where none is named.
    network : bool
        Whether its kernels reach the machine's network.

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
    """Compute something in a sandbox of its own.

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
    """Stop fork servers with all their kernels, and remove what those that ended before have left."""
    for server in running:
        server.stop()
    fork_servers.clear()
    return Stopped(len(running), sum(server.state["running"] for server in running))
