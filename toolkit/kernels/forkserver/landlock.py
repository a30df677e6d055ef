"""Landlock: restricts the files of student code, and keeps its signals and sockets in the sandbox.

It is the second layer: the mounts already hide all other files, and Landlock protects if a mount is wrong.

See docs/decisions/0005-the-sandbox.md.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Sequence

__all__ = ["landlock_abi", "restrict_paths"]

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

_ABI_1_RIGHTS = (1 << 13) - 1
_LATER_RIGHTS = ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV))
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_RIGHTS = _EXECUTE | _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
_DEVICE_NODES = _MAKE_CHAR | _MAKE_BLOCK  # never granted

_SCOPES = (1 << 0) | (1 << 1)  # abstract unix sockets, signals
_SCOPES_SINCE = 6
# Student code may be refused a thousand times a second, which must not fill the system's log.
_LOG_OFF = (1 << 0) | (1 << 2)  # LANDLOCK_RESTRICT_SELF_LOG_{SAME_EXEC,SUBDOMAINS}_OFF
_LOG_OFF_SINCE = 7
_MIN_ABI = 2  # ABI 1 refuses every rename between folders
_MAX_ABI = 7

# The numbers are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1 << 0
_PATH_BENEATH = 1

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def landlock_abi() -> int:
    """Return the Landlock version of this system; 0 if it has none."""
    return max(0, int(_call(_CREATE_RULESET, None, 0, _VERSION)))


def restrict_paths(*, read: Sequence[str], write: Sequence[str]) -> int:
    """Restrict this thread and its future children to some files and folders.

    Signals and abstract unix sockets cannot reach other processes.

    Parameters
    ----------
    read : sequence of str
        Files and folders (with their contents) that may be read and executed.
    write : sequence of str
        Files, devices and folders (with their contents) that may also be written.

    Returns
    -------
    int
        Landlock version used; 0 if the system has none or version 1 only, then nothing is restricted.

    Raises
    ------
    OSError
        A path does not exist; neither ``no_new_privs`` nor CAP_SYS_ADMIN is set; or the system refuses for
        another reason. Nothing is restricted then.
    """
    version = min(landlock_abi(), _MAX_ABI)
    if version < _MIN_ABI:
        return 0
    handled = _ABI_1_RIGHTS
    for since, right in _LATER_RIGHTS:
        handled |= right if version >= since else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    # struct landlock_ruleset_attr: files, network, scopes; an older system accepts zeros at the end
    attributes = struct.pack("=QQQ", handled, 0, scopes)
    ruleset = _checked("create_ruleset", _call(_CREATE_RULESET, attributes, len(attributes), 0))
    try:
        for paths, rights in ((read, handled & _READ), (write, handled & ~_DEVICE_NODES)):
            for path in paths:
                _add(ruleset, path, rights)
        flags = _LOG_OFF if version >= _LOG_OFF_SINCE else 0
        _checked("restrict_self", _call(_RESTRICT_SELF, ruleset, flags))
    finally:
        os.close(ruleset)
    return version


def _add(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _FILE_RIGHTS  # the system refuses folder rights in a rule for a file
        rule = struct.pack("=Qi", rights, place)  # struct landlock_path_beneath_attr, packed
        _checked(f"add_rule {path}", _call(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    # ctypes would pass an int as 32 bits, and leave the upper half of the register undefined.
    wide = (ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
    return int(_libc.syscall(ctypes.c_long(number), *wide))


def _checked(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock {what}: {os.strerror(number)}")
    return result
