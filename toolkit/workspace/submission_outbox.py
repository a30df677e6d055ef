"""The outbox of a student's workspace: submissions, their results, and requests for hints.

``outbox/EXERCISE-SHA.ipynb`` is a submission, byte by byte as it was submitted: SHA is the beginning of its
SHA-256, so that the name identifies the content and no submission replaces another.
``outbox/EXERCISE-SHA.json`` is its result. The workspace identifies the student.
``outbox/EXERCISE-STEP.hint``, an empty file, requests that step of the exercise's hint ladder, and is
removed once it is processed. The student's kernel writes here and the mentor's side reads, so every file is
validated and no link is followed.
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

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit._internal.nofollow_open import open_file, open_folder
from toolkit.domain.submission_status import SubmissionStatus
from toolkit.errors import InputError, NotFoundError, StorageError
from toolkit.i18n import _

__all__ = ["MAX_NOTEBOOK_BYTES", "HintRequest", "Outbox", "exercise_of_file_name", "submission_file_name"]

MAX_NOTEBOOK_BYTES = 50 * 1024**2
"""Maximum size of a submission, bytes; the grading's intake has the same limit."""

_MAX_ANSWER_BYTES = 1024**2
_MAX_REQUEST_BYTES = 100
_FOLDER_NAME = "outbox"
_DIGEST_CHARS = 12
_REQUEST_NAME = re.compile(r"(.{1,120})-([1-9][0-9]?)\.hint")


@dataclass(frozen=True)
class HintRequest:
    """A request in the outbox; the mentor's side checks that its exercise and step exist.

    Parameters
    ----------
    name : str
        The file's name.
    exercise : str
        The exercise's id; empty if the name has none, or if it is not a regular file.
    step : int
        The step of the hint ladder, from 1; 0 if the exercise is empty.
    """

    name: str
    exercise: str = ""
    step: int = 0


def submission_file_name(exercise: str, sha256: str) -> str:
    """Return the file name of a submission.

    Parameters
    ----------
    exercise : str
        The exercise's id.
    sha256 : str
        The submission's SHA-256, hexadecimal.
    """
    return f"{exercise}-{sha256[:_DIGEST_CHARS]}.ipynb"


def exercise_of_file_name(name: str) -> str:
    """Return the exercise's id in a submission's file name; empty if it has none."""
    return PurePosixPath(name).stem.rpartition("-")[0]


