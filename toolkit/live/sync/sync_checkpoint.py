"""Checkpoint of the last synchronised state of document and record, used for recovery after a restart."""

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

__all__ = ["SyncCheckpoint", "client_clocks", "with_clock"]

_MAX_FILE_BYTES = 16 * 1024 * 1024


class SyncCheckpoint:
    """The checkpoint's file, beside the document's updates.

    It decides the meaning of a difference between document and record at the next start: a change of the
    document that was not saved yet is taken over; a field that the record got meanwhile wins. Without a
    checkpoint the record always wins. If the document is older than its checkpoint, the record wins except
    for new entries. The file is a hint and holds no data of its own, so it is written without fsync.

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
        """Store the state that document and record are about to have.

        Parameters
        ----------
        entries : mapping of str to Entry
            The entries that the document has at ``vector``, and that are written to the record next.
        vector : bytes
            The document's state vector with these entries.
        before : mapping of str to Entry
            The entries at the last synchronisation, valid if the write of the record does not happen.
        since : bytes
            The document's state vector at the last synchronisation.
        """
        changed = [key for key in entries.keys() | before.keys() if entries.get(key) != before.get(key)]
        data = {
            "vector": base64.b64encode(vector).decode(),
            "items": _dumped(entries),
            "since": base64.b64encode(since).decode(),
            "before": dict.fromkeys(changed) | _dumped({k: before[k] for k in changed if k in before}),
        }
        draft = self.path.with_suffix(".draft")
        try:
            draft.write_text(json.dumps(data), encoding="utf-8")
            draft.replace(self.path)
        except OSError:
            # The old checkpoint describes a state that is no longer true.
            with suppress(OSError):
                self.path.unlink()

    def last(self) -> dict[str, Entry] | None:
        """Return the entries of the last checkpoint; None if missing or unreadable."""
        try:
            if self.path.stat().st_size > _MAX_FILE_BYTES:
                return None
            return _parsed(json.loads(self.path.read_text(encoding="utf-8"))["items"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
            return None

    def read(self, state: bytes, record: Mapping[str, Entry]) -> tuple[dict[str, Entry], bool] | None:
        """Return the last synchronised entries, and True if the document has reached their state.

        None if the checkpoint is missing or unreadable.

        Parameters
        ----------
        state : bytes
            The document's state vector.
        record : mapping of str to Entry
            The record's entries: they show if the write that the checkpoint announces has happened.
        """
        try:
            if self.path.stat().st_size > _MAX_FILE_BYTES:
                return None
            data = json.loads(self.path.read_text(encoding="utf-8"))
            items = _parsed(data["items"])
            vector = data["vector"]
            if any(record.get(key) != items.get(key) for key in data["before"]):
                items = {key: entry for key, entry in items.items() if key not in data["before"]}
                items |= _parsed({key: value for key, value in data["before"].items() if value is not None})
                vector = data["since"]
            reached = client_clocks(state)
            needed = client_clocks(base64.b64decode(vector))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, InputError):
            return None
        return items, all(reached.get(client, 0) >= clock for client, clock in needed.items())


def _dumped(entries: Mapping[str, Entry]) -> dict[str, Any]:
    return {key: entry.model_dump(mode="json") for key, entry in entries.items()}


def _parsed(items: Mapping[str, Any]) -> dict[str, Entry]:
    return {key: parse_entry(key, value) for key, value in items.items()}


def client_clocks(vector: bytes) -> dict[int, int]:
    """Return the clock of each client in a Y state vector."""
    decoder = Decoder(vector)
    return {decoder.read_var_uint(): decoder.read_var_uint() for _client in range(decoder.read_var_uint())}


def with_clock(vector: bytes, client: int, clock: int) -> bytes:
    """Return a Y state vector in which one client's clock is replaced.

    Parameters
    ----------
    vector : bytes
        The encoded state vector.
    client : int
        The client's id.
    clock : int
        The number of the client's operations that are known.
    """
    known = {**client_clocks(vector), client: clock}
    numbers = [len(known), *(number for pair in known.items() for number in pair)]
    return b"".join(write_var_uint(number) for number in numbers)
