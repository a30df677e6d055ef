"""Takes every descriptor that it inherited and tries to leave the sandbox through it."""

import errno
import os
import socket
import stat

# outside: ^(folder|file|socket)
from attack import GIVEN, SECRET, attempt, call, secrets


def place(fd):
    """Sort key: attempts that may end the kernel come last."""
    try:
        return "socket" in os.readlink(f"/proc/self/fd/{fd}"), fd
    except OSError:
        return False, fd


fds = sorted((int(name) for name in os.listdir("/proc/self/fd")), key=place)
ours = set()


def target(fd):
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return ""


def climb(fd):
    for steps in range(1, 12):
        try:
            up = os.open("/".join([".."] * steps) + GIVEN["files"]["key"], os.O_RDONLY, dir_fd=fd)
        except OSError:
            continue
        return secrets(os.read(up, 4096))
    return ""


def elsewhere(fd):
    """A socket that can be pointed somewhere else is a way out of the network namespace."""
    with socket.socket(fileno=os.dup(fd)) as taken:
        if taken.family == socket.AF_UNIX:
            try:
                taken.connect(GIVEN["unix"])
            except OSError:
                taken.connect("\0" + GIVEN["abstract"])
        elif taken.family in (socket.AF_INET, socket.AF_INET6):
            call("connect", taken.fileno(), b"\0" * 16, 16)
            taken.connect(("127.0.0.1", GIVEN["tcp"]))
        return f"connected {taken.family}"


def foreign(fd, where):
    """A file that has a secret in it, or that has no name in here."""
    try:
        found = secrets(os.pread(fd, 1 << 16, 0))
    except OSError:
        found = ""
    if found:
        return found
    try:
        there, here = os.stat(where), os.fstat(fd)
    except OSError:
        return where
    return "" if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino) else where


said = 0
for fd in fds:
    where = target(fd)
    if not where:
        continue
    said += 1
    mode = os.fstat(fd).st_mode
    private = where.startswith(
        (
            "/dev/null",
            "/dev/pts",
            "/dev/urandom",
            "pipe:",
            "socket:",
            "anon_inode:[event",
            "anon_inode:[timer",
        )
    )
    if stat.S_ISDIR(mode):
        attempt(f"folder {fd} {where}", climb, fd)
    elif stat.S_ISSOCK(mode):
        attempt(f"socket {fd}", elsewhere, fd, expect=(22,))  # listening
    elif not private:
        attempt(f"file {fd} {where.split(':')[0]}", foreign, fd, where)
    if where.startswith(("net:", "mnt:", "user:", "pid:", "ipc:", "uts:", "cgroup:")):
        attempt(f"namespace {fd} {where}", lambda: call("setns", fd, 0) == 0)
attempt("looked at some", lambda: "" if said >= 3 else "could not look at descriptors")
# What else was passed on: a controlling terminal, a session's keyring.
attempt("terminal", lambda: os.open("/dev/tty", os.O_RDWR))
