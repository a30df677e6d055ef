"""Rejects Y updates with missing causal dependencies.

Yjs would buffer such an update and apply it later, together with the update it depends on and under that
user's name.
"""

from __future__ import annotations

import logging

from pycrdt import YMessageType, YSyncMessageType, get_update, read_message

from toolkit.live.sync.shadow_document import ShadowDocument

__all__ = ["CHANGE_MESSAGES", "UpdateCausality"]

_log = logging.getLogger("mentoring.live.causes")

CHANGE_MESSAGES = {
    bytes([YMessageType.SYNC, YSyncMessageType.SYNC_STEP2]),
    bytes([YMessageType.SYNC, YSyncMessageType.SYNC_UPDATE]),
}
"""The first two bytes of each message that changes the document."""


class UpdateCausality:
    """Checks updates for missing dependencies.

    Y buffers an update that depends on an unknown one, and applies both together. A guest who guesses the
    next update of another page could have a change applied in that guest's name. A synchronised page never
    sends such an update: on connecting it sends all that it has beyond the server's state.

    Parameters
    ----------
    twin : ShadowDocument
        The shadow copy of the document, in which an update is tried.
    """

    def __init__(self, twin: ShadowDocument) -> None:
        self._twin = twin

    def has_missing_dependencies(self, message: bytes) -> bool:
        """Return True if a message has an update that cannot be applied now.

        Parameters
        ----------
        message : bytes
            A message to the document's room; one that carries no update lacks nothing.
        """
        if message[:2] not in CHANGE_MESSAGES:
            return False
        update = read_message(message[2:])
        copy = self._twin.synchronize()
        try:
            copy.apply_update(update)
        except BaseException:
            self._twin.forget()
            raise
        # The rest of the update begins with the number of clients that have operations not yet applied.
        if get_update(update, copy.get_state())[:1] != b"\0":
            _log.warning("An update with missing dependencies was rejected")
            self._twin.forget()
            return True
        return False
