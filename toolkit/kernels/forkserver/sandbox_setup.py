"""The way into the sandbox: what a freshly forked process does before any student code may run in it.

It starts as root of bubblewrap's user namespace, first process of a new PID namespace, and sees the host
below `HOST`. It ends as an ordinary user without capabilities in namespaces of its own, from where only
the workspace, a private `/tmp` and what bubblewrap let in can be seen. Any failure on the way raises
OSError: the caller ends the process.

See docs/decisions/0005-the-sandbox.md.
"""

from __future__ import annotations

import os
import resource
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.kernels.forkserver import landlock, seccomp, syscalls

__all__ = ["FOLDERS", "HOME", "HOST", "STUDENT", "TO_SAY_SO", "WORKSPACE", "Plan", "enter", "open_workspace"]

HOST = "/.host"
WORKSPACE = "/workspace"
HOME = "/home/student"
STUDENT = 1000
"""User and group id of student code, as it sees itself."""

TO_SAY_SO = 32 << 20
"""Memory held back for the message that there is no more, bytes."""

_SCRATCH = "/mnt"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# The private places, their modes, and their names on the one tmpfs that they share: one size caps them all.
_PRIVATE = (("/tmp", 0o1777), ("/dev/shm", 0o1777), ("/run", 0o755), (HOME, 0o700))  # noqa: S108
FOLDERS = (WORKSPACE, HOME, "/run", "/tmp", _SCRATCH, HOST)  # noqa: S108
"""Where bubblewrap must leave an empty folder."""


@dataclass(frozen=True)
class Plan:
    """What one sandbox is to be.

    Parameters
    ----------
    workspace : str
        Path on the host, all links resolved; empty for none.
    writable : bool
        Whether the workspace itself is shown, rather than a copy of it in memory.
    mount : int
        Descriptor of a detached mount of the workspace, which stands for its path; -1 where there is none.
    student : int
        What student code's user id is on bubblewrap's side: `STUDENT`, or 0 where only one id is mapped.
    network : bool
        Whether the machine's network stays reachable.
    memory, disk, file, files, processes : int
        Bytes of private memory (0 for no limit), bytes of all private files, bytes of one file, number of
        private files, number of processes and threads.
    cpu : int
        Seconds of processor time of one process; 0 for no limit.
    program : bytes
        The system call filter.
    environment : sequence of str
        Folders that stay visible even below one of the private places.
    """

    workspace: str
    writable: bool
    mount: int
    student: int
    network: bool
    memory: int
    disk: int
    file: int
    files: int
    processes: int
    cpu: int
    program: bytes
    environment: Sequence[str] = ()


