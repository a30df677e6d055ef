"""Shadow copy of the shared document.

Incoming updates are applied here first; the server's own edits are made here and then forwarded.
"""

from __future__ import annotations

import secrets
from typing import Any

from pycrdt import Doc

from toolkit.live.sync.sync_checkpoint import client_clocks

__all__ = ["ShadowDocument"]

_MAX_CLIENT_ID = 1 << 24
"""The highest client id of a server: low beside those of browsers, which are below 2³²."""


class ShadowDocument:
    """Shadow copy of a document; only one exists, since it needs as much memory as the whole document.

    Y resolves two concurrent writes of one key in favour of the higher client id. Browsers draw theirs from
    2³² numbers and the copy's is low, so a browser's value wins over the server's: if it was on its way, and
    if the server ended before it stored it. The id is new at each start: an id that is used again after its
    last update was lost would corrupt the document.

    Parameters
    ----------
    doc : Doc
        The document; it is only read and observed here.
    """

    def __init__(self, doc: Doc[Any]) -> None:
        self.doc = doc
        self.client = 1 + secrets.randbelow(_MAX_CLIENT_ID)
        """The client id of the updates that are made in the copy."""
        self._copy: Doc[Any] | None = None
        self._pending_updates: list[bytes] = []
        doc.observe(lambda event: self._pending_updates.append(event.update))

    def synchronize(self) -> Doc[Any]:
        """Return the copy, brought to the document's state: all of its updates, and no others."""
        copy, self._copy = self._copy or Doc(client_id=self.client), None
        pending, self._pending_updates = self._pending_updates, []
        for update in pending:
            copy.apply_update(update)
        if client_clocks(copy.get_state()) != client_clocks(self.doc.get_state()):
            # This is the first call, or an update that was tried here was not applied to the document.
            copy = Doc(client_id=self.client)
            copy.apply_update(self.doc.get_update())
        self._copy = copy
        return copy

    def forget(self) -> None:
        """Drop the copy, which has a refused update; the next call of `caught_up` builds a new one."""
        self._copy = None
