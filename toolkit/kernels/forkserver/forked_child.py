"""Child process of the fork server: becomes the init process of a sandbox, and forks the kernel."""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from toolkit.kernels.forkserver import syscalls
from toolkit.kernels.forkserver.sandbox_init import BLOCKED_SIGNALS, WatchedLimits, supervise_child
from toolkit.kernels.forkserver.sandbox_setup import HOME, WORKSPACE, SandboxSpec, enter_sandbox

__all__ = ["become_kernel"]

_INTERFACES = {
    "kernel": "toolkit.kernels.forkserver.zmq_kernel",
    "shell": "toolkit.kernels.forkserver.direct_executor",
}


def become_kernel(
    plan: SandboxSpec, request: dict[str, Any], descriptors: list[int], report: int
) -> NoReturn:
    """Enter the sandbox, fork the kernel, and stay as the init process.

    Parameters
    ----------
    plan : SandboxSpec
        Properties of the sandbox.
    request : dict
        The client's ``start`` request.
    descriptors : list of int
        File descriptors from the client; the kernel inherits no others.
    report : int
        Pipe to the fork server: ``R`` when the sandbox is entered, ``F`` and the reason if that fails, or the
        init process's final report.
    """
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED_SIGNALS)
        kept = {0, 1, 2, report, plan.mount, *descriptors}
        _close_all_but(kept)
        run = _load_interface(request["face"])
        enter_sandbox(plan)
        folder = WORKSPACE if plan.workspace and plan.writable else ""
        watched = WatchedLimits(plan.memory, float(request["cpu_total"]), folder, plan.disk, plan.files)
        pid = os.fork()
    except BaseException as error:  # noqa: BLE001 - this process must end after any error
        with suppress(OSError):
            os.write(report, f"F {type(error).__name__}: {error}"[:1000].replace("\n", " ").encode() + b"\n")
        os._exit(1)
    if pid:
        # After the fork, because the kernel itself must stay dumpable: its children may inspect it.
        syscalls.make_dumpable(yes=False)
        with suppress(OSError):
            os.write(report, b"R\n")
        _close_all_but({0, 1, 2, report})
        try:
            supervise_child(pid, report, watched)
        finally:
            os._exit(1)  # this process must not return into the fork server's code
    os.close(report)
    # `enter_sandbox` has consumed the mount. The last descriptor has the private parameters, which the server
    # never reads: its memory is inherited by every later child.
    _run(run, request, [descriptor for descriptor in descriptors if descriptor != plan.mount])


def _load_interface(name: str) -> Callable[[dict[str, Any], list[int]], int]:
    run: Callable[[dict[str, Any], list[int]], int] = importlib.import_module(_INTERFACES[name]).run
    return run


def _run(
    run: Callable[[dict[str, Any], list[int]], int], request: dict[str, Any], descriptors: list[int]
) -> NoReturn:
    code = 1
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        *passed, private = descriptors
        request = {**request, **_read_all(private)}
        _prepare_process(request)
        code = run(request, passed)
        atexit._run_exitfuncs()  # noqa: SLF001 - student code's exit handlers, which `os._exit` skips
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code & 0xFF)


def _read_all(descriptor: int) -> dict[str, Any]:
    with open(descriptor, "rb") as file:
        file.seek(0)
        parameters: dict[str, Any] = json.load(file)
    return parameters


def _prepare_process(request: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update({str(name): str(value) for name, value in request["env"].items()})
    os.chdir(os.path.join(WORKSPACE, request["cwd"]))
    os.umask(0o022)
    # As in ipykernel: after the standard library, before installed packages.
    packages = [place for place, path in enumerate(sys.path) if path.endswith("site-packages")]
    sys.path.insert(packages[0] if packages else 0, "")
    sys.argv = [f"{HOME}/kernel"]
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        # The fork copies the state of the global generator; without this all kernels draw the same numbers.
        numpy.seed()
    time.tzset()


def _close_all_but(kept: set[int]) -> None:
    low = 3
    for descriptor in sorted(fd for fd in kept if fd >= 3):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))