def enter(plan: Plan) -> None:
    """Give up everything but what student code may have."""
    syscalls.unshare(
        syscalls.CLONE_NEWNS
        | syscalls.CLONE_NEWIPC
        | syscalls.CLONE_NEWUTS
        | (0 if plan.network else syscalls.CLONE_NEWNET)
    )
    os.umask(0o022)
    syscalls.set_hostname("mentoring")
    if not plan.network:
        # Forked processes print through it, and whoever learns about sockets talks to himself.
        syscalls.loopback_up()
    _mount_private_folders(plan)
    if plan.writable and plan.workspace:
        open_workspace(plan.workspace, plan.mount)
    hidden = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    syscalls.mount("proc", "/proc", "proc", hidden)
    if plan.memory:
        # System V's shared memory belongs to no process, so no other limit counts it.
        Path("/proc/sys/kernel/shmall").write_text(str(plan.memory // resource.getpagesize()))
    # A shared one would let one student type into another's terminal.
    terminals = syscalls.MS_NOSUID | syscalls.MS_NOEXEC
    syscalls.mount("devpts", "/dev/pts", "devpts", terminals, "newinstance,ptmxmode=0666,mode=620")
    syscalls.umount(HOST)
    # The system ends student code first when memory runs out.
    Path("/proc/self/oom_score_adj").write_text("900")
    _become_student(plan.student)
    _limit(plan)
    syscalls.forbid_new_privileges()
    syscalls.drop_capabilities()
    writable = (*(place for place, _mode in _PRIVATE), "/dev/pts", WORKSPACE)
    devices = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx")
    landlock.restrict(read=("/",), write=(*writable, *devices))
    seccomp.install(plan.program)


def _mount_private_folders(plan: Plan) -> None:
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    owner = f"uid={plan.student},gid={plan.student}"
    options = f"mode=0755,size={plan.disk},nr_inodes={plan.files},{owner}"
    syscalls.mount("tmpfs", _SCRATCH, "tmpfs", flags, options)
    covered = {
        folder: syscalls.opened("/", folder)
        for folder in plan.environment
        if any(Path(folder).is_relative_to(place) for place, _mode in _PRIVATE)
    }
    private = _PRIVATE if plan.writable and plan.workspace else (*_PRIVATE, (WORKSPACE, 0o755))
    for place, mode in private:
        folder = f"{_SCRATCH}/{place.strip('/').replace('/', '-')}"
        Path(folder).mkdir()
        os.chmod(folder, mode)
        os.chown(folder, plan.student, plan.student)
        if place == WORKSPACE and plan.workspace:
            _copy(syscalls.opened(HOST, plan.workspace, os.O_RDONLY), folder, plan.student)
        syscalls.mount(folder, place, "", syscalls.MS_BIND)
    syscalls.umount(_SCRATCH)
    for folder, source in covered.items():
        os.makedirs(folder, mode=0o755)
        # Read only, as it is where it comes from.
        syscalls.mount(f"/proc/self/fd/{source}", folder, "", syscalls.MS_BIND | syscalls.MS_REC)
        os.close(source)


def open_workspace(path: str, mount: int) -> None:
    """Show the host's ``path`` (or the detached ``mount`` of it) as the workspace, writable."""
    if mount >= 0:
        syscalls.attach_mount(mount, WORKSPACE)
        os.close(mount)
        return
    source = syscalls.opened(HOST, path)
    # Rights that bubblewrap took from the host's mounts (setuid, devices) stay taken.
    syscalls.mount(f"/proc/self/fd/{source}", WORKSPACE, "", syscalls.MS_BIND | syscalls.MS_REC)
    os.close(source)


def _copy(source: int, target: str, owner: int) -> None:
    """Copy the folder behind a descriptor, which is closed.

    Links stay links, and what is neither file, folder nor link is left out. Another kernel may be writing
    there: nothing is opened by a path that it could lead elsewhere.
    """
    try:
        with os.scandir(source) as entries:
            for entry in entries:
                there = f"{target}/{entry.name}"
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.name, dir_fd=source), there)
                elif entry.is_dir(follow_symlinks=False):
                    os.mkdir(there)
                    _copy(os.open(entry.name, _FOLDER, dir_fd=source), there, owner)
                elif entry.is_file(follow_symlinks=False):
                    _copy_file(os.open(entry.name, _FILE, dir_fd=source), there)
                else:
                    continue
                os.chown(there, owner, owner, follow_symlinks=False)
    finally:
        os.close(source)


def _copy_file(source: int, target: str) -> None:
    with open(source, "rb") as data, open(target, "xb") as copy:
        mode = os.fstat(source).st_mode
        # The file may have become something else since it was listed.
        if stat.S_ISREG(mode):
            shutil.copyfileobj(data, copy)
            os.fchmod(copy.fileno(), 0o755 if mode & stat.S_IXUSR else 0o644)


def _become_student(outer: int) -> None:
    if outer:
        os.setgroups([])
        os.setresgid(outer, outer, outer)
        os.setresuid(outer, outer, outer)
        # The change of user made `/proc/self` root's, but the maps below are ours to write.
        syscalls.make_dumpable(yes=True)
    # In a user namespace of its own, the limit on processes counts this student's alone.
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{STUDENT} {outer} 1")
    Path("/proc/self/uid_map").write_text(f"{STUDENT} {outer} 1")


def _limit(plan: Plan) -> None:
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: plan.file,
        resource.RLIMIT_NPROC: plan.processes,
        resource.RLIMIT_NOFILE: 4096,
        resource.RLIMIT_MEMLOCK: 1 << 16,
        resource.RLIMIT_MSGQUEUE: 1 << 16,
        resource.RLIMIT_SIGPENDING: 1024,
        resource.RLIMIT_RTPRIO: 0,
    }
    if plan.memory:
        # What the fork server holds already is no expense of the student's.
        limits[resource.RLIMIT_DATA] = _private_memory() + plan.memory
    if plan.cpu:
        limits[resource.RLIMIT_CPU] = plan.cpu
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        spare = TO_SAY_SO if kind == resource.RLIMIT_DATA else 0
        resource.setrlimit(kind, (value, value + spare))


def _private_memory() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0
