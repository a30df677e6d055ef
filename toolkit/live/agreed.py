"""What the shared document and the record last agreed on, for the server that comes after this one."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pycrdt import Decoder

from toolkit.domain.record import Entry
from toolkit.errors import InputError
from toolkit.record import parse_entry

__all__ = ["Agreed"]

_LARGEST = 16 * 1024 * 1024  # bytes


class Agreed:
    """A note beside the document's updates.

    It decides what a difference between the two means at the next start: where the document has a change
    that was not saved yet, that is taken over; where the record was written meanwhile, the record wins.
    Without the note, or with an older document than it speaks of, the record always wins. So it is
    written without waiting for the disk, and nothing is lost with it.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, entries: Mapping[str, Entry], vector: bytes) -> None:
        """Note that the document, at the state ``vector``, says what ``entries`` say."""
        data = {
            "vector": base64.b64encode(vector).decode(),
            "items": {key: entry.model_dump(mode="json") for key, entry in entries.items()},
        }
        draft = self.path.with_suffix(".draft")
        try:
            draft.write_text(json.dumps(data), encoding="utf-8")
            draft.replace(self.path)
        except OSError:
            # An older note would claim what is no longer so.
            with suppress(OSError):
                self.path.unlink()

    def read(self, state: bytes) -> dict[str, Entry] | None:
        """Return what was agreed on; None where that cannot be told of a document at ``state``."""
        try:
            if self.path.stat().st_size > _LARGEST:
                return None
            data = json.loads(self.path.read_text(encoding="utf-8"))
            there = _clocks(state)
            needed = _clocks(base64.b64decode(data["vector"]))
            if any(there.get(client, 0) < clock for client, clock in needed.items()):
                return None
            return {key: parse_entry(key, value) for key, value in data["items"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, InputError):
            return None


def _clocks(vector: bytes) -> dict[int, int]:
    """Return how far each client's changes are known, of a Y state vector."""
    decoder = Decoder(vector)
    return {decoder.read_var_uint(): decoder.read_var_uint() for _client in range(decoder.read_var_uint())}
