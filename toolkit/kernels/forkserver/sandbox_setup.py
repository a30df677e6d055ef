"""Moves a freshly forked process into its sandbox, before it runs student code.

It starts as root of bubblewrap's user namespace, as the first process of a new PID namespace, with the host's
files below `HOST`. It ends as an ordinary user without capabilities, in its own namespaces, in which only the
workspace, a private `/tmp` and bubblewrap's read-only mounts are visible. Every failure raises OSError, and
the caller ends the process.

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

__all__ = [
    "ERROR_RESERVE_BYTES",
    "FOLDERS",
    "HOME",
    "HOST",
    "STUDENT_UID",
    "WORKSPACE",
    "SandboxSpec",
    "enter_sandbox",
    "open_workspace",
]

HOST = "/.host"
WORKSPACE = "/workspace"
HOME = "/home/student"
STUDENT_UID = 1000
"""User and group id of student code inside the sandbox."""

ERROR_RESERVE_BYTES = 32 << 20
"""Memory reserve for reporting a MemoryError, bytes."""

_SCRATCH = "/mnt"
_OPEN_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# Private folders and their modes. All are on one tmpfs, so that one size limits them together.
_PRIVATE_FOLDERS = (("/tmp", 0o1777), ("/dev/shm", 0o1777), ("/run", 0o755), (HOME, 0o700))  # noqa: S108
FOLDERS = (WORKSPACE, HOME, "/run", "/tmp", _SCRATCH, HOST)  # noqa: S108
"""Empty folders that bubblewrap must create."""


@dataclass(frozen=True)
class SandboxSpec:
    """Properties of one sandbox.

    Parameters
    ----------
    workspace : str
        Path on the host, all links resolved; empty for none.
    writable : bool
        Mount the workspace itself, rather than a copy in memory.
    mount : int
        File descriptor of a detached mount to use instead of the path; -1 for none.
    student : int
        User id of student code in bubblewrap's namespace: `STUDENT_UID`, or 0 if only one id is mapped.
    network : bool
        Keep the machine's network.
    memory, disk, file, files, processes : int
        Private memory (bytes, 0 for no limit), total size of private files (bytes), size of one file (bytes),
        number of private files, number of processes and threads.
    cpu : int
        CPU time of one process, s; 0 for no limit.
    program : bytes
        System call filter.
    environment : sequence of str
        Folders that stay visible even if they are below a private folder.
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


