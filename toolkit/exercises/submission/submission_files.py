"""Collects submitted notebooks from untrusted files, folders and archives."""

from __future__ import annotations

import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from toolkit._internal.nofollow_open import open_file
from toolkit.errors import InputError, MentoringError, StorageError, UnreadableError
from toolkit.exercises.submission.submission_parser import MAX_NOTEBOOK_BYTES, size_refusal
from toolkit.i18n import _, ngettext

__all__ = ["SubmittedFile", "find_submitted_files"]

_MAX_MEMBERS = 10_000
_MAX_UNPACKED_BYTES = 2 * 1024**3
# JSON with repeated cells compresses 50:1; common zip bombs 1000:1.
_MAX_COMPRESSION_RATIO = 200
# Levels of folders; deeper than any real collection of submissions.
_MAX_DEPTH = 50
# Errors of `zipfile` for a damaged archive or an unsupported compression method.
_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    UnicodeError,
)


@dataclass(frozen=True)
class SubmittedFile:
    """One submitted file, or the reason for its refusal.

    Parameters
    ----------
    name : str
        Path for messages ("~/in/box.zip/ana/fizzbuzz.ipynb").
    place : str
        End of the path, from at most two folders above the given path; used to identify the submission.
    data : bytes or None
        Content; None if refused.
    refusal : MentoringError or None
        Reason for the refusal, with the next step.
    archive : Path or None
        Zip archive that contains the file.
    """

    name: str
    place: str
    data: bytes | None = None
    refusal: MentoringError | None = None
    archive: Path | None = None


def find_submitted_files(
    paths: Iterable[Path], *, max_bytes: int = MAX_NOTEBOOK_BYTES
) -> Iterator[SubmittedFile]:
    """Yield every notebook in some files, folders (recursively) and zip archives.

    A file in ``paths`` is accepted with any suffix; in folders and archives only .ipynb files are. Hidden
    files, checkpoints and empty folders are skipped. Symbolic links are never followed. A file that cannot
    be accepted is yielded as a refusal, and the iteration continues.

    Parameters
    ----------
    paths : iterable of Path
        Files, folders and zip archives.
    max_bytes : int
        Maximum size of a notebook, bytes; a larger file is refused without being read.
    """
    for path in paths:
        place = "/".join(path.absolute().parts[-3:]).lstrip("/")
        yield from _one(path, place, max_bytes, named=True)


def _one(
    path: Path, place: str, limit: int, *, depth: int = 0, named: bool = False
) -> Iterator[SubmittedFile]:
    name = str(path)
    try:
        kind = path.lstat().st_mode
        if stat.S_ISLNK(kind):
            yield SubmittedFile(name, place, refusal=_link_error())
        elif stat.S_ISDIR(kind):
            if depth > _MAX_DEPTH:
                raise UnreadableError(
                    _("The folders are nested too deep."), _("Name the folder that the notebooks are in.")
                )
            # Sorted, because the order decides between two submissions of the same second.
            for entry in sorted(path.iterdir()):
                if not entry.name.startswith((".", "__MACOSX")):
                    yield from _one(entry, f"{place}/{entry.name}", limit, depth=depth + 1)
        elif path.suffix.lower() == ".zip" and stat.S_ISREG(kind):
            yield from _archive(path, place, limit)
        elif named or path.suffix.lower() == ".ipynb":
            yield SubmittedFile(name, place, _read_file(path, limit))
    except MentoringError as refusal:
        yield SubmittedFile(name, place, refusal=refusal)
    except FileNotFoundError:
        missing = InputError(_("There is no such file or folder."), _("Check how it is spelt."))
        yield SubmittedFile(name, place, refusal=missing)
    except OSError as error:
        denied = StorageError(
            _("It cannot be read: {why}.").format(why=error.strerror or error),
            _("Check who may read it: `ls -ld {path}`").format(path=path),
        )
        yield SubmittedFile(name, place, refusal=denied)


def _link_error() -> UnreadableError:
    return UnreadableError(
        _("It is a symbolic link, and those are not followed."), _("Name the file that it points to.")
    )


def _special_file_error() -> UnreadableError:
    return UnreadableError(
        _("It is not a file with something in it (a pipe, a socket or a device)."),
        _("Hand in the notebook's own file."),
    )


def _read_file(path: Path, limit: int) -> bytes:
    # It may have become a link or a pipe since `lstat`.
    with os.fdopen(open_file(path), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _special_file_error()
        if status.st_size > limit:
            raise size_refusal(status.st_size, limit)
        return _read_limited(file, limit)


def _read_limited(file: IO[bytes], limit: int) -> bytes:
    data = file.read(limit + 1)
    if len(data) > limit:
        raise size_refusal(len(data), limit)
    return data


def _archive(path: Path, place: str, limit: int) -> Iterator[SubmittedFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS:
                raise UnreadableError(
                    ngettext(
                        "The archive has {n} entry; {limit} are the limit.",
                        "The archive has {n} entries; {limit} are the limit.",
                        len(members),
                    ).format(n=len(members), limit=_MAX_MEMBERS),
                    _("Unpack it, and hand in the folder."),
                )
            unpacked = 0
            for member in sorted(members, key=lambda member: member.filename):
                arrival = _member(archive, member, path, place, limit)
                if arrival is None:
                    continue
                unpacked += len(arrival.data or b"")
                if unpacked > _MAX_UNPACKED_BYTES:
                    raise _zip_bomb_error()
                yield arrival
    except _ARCHIVE_ERRORS as error:
        raise UnreadableError(
            _("The archive is damaged, or not a zip file."), _("Have it packed and sent again.")
        ) from error


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, place: str, limit: int
) -> SubmittedFile | None:
    name, place = f"{path}/{member.filename}", f"{place}/{member.filename}"
    inside = PurePosixPath(member.filename)
    if member.is_dir():
        return None
    try:
        if _leaves_archive(member.filename):
            raise UnreadableError(
                _("Its name in the archive points outside it."), _("Have it packed and sent again.")
            )
        if any(part.startswith((".", "__MACOSX")) for part in inside.parts):
            return None
        if inside.suffix.lower() == ".zip":
            raise UnreadableError(
                _("It is an archive within an archive."), _("Unpack it, and hand in what is in it.")
            )
        if inside.suffix.lower() != ".ipynb":
            return None
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise _link_error() if kind == stat.S_IFLNK else _special_file_error()
        if member.flag_bits & 0x1:
            raise UnreadableError(_("It is locked with a password."), _("Have it packed without one."))
        if member.file_size > limit:
            raise size_refusal(member.file_size, limit)
        if member.file_size > _MAX_COMPRESSION_RATIO * max(member.compress_size, 1_000):
            raise _zip_bomb_error()
        # The sizes in the archive's directory may be forged, so the read itself is limited.
        with archive.open(member) as file:
            return SubmittedFile(name, place, _read_limited(file, limit), archive=path)
    except MentoringError as refusal:
        return SubmittedFile(name, place, refusal=refusal, archive=path)
    except _ARCHIVE_ERRORS:
        # Other members may be intact.
        damaged = UnreadableError(_("It is damaged in the archive."), _("Have it packed and sent again."))
        return SubmittedFile(name, place, refusal=damaged, archive=path)


def _leaves_archive(name: str) -> bool:
    plain = name.replace("\\", "/")
    return plain.startswith("/") or ".." in plain.split("/") or ":" in plain.split("/")[0] or "\0" in plain


def _zip_bomb_error() -> UnreadableError:
    return UnreadableError(
        _("Unpacked, it would be far larger than any notebook."), _("Hand in the notebook itself.")
    )
