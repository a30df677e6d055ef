"""Collects submitted notebooks from untrusted files, folders and archives; nothing in them is passed over."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from toolkit._internal.nofollow_open import open_file
from toolkit.errors import InputError, MentoringError, StorageError, UnreadableError
from toolkit.exercises.submission.archives import (
    ARCHIVE_ERRORS,
    Member,
    bomb_error,
    is_archive_name,
    is_foreign_archive_name,
    link_error,
    nested_stream,
    open_archive,
    read_limited,
    special_file_error,
)
from toolkit.exercises.submission.hand_in_time import TIMESTAMP_NAME, parse_timestamp, time_in_names
from toolkit.exercises.submission.submission_parser import MAX_NOTEBOOK_BYTES, size_refusal
from toolkit.i18n import _

__all__ = ["SubmittedFile", "find_submitted_files"]

_MAX_UNPACKED_BYTES = 2 * 1024**3
# Levels of folders; deeper than any real collection of submissions.
_MAX_DEPTH = 50
# A platform's archive of everybody's archives, each with an archive of a student's own.
_MAX_ARCHIVES = 3
_MAX_TIMESTAMP_BYTES = 4_000
# Suffixes that programs put behind the name of a notebook, or in its place.
_OTHER_SUFFIXES = {"", ".json", ".txt"}


@dataclass(frozen=True)
class SubmittedFile:
    """One submitted file, or the reason why it is refused or left aside.

    Parameters
    ----------
    name : str
        Path for messages ("~/in/box.zip/ana/fizzbuzz.ipynb").
    place : str
        End of the path, from at most two folders above the given path; used to identify the submission.
    data : bytes or None
        Content; None if refused or left aside.
    refusal : MentoringError or None
        Reason for the refusal, with the next step.
    archive : Path or None
        Archive that contains the file.
    left : bool
        True for a file that is no submission: data of an exercise, a file of the system.
    made_at : datetime or None
        Time of the submission as its place states it, else of the file, in UTC; None if unknown.
    position : int
        Place in the order in which an archive was filled; 0 outside archives.
    handed_in_at : datetime or None
        Time in the `timestamp.txt` that nbgrader wrote beside the file, in UTC. None without one, and in an
        archive, which the student may have packed.
    """

    name: str
    place: str
    data: bytes | None = None
    refusal: MentoringError | None = None
    archive: Path | None = None
    left: bool = False
    made_at: datetime | None = None
    position: int = 0
    handed_in_at: datetime | None = None


def find_submitted_files(
    paths: Iterable[Path], *, max_bytes: int = MAX_NOTEBOOK_BYTES
) -> Iterator[SubmittedFile]:
    """Yield every file in some files, folders and archives, recursively: notebooks, and what is none.

    A file in ``paths`` is accepted with any suffix; in folders and archives only notebooks are, and other
    files are yielded as left aside. Hidden files and folders are yielded once, and not looked into. Symbolic
    links are never followed. A file that cannot be accepted is yielded as a refusal, and the iteration
    continues. The `timestamp.txt` of nbgrader gives the time of the files beside it.

    Parameters
    ----------
    paths : iterable of Path
        Files, folders and archives (zip, tar, and tar compressed with gzip, bzip2 or xz).
    max_bytes : int
        Maximum size of a notebook, bytes; a larger file is refused without being read.
    """
    for path in paths:
        place = "/".join(path.absolute().parts[-3:]).lstrip("/")
        stated = _stated_time(path.parent) if path.suffix.lower() == ".ipynb" else None
        yield from _one(path, place, max_bytes, named=True, stated=stated)


def _one(
    path: Path,
    place: str,
    limit: int,
    *,
    depth: int = 0,
    named: bool = False,
    stated: datetime | None = None,
) -> Iterator[SubmittedFile]:
    name = str(path)
    try:
        status = path.lstat()
        kind = status.st_mode
        made_at = stated or time_in_names(place.split("/")) or _file_time(status)
        if stat.S_ISLNK(kind):
            yield SubmittedFile(name, place, refusal=link_error())
        elif not named and _is_hidden(path.name):
            yield _left(name, place, _hidden_error(path.name))
        elif stat.S_ISDIR(kind):
            yield from _folder(path, place, limit, depth)
        elif is_archive_name(path.name) and stat.S_ISREG(kind):
            yield from _archive(path, place, limit)
        elif named or path.suffix.lower() == ".ipynb":
            yield SubmittedFile(name, place, _read_file(path, limit), made_at=made_at, handed_in_at=stated)
        elif path.name != TIMESTAMP_NAME or not _stated_time(path.parent):
            # A `timestamp.txt` that can be read is taken: its time is that of the files beside it.
            data = _renamed_notebook(path, status, limit)
            if data is not None:
                yield SubmittedFile(name, place, data, made_at=made_at)
            else:
                yield _left(name, place, _no_notebook_error(path.name))
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


def _renamed_notebook(path: Path, status: os.stat_result, limit: int) -> bytes | None:
    """Return the content of a notebook with another suffix; None for a file of another kind."""
    if is_foreign_archive_name(path.name):
        raise _foreign_archive_error()
    if _may_be_notebook(path.name) and stat.S_ISREG(status.st_mode) and status.st_size <= limit:
        data = _read_file(path, limit)
        if _looks_like_notebook(data):
            return data
    return None


def _folder(path: Path, place: str, limit: int, depth: int) -> Iterator[SubmittedFile]:
    if depth > _MAX_DEPTH:
        raise UnreadableError(
            _("The folders are nested too deep."), _("Name the folder that the notebooks are in.")
        )
    stated = _stated_time(path)
    for entry in sorted(path.iterdir()):
        yield from _one(entry, f"{place}/{entry.name}", limit, depth=depth + 1, stated=stated)


def _read_file(path: Path, limit: int) -> bytes:
    # It may have become a link or a pipe since `lstat`.
    with os.fdopen(open_file(path), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise special_file_error()
        if status.st_size > limit:
            raise size_refusal(status.st_size, limit)
        return read_limited(file, limit, lambda size: size_refusal(size, limit))


def _archive(path: Path, place: str, limit: int) -> Iterator[SubmittedFile]:
    with os.fdopen(open_file(path), "rb") as stream:
        members = _Members(path, limit)
        yield from members.of(stream, path.name, str(path), place, depth=1)


class _Members:
    """The files of one archive and of the archives in it.

    Parameters
    ----------
    archive : Path
        The outermost archive.
    limit : int
        Maximum size of a notebook, bytes.
    """

    def __init__(self, archive: Path, limit: int) -> None:
        self._archive = archive
        self._limit = limit
        self._unpacked = 0

    def of(
        self, stream: object, file_name: str, name: str, place: str, depth: int
    ) -> Iterator[SubmittedFile]:
        """Yield the files of an opened archive.

        Parameters
        ----------
        stream : file object
            The archive, seekable.
        file_name : str
            File name of the archive.
        name, place : str
            As in `SubmittedFile`.
        depth : int
            Number of archives around its members.
        """
        members: list[Member] = []
        problem: MentoringError | None = None
        try:
            members.extend(open_archive(stream, file_name))  # type: ignore[arg-type]
        except MentoringError as error:
            problem = error
        except ARCHIVE_ERRORS:
            problem = UnreadableError(
                _("The archive is damaged, or not a zip file."), _("Have it packed and sent again.")
            )
        times = {folder: time for folder, time in map(self._stated, members) if time}
        hidden: set[str] = set()
        for member in members:
            folder, _slash, base = member.name.rpartition("/")
            if base == TIMESTAMP_NAME and folder in times:
                continue
            yield from self._member(member, name, place, times.get(folder), hidden, depth)
        if not members and problem is None:
            problem = UnreadableError(_("The archive is empty."), _("Have it packed and sent again."))
        if problem is not None:
            yield SubmittedFile(name, place, refusal=problem, archive=self._archive)

    def _stated(self, member: Member) -> tuple[str, datetime | None]:
        folder, _slash, base = member.name.rpartition("/")
        if base != TIMESTAMP_NAME or member.problem or member.size > _MAX_TIMESTAMP_BYTES:
            return folder, None
        with suppress(MentoringError, *ARCHIVE_ERRORS), member.open() as file:
            return folder, parse_timestamp(file.read(_MAX_TIMESTAMP_BYTES).decode("utf-8-sig", "replace"))
        return folder, None

    def _member(
        self,
        member: Member,
        name: str,
        place: str,
        stated: datetime | None,
        hidden: set[str],
        depth: int,
    ) -> Iterator[SubmittedFile]:
        here, place_here = f"{name}/{member.name}", f"{place}/{member.name}"
        try:
            if _leaves_archive(member.name):
                raise UnreadableError(
                    _("Its name in the archive points outside it."), _("Have it packed and sent again.")
                )
            parts = PurePosixPath(member.name).parts
            first = next((index for index, part in enumerate(parts) if _is_hidden(part)), None)
            if first is not None:
                top = "/".join(parts[: first + 1])
                if top not in hidden:
                    hidden.add(top)
                    yield _left(f"{name}/{top}", f"{place}/{top}", _hidden_error(parts[first]), self._archive)
                return
            yield from self._visible(member, parts[-1], here, place_here, stated, depth)
        except MentoringError as refusal:
            yield SubmittedFile(here, place_here, refusal=refusal, archive=self._archive)
        except ARCHIVE_ERRORS:
            # Other members may be intact.
            damaged = UnreadableError(_("It is damaged in the archive."), _("Have it packed and sent again."))
            yield SubmittedFile(here, place_here, refusal=damaged, archive=self._archive)

    def _visible(
        self, member: Member, base: str, name: str, place: str, stated: datetime | None, depth: int
    ) -> Iterator[SubmittedFile]:
        is_notebook = base.lower().endswith(".ipynb")
        if is_archive_name(base):
            if member.problem:
                raise member.problem
            if depth >= _MAX_ARCHIVES:
                raise UnreadableError(
                    _("It is an archive within an archive."), _("Unpack it, and hand in what is in it.")
                )
            with nested_stream(member) as stream:
                yield from self.of(stream, base, name, place, depth + 1)
            return
        if is_foreign_archive_name(base):
            raise _foreign_archive_error()
        if not is_notebook and not (_may_be_notebook(base) and member.size <= self._limit):
            yield _left(name, place, _no_notebook_error(base), self._archive)
            return
        if member.problem:
            raise member.problem
        if member.size > self._limit:
            raise size_refusal(member.size, self._limit)
        # The sizes in the archive's directory may be forged, so the read itself is limited.
        with member.open() as file:
            data = read_limited(file, self._limit, lambda size: size_refusal(size, self._limit))
        self._unpacked += len(data)
        if self._unpacked > _MAX_UNPACKED_BYTES:
            raise bomb_error()
        if not is_notebook and not _looks_like_notebook(data):
            yield _left(name, place, _no_notebook_error(base), self._archive)
            return
        made_at = stated or time_in_names(place.split("/")) or member.made_at
        yield SubmittedFile(
            name, place, data, archive=self._archive, made_at=made_at, position=member.position
        )


def _leaves_archive(name: str) -> bool:
    drive = len(name) > 1 and name[0].isalpha() and name[1] == ":"
    return name.startswith("/") or drive or ".." in name.split("/") or "\0" in name


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))


def _may_be_notebook(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _OTHER_SUFFIXES


def _looks_like_notebook(data: bytes) -> bool:
    if b'"nbformat"' not in data:
        return False
    with suppress(ValueError, RecursionError):
        found = json.loads(data.decode("utf-8-sig"))
        return isinstance(found, dict) and "nbformat" in found
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _stated_time(folder: Path) -> datetime | None:
    """Return the time that the `timestamp.txt` of a folder says; None without one."""
    try:
        with os.fdopen(open_file(folder / TIMESTAMP_NAME), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            return parse_timestamp(file.read(_MAX_TIMESTAMP_BYTES).decode("utf-8-sig", "replace"))
    except OSError:
        return None


def _file_time(status: os.stat_result) -> datetime | None:
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(status.st_mtime, UTC)
    return None


def _left(name: str, place: str, reason: MentoringError, archive: Path | None = None) -> SubmittedFile:
    return SubmittedFile(name, place, refusal=reason, archive=archive, left=True)


def _hidden_error(name: str) -> UnreadableError:
    if name.startswith(".ipynb_checkpoints"):
        return UnreadableError(_("JupyterLab keeps older versions here; they were not handed in."))
    if name.startswith(("__MACOSX", "._", ".DS_Store")):
        return UnreadableError(_("macOS keeps its own data about files here."))
    return UnreadableError(_("It is hidden; hidden files and folders are not looked into."))


def _no_notebook_error(name: str) -> UnreadableError:
    if name == TIMESTAMP_NAME:
        return UnreadableError(
            _("It says no time that can be read; the dates of the files beside it were taken.")
        )
    return UnreadableError(_("It is no notebook."))


def _foreign_archive_error() -> UnreadableError:
    return UnreadableError(
        _("This kind of archive cannot be opened."), _("Unpack it, and hand in what is in it.")
    )
