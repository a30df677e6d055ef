"""Quarantine: a damaged notebook or record is renamed and kept beside its place, unchanged."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit._internal.atomic_io import atomic_write, read_regular_file
from toolkit._internal.nofollow_open import open_folder
from toolkit.errors import UnreadableError
from toolkit.i18n import _

__all__ = ["MAX_SHARED_NOTEBOOK_BYTES", "QuarantineLog", "QuarantineReason", "quarantine_path"]

MAX_SHARED_NOTEBOOK_BYTES = 50_000_000
"""Maximum size of a notebook that the server did not write, bytes; the close has the same limit."""

QuarantineReason = Literal["place", "size", "text", "notebook", "record"]
"""The fault: not a regular file, too large, not UTF-8, not a notebook, not a record."""

_MAX_FILES = 20
"""Maximum number of quarantined files per notebook; a further one replaces the last."""

_MAX_LIST_BYTES = 1 << 16

_Path = Annotated[str, Field(max_length=500, pattern=r"^[^\p{C}]*$")]


def quarantine_path(root: Path, path: Path) -> str:
    """Rename a damaged file, or a link or a file in the place of one of its folders.

    Nothing is opened, and no link below ``root`` is followed.

    Parameters
    ----------
    root : Path
        The workspace.
    path : Path
        The file, below ``root``.

    Returns
    -------
    str
        The new path below ``root``; empty if there was no file.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    parts = path.relative_to(root).parts
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for number, part in enumerate(parts):
            try:
                mode = os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode
            except FileNotFoundError:
                return ""
            if number + 1 == len(parts) or not stat.S_ISDIR(mode):
                name = _free_name(part, folder)
                os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
                return PurePosixPath(*parts[:number], name).as_posix()
            below = open_folder(part, folder)
            os.close(folder)
            folder = below
    finally:
        os.close(folder)
    return ""


def _free_name(name: str, folder: int) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    existing = set(os.listdir(folder))
    names = [f"{stem}-damaged-{number}{dot}{suffix}" for number in range(1, _MAX_FILES + 1)]
    return next((one for one in names if one not in existing), names[-1])


class _Aside(BaseModel):
    # A compromised server can write anything to this file, and the mentor's terminal shows it.
    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[int, Field(ge=1)]
    notebook: _Path
    name: _Path
    fault: QuarantineReason


class _Asides(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    asides: Annotated[list[_Aside], Field(max_length=_MAX_FILES)] = []


class QuarantineLog:
    """The list of quarantined files: the session's server adds to it, the mentor's process reports them.

    Parameters
    ----------
    state : Path
        The session's state folder.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._path = state / "asides.json"
        self._last_reported = max((one.number for one in self._read()), default=0)

    def note(self, notebook: str, name: str, fault: QuarantineReason) -> None:
        """Add a quarantined file.

        Parameters
        ----------
        notebook : str
            The path of the notebook or record.
        name : str
            The quarantined file's path; empty if there was no file.
        fault : QuarantineReason
            The fault of the file.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        known = self._read()
        number = max((one.number for one in known), default=0) + 1
        one = _Aside(number=number, notebook=notebook, name=name, fault=fault)
        data = _Asides(asides=[*known, one][-_MAX_FILES:]).model_dump_json()
        atomic_write(self._path, data.encode(), within=self._state)

    def news(self) -> list[UnreadableError]:
        """Return a message for each file that was added since the last call."""
        found = [one for one in self._read() if one.number > self._last_reported]
        self._last_reported = max((one.number for one in found), default=self._last_reported)
        return [_message(one) for one in found]

    def _read(self) -> list[_Aside]:
        try:
            data = read_regular_file(self._path, _MAX_LIST_BYTES, within=self._state)
            return _Asides.model_validate_json(data or b"{}").asides
        except ValidationError:
            return []


def _message(one: _Aside) -> UnreadableError:
    if not one.name:
        return UnreadableError(
            _("{path} was gone. It is back as it was last.").format(path=one.notebook),
            _("Nothing needs to be done. The student's own code can take it away: ask them."),
        )
    match one.fault:
        case "size":
            reason = _("it was larger than {n} MB").format(n=MAX_SHARED_NOTEBOOK_BYTES // 1_000_000)
        case "text":
            reason = _("it was no text in UTF-8")
        case "notebook":
            reason = _("it was no notebook")
        case "record":
            reason = _("it was no session's record")
        case "place":
            reason = _("it was a link, a folder or no file at all")
    return UnreadableError(
        _("{path} could not be shared: {reason}. It is back as it was last.").format(
            path=one.notebook, reason=reason
        ),
        _(
            "What lay there is kept as it was, in {name}. The student's own code can write there: ask them."
        ).format(name=one.name),
    )
