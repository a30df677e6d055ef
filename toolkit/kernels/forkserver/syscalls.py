"""The system calls of Linux that Python itself does not offer (all of them only from 3.12 on, or never)."""

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
    "collapse",
    "detached_mount",
    "die_with_parent",
    "drop_capabilities",
    "forbid_new_privileges",
    "loopback_up",
    "make_dumpable",
    "mount",
    "opened",
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
    """Leave the namespaces named by ``flags`` for new ones."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(fd: int, kind: int) -> None:
    """Join the namespace behind ``fd``."""
    _check(_libc.setns(ctypes.c_int(fd), ctypes.c_int(kind)), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount ``source`` on ``target``."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()
    )
    _check(result, f"mount {target}")


def umount(target: str) -> None:
    """Take ``target``, and all that is mounted below it, out of this namespace."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def set_hostname(name: str) -> None:
    """Name this UTS namespace."""
    _check(_libc.sethostname(name.encode(), len(name.encode())), "sethostname")


def _prctl(option: int, *arguments: int) -> int:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return int(_libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(value) for value in padded)))


def make_dumpable(*, yes: bool) -> None:
    """Say whether processes of the same user may trace this one and read its memory."""
    _check(_prctl(_PR_SET_DUMPABLE, int(yes)), "prctl")


def forbid_new_privileges() -> None:
    """Let no program that is started from here on gain rights, setuid or not."""
    _check(_prctl(_PR_SET_NO_NEW_PRIVS, 1), "prctl")


def die_with_parent() -> None:
    """Have this process killed when the thread that started it ends."""
    _check(_prctl(_PR_SET_PDEATHSIG, 9), "prctl")


def bound_capabilities() -> None:
    """See to it that no program started from here on gets a capability; only who has SETPCAP may do this."""
    for capability in range(64):
        if _prctl(_PR_CAPBSET_DROP, capability) < 0:
            break  # past the last one that this system knows


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    bound_capabilities()
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def loopback_up() -> None:
    """Bring up the loopback interface of this network namespace."""
    with socket(AF_INET, SOCK_DGRAM) as any_socket:
        ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", _IFF_UP, b""))


def collapse(start: int, length: int) -> bool:
    """Gather memory of this process in one large page; return whether that could be done.

    Parameters
    ----------
    start, length : int
        Where, bytes; both multiples of a large page.
    """
    # Linux has it since 6.1, and refuses where nothing lies there.
    place = ctypes.c_void_p(start), ctypes.c_size_t(length)
    return int(_libc.madvise(*place, ctypes.c_int(_MADV_COLLAPSE))) == 0


def opened(root: str, path: str, flags: int = os.O_PATH) -> int:
    """Return a descriptor of the folder ``path`` below ``root``, which no link on the way may lead elsewhere.

    Raises
    ------
    OSError
        There is none, or one of its parts is a link.
    """
    flags |= os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    here = os.open(root, flags)
    for part in path.strip("/").split("/"):
        below = os.open(part or ".", flags, dir_fd=here)
        os.close(here)
        here = below
    return here


def detached_mount(path: str, user_namespace: int) -> int:
    """Return a mount of ``path`` that is attached nowhere yet, with owners as ``user_namespace`` maps them.

    Parameters
    ----------
    user_namespace : int
        File descriptor of a user namespace: whoever is 0 in its map owns what root owns.

    Returns
    -------
    int
        File descriptor. Only real root may do this.
    """
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_RECURSIVE | _AT_EMPTY_PATH
    source = opened("/", path)
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
    """Attach a detached mount on ``target``."""
    _check(
        _libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, target.encode(), _MOVE_MOUNT_F_EMPTY_PATH),
        f"move_mount {target}",
    )
