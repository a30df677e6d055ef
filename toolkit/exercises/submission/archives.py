"""Reads the members of zip and tar archives, which are untrusted, with limits on their number and size."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast

from toolkit.errors import MentoringError, UnreadableError
from toolkit.exercises.submission.zip_metadata import zip_entry_name, zip_entry_time
from toolkit.i18n import _, ngettext

__all__ = [
    "ARCHIVE_ERRORS",
    "Member",
    "bomb_error",
    "is_archive_name",
    "is_foreign_archive_name",
    "link_error",
    "nested_stream",
    "open_archive",
    "read_limited",
    "special_file_error",
]

_MAX_MEMBERS = 10_000
_MAX_UNPACKED_BYTES = 2 * 1024**3
# A small archive may become as large as this, whatever its compression.
_ALWAYS_ALLOWED_BYTES = 100 * 1024**2
# Size of an archive within an archive, at most.
_MAX_NESTED_BYTES = 500 * 1024**2
# JSON with repeated cells compresses 50:1; common zip bombs 1000:1.
_MAX_COMPRESSION_RATIO = 200
_IN_MEMORY_BYTES = 32 * 1024**2
_MAX_HEADER_BYTES = 64 * 1024**2
_SUFFIXES = (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".gz", ".bz2", ".xz")
_FOREIGN_SUFFIXES = (".rar", ".7z", ".zst", ".tzst", ".cab", ".lzh", ".ace", ".z", ".sit", ".dmg", ".iso")
#: Errors of a damaged archive, or of a method of compression that Python does not have.
ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    UnicodeError,
    OSError,
)


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    Parameters
    ----------
    name : str
        Path in the archive, with slashes.
    size : int
        Size as the archive states it, bytes; it may be forged.
    open : callable
        Opens the file for reading.
    problem : MentoringError, optional
        Reason why it must not be read.
    made_at : datetime, optional
        Time of the file, in UTC; None if the archive has none.
    position : int
        Place in the order in which the archive was filled.
    """

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    problem: MentoringError | None = None
    made_at: datetime | None = None
    position: int = 0


def is_archive_name(name: str) -> bool:
    """Return whether a file's name is that of an archive that can be opened."""
    return name.lower().endswith(_SUFFIXES)


def is_foreign_archive_name(name: str) -> bool:
    """Return whether a file's name is that of an archive that only other programs can open."""
    return name.lower().endswith(_FOREIGN_SUFFIXES)


def open_archive(stream: IO[bytes], name: str) -> Iterator[Member]:
    """Yield the members of an archive. Its content, not its name, decides of which kind it is.

    Parameters
    ----------
    stream : file object
        The archive, seekable; it must stay open while the members are read.
    name : str
        File name of the archive; a compressed single file has it without the suffix.

    Raises
    ------
    UnreadableError
        It has too many members, or would be too large when unpacked.
    Exception
        One of `ARCHIVE_ERRORS`: it is damaged. Members that were read before were yielded.
    """
    head = stream.read(6)
    stream.seek(0)
    if head.startswith(b"PK"):
        yield from _zip_members(stream)
        return
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    unpacked: IO[bytes] = stream
    if head.startswith(b"\x1f\x8b"):
        unpacked = cast("IO[bytes]", gzip.GzipFile(fileobj=stream, mode="rb"))
    elif head.startswith(b"BZh"):
        unpacked = cast("IO[bytes]", bz2.BZ2File(stream))
    elif head.startswith(b"\xfd7zXZ"):
        unpacked = cast("IO[bytes]", lzma.LZMAFile(stream))  # noqa: SIM115 - members are read later
    yield from _tar_members(_BoundedReader(unpacked, size), name, compressed=unpacked is not stream)


def read_limited(file: IO[bytes], limit: int, too_large: Callable[[int], MentoringError]) -> bytes:
    """Read a file completely.

    Parameters
    ----------
    file : file object
        File opened for reading.
    limit : int
        Maximum size, bytes.
    too_large : callable
        Returns the error for a file of a size in bytes, which is raised.
    """
    data = file.read(limit + 1)
    if len(data) > limit:
        raise too_large(len(data))
    return data


def special_file_error() -> UnreadableError:
    """Return the error for a pipe, a socket or a device."""
    return UnreadableError(
        _("It is not a file with something in it (a pipe, a socket or a device)."),
        _("Hand in the notebook's own file."),
    )


