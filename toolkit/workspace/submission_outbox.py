"""The folder of a student's workspace through which work is handed in, and answered.

``outbox/EXERCISE-SHA.ipynb`` is a submission, byte by byte as it was handed in: SHA is the beginning of its
SHA-256, so the name says what is in it, and no submission takes another's place. ``outbox/EXERCISE-SHA.json``
is the answer to it. Whose it is, the workspace says. ``outbox/EXERCISE-STEP.hint``, an empty file, asks for
that step of the exercise's hint ladder, and is gone once it is dealt with. The student's kernel writes here
and the mentor's side reads, so nothing found here is believed, and no link is followed.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Self

from pydantic import ValidationError

from toolkit._internal.atomic_io import disk_errors, write_durably
from toolkit.domain.submission_status import Answer
from toolkit.errors import InputError, NotFoundError, StorageError
from toolkit.i18n import _

__all__ = ["LARGEST", "Outbox", "Request", "exercise_of", "name_of"]

LARGEST = 50 * 1024**2
"""What a submission may have at most, bytes; the gate says the same."""

_LARGEST_ANSWER = 1024**2
_FOLDER = "outbox"
_DIGITS = 12
_REQUEST = re.compile(r"(.{1,120})-([1-9][0-9]?)\.hint")


@dataclass(frozen=True)
class Request:
    """What somebody asks for by a file name; whether there is such a thing, the mentor's side knows.

    Parameters
    ----------
    name : str
        Of the file.
    exercise : str
        Empty where the name says none, or what has it is no plain file.
    step : int
        Of the hint ladder, from 1; then 0.
    """

    name: str
    exercise: str = ""
    step: int = 0


def name_of(exercise: str, sha256: str) -> str:
    """Return the file name of a submission."""
    return f"{exercise}-{sha256[:_DIGITS]}.ipynb"


def exercise_of(name: str) -> str:
    """Return the exercise that a submission's file name names; empty where it names none."""
    return PurePosixPath(name).stem.rpartition("-")[0]


