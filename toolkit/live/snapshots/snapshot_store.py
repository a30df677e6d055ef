"""Store of a session's snapshots, in a folder that the student's code cannot reach."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit._internal.file_lock import hold, try_lock
from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.i18n import N_, _

__all__ = ["SessionSnapshot", "SnapshotReason", "SnapshotStore", "StoredContent"]


class SnapshotReason(StrEnum):
    """The reason of a snapshot."""

    FIRST = N_("before the first edit")
    CLOCK = N_("every few minutes")
    AGENDA = N_("agenda")
    END = N_("when sharing ended")
    CLOSE = N_("at the close")
    HAND = N_("by hand")
    RESTORE = N_("before a restore")


class _StoredModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoredContent(_StoredModel):
    """A stored file.

    Parameters
    ----------
    sha256 : str
        The SHA-256 digest, 64 hexadecimal digits.
    size : int
        Size, bytes.
    """

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: int


class SessionSnapshot(_StoredModel):
    """A session's notebook and record at one time.

    Parameters
    ----------
    number : int
        Counted from 1 within the session.
    at : datetime
        The time, with its time zone.
    why : SnapshotReason
        The reason.
    about : str
        The talking point, if the snapshot was taken for one.
    notebook, record : StoredContent, optional
        None if there was no regular file of an acceptable size.
    """

    number: Annotated[int, Field(ge=1)]
    at: AwareDatetime
    why: SnapshotReason
    about: str = ""
    notebook: StoredContent | None = None
    record: StoredContent | None = None

    @property
    def reason(self) -> str:
        """The reason, in the reader's language."""
        text = _(str(self.why))
        return _("{text}: {about}").format(text=text, about=self.about) if self.about else text


class SnapshotStore:
    """The snapshots of one session.

    ``N.json`` describes a snapshot; ``content/SHA-256`` is a notebook or a record, stored once per content.

    Parameters
    ----------
    folder : Path
        The folder of this session's snapshots; created with the first one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> tuple[SessionSnapshot, ...]:
        """Return the snapshots, earliest first.

        Raises
        ------
        InputError
            If a snapshot's description is damaged.
        """
        with disk_errors(self.folder):
            names = [path.stem for path in self.folder.glob("*.json")] if self.folder.is_dir() else []
        return tuple(self._read(number) for number in sorted(int(name) for name in names if name.isdecimal()))

    def get(self, number: int) -> SessionSnapshot:
        """Return one snapshot.

        Raises
        ------
        NotFoundError
            If no snapshot has that number.
        """
        if not self._path(number).is_file():
            raise NotFoundError(
                _("There is no snapshot {number} of this session.").format(number=number),
                hint=_("They are listed by: mentor snapshot list SESSION"),
            )
        return self._read(number)

    def size(self) -> int:
        """Return the size of all stored files, bytes."""
        contents = {c.sha256: c.size for one in self.all() for c in (one.notebook, one.record) if c}
        return sum(contents.values())

    def content(self, content: StoredContent) -> bytes:
        """Return the bytes of a stored file.

        Raises
        ------
        InputError
            If the stored file does not match its digest.
        """
        path = self.folder / "content" / content.sha256
        with disk_errors(path):
            data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != content.sha256:
            raise InputError(
                _("{path} is no longer what was kept.").format(path=path),
                _("Put it back from a backup of the practice."),
            )
        return data

    def add(
        self,
        why: SnapshotReason,
        notebook: bytes | None,
        record: bytes | None,
        *,
        about: str = "",
        now: datetime | None = None,
    ) -> SessionSnapshot | None:
        """Store a snapshot and return it; None if there is no file, or if the last one is the same.

        A snapshot at the close is stored in any case. The snapshot is on the disk when this returns.

        Parameters
        ----------
        why : SnapshotReason
            The reason.
        notebook, record : bytes or None
            The files' contents; None for a missing one.
        about : str
            The talking point, if the snapshot is taken for one.
        now : datetime, optional
            The time; the present one if missing.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        if notebook is None and record is None:
            return None
        with self._locked("writing", wait=True):
            known = self.all()
            files = [None if data is None else _content(data) for data in (notebook, record)]
            if why is not SnapshotReason.CLOSE and known and [known[-1].notebook, known[-1].record] == files:
                return None
            snapshot = SessionSnapshot(
                number=known[-1].number + 1 if known else 1,
                at=now or datetime.now(UTC),
                why=why,
                about=about,
                notebook=files[0],
                record=files[1],
            )
            for data, content in zip((notebook, record), files, strict=True):
                if data is not None and content is not None:
                    path = self.folder / "content" / content.sha256
                    if not path.exists():
                        atomic_write(path, data)
            # Written last, so that the files it refers to exist.
            atomic_write(self._path(snapshot.number), snapshot.model_dump_json(indent=1).encode())
        return snapshot

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock of a session that is open, or whose files are being restored.

        Raises
        ------
        StateError
            If the lock is held already.
        """
        with self._locked("open", wait=False):
            yield

    @contextmanager
    def _locked(self, name: str, *, wait: bool) -> Iterator[None]:
        path = self.folder / name
        with disk_errors(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if wait:
                hold(descriptor)
            elif not try_lock(descriptor, 0):
                raise StateError(
                    _("Session {id} is open: its server has the notebook in hand.").format(
                        id=self.folder.name
                    ),
                    _("Close the session, or stop 'mentor live' with Ctrl-C, then try again."),
                )
            yield
        finally:
            os.close(descriptor)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number}.json"

    def _read(self, number: int) -> SessionSnapshot:
        path = self._path(number)
        try:
            with disk_errors(path):
                return SessionSnapshot.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise InputError(
                _("{path} is damaged.").format(path=path),
                _("Put it back from a backup of the practice, or move it away."),
            ) from error


def _content(data: bytes) -> StoredContent:
    return StoredContent(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
