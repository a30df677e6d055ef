"""Whether the notebook's file is as the session's server left it, or somebody else wrote to it since."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

__all__ = ["Handwriting"]


class Handwriting:
    """A note of what the server last wrote, for the server that comes after one that was killed.

    Without it the file is somebody else's, as before the first session: it is taken as it is, whatever the
    store of the shared document has. So it is written without waiting for the disk.

    Parameters
    ----------
    path : Path
        The note.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._there = ""
        self._size = 0

    def begin(self, data: bytes) -> None:
        """Say that ``data`` is about to be written: from here on either may be found."""
        self._note([self._there, _seal(data)], max(self._size, len(data)))

    def there(self, data: bytes) -> None:
        """Say that ``data`` is what the file holds."""
        self._there, self._size = _seal(data), len(data)

    def knows(self, data: bytes) -> bool:
        """Whether it was a server of this session that wrote ``data``."""
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            return _seal(data) in told["written"]
        except (OSError, ValueError, KeyError, TypeError):
            return False

    @property
    def largest(self) -> int:
        """How large the file may be that a server of this session wrote, bytes."""
        try:
            return int(json.loads(self.path.read_text(encoding="utf-8"))["largest"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _note(self, seals: list[str], largest: int) -> None:
        draft = self.path.with_suffix(".draft")
        with suppress(OSError):
            draft.write_text(json.dumps({"written": seals, "largest": largest}), encoding="utf-8")
            draft.replace(self.path)


def _seal(data: bytes) -> str:
    return sha256(data).hexdigest()
