"""The last step into the sandbox of a session's server: it gives up the remaining privileges.

It imports only fast modules: the server itself is another program.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
from typing import NoReturn

from toolkit.kernels.forkserver import landlock, seccomp, syscalls
from toolkit.kernels.forkserver.sandbox_setup import STUDENT_UID

__all__ = ["HOME", "SCRATCH", "main"]

HOME = "/run/home"
SCRATCH = ("/tmp", "/run", "/dev/shm")  # noqa: S108 - mounted privately
"""Private folders in memory; the server's home is in one of them."""

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
_WATCHED_SIGNALS = {
    signal.SIGCHLD,
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
}
_LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NPROC: 512,
    resource.RLIMIT_NOFILE: 4096,
    # Of one file; `toolkit.live.process.disk_quota` limits the sum from outside.
    resource.RLIMIT_FSIZE: 1 << 30,
    # Six people with a large notebook use a tenth of it; the limit protects the mentor's machine.
    resource.RLIMIT_DATA: 4 << 30,
    resource.RLIMIT_MEMLOCK: 1 << 16,
    resource.RLIMIT_MSGQUEUE: 1 << 16,
}


def main() -> NoReturn:
    """Drop all other privileges, start the server, and stay as the sandbox's init process.

    The first argument is JSON: ``mounts`` (pairs of a descriptor and its mount point), ``become`` (True if
    the user must be changed), ``writable`` (folders), ``kept`` (descriptors that the server inherits). The
    other arguments are the server's command.
    """
    spec = json.loads(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED_SIGNALS)
    for descriptor, place in spec["mounts"]:
        syscalls.attach_mount(descriptor, place)
    _close_all_but(spec["kept"])
    syscalls.bound_capabilities()
    if spec["become"]:
        os.setgroups([])
        os.setresgid(STUDENT_UID, STUDENT_UID, STUDENT_UID)
        os.setresuid(STUDENT_UID, STUDENT_UID, STUDENT_UID)
    _die_with_parent()
    os.umask(0o022)
    os.makedirs(HOME, mode=0o700, exist_ok=True)  # noqa: PTH103 - pathlib is not needed otherwise
    for kind, limit in _LIMITS.items():
        hard = resource.getrlimit(kind)[1]
        value = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (value, value))
    syscalls.forbid_new_privileges()
    syscalls.drop_capabilities()
    landlock.restrict_paths(read=("/",), write=(*SCRATCH, *_DEVICES, *spec["writable"]))
    seccomp.install_filter(seccomp.filter_program())
    command = sys.argv[2:]
    pid = os.fork()
    if pid == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execv(command[0], command)  # noqa: S606 - no shell is meant
    _close_all_but([])
    _run_init(pid)


def _run_init(server: int) -> NoReturn:
    """Reap child processes, forward signals, and exit when the server exits.

    The server itself cannot be the init process: the kernel ignores signals that such a process does not
    handle, its own alarms and aborts included.
    """
    while True:
        received = signal.sigwaitinfo(_WATCHED_SIGNALS)
        if received.si_signo != signal.SIGCHLD:
            os.kill(server, received.si_signo)
            continue
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if ended == server:
                code = os.waitstatus_to_exitcode(status)
                os._exit(code if code >= 0 else 128 - code)
            if ended == 0:
                break


def _close_all_but(kept: list[int]) -> None:
    low = 3
    for descriptor in sorted(kept):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _die_with_parent() -> None:
    """Set the parent-death signal again: the change of user has cleared that of bubblewrap."""
    syscalls.die_with_parent()
    poll = select.poll()
    poll.register(1, 0)
    if any(event & select.POLLERR for _descriptor, event in poll.poll(0)):
        sys.exit(1)  # the reader of the output has ended, so the parent has
