"""Whether all that a change builds on has come, so that it is done when it comes, and nobody else's is."""

from __future__ import annotations

import logging

from pycrdt import YMessageType, YSyncMessageType, get_update, read_message

from toolkit.live.sync.shadow_document import Twin

__all__ = ["CHANGES", "Causes"]

_log = logging.getLogger("mentoring.live.causes")

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
    twin : Twin
        The copy of the document, in which a change is tried.
    """

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

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
        copy = self._twin.caught_up()
        try:
            copy.apply_update(update)
        except BaseException:
            self._twin.forget()
            raise
        # It begins with how many clients have changes in it that the copy has not done.
        if get_update(update, copy.get_state())[:1] != b"\0":
            _log.warning("A change was refused that builds on one which has not come")
            self._twin.forget()
            return True
        return False
