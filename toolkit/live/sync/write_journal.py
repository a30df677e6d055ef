"""Journal of the server's writes to a notebook: tells them from writes by other programs."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

__all__ = ["WriteJournal"]


class WriteJournal:
    """The digests of the last write, in a file, for the server that follows a killed one.

    Without the journal the notebook counts as written by another program, as before the first session: it is
    used as it is, whatever the store of the shared document has. The journal is a hint, so it is written
    without fsync.

    Parameters
    ----------
    path : Path
        The journal's file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._digest = ""
        self._size = 0

    def begin(self, data: bytes) -> None:
        """Note that ``data`` is about to be written: from now on the file has the old or the new content."""
        self._store([self._digest, _sha256(data)], max(self._size, len(data)))

    def confirm(self, data: bytes) -> None:
        """Note that the file has the content ``data``."""
        self._digest, self._size = _sha256(data), len(data)

    def knows(self, data: bytes) -> bool:
        """Return True if a server of this session wrote ``data``."""
        try:
            journal = json.loads(self.path.read_text(encoding="utf-8"))
            return _sha256(data) in journal["written"]
        except (OSError, ValueError, KeyError, TypeError):
            return False

    @property
    def largest(self) -> int:
        """Maximum size of a file that a server of this session wrote, bytes."""
        try:
            return int(json.loads(self.path.read_text(encoding="utf-8"))["largest"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _store(self, digests: list[str], largest: int) -> None:
        draft = self.path.with_suffix(".draft")
        with suppress(OSError):
            draft.write_text(json.dumps({"written": digests, "largest": largest}), encoding="utf-8")
            draft.replace(self.path)


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()
