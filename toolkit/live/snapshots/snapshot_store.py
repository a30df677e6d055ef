"""Snapshots of a session's notebook and record, kept where the student's code does not reach."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from toolkit._internal.atomic_io import disk_errors, write_durably
from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.i18n import N_, _

__all__ = ["Content", "Snapshot", "Snapshots", "Why"]


class Why(StrEnum):
    """What a snapshot was taken for."""

    FIRST = N_("before the first edit")
    CLOCK = N_("every few minutes")
    AGENDA = N_("agenda")
    END = N_("when sharing ended")
    CLOSE = N_("at the close")
    HAND = N_("by hand")
    RESTORE = N_("before a restore")


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Content(_Kept):
    """What a file was.

    Parameters
    ----------
    size : int
        Bytes.
    """

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: int


class Snapshot(_Kept):
    """A session's notebook and record at one moment.

    Parameters
    ----------
    number : int
        Counted from 1 within the session.
    about : str
        The talking point, where it was taken for one.
    notebook, record : Content, optional
        None where there was no plain file of a usual size.
    """

    number: Annotated[int, Field(ge=1)]
    at: AwareDatetime
    why: Why
    about: str = ""
    notebook: Content | None = None
    record: Content | None = None

    @property
    def reason(self) -> str:
        """Why it was taken, in the reader's language."""
        text = _(str(self.why))
        return _("{text}: {about}").format(text=text, about=self.about) if self.about else text


class Snapshots:
    """The snapshots of one session.

    ``N.json`` says when and why; ``content/SHA-256`` is a notebook or a record, the same one only once.

    Parameters
    ----------
    folder : Path
        Theirs alone; made by the first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> tuple[Snapshot, ...]:
        """Return them, earliest first.

        Raises
        ------
        InputError
            If one of the files that describe them is damaged.
        """
        with disk_errors(self.folder):
            names = [path.stem for path in self.folder.glob("*.json")] if self.folder.is_dir() else []
        return tuple(self._read(number) for number in sorted(int(name) for name in names if name.isdecimal()))

    def get(self, number: int) -> Snapshot:
        """Return one of them.

        Raises
        ------
        NotFoundError
            If there is none with that number.
        """
        if not self._path(number).is_file():
            raise NotFoundError(
                _("There is no snapshot {number} of this session.").format(number=number),
                hint=_("They are listed by: mentor snapshot list SESSION"),
            )
        return self._read(number)

    def size(self) -> int:
        """Return how much they take, bytes."""
        contents = {c.sha256: c.size for one in self.all() for c in (one.notebook, one.record) if c}
        return sum(contents.values())

    def content(self, content: Content) -> bytes:
        """Return a file as it was.

        Raises
        ------
        InputError
            If what was kept is not what it was.
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
        why: Why,
        notebook: bytes | None,
        record: bytes | None,
        *,
        about: str = "",
        now: datetime | None = None,
    ) -> Snapshot | None:
        """Keep a snapshot and return it; None where there is nothing, or the last one is the same.

        The one at the close is kept in any case.

        It is on the disk when this returns.

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
            if why is not Why.CLOSE and known and [known[-1].notebook, known[-1].record] == files:
                return None
            snapshot = Snapshot(
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
                        write_durably(path, data)
            # Last, so that what it speaks of is there.
            write_durably(self._path(snapshot.number), snapshot.model_dump_json(indent=1).encode())
        return snapshot

    @contextmanager
    def held(self) -> Iterator[None]:
        """Say while the block runs that the session is open, or that its files are being put back.

        Raises
        ------
        StateError
            If somebody says so already.
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
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise StateError(
                    _("Session {id} is open: its server has the notebook in hand.").format(
                        id=self.folder.name
                    ),
                    _("Close the session, or stop 'mentor live' with Ctrl-C, then try again."),
                ) from None
            yield
        finally:
            os.close(descriptor)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number}.json"

    def _read(self, number: int) -> Snapshot:
        path = self._path(number)
        try:
            with disk_errors(path):
                return Snapshot.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise InputError(
                _("{path} is damaged.").format(path=path),
                _("Put it back from a backup of the practice, or move it away."),
            ) from error


def _content(data: bytes) -> Content:
    return Content(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
