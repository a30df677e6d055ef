"""Goes through files, folders and archives for what was handed in, without trusting any of them."""

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

from toolkit.errors import InputError, MentoringError, StorageError, UnreadableError
from toolkit.exercises.submission.submission_parser import MAX_BYTES, too_large
from toolkit.i18n import _, ngettext

__all__ = ["Arrival", "walk"]

_MAX_MEMBERS = 10_000
_MAX_UNPACKED = 2 * 1024**3
# JSON of repeated cells shrinks to a fiftieth; the bombs that go round shrink to a thousandth.
_MAX_RATIO = 200
# Folders in folders; deeper than anybody sorts homework.
_MAX_DEPTH = 50
# What `zipfile` makes of an archive that is torn, or packed in a way that it does not know.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, UnicodeError)


@dataclass(frozen=True)
class Arrival:
    """One file that was handed in, or why it was not taken.

    Parameters
    ----------
    name : str
        Where it was found, as a person would write it ("~/in/box.zip/ana/fizzbuzz.ipynb").
    place : str
        The same without the folders far above what was named, which say nothing about it.
    data : bytes or None
        As received; None where it was refused.
    refusal : MentoringError or None
        What is the matter, and what to do.
    archive : Path or None
        The zip archive that it was found in.
    """

    name: str
    place: str
    data: bytes | None = None
    refusal: MentoringError | None = None
    archive: Path | None = None


def walk(paths: Iterable[Path], *, max_bytes: int = MAX_BYTES) -> Iterator[Arrival]:
    """Yield every notebook in some files, folders (with what is below them) and zip archives.

    A file that is named itself is taken whatever its ending; in folders and archives those that end in
    .ipynb are. Hidden files, checkpoints and empty folders are passed over. Symbolic links are never
    followed. Whatever cannot be taken is yielded as a refusal, and the others go on.

    Parameters
    ----------
    max_bytes : int
        A larger file is refused without being read.
    """
    for path in paths:
        place = "/".join(path.absolute().parts[-3:]).lstrip("/")
        yield from _one(path, place, max_bytes, named=True)


def _one(path: Path, place: str, limit: int, *, depth: int = 0, named: bool = False) -> Iterator[Arrival]:
    name = str(path)
    try:
        kind = path.lstat().st_mode
        if stat.S_ISLNK(kind):
            yield Arrival(name, place, refusal=_link())
        elif stat.S_ISDIR(kind):
            if depth > _MAX_DEPTH:
                raise UnreadableError(
                    _("The folders are nested too deep."), _("Name the folder that the notebooks are in.")
                )
            # Sorted: the order of arrivals decides between two of the same second.
            for entry in sorted(path.iterdir()):
                if not entry.name.startswith((".", "__MACOSX")):
                    yield from _one(entry, f"{place}/{entry.name}", limit, depth=depth + 1)
        elif path.suffix.lower() == ".zip" and stat.S_ISREG(kind):
            yield from _archive(path, place, limit)
        elif named or path.suffix.lower() == ".ipynb":
            yield Arrival(name, place, _bytes_of(path, limit))
    except MentoringError as refusal:
        yield Arrival(name, place, refusal=refusal)
    except FileNotFoundError:
        missing = InputError(_("There is no such file or folder."), _("Check how it is spelt."))
        yield Arrival(name, place, refusal=missing)
    except OSError as error:
        denied = StorageError(
            _("It cannot be read: {why}.").format(why=error.strerror or error),
            _("Check who may read it: `ls -ld {path}`").format(path=path),
        )
        yield Arrival(name, place, refusal=denied)


def _link() -> UnreadableError:
    return UnreadableError(
        _("It is a symbolic link, and those are not followed."), _("Name the file that it points to.")
    )


def _special() -> UnreadableError:
    return UnreadableError(
        _("It is not a file with something in it (a pipe, a socket or a device)."),
        _("Hand in the notebook's own file."),
    )


def _bytes_of(path: Path, limit: int) -> bytes:
    # O_NOFOLLOW: it may have become a link since we looked. O_NONBLOCK: a pipe would wait for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _special()
        if status.st_size > limit:
            raise too_large(status.st_size, limit)
        return _at_most(file, limit)


def _at_most(file: IO[bytes], limit: int) -> bytes:
    data = file.read(limit + 1)
    if len(data) > limit:
        raise too_large(len(data), limit)
    return data


def _archive(path: Path, place: str, limit: int) -> Iterator[Arrival]:
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
                if unpacked > _MAX_UNPACKED:
                    raise _bomb()
                yield arrival
    except _DAMAGED as error:
        raise UnreadableError(
            _("The archive is damaged, or not a zip file."), _("Have it packed and sent again.")
        ) from error


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, place: str, limit: int
) -> Arrival | None:
    name, place = f"{path}/{member.filename}", f"{place}/{member.filename}"
    inside = PurePosixPath(member.filename)
    if member.is_dir():
        return None
    try:
        if _strays(member.filename):
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
            raise _link() if kind == stat.S_IFLNK else _special()
        if member.flag_bits & 0x1:
            raise UnreadableError(_("It is locked with a password."), _("Have it packed without one."))
        if member.file_size > limit:
            raise too_large(member.file_size, limit)
        if member.file_size > _MAX_RATIO * max(member.compress_size, 1_000):
            raise _bomb()
        # What the archive says of its sizes is not believed.
        with archive.open(member) as file:
            return Arrival(name, place, _at_most(file, limit), archive=path)
    except MentoringError as refusal:
        return Arrival(name, place, refusal=refusal, archive=path)
    except _DAMAGED:
        # The others in the archive may be sound.
        damaged = UnreadableError(_("It is damaged in the archive."), _("Have it packed and sent again."))
        return Arrival(name, place, refusal=damaged, archive=path)


def _strays(name: str) -> bool:
    plain = name.replace("\\", "/")
    return plain.startswith("/") or ".." in plain.split("/") or ":" in plain.split("/")[0] or "\0" in plain


def _bomb() -> UnreadableError:
    return UnreadableError(
        _("Unpacked, it would be far larger than any notebook."), _("Hand in the notebook itself.")
    )