def link_error() -> UnreadableError:
    """Return the error for a symbolic link."""
    return UnreadableError(
        _("It is a symbolic link, and those are not followed."), _("Name the file that it points to.")
    )


def bomb_error() -> UnreadableError:
    """Return the error for an archive that is far larger when it is unpacked."""
    return UnreadableError(
        _("Unpacked, it would be far larger than any notebook."), _("Hand in the notebook itself.")
    )


@contextmanager
def nested_stream(member: Member) -> Iterator[IO[bytes]]:
    """Open an archive within an archive as a seekable file.

    Parameters
    ----------
    member : Member
        Member that is an archive.

    Raises
    ------
    UnreadableError
        It is too large.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spooled:
        with member.open() as file:
            while piece := file.read(1 << 20):
                if spooled.tell() > _MAX_NESTED_BYTES:
                    raise bomb_error()
                spooled.write(piece)
        spooled.seek(0)
        yield cast("IO[bytes]", spooled)


class _BoundedReader(io.RawIOBase):
    """File of an unpacked archive that refuses to go on after too many bytes."""

    def __init__(self, file: IO[bytes], packed_size: int) -> None:
        self._file = file
        self._limit = min(
            _MAX_UNPACKED_BYTES, max(_ALWAYS_ALLOWED_BYTES, _MAX_COMPRESSION_RATIO * packed_size)
        )

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0 or size > _MAX_HEADER_BYTES:
            size = _MAX_HEADER_BYTES
        if self._file.tell() + size > self._limit + _MAX_HEADER_BYTES:
            raise bomb_error()
        return self._file.read(size)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and offset > self._limit:
            raise bomb_error()
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _check_number(count: int) -> None:
    if count > _MAX_MEMBERS:
        raise UnreadableError(
            ngettext(
                "The archive has {n} entry; {limit} are the limit.",
                "The archive has {n} entries; {limit} are the limit.",
                count,
            ).format(n=count, limit=_MAX_MEMBERS),
            _("Unpack it, and hand in the folder."),
        )


def _zip_members(stream: IO[bytes]) -> Iterator[Member]:
    archive = zipfile.ZipFile(stream)
    infos = archive.infolist()
    _check_number(len(infos))
    found = [(zip_entry_name(info), info) for info in infos]
    for name, info in sorted(found, key=lambda pair: pair[0]):
        if name.endswith("/") or info.is_dir():
            continue
        yield Member(
            name,
            info.file_size,
            lambda info=info: archive.open(info),  # type: ignore[misc]
            _zip_problem(info),
            zip_entry_time(info),
            info.header_offset,
        )


def _zip_problem(info: zipfile.ZipInfo) -> MentoringError | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        return link_error() if kind == stat.S_IFLNK else special_file_error()
    if info.flag_bits & 0x1:
        return UnreadableError(_("It is locked with a password."), _("Have it packed without one."))
    if info.file_size > _MAX_COMPRESSION_RATIO * max(info.compress_size, 1_000):
        return bomb_error()
    return None


def _tar_members(file: _BoundedReader, name: str, *, compressed: bool) -> Iterator[Member]:
    try:
        archive = tarfile.open(fileobj=cast("IO[bytes]", file), mode="r:")  # noqa: SIM115 - members are read later
    except tarfile.ReadError:
        if not compressed:
            raise
        # A single compressed file: "bakery-till.ipynb.gz".
        file.seek(0)
        yield Member(name.rsplit(".", 1)[0], 0, lambda: cast("IO[bytes]", io.BufferedReader(file)))
        return
    for count, info in enumerate(archive, 1):
        _check_number(count)
        if info.isdir():
            continue
        problem: MentoringError | None = None
        if info.issym() or info.islnk():
            problem = link_error()
        elif not info.isfile():
            problem = special_file_error()
        made_at = None
        if 0 < info.mtime < 2**33:
            made_at = datetime.fromtimestamp(info.mtime, UTC)
        yield Member(
            info.name.replace("\\", "/"),
            info.size,
            lambda info=info: cast("IO[bytes]", archive.extractfile(info)),  # type: ignore[misc]
            problem,
            made_at,
            info.offset,
        )
    # `tarfile` stops without an error at a header that is torn, or is none.
    file.seek(archive.offset)
    if file.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise tarfile.ReadError("no header where one should be")