def enter_sandbox(plan: SandboxSpec) -> None:
    """Enter the sandbox: namespaces, mounts, user, limits, capabilities, Landlock, system call filter."""
    syscalls.unshare(
        syscalls.CLONE_NEWNS
        | syscalls.CLONE_NEWIPC
        | syscalls.CLONE_NEWUTS
        | (0 if plan.network else syscalls.CLONE_NEWNET)
    )
    os.umask(0o022)
    syscalls.set_hostname("mentoring")
    if not plan.network:
        # ipykernel sends prints of forked processes through it, and exercises about sockets need it.
        syscalls.loopback_up()
    _mount_private_folders(plan)
    if plan.writable and plan.workspace:
        open_workspace(plan.workspace, plan.mount)
    hidden = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    syscalls.mount("proc", "/proc", "proc", hidden)
    if plan.memory:
        # System V shared memory belongs to no process, so no other limit covers it.
        Path("/proc/sys/kernel/shmall").write_text(str(plan.memory // resource.getpagesize()))
    # With a shared devpts one student could write to another's terminal.
    terminals = syscalls.MS_NOSUID | syscalls.MS_NOEXEC
    syscalls.mount("devpts", "/dev/pts", "devpts", terminals, "newinstance,ptmxmode=0666,mode=620")
    syscalls.umount(HOST)
    # The out-of-memory killer takes student code first.
    Path("/proc/self/oom_score_adj").write_text("900")
    _become_student(plan.student)
    _set_limits(plan)
    syscalls.forbid_new_privileges()
    syscalls.drop_capabilities()
    writable = (*(place for place, _mode in _PRIVATE_FOLDERS), "/dev/pts", WORKSPACE)
    devices = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx")
    landlock.restrict_paths(read=("/",), write=(*writable, *devices))
    seccomp.install_filter(plan.program)


def _mount_private_folders(plan: SandboxSpec) -> None:
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    owner = f"uid={plan.student},gid={plan.student}"
    options = f"mode=0755,size={plan.disk},nr_inodes={plan.files},{owner}"
    syscalls.mount("tmpfs", _SCRATCH, "tmpfs", flags, options)
    covered = {
        folder: syscalls.open_folder("/", folder)
        for folder in plan.environment
        if any(Path(folder).is_relative_to(place) for place, _mode in _PRIVATE_FOLDERS)
    }
    private = (
        _PRIVATE_FOLDERS if plan.writable and plan.workspace else (*_PRIVATE_FOLDERS, (WORKSPACE, 0o755))
    )
    for place, mode in private:
        folder = f"{_SCRATCH}/{place.strip('/').replace('/', '-')}"
        Path(folder).mkdir()
        os.chmod(folder, mode)
        os.chown(folder, plan.student, plan.student)
        if place == WORKSPACE and plan.workspace:
            _copy(syscalls.open_folder(HOST, plan.workspace, os.O_RDONLY), folder, plan.student)
        syscalls.mount(folder, place, "", syscalls.MS_BIND)
    syscalls.umount(_SCRATCH)
    for folder, source in covered.items():
        os.makedirs(folder, mode=0o755)
        # The bind mount inherits the read-only flag of its source.
        syscalls.mount(f"/proc/self/fd/{source}", folder, "", syscalls.MS_BIND | syscalls.MS_REC)
        os.close(source)


def open_workspace(path: str, mount: int) -> None:
    """Mount the workspace, writable.

    Parameters
    ----------
    path : str
        Folder on the host, all links resolved.
    mount : int
        File descriptor of a detached mount to use instead; -1 for none. It is closed.

    Raises
    ------
    OSError
        The folder does not exist, or the system refuses the mount.
    """
    if mount >= 0:
        syscalls.attach_mount(mount, WORKSPACE)
        os.close(mount)
        return
    source = syscalls.open_folder(HOST, path)
    # The bind mount inherits bubblewrap's `nosuid` and `nodev`.
    syscalls.mount(f"/proc/self/fd/{source}", WORKSPACE, "", syscalls.MS_BIND | syscalls.MS_REC)
    os.close(source)


def _copy(source: int, target: str, owner: int) -> None:
    """Copy the folder of a file descriptor, and close it.

    Symbolic links stay links; only files, folders and links are copied. Another kernel may change the folder
    meanwhile, so nothing is opened by a path that it could redirect.
    """
    try:
        with os.scandir(source) as entries:
            for entry in entries:
                there = f"{target}/{entry.name}"
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.name, dir_fd=source), there)
                elif entry.is_dir(follow_symlinks=False):
                    os.mkdir(there)
                    _copy(os.open(entry.name, _OPEN_FOLDER_FLAGS, dir_fd=source), there, owner)
                elif entry.is_file(follow_symlinks=False):
                    _copy_file(os.open(entry.name, _OPEN_FILE_FLAGS, dir_fd=source), there)
                else:
                    continue
                os.chown(there, owner, owner, follow_symlinks=False)
    finally:
        os.close(source)


def _copy_file(source: int, target: str) -> None:
    with open(source, "rb") as data, open(target, "xb") as copy:
        mode = os.fstat(source).st_mode
        # The file may have been replaced since it was listed.
        if stat.S_ISREG(mode):
            shutil.copyfileobj(data, copy)
            os.fchmod(copy.fileno(), 0o755 if mode & stat.S_IXUSR else 0o644)


def _become_student(outer: int) -> None:
    if outer:
        os.setgroups([])
        os.setresgid(outer, outer, outer)
        os.setresuid(outer, outer, outer)
        # After a change of user `/proc/self` belongs to root; a dumpable process can write its maps again.
        syscalls.make_dumpable(yes=True)
    # In its own user namespace the limit on processes counts this sandbox only.
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{STUDENT_UID} {outer} 1")
    Path("/proc/self/uid_map").write_text(f"{STUDENT_UID} {outer} 1")


def _set_limits(plan: SandboxSpec) -> None:
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
        # The memory inherited from the fork server is not counted.
        limits[resource.RLIMIT_DATA] = _private_memory() + plan.memory
    if plan.cpu:
        limits[resource.RLIMIT_CPU] = plan.cpu
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        spare = ERROR_RESERVE_BYTES if kind == resource.RLIMIT_DATA else 0
        resource.setrlimit(kind, (value, value + spare))


def _private_memory() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0
