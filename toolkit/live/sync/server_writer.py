"""How a server writes into a shared document so that it never writes over what it has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pycrdt import Map, Text

from toolkit.live.sync.shadow_document import Twin
from toolkit.live.sync.shared_fields import NOTES, Whole

__all__ = ["Pen"]


class Pen:
    """Writes a document's maps in its copy, whose number is low, and hands on what is new.

    Parameters
    ----------
    twin : Twin
        The copy.
    """

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    @property
    def client(self) -> int:
        """The number that what it writes is known by."""
        return self._twin.client

    @contextmanager
    def writing(self) -> Iterator[tuple[Whole, Map[Any]]]:
        """Yield what browsers write and the map that answers them; what is done there goes into the document.

        No transaction is opened in the document itself: where it is being loaded anew there is one already.
        """
        copy = self._twin.caught_up()
        fields: Map[Any] = copy.get("mentoring", type=Map)
        answers: Map[Any] = copy.get("mentoring:server", type=Map)
        changed: list[bytes] = []
        subscription = copy.observe(lambda event: changed.append(event.update))
        try:
            with copy.transaction():
                yield Whole(fields, copy.get(NOTES, type=Text)), answers
        finally:
            copy.unobserve(subscription)
            for update in changed:
                self._twin.doc.apply_update(update)
