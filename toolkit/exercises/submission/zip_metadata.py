"""Names and times of zip entries as the systems write them that pack archives."""

from __future__ import annotations

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

__all__ = ["zip_entry_name", "zip_entry_time"]

_UTF8_FLAG = 0x800
_TIMES_FIELD = 0x5455
_NTFS_FIELD = 0x000A
_UNICODE_PATH_FIELD = 0x7075
_NTFS_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
# Windows packs names in the code page of its terminal: western Europe's first, then the American one.
_CODE_PAGES = ("cp850", "cp437", "cp1252")


def zip_entry_name(info: zipfile.ZipInfo) -> str:
    """Return the name of an entry, with slashes, decoded as the system meant it that packed the archive.

    Parameters
    ----------
    info : zipfile.ZipInfo
        The entry.
    """
    return _decoded_name(info).replace("\\", "/")


def zip_entry_time(info: zipfile.ZipInfo) -> datetime | None:
    """Return the time of an entry's file in UTC; None if it has none.

    An entry without a time in UTC has the local time of the machine that packed it, which is taken for
    local time here.

    Parameters
    ----------
    info : zipfile.ZipInfo
        The entry.
    """
    with suppress(struct.error, OverflowError, ValueError, OSError):
        for field, data in _extra_fields(info.extra):
            if field == _TIMES_FIELD and data and data[0] & 1:
                return datetime.fromtimestamp(struct.unpack_from("<i", data, 1)[0], UTC)
            if field == _NTFS_FIELD:
                tag, _size, ticks = struct.unpack_from("<HHQ", data, 4)
                if tag == 1 and ticks:
                    return _NTFS_EPOCH + timedelta(microseconds=ticks // 10)
    # Programs that know no time write the first one that the format has.
    if info.date_time <= (1980, 1, 1, 0, 0, 0):
        return None
    with suppress(ValueError, OverflowError, OSError):
        return datetime(*info.date_time).astimezone(UTC)  # local time
    return None


def _decoded_name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _UTF8_FLAG or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    with suppress(UnicodeDecodeError, struct.error):
        for field, data in _extra_fields(info.extra):
            if field == _UNICODE_PATH_FIELD and struct.unpack_from("<I", data, 1)[0] == zlib.crc32(raw):
                return data[5:].decode("utf-8")
    # macOS and Linux often pack names in UTF-8 without saying so.
    with suppress(UnicodeDecodeError):
        return raw.decode("utf-8")
    decoded = [raw.decode(page) for page in _CODE_PAGES if _can_decode(raw, page)]
    return max(decoded, key=_plausibility)


def _can_decode(raw: bytes, page: str) -> bool:
    try:
        raw.decode(page)
    except UnicodeDecodeError:
        return False
    return True


def _plausibility(name: str) -> int:
    """Return how many letters look right in a name: Latin, and capitals only among capitals or in front."""
    right = 0
    before = " "
    for char in name:
        if not char.isascii():
            latin = char.isalpha() and unicodedata.name(char, "").startswith("LATIN")
            misplaced = char.isupper() and before.islower()
            right += 1 if latin and not misplaced else -1
            right -= char in "ÐÞðþ"  # rare as letters, common as wrongly decoded ones
        before = char
    return right


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        field, size = struct.unpack_from("<HH", extra, at)
        yield field, extra[at + 4 : at + 4 + size]
        at += 4 + size
