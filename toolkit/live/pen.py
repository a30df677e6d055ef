"""How a server writes into a shared document so that it never writes over what it has not seen."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pycrdt import Doc, Map, Text

from toolkit.live.whole import NOTES, Whole

__all__ = ["Pen"]

_LOW = 1 << 24


class Pen:
    """A copy of a document, with which its maps are written.

    Of two values that were set at the same instant, neither knowing of the other, Y keeps that of the client
    with the higher number. Browsers choose theirs among 2³² numbers; this one is low, so what a browser sets
    stays, be it that it was on its way, or that the server ended before it could keep it. The number is new
    at each start: one that is used again, after a last update was lost, would tear the document.

    Parameters
    ----------
    doc : Doc
        The document.
    """

    def __init__(self, doc: Doc[Any]) -> None:
        self._doc = doc
        self._copy: Doc[Any] = Doc(client_id=1 + secrets.randbelow(_LOW))
        fields: Map[Any] = self._copy.get("mentoring", type=Map)
        self._whole = Whole(fields, self._copy.get(NOTES, type=Text))
        self._answers: Map[Any] = self._copy.get("mentoring:server", type=Map)

    @property
    def client(self) -> int:
        """The number that what it writes is known by."""
        return self._copy.client_id

    @contextmanager
    def writing(self) -> Iterator[tuple[Whole, Map[Any]]]:
        """Yield what browsers write and the map that answers them; what is done there goes into the document.

        No transaction is opened in the document itself: where it is being loaded anew there is one already.
        """
        self._copy.apply_update(self._doc.get_update(self._copy.get_state()))
        changed: list[bytes] = []
        subscription = self._copy.observe(lambda event: changed.append(event.update))
        try:
            with self._copy.transaction():
                yield self._whole, self._answers
        finally:
            self._copy.unobserve(subscription)
            for update in changed:
                self._doc.apply_update(update)
