"""What the shared document and the record last agreed on, for the server that comes after this one."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pycrdt import Decoder, write_var_uint

from toolkit.domain.record_entries import Entry
from toolkit.errors import InputError
from toolkit.workspace.session_record import parse_entry

__all__ = ["Agreed", "clocks", "with_clock"]

_LARGEST = 16 * 1024 * 1024  # bytes


class Agreed:
    """A note beside the document's updates.

    It decides what a difference between the two means at the next start: where the document has a change
    that was not saved yet, that is taken over; where the record was written meanwhile, the record wins.
    Without the note the record always wins, and with an older document than it speaks of in all that is no
    new entry. So it is written without waiting for the disk, and nothing is lost with it.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(
        self, entries: Mapping[str, Entry], vector: bytes, before: Mapping[str, Entry], since: bytes
    ) -> None:
        """Note that the document, at the state ``vector``, says what ``entries`` say; the record soon does.

        Parameters
        ----------
        before : mapping of str to Entry
            What both said until now.
        since : bytes
            The document's state then.
        """
        changed = [key for key in entries.keys() | before.keys() if entries.get(key) != before.get(key)]
        data = {
            "vector": base64.b64encode(vector).decode(),
            "items": _plain(entries),
            "since": base64.b64encode(since).decode(),
            "before": dict.fromkeys(changed) | _plain({k: before[k] for k in changed if k in before}),
        }
        draft = self.path.with_suffix(".draft")
        try:
            draft.write_text(json.dumps(data), encoding="utf-8")
            draft.replace(self.path)
        except OSError:
            # An older note would claim what is no longer so.
            with suppress(OSError):
                self.path.unlink()

    def last(self) -> dict[str, Entry] | None:
        """Return what the record said last, or soon would have; None where there is no note."""
        try:
            if self.path.stat().st_size > _LARGEST:
                return None
            return _parsed(json.loads(self.path.read_text(encoding="utf-8"))["items"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
            return None

    def read(self, state: bytes, record: Mapping[str, Entry]) -> tuple[dict[str, Entry], bool] | None:
        """Return what document and record agreed on, and whether the document is as new as that.

        None where there is no note that can be read.

        Parameters
        ----------
        state : bytes
            How far the document has come.
        record : mapping of str to Entry
            What the record says: whether the write that the note speaks of came about.
        """
        try:
            if self.path.stat().st_size > _LARGEST:
                return None
            data = json.loads(self.path.read_text(encoding="utf-8"))
            items = _parsed(data["items"])
            vector = data["vector"]
            if any(record.get(key) != items.get(key) for key in data["before"]):
                items = {key: entry for key, entry in items.items() if key not in data["before"]}
                items |= _parsed({key: value for key, value in data["before"].items() if value is not None})
                vector = data["since"]
            there = clocks(state)
            needed = clocks(base64.b64decode(vector))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, InputError):
            return None
        return items, all(there.get(client, 0) >= clock for client, clock in needed.items())


def _plain(entries: Mapping[str, Entry]) -> dict[str, Any]:
    return {key: entry.model_dump(mode="json") for key, entry in entries.items()}


def _parsed(items: Mapping[str, Any]) -> dict[str, Entry]:
    return {key: parse_entry(key, value) for key, value in items.items()}


def clocks(vector: bytes) -> dict[int, int]:
    """Return how far each client's changes are known, of a Y state vector."""
    decoder = Decoder(vector)
    return {decoder.read_var_uint(): decoder.read_var_uint() for _client in range(decoder.read_var_uint())}


def with_clock(vector: bytes, client: int, clock: int) -> bytes:
    """Return a Y state vector that knows the changes of ``client`` up to ``clock``, and else what it knew."""
    known = {**clocks(vector), client: clock}
    numbers = [len(known), *(number for pair in known.items() for number in pair)]
    return b"".join(write_var_uint(number) for number in numbers)
