"""Journal of the contents of a notebook's file that its document has, to tell them from others' writes."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from toolkit._internal.atomic_io import atomic_write, disk_errors, read_regular_file

__all__ = ["WriteJournal", "disown"]

_PATTERN = "written-*.json"
_MAX_JOURNAL_BYTES = 10_000


class WriteJournal:
    """The digests of a server's last write and of the last content that its document has taken in, in a file.

    The server that follows a killed one reads it: such a content is older than the store of the document.
    Any other content counts as written by another program: it is used as it is, whatever the store has. The
    journal is a hint, so it is written without fsync.

    Parameters
    ----------
    path : Path
        The journal's file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._digest = ""
        self._size = 0
        self._written: list[str] = []
        self._taken_in = ""

    def begin(self, data: bytes) -> None:
        """Note that ``data`` is about to be written: from now on the file has the old or the new content."""
        self._written = [self._digest, _sha256(data)]
        self._size = max(self._size, len(data))
        self._store()

    def confirm(self, data: bytes) -> None:
        """Note that the file has the content ``data``."""
        self._digest, self._size = _sha256(data), len(data)
        if self._taken_in:
            # Who writes that content once more means it.
            self._taken_in = ""
            self._store()

    def take_in(self, digest: str) -> None:
        """Note that the document, as it is stored, has the content that another program wrote.

        Parameters
        ----------
        digest : str
            SHA-256 of the file's content, hexadecimal.
        """
        self._taken_in = digest
        self._store()

    def knows(self, data: bytes) -> bool:
        """Return True if a server of this session wrote ``data``."""
        return _sha256(data) in self._read("written")

    def has(self, data: bytes) -> bool:
        """Return True if a server of this session wrote ``data``, or has stored it in the shared document."""
        return self.knows(data) or _sha256(data) in self._read("taken in")

    @property
    def largest(self) -> int:
        """Maximum size of a file that a server of this session wrote, bytes."""
        try:
            return int(json.loads(self.path.read_text(encoding="utf-8"))["largest"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _read(self, name: str) -> list[str]:
        try:
            return [str(digest) for digest in json.loads(self.path.read_text(encoding="utf-8"))[name]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _store(self) -> None:
        draft = self.path.with_suffix(".draft")
        content = {"written": self._written, "taken in": [self._taken_in], "largest": self._size}
        with suppress(OSError):
            draft.write_text(json.dumps(content), encoding="utf-8")
            draft.replace(self.path)


def disown(state: Path, data: bytes) -> None:
    """Make ``data`` count as written by another program: the next server of a session leaves it as it is.

    Parameters
    ----------
    state : Path
        The session's state folder; no server may be running.
    data : bytes
        A notebook's content.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    digest = _sha256(data)
    with disk_errors(state):
        journals = sorted(state.glob(_PATTERN))
    for path in journals:
        found = read_regular_file(path, _MAX_JOURNAL_BYTES, within=state) or b""
        if digest.encode() in found:
            atomic_write(path, found.replace(digest.encode(), b""), within=state)


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()
