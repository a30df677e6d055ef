"""A practice: the mentor's folder with its configuration, its database and its received files.

The commands and the mentor's desk reach everything through one `Practice` object.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit._internal.atomic_io import atomic_write, disk_errors, partial_files
from toolkit._internal.extras import requiring_extra
from toolkit._internal.file_lock import try_lock
from toolkit._internal.resources import resource_folder
from toolkit._internal.validation_messages import describe_error
from toolkit.domain.ledger import BillingRules
from toolkit.errors import InputError, NoPracticeError, PracticeBusyError, SchemaError, StorageError
from toolkit.i18n import Language, _, format_time

if TYPE_CHECKING:
    from toolkit.store import Store

__all__ = ["CONFIG_NAME", "Config", "GradingTable", "Practice"]

CONFIG_NAME = "mentoring.toml"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _PracticeTable(_Table):
    mentor: str = ""
    language: Language = "en"


class _SessionTable(_Table):
    minutes: Annotated[int, Field(ge=10, le=240)] = 30
    video: str = ""


class GradingTable(_Table):
    """The settings of grading, as `Config` describes them."""

    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 20.0
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    stderr: Literal["fails", "ignored"] = "fails"

    @property
    def stderr_fails(self) -> bool:
        """Whether a test that writes on stderr fails."""
        return self.stderr == "fails"


class _ExerciseTable(_Table):
    hints: Literal["at once", "by the mentor"] = "at once"


class _BillingTable(_Table):
    late_cancellation: bool = True
    no_show: bool = True


class Config(_Table):
    """Schema of `mentoring.toml`; an unknown key is an error that names its place in the file.

    Parameters
    ----------
    practice : table
        ``mentor`` (name), ``language`` ("en", "fr").
    sessions : table
        ``minutes`` (default length of a session), ``video`` (link to the call).
    grading : table
        ``timeout_seconds`` (per cell), ``workers`` (number of processes), ``stderr``: whether a test that
        writes on stderr "fails", as with nbgrader, or that is "ignored".
    exercises : table
        ``hints``: release of a hint that a student asks for: "at once", or "by the mentor".
    billing : table
        ``late_cancellation``, ``no_show``: true to bill them.
    """

    practice: _PracticeTable = _PracticeTable()
    sessions: _SessionTable = _SessionTable()
    grading: GradingTable = GradingTable()
    exercises: _ExerciseTable = _ExerciseTable()
    billing: _BillingTable = _BillingTable()

    @property
    def billing_rules(self) -> BillingRules:
        """The billing rules of the ledger."""
        return BillingRules(**self.billing.model_dump())


@dataclass(frozen=True)
class Practice:
    """A mentor's folder: nbgrader's course directory, and the toolkit's own files beside it.

    ::

        mentoring.toml         configuration
        nbgrader_config.py     nbgrader's configuration, with gradebook.db, source/, release/, submitted/, ...
        cards/ paths/          the exercises' cards, the learning paths (YAML)
        students/ID/           each student's workspace: the shared session's files
        .mentoring/            the database, its backups, and every submission as received

    Parameters
    ----------
    root : Path
        Absolute path of the folder.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from toolkit import Practice
    >>> folder = TemporaryDirectory()
    >>> _ = Path(folder.name, "mentoring.toml").write_text("sessions.minutes = 45")
    >>> practice = Practice.find(Path(folder.name))
    >>> practice.config.sessions.minutes
    45
    >>> practice.workspace("ana").relative_to(practice.root).as_posix()
    'students/ana'
    >>> folder.cleanup()
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Practice:
        """Return the practice that contains ``start``: the folder itself, or its nearest parent.

        Parameters
        ----------
        start : Path, optional
            The folder in which the search begins; by default the environment's ``MENTORING_PRACTICE``, or
            the current folder if that is not set.

        Raises
        ------
        NoPracticeError
            If neither the folder nor any of its parents contains a `mentoring.toml`.
        """
        start = (start or Path(os.environ.get("MENTORING_PRACTICE", "."))).absolute()
        for folder in (start, *start.parents):
            with disk_errors(folder):
                found = (folder / CONFIG_NAME).is_file()
            if found:
                return cls(folder)
        raise NoPracticeError(
            _("There is no practice in {folder} or above it.").format(folder=start),
            _("Go to your practice's folder, name it with --practice, or make one: mentor init DIR."),
        )

    @cached_property
    def config(self) -> Config:
        """The settings of `mentoring.toml`.

        Raises
        ------
        InputError
            If the file is not valid TOML, or contains an unknown key or a wrong value.
        """
        path = self.root / CONFIG_NAME
        try:
            with disk_errors(path):
                return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            reason = f"{where}: {describe_error(first)}"
        except UnicodeDecodeError:
            reason = _("it is not text in UTF-8")
        except tomllib.TOMLDecodeError as error:
            reason = str(error)
        raise InputError(
            _("{path} cannot be read: {reason}.").format(path=path, reason=reason),
            _("Correct that line; {path} lists what the file may say.").format(
                path=resource_folder("docs") / "practice.md"
            ),
        )

    @cached_property
    def store(self) -> Store:
        """The database: upgraded to the newest schema on first access, with one backup a day.

        Raises
        ------
        SchemaError
            If the file is missing or empty although the practice has submissions: a new database would hide
            the loss.
        MissingExtraError
            If the packages for the database are not installed.
        """
        with requiring_extra("grading"):
            from toolkit.store import Store, advise_backup
        path = self.private / "practice.db"
        with disk_errors(path):
            lost = (not path.exists() or path.stat().st_size == 0) and (self.private / "received").is_dir()
        if lost:
            raise SchemaError(
                _("{path} is gone or empty, though this practice has submissions.").format(path=path),
                advise_backup(path),
            )
        store = Store(path)
        store.back_up_daily()
        return store

    @property
    def private(self) -> Path:
        """The folder of the database and of the received submissions; no student has access to it."""
        return self.root / ".mentoring"

    def workspace(self, student_id: str) -> Path:
        """Return the student's workspace: the folder that mentor and student share in a session."""
        return self.root / "students" / student_id

    def keep(self, data: bytes) -> str:
        """Store received bytes permanently and return their SHA-256; they are on disk on return."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._stored_path(digest)
        if not path.exists():
            atomic_write(path, data)
        return digest

    def keep_file(self, source: Path) -> str:
        """Store a received file of any size permanently, and return its SHA-256."""
        digest = hashlib.sha256()
        # The file is read once, so that the stored bytes are the hashed bytes, even if another process writes
        # to the file meanwhile. One temporary name is enough: the caller holds the practice's lock.
        arriving = self.private / "received" / "arriving"

        def pieces() -> Iterator[bytes]:
            while True:
                with disk_errors(source):
                    piece = stream.read(1 << 20)
                if not piece:
                    return
                digest.update(piece)
                yield piece

        with disk_errors(source):
            stream = source.open("rb")
        with stream:
            atomic_write(arriving, pieces())
        path = self._stored_path(digest.hexdigest())
        with disk_errors(path):
            path.parent.mkdir(exist_ok=True)
            arriving.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return digest.hexdigest()

    def partial_files(self) -> list[Path]:
        """Return what killed commands have left of files that they were receiving.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        received = self.private / "received"
        with disk_errors(received):
            folders = [received, *received.glob("??")]
            arriving = [path for path in [received / "arriving"] if path.is_file() and not self._is_busy()]
        return [*arriving, *(path for folder in folders for path in partial_files(folder))]

    def remove_partial_files(self) -> None:
        """Remove `partial_files`; nothing happens where the disk is read-only, or refuses."""
        with suppress(StorageError):
            for path in self.partial_files():
                with disk_errors(path):
                    path.unlink(missing_ok=True)

    def _is_busy(self) -> bool:
        try:
            with (self.private / "lock").open("rb") as lock:
                return not try_lock(lock.fileno(), 0)
        except FileNotFoundError:
            return False

    def kept(self, sha256: str) -> bytes:
        """Return the stored bytes with this SHA-256.

        Raises
        ------
        InputError
            If the stored file no longer has this hash: a changed file is no evidence.
        """
        path = self._stored_path(sha256)
        with disk_errors(path):
            data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InputError(
                _("{path} is no longer what was received.").format(path=path),
                _("Put it back from a backup of the practice."),
            )
        return data

    def _stored_path(self, sha256: str) -> Path:
        return self.private / "received" / sha256[:2] / sha256

    @contextmanager
    def writing(self, what: str) -> Iterator[None]:
        """Hold the practice's exclusive lock for grading and collecting while the block runs.

        Parameters
        ----------
        what : str
            The command that takes the lock ("mentor grade"); other processes show it in their error.

        Raises
        ------
        PracticeBusyError
            If another process holds the lock; the message names it and the time since when it holds it.
        """
        path = self.private / "lock"
        with disk_errors(path):
            self.private.mkdir(exist_ok=True)
            stream = path.open("a+", encoding="utf-8")
        with stream:
            if not try_lock(stream.fileno(), 0):
                raise _busy(path)
            stream.truncate(0)
            holder = {"what": what, "pid": os.getpid(), "since": datetime.now().astimezone().isoformat()}
            stream.write(json.dumps(holder))
            stream.flush()
            yield


def _busy(path: Path) -> PracticeBusyError:
    hint = _("Wait until it is done, then try again. Nothing was changed.")
    try:
        holder: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        message = _("This practice is in use: {what}, process {pid}, since {since}.").format(
            what=holder["what"],
            pid=holder["pid"],
            since=format_time(datetime.fromisoformat(holder["since"])),
        )
    except (OSError, ValueError, KeyError):
        # The holder took the lock a moment ago and has not written its name yet.
        message = _("This practice is in use by another command.")
    return PracticeBusyError(message, hint)
