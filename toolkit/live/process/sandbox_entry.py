"""The last step into the sandbox of a session's server: what is left of its rights is given up here.

It imports nothing that is slow: the server itself is a program of its own.
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
from toolkit.kernels.forkserver.sandbox_setup import STUDENT

__all__ = ["HOME", "SCRATCH", "main"]

HOME = "/run/home"
SCRATCH = ("/tmp", "/run", "/dev/shm")  # noqa: S108 - memory that nobody else sees
"""The private places, with the server's home in one of them."""

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
_WAITED_FOR = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2}
_LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NPROC: 512,
    resource.RLIMIT_NOFILE: 4096,
    # Of one file. What all of them take is watched from outside (`toolkit.live.process.disk_quota`).
    resource.RLIMIT_FSIZE: 1 << 30,
    # Six people and a large notebook take a tenth of it; the mentor's machine must not suffer.
    resource.RLIMIT_DATA: 4 << 30,
    resource.RLIMIT_MEMLOCK: 1 << 16,
    resource.RLIMIT_MSGQUEUE: 1 << 16,
}


def main() -> NoReturn:
    """Give up everything but what the server may have, start it, and stay as the first process in there.

    The first argument is JSON: ``mounts`` (pairs of a descriptor and the place for it), ``become`` (whether
    there is another user to become), ``writable`` (folders), ``kept`` (descriptors that the server is given).
    The others are the server's command.
    """
    wanted = json.loads(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    for descriptor, place in wanted["mounts"]:
        syscalls.attach_mount(descriptor, place)
    _close_all_but(wanted["kept"])
    syscalls.bound_capabilities()
    if wanted["become"]:
        os.setgroups([])
        os.setresgid(STUDENT, STUDENT, STUDENT)
        os.setresuid(STUDENT, STUDENT, STUDENT)
    _die_with_the_parent()
    os.umask(0o022)
    os.makedirs(HOME, mode=0o700, exist_ok=True)  # noqa: PTH103 - pathlib is not needed otherwise
    for kind, most in _LIMITS.items():
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))
    syscalls.forbid_new_privileges()
    syscalls.drop_capabilities()
    landlock.restrict(read=("/",), write=(*SCRATCH, *_DEVICES, *wanted["writable"]))
    seccomp.install(seccomp.filter_program())
    command = sys.argv[2:]
    pid = os.fork()
    if pid == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execv(command[0], command)  # noqa: S606 - no shell is meant
    _close_all_but([])
    _keep(pid)


def _keep(server: int) -> NoReturn:
    """Reap, hand on signals, and end with the server.

    The server itself could not be the first process: those are deaf to signals that they do not handle, their
    own alarms and aborts too.
    """
    while True:
        told = signal.sigwaitinfo(_WAITED_FOR)
        if told.si_signo != signal.SIGCHLD:
            os.kill(server, told.si_signo)
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


def _die_with_the_parent() -> None:
    """Say again what bubblewrap said: to become somebody else has undone it."""
    syscalls.die_with_parent()
    told = select.poll()
    told.register(1, 0)
    if any(event & select.POLLERR for _descriptor, event in told.poll(0)):
        sys.exit(1)  # whoever reads what we print is gone already
