"""The server's edits of a shared document, which never overwrite a concurrent edit of a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pycrdt import Map, Text

from toolkit.live.sync.shadow_document import ShadowDocument
from toolkit.live.sync.shared_fields import NOTES_NAME, SharedFields

__all__ = ["ServerWriter"]


class ServerWriter:
    """Writes the document's maps in the shadow copy, whose client id is low, and forwards the updates.

    Parameters
    ----------
    twin : ShadowDocument
        The shadow copy.
    """

    def __init__(self, twin: ShadowDocument) -> None:
        self._shadow = twin

    @property
    def client(self) -> int:
        """The client id of the updates that it makes."""
        return self._shadow.client

    @contextmanager
    def writing(self) -> Iterator[tuple[SharedFields, Map[Any]]]:
        """Yield the fields that browsers write and the server's map of answers, for edits in one transaction.

        The updates are applied to the document when the block ends. No transaction is opened in the document
        itself: one is open already while the room reloads it.
        """
        copy = self._shadow.synchronize()
        fields: Map[Any] = copy.get("mentoring", type=Map)
        answers: Map[Any] = copy.get("mentoring:server", type=Map)
        changed: list[bytes] = []
        subscription = copy.observe(lambda event: changed.append(event.update))
        try:
            with copy.transaction():
                yield SharedFields(fields, copy.get(NOTES_NAME, type=Text)), answers
        finally:
            copy.unobserve(subscription)
            for update in changed:
                self._shadow.doc.apply_update(update)
