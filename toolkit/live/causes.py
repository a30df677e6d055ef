"""Whether all that a change builds on has come, so that it is done when it comes, and nobody else's is."""

from __future__ import annotations

import logging
from typing import Any

from pycrdt import Doc, YMessageType, YSyncMessageType, get_update, read_message

__all__ = ["CHANGES", "Causes"]

_log = logging.getLogger(__name__)

CHANGES = {
    bytes([YMessageType.SYNC, YSyncMessageType.SYNC_STEP2]),
    bytes([YMessageType.SYNC, YSyncMessageType.SYNC_UPDATE]),
}
"""How a message begins that changes the document."""


class Causes:
    """Refuses changes that would wait for somebody else's.

    Y keeps a change that builds on one which it does not have, and does it together with that one. Whoever
    guesses what another page does next could have a change of their own done in that page's name. A page
    that is in step sends none such: what it has beyond the server it sends whole, whenever it connects.

    Parameters
    ----------
    doc : Doc
        The shared document; it is only read here.
    """

    def __init__(self, doc: Doc[Any]) -> None:
        self._doc = doc
        self._copy: Doc[Any] | None = None

    def lacks(self, message: bytes) -> bool:
        """Return whether a message to the document's room has a change that cannot be done now.

        Parameters
        ----------
        message : bytes
            As it came; what is no change lacks nothing.
        """
        if message[:2] not in CHANGES:
            return False
        update = read_message(message[2:])
        copy, self._copy = self._copy or Doc(), None
        copy.apply_update(self._doc.get_update(copy.get_state()))
        copy.apply_update(update)
        # It begins with how many clients have changes in it that the copy has not done.
        if get_update(update, copy.get_state())[:1] != b"\0":
            _log.warning("A change was refused that builds on one which has not come")
            return True
        self._copy = copy
        return False
