"""A copy of a shared document, in which is tried what comes, and written what the server says, before."""

from __future__ import annotations

import secrets
from typing import Any

from pycrdt import Doc

from toolkit.live.sync.sync_checkpoint import clocks

__all__ = ["Twin"]

_LOW = 1 << 24


class Twin:
    """A document's copy. There is one, since it takes as much memory as the document with all its history.

    Of two values that were set at the same instant, neither knowing of the other, Y keeps that of the client
    with the higher number. Browsers choose theirs among 2³² numbers; the copy's is low, so what a browser
    sets stays, be it that it was on its way, or that the server ended before it could keep it. The number is
    new at each start: one that is used again, after a last update was lost, would tear the document.

    Parameters
    ----------
    doc : Doc
        The document; it is only read here.
    """

    def __init__(self, doc: Doc[Any]) -> None:
        self.doc = doc
        self.client = 1 + secrets.randbelow(_LOW)
        """The number that what is written in the copy is known by."""
        self._copy: Doc[Any] | None = None
        self._since: list[bytes] = []
        doc.observe(lambda event: self._since.append(event.update))

    def caught_up(self) -> Doc[Any]:
        """Return the copy, with all that the document has, and nothing that it has not."""
        copy, self._copy = self._copy or Doc(client_id=self.client), None
        since, self._since = self._since, []
        for update in since:
            copy.apply_update(update)
        if clocks(copy.get_state()) != clocks(self.doc.get_state()):
            # It is the first time; or what was tried here did not come about there.
            copy = Doc(client_id=self.client)
            copy.apply_update(self.doc.get_update())
        self._copy = copy
        return copy

    def forget(self) -> None:
        """Make it anew the next time: it holds something that the document is not to have."""
        self._copy = None
