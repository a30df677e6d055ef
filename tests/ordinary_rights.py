"""Root without its right to ignore file modes, for tests of folders without permissions."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["ordinary_rights"]

_VERSION = 0x20080522
# CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
_OVERRIDE = 1 << 1 | 1 << 2

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, data: ctypes.Array[ctypes.c_char]) -> None:
    header = ctypes.create_string_buffer(struct.pack("=Ii", _VERSION, 0), 8)
    if getattr(_libc, name)(header, data):
        raise OSError(ctypes.get_errno(), name)


@contextmanager
def ordinary_rights() -> Iterator[None]:
    """Make file modes apply to this thread, and to those that it starts, although it runs as root."""
    if os.geteuid() != 0:
        yield
        return
    # Three numbers (effective, permitted, inheritable), for the lower and for the upper capabilities.
    before = ctypes.create_string_buffer(24)
    _call("capget", before)
    effective, *others = struct.unpack("=6I", before.raw[:24])
    _call("capset", ctypes.create_string_buffer(struct.pack("=6I", effective & ~_OVERRIDE, *others), 24))
    try:
        yield
    finally:
        _call("capset", before)