class Outbox:
    """The outbox of one workspace.

    Parameters
    ----------
    workspace : Path
        The student's folder; the first submission creates the outbox in it.
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.folder = workspace / _FOLDER_NAME

    @classmethod
    def of_record(cls, record: Path) -> Self:
        """Return the outbox of the workspace that a session's record lies in."""
        sessions = record.parent.parent
        # Outside a workspace (a folder sent by mail), the outbox lies beside the record.
        return cls(sessions.parent if sessions.name == "sessions" else record.parent)

    def put(self, exercise: str, notebook: Path) -> str:
        """Submit a notebook's file; return its SHA-256, once the copy is on the disk.

        Parameters
        ----------
        exercise : str
            The exercise's id.
        notebook : Path
            The notebook's file.

        Raises
        ------
        NotFoundError
            If the file is missing.
        InputError
            If it is too large, or not a regular file.
        StorageError
            If the disk refuses, or another file has the submission's name.
        """
        with disk_errors(notebook):
            try:
                data = _read_regular_file(notebook.name, open_folder(notebook.parent), MAX_NOTEBOOK_BYTES)
            except FileNotFoundError:
                raise NotFoundError(
                    _("There is no {name} in {folder}.").format(name=notebook.name, folder=notebook.parent)
                ) from None
        return self.put_bytes(exercise, data)

    def put_bytes(self, exercise: str, data: bytes) -> str:
        """Submit a notebook's content; return its SHA-256, once it is on the disk.

        Parameters
        ----------
        exercise : str
            The exercise's id.
        data : bytes
            The notebook.

        Raises
        ------
        InputError
            If it is too large.
        StorageError
            If the disk refuses, or another file has the submission's name.
        """
        if len(data) > MAX_NOTEBOOK_BYTES:
            raise _too_large(exercise, MAX_NOTEBOOK_BYTES)
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / submission_file_name(exercise, digest)
        existing = self.read(path.name)
        if existing is None:
            atomic_write(path, data, within=self.workspace)
        elif existing != data:
            raise StorageError(
                _("{path} is there already, and is something else.").format(path=path),
                _("Move it away, then try again."),
            )
        return digest

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a submission; None if missing.

        Raises
        ------
        InputError
            If it is not a regular file, or too large.
        """
        with self._open_outbox() as folder:
            try:
                return (
                    None if folder is None else _read_regular_file(name, os.dup(folder), MAX_NOTEBOOK_BYTES)
                )
            except FileNotFoundError:
                return None

    def waiting(self) -> list[str]:
        """Return the names of the submissions without a result, the earliest first."""
        found: list[tuple[int, str]] = []
        with self._open_outbox() as folder:
            if folder is None:
                return []
            # Names that are not valid UTF-8 are not ours.
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
        """Return the time of the folder's last change, ns; 0 if it is missing."""
        try:
            return self.folder.lstat().st_mtime_ns
        except OSError:
            return 0

    def answer(self, name: str) -> SubmissionStatus | None:
        """Return the result of a submission; None if missing or unreadable."""
        with self._open_outbox() as folder:
            if folder is None:
                return None
            try:
                data = _read_regular_file(_answer_name(name), os.dup(folder), _MAX_ANSWER_BYTES)
                return SubmissionStatus.model_validate_json(data)
            except (FileNotFoundError, InputError, ValidationError):
                return None

    def say(self, name: str, answer: SubmissionStatus) -> None:
        """Write the result of a submission.

        Parameters
        ----------
        name : str
            The submission's file name.
        answer : SubmissionStatus
            The result.

        Raises
        ------
        StorageError
            If the disk refuses, or the outbox is a link.
        """
        data = answer.model_dump_json(indent=1).encode() + b"\n"
        atomic_write(self.folder / _answer_name(name), data, within=self.workspace)

    def ask(self, exercise: str, step: int) -> None:
        """Request a step of an exercise's hint ladder; a repeated request is the same one.

        Parameters
        ----------
        exercise : str
            The exercise's id.
        step : int
            The step, from 1.

        Raises
        ------
        StorageError
            If the disk refuses, or the outbox is a link.
        """
        if self.asked(exercise, step) is None:
            # The time stands in the file: that of the file itself is the file server's.
            at = datetime.now(UTC).isoformat().encode()
            atomic_write(self.folder / _request_name(exercise, step), at, within=self.workspace)

    def asked(self, exercise: str, step: int) -> datetime | None:
        """Return the time of a pending request; None if there is none, or it cannot be read.

        Parameters
        ----------
        exercise : str
            The exercise's id.
        step : int
            The step, from 1.
        """
        with (
            self._open_outbox() as folder,
            suppress(FileNotFoundError, InputError, ValueError, OverflowError),
        ):
            if folder is not None:
                data = _read_regular_file(_request_name(exercise, step), os.dup(folder), _MAX_REQUEST_BYTES)
                return datetime.fromisoformat(data.decode()).astimezone(UTC)
        return None

    def requests(self) -> list[HintRequest]:
        """Return the pending requests, invalid ones included."""
        found: list[HintRequest] = []
        with self._open_outbox() as folder:
            names = os.listdir(folder) if folder is not None else []  # noqa: PTH208 - by descriptor
            for name in sorted(name for name in names if name.endswith(".hint") and name[0] != "."):
                try:
                    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
                except FileNotFoundError:
                    continue
                match = _REQUEST_NAME.fullmatch(name) if stat.S_ISREG(mode) else None
                if match:
                    found.append(HintRequest(name, match[1], int(match[2])))
                elif not stat.S_ISDIR(mode):
                    found.append(HintRequest(name))
        return found

    def drop(self, request: HintRequest) -> None:
        """Remove a processed request; of a link, the link itself.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        with self._open_outbox() as folder, suppress(FileNotFoundError):
            if folder is not None:
                os.unlink(request.name, dir_fd=folder)

    @contextmanager
    def _open_outbox(self) -> Iterator[int | None]:
        """Open the outbox without following links; yield None if it is not a folder."""
        try:
            handle = open_folder(self.folder)
        except OSError:
            # Missing, a link, or not readable: it counts as empty. A write to it raises an error.
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


def _read_regular_file(name: str, folder: int, limit: int) -> bytes:
    """Return the content of a regular file in a folder; closes the folder's descriptor."""
    try:
        try:
            handle = open_file(name, folder)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _not_regular(name) from error
    finally:
        os.close(folder)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise _not_regular(name)
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


def _not_regular(name: str) -> InputError:
    return InputError(_("{name} is no plain file; it was not followed.").format(name=name))
