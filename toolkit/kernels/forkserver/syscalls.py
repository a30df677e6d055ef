"""Linux system calls that are missing in Python's standard library, some of them before 3.12 only."""

from __future__ import annotations

import ctypes
import os
import struct
from fcntl import ioctl
from socket import AF_INET, SOCK_DGRAM, socket

__all__ = [
    "CLONE_NEWIPC",
    "CLONE_NEWNET",
    "CLONE_NEWNS",
    "CLONE_NEWPID",
    "CLONE_NEWUSER",
    "CLONE_NEWUTS",
    "MNT_DETACH",
    "MS_BIND",
    "MS_NODEV",
    "MS_NOEXEC",
    "MS_NOSUID",
    "MS_PRIVATE",
    "MS_RDONLY",
    "MS_REC",
    "MS_REMOUNT",
    "attach_mount",
    "bound_capabilities",
    "collapse_pages",
    "detached_mount",
    "die_with_parent",
    "drop_capabilities",
    "forbid_new_privileges",
    "loopback_up",
    "make_dumpable",
    "mount",
    "open_folder",
    "set_hostname",
    "setns",
    "umount",
    "unshare",
]

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522

# The numbers are the same on every architecture since Linux 5.
_OPEN_TREE = 428
_MOVE_MOUNT = 429
_MOUNT_SETATTR = 442
_OPEN_TREE_CLONE = 1
_MOVE_MOUNT_F_EMPTY_PATH = 4
_AT_EMPTY_PATH = 0x1000
_AT_RECURSIVE = 0x8000
_AT_FDCWD = -100
_MOUNT_ATTR_NOSUID = 0x2
_MOUNT_ATTR_NODEV = 0x4
_MOUNT_ATTR_IDMAP = 0x00100000

_MADV_COLLAPSE = 25

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Move this process into new namespaces; ``flags`` selects their kinds (CLONE_NEW*)."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(fd: int, kind: int) -> None:
    """Join a namespace.

    Parameters
    ----------
    fd : int
        File descriptor of the namespace.
    kind : int
        Its kind (CLONE_NEW*).
    """
    _check(_libc.setns(ctypes.c_int(fd), ctypes.c_int(kind)), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system.

    Parameters
    ----------
    source, target : str
        As in mount(2).
    kind : str
        Type of the file system; empty for bind mounts.
    flags : int
        MS_* flags.
    options : str
        Options of the file system.

    Raises
    ------
    OSError
        The system refuses.
    """
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()
    )
    _check(result, f"mount {target}")


def umount(target: str) -> None:
    """Unmount ``target`` and all mounts below it, lazily, in this mount namespace."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def set_hostname(name: str) -> None:
    """Set the host name of this UTS namespace."""
    _check(_libc.sethostname(name.encode(), len(name.encode())), "sethostname")


def _prctl(option: int, *arguments: int) -> int:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return int(_libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(value) for value in padded)))


def make_dumpable(*, yes: bool) -> None:
    """Allow or forbid that processes of the same user trace this one and read its memory."""
    _check(_prctl(_PR_SET_DUMPABLE, int(yes)), "prctl")


def forbid_new_privileges() -> None:
    """Set ``no_new_privs``: programs started later gain no privileges, not even setuid ones."""
    _check(_prctl(_PR_SET_NO_NEW_PRIVS, 1), "prctl")


def die_with_parent() -> None:
    """Let the system kill this process when the thread that started it ends."""
    _check(_prctl(_PR_SET_PDEATHSIG, 9), "prctl")


def bound_capabilities() -> None:
    """Empty the capability bounding set, so that programs started later get none; needs CAP_SETPCAP."""
    for capability in range(64):
        if _prctl(_PR_CAPBSET_DROP, capability) < 0:
            break  # beyond the last capability of this system


def drop_capabilities() -> None:
    """Drop every capability irrevocably."""
    bound_capabilities()
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def loopback_up() -> None:
    """Bring up the loopback interface of this network namespace."""
    with socket(AF_INET, SOCK_DGRAM) as any_socket:
        ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", _IFF_UP, b""))


def collapse_pages(start: int, length: int) -> bool:
    """Collapse memory of this process into huge pages; return True if that succeeded.

    Parameters
    ----------
    start, length : int
        Address and length, bytes; both multiples of the huge page size.
    """
    # MADV_COLLAPSE exists since Linux 6.1, and fails for unused memory.
    place = ctypes.c_void_p(start), ctypes.c_size_t(length)
    return int(_libc.madvise(*place, ctypes.c_int(_MADV_COLLAPSE))) == 0


def open_folder(root: str, path: str, flags: int = os.O_PATH) -> int:
    """Open a folder without following symbolic links in any part of its path.

    Parameters
    ----------
    root : str
        Trusted folder to start from.
    path : str
        Path of the folder, relative to ``root``.
    flags : int
        Flags for `os.open` besides O_DIRECTORY, O_NOFOLLOW and O_CLOEXEC.

    Returns
    -------
    int
        File descriptor.

    Raises
    ------
    OSError
        The folder does not exist, or a part of its path is a link.
    """
    flags |= os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    here = os.open(root, flags)
    for part in path.strip("/").split("/"):
        below = os.open(part or ".", flags, dir_fd=here)
        os.close(here)
        here = below
    return here


def detached_mount(path: str, user_namespace: int) -> int:
    """Return a detached, id-mapped mount of a folder; only the host's root may do this.

    Parameters
    ----------
    path : str
        Folder, absolute.
    user_namespace : int
        File descriptor of the user namespace whose id maps apply to the owners of files.

    Returns
    -------
    int
        File descriptor of the mount.

    Raises
    ------
    OSError
        The folder does not exist, or the system or its file system does not support it.
    """
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_RECURSIVE | _AT_EMPTY_PATH
    source = open_folder("/", path)
    try:
        tree = _check(_libc.syscall(_OPEN_TREE, source, b"", flags), f"open_tree {path}")
    finally:
        os.close(source)
    # struct mount_attr: set, clear, propagation, user namespace
    wanted = _MOUNT_ATTR_IDMAP | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV
    attributes = struct.pack("QQQQ", wanted, 0, 0, user_namespace)
    flags = _AT_EMPTY_PATH | _AT_RECURSIVE
    try:
        _check(
            _libc.syscall(_MOUNT_SETATTR, tree, b"", flags, attributes, ctypes.c_size_t(len(attributes))),
            f"mount_setattr {path}",
        )
    except OSError:
        os.close(tree)
        raise
    return tree


def attach_mount(tree: int, target: str) -> None:
    """Attach a detached mount.

    Parameters
    ----------
    tree : int
        File descriptor of the mount.
    target : str
        Folder to mount it on.

    Raises
    ------
    OSError
        The system refuses.
    """
    _check(
        _libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, target.encode(), _MOVE_MOUNT_F_EMPTY_PATH),
        f"move_mount {target}",
    )