class Outbox:
    """The outbox of one workspace.

    Parameters
    ----------
    workspace : Path
        The student's folder; the outbox is made in it by the first submission.
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.folder = workspace / _FOLDER

    @classmethod
    def of_record(cls, record: Path) -> Self:
        """Return the outbox of the workspace that a session's record lies in."""
        sessions = record.parent.parent
        # Away from a workspace, in a folder that was sent by mail, it stands beside the record.
        return cls(sessions.parent if sessions.name == "sessions" else record.parent)

    def put(self, exercise: str, notebook: Path) -> str:
        """Hand in a notebook as it is on the disk; returns its SHA-256, once the copy is on the disk too.

        Raises
        ------
        NotFoundError
            If there is no such notebook.
        InputError
            If it is too large.
        StorageError
            If the disk refuses, or something else has the submission's name.
        """
        with disk_errors(notebook):
            try:
                data = _plain_file(notebook.name, _opened(notebook.parent), LARGEST)
            except FileNotFoundError:
                raise NotFoundError(
                    _("There is no {name} in {folder}.").format(name=notebook.name, folder=notebook.parent)
                ) from None
        return self.put_bytes(exercise, data)

    def put_bytes(self, exercise: str, data: bytes) -> str:
        """Hand in a notebook that is nowhere on the disk yet; as `put`."""
        if len(data) > LARGEST:
            raise _too_large(exercise, LARGEST)
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / name_of(exercise, digest)
        there = self.read(path.name)
        if there is None:
            write_durably(path, data, within=self.workspace)
        elif there != data:
            raise StorageError(
                _("{path} is there already, and is something else.").format(path=path),
                _("Move it away, then try again."),
            )
        return digest

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a submission; None where there is none.

        Raises
        ------
        InputError
            If it is no plain file, or too large.
        """
        with self._folder() as folder:
            try:
                return None if folder is None else _plain_file(name, os.dup(folder), LARGEST)
            except FileNotFoundError:
                return None

    def waiting(self) -> list[str]:
        """Return the names of the submissions that have no answer, the earliest first."""
        found: list[tuple[int, str]] = []
        with self._folder() as folder:
            if folder is None:
                return []
            # Names that are no text in UTF-8 are none of ours.
            names = {name for name in os.listdir(folder) if name.isprintable()}  # noqa: PTH208 - by descriptor
            for name in names:
                if name.endswith(".ipynb") and name[0] != "." and _answer_name(name) not in names:
                    try:
                        moment = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime_ns
                    except FileNotFoundError:
                        continue
                    found.append((moment, name))
        return [name for _moment, name in sorted(found)]

    def moment(self) -> int:
        """Return when something last came or went, in nanoseconds; 0 where there is no outbox."""
        try:
            return self.folder.lstat().st_mtime_ns
        except OSError:
            return 0

    def answer(self, name: str) -> Answer | None:
        """Return the answer to a submission; None where there is none that can be read."""
        with self._folder() as folder:
            if folder is None:
                return None
            try:
                data = _plain_file(_answer_name(name), os.dup(folder), _LARGEST_ANSWER)
                return Answer.model_validate_json(data)
            except (FileNotFoundError, InputError, ValidationError):
                return None

    def say(self, name: str, answer: Answer) -> None:
        """Write the answer to a submission.

        Raises
        ------
        StorageError
            If the disk refuses, or the outbox is a link.
        """
        data = answer.model_dump_json(indent=1).encode() + b"\n"
        write_durably(self.folder / _answer_name(name), data, within=self.workspace)

    def ask(self, exercise: str, step: int) -> None:
        """Ask for a step of an exercise's hint ladder; asked for again it is the same request.

        Raises
        ------
        StorageError
            If the disk refuses, or the outbox is a link.
        """
        if self.asked(exercise, step) is None:
            write_durably(self.folder / _request_name(exercise, step), b"", within=self.workspace)

    def asked(self, exercise: str, step: int) -> datetime | None:
        """Return when a step was asked for; None where no request for it waits."""
        with self._folder() as folder, suppress(FileNotFoundError, ValueError, OverflowError):
            if folder is not None:
                status = os.stat(_request_name(exercise, step), dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    return datetime.fromtimestamp(status.st_mtime, UTC)
        return None

    def requests(self) -> list[Request]:
        """Return the requests that wait, those that ask for nothing included."""
        found: list[Request] = []
        with self._folder() as folder:
            names = os.listdir(folder) if folder is not None else []  # noqa: PTH208 - by descriptor
            for name in sorted(name for name in names if name.endswith(".hint") and name[0] != "."):
                try:
                    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
                except FileNotFoundError:
                    continue
                said = _REQUEST.fullmatch(name) if stat.S_ISREG(mode) else None
                if said:
                    found.append(Request(name, said[1], int(said[2])))
                elif not stat.S_ISDIR(mode):
                    found.append(Request(name))
        return found

    def drop(self, request: Request) -> None:
        """Remove a request that was dealt with; of a link, the link itself.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        with self._folder() as folder, suppress(FileNotFoundError):
            if folder is not None:
                os.unlink(request.name, dir_fd=folder)

    @contextmanager
    def _folder(self) -> Iterator[int | None]:
        """Open the outbox itself, whatever is put in its place meanwhile; None where it is no folder."""
        try:
            handle = _opened(self.folder)
        except OSError:
            # Not there, a link, or shut to us: then nothing is handed in. Writing to it says more.
            yield None
            return
        try:
            with disk_errors(self.folder):
                yield handle
        finally:
            os.close(handle)


def _answer_name(name: str) -> str:
    return name.removesuffix(".ipynb") + ".json"


def _request_name(exercise: str, step: int) -> str:
    return f"{exercise}-{step}.hint"


def _opened(folder: Path) -> int:
    """Open a folder; one that is a link counts as none."""
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def _plain_file(name: str, folder: int, limit: int) -> bytes:
    """Return what is in a plain file of the folder, which is closed."""
    try:
        try:
            # A pipe would never end; a link may lead anywhere.
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _no_file(name) from error
    finally:
        os.close(folder)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise _no_file(name)
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(limit + 1) if status.st_size <= limit else b""
        if status.st_size > limit or len(data) > limit:
            raise _too_large(name, limit)
        return data


def _too_large(name: str, limit: int) -> InputError:
    return InputError(
        _("{name} is too large to be handed in: {limit} MB are the limit.").format(
            name=name, limit=limit // 1024**2
        ),
        _("In JupyterLab: Edit, Clear Outputs of All Cells, then save and hand in again."),
    )


def _no_file(name: str) -> InputError:
    return InputError(_("{name} is no plain file; it was not followed.").format(name=name))
