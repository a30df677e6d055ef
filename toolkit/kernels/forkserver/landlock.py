"""Landlock: which files student code may touch, and that its signals and sockets stay in the sandbox.

It is the second wall: the mounts already show nothing else, and this holds should one of them be wrong.

See docs/decisions/0005-the-sandbox.md.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Sequence

__all__ = ["abi", "restrict"]

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

_FIRST = (1 << 13) - 1  # all the rights of ABI 1: the three below came later
_LATER = ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV))
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
_DEVICE_NODES = _MAKE_CHAR | _MAKE_BLOCK  # nobody gets these

_SCOPES = (1 << 0) | (1 << 1)  # abstract unix sockets, signals
_SCOPES_SINCE = 6
# Student code may be refused a thousand times a second: the system's log is not the place for it.
_QUIET = (1 << 0) | (1 << 2)  # LANDLOCK_RESTRICT_SELF_LOG_{SAME_EXEC,SUBDOMAINS}_OFF
_QUIET_SINCE = 7
_USEFUL = 2  # ABI 1 refuses every move from one folder to another
_KNOWN = 7

# The numbers are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1 << 0
_PATH_BENEATH = 1

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def abi() -> int:
    """Return which version of Landlock this system has, 0 where there is none."""
    return max(0, int(_call(_CREATE_RULESET, None, 0, _VERSION)))


def restrict(*, read: Sequence[str], write: Sequence[str]) -> int:
    """Confine this thread, and all that it will ever start, to some files and folders.

    Nothing reaches out of the process and what it starts: no signal, no abstract unix socket.

    Parameters
    ----------
    read : sequence of str
        Files and folders that may be read and executed, with all that is below them.
    write : sequence of str
        Those that may also be written, device files among them.

    Returns
    -------
    int
        The version of Landlock that was used; 0: this system has none that is of use, nothing has changed.

    Raises
    ------
    OSError
        When one of the paths is not there, when neither ``no_new_privs`` is set nor CAP_SYS_ADMIN held, and
        whatever else the system refuses. Nothing has changed then.
    """
    version = min(abi(), _KNOWN)
    if version < _USEFUL:
        return 0
    handled = _FIRST
    for since, right in _LATER:
        handled |= right if version >= since else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    # struct landlock_ruleset_attr: files, network, scopes; an older system accepts zeros at the end
    attributes = struct.pack("=QQQ", handled, 0, scopes)
    ruleset = _checked("create_ruleset", _call(_CREATE_RULESET, attributes, len(attributes), 0))
    try:
        for paths, rights in ((read, handled & _READ), (write, handled & ~_DEVICE_NODES)):
            for path in paths:
                _add(ruleset, path, rights)
        quiet = _QUIET if version >= _QUIET_SINCE else 0
        _checked("restrict_self", _call(_RESTRICT_SELF, ruleset, quiet))
    finally:
        os.close(ruleset)
    return version


def _add(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES  # a rule for a file that speaks of folders is refused
        rule = struct.pack("=Qi", rights, place)  # struct landlock_path_beneath_attr, packed
        _checked(f"add_rule {path}", _call(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    # Python would pass an integer as 32 bits, and leave the upper half of the register as it is.
    wide = (ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
    return int(_libc.syscall(ctypes.c_long(number), *wide))


def _checked(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock {what}: {os.strerror(number)}")
    return result
