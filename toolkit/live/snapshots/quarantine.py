"""What lies in the place of a shared notebook, or its record, and is none: kept beside it, as it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit._internal.atomic_io import read_plain, write_durably
from toolkit.errors import UnreadableError
from toolkit.i18n import _

__all__ = ["LARGEST", "Asides", "Fault", "put_aside"]

LARGEST = 50_000_000
"""Bytes of a notebook that the server did not write itself; a larger one is not kept at the close either."""

Fault = Literal["place", "size", "text", "notebook", "record"]
"""What is wrong: no plain file lies there, or it is too large, or no text, no notebook, no record."""

_MOST = 20
"""How many are kept of one notebook; after that the last one makes room."""

_LIST = 1 << 16  # bytes

_Path = Annotated[str, Field(max_length=500, pattern=r"^[^\p{C}]*$")]


def put_aside(root: Path, path: Path) -> str:
    """Rename what lies at ``path``, or a link or a file in the place of a folder on the way there.

    Nothing is opened, and no link is followed below ``root``.

    Returns
    -------
    str
        Where it is now, below ``root``; empty where there was nothing.

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
                name = _free(part, folder)
                os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
                return PurePosixPath(*parts[:number], name).as_posix()
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
    finally:
        os.close(folder)
    return ""


def _free(name: str, folder: int) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    there = set(os.listdir(folder))
    names = [f"{stem}-damaged-{number}{dot}{suffix}" for number in range(1, _MOST + 1)]
    return next((one for one in names if one not in there), names[-1])


class _Aside(BaseModel):
    # A server that was taken over writes what it likes here, and the mentor's terminal shows it.
    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[int, Field(ge=1)]
    notebook: _Path
    name: _Path
    fault: Fault


class _Asides(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    asides: Annotated[list[_Aside], Field(max_length=_MOST)] = []


class Asides:
    """The list of what was put aside: the session's server writes it, the mentor's process tells the mentor.

    Parameters
    ----------
    state : Path
        The session's state folder.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._path = state / "asides.json"
        self._told = max((one.number for one in self._read()), default=0)

    def note(self, notebook: str, name: str, fault: Fault) -> None:
        """Say what lay in a notebook's place, and where that is now; empty: nothing lay there.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        known = self._read()
        number = max((one.number for one in known), default=0) + 1
        one = _Aside(number=number, notebook=notebook, name=name, fault=fault)
        data = _Asides(asides=[*known, one][-_MOST:]).model_dump_json()
        write_durably(self._path, data.encode(), within=self._state)

    def news(self) -> list[UnreadableError]:
        """Return what is to be said of those that were noted since the last time."""
        found = [one for one in self._read() if one.number > self._told]
        self._told = max((one.number for one in found), default=self._told)
        return [_said(one) for one in found]

    def _read(self) -> list[_Aside]:
        try:
            data = read_plain(self._path, _LIST, within=self._state)
            return _Asides.model_validate_json(data or b"{}").asides
        except ValidationError:
            return []


def _said(one: _Aside) -> UnreadableError:
    if not one.name:
        return UnreadableError(
            _("{path} was gone. It is back as it was last.").format(path=one.notebook),
            _("Nothing needs to be done. The student's own code can take it away: ask them."),
        )
    match one.fault:
        case "size":
            reason = _("it was larger than {n} MB").format(n=LARGEST // 1_000_000)
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
