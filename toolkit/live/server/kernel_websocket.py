"""The messages between a browser and the kernel."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from toolkit.i18n import _, use_language
from toolkit.live.server.handlers.kernels import notebook_of
from toolkit.live.server.identity import context_of
from toolkit.live.server.session_context import LiveContext

__all__ = ["ALLOWED", "GuestChannels"]

_PROTOCOL = "v1.kernel.websocket.jupyter.org"

_MOST_PARTS = 1000

_SUBSHELLS = {"create_subshell_request", "delete_subshell_request", "list_subshell_request"}

ALLOWED: dict[str, frozenset[str]] = {
    "shell": frozenset(
        {
            "execute_request",
            "complete_request",
            "inspect_request",
            "is_complete_request",
            "history_request",
            "kernel_info_request",
            "comm_info_request",
            "comm_open",
            "comm_msg",
            "comm_close",
        }
    ),
    # Neither a shutdown nor the debugger: the kernel is both people's.
    "control": frozenset({"interrupt_request", "kernel_info_request", *_SUBSHELLS}),
    "stdin": frozenset({"input_reply"}),
}
"""What a browser may send, by channel."""


_WATCHED: dict[str, frozenset[str]] = {
    "shell": frozenset({"kernel_info_request", "comm_info_request"}),
    "control": frozenset({"kernel_info_request"}),
    "stdin": frozenset(),
}
"""What those may send whose kernel it is not: enough to hear what goes on in it."""


class GuestChannels(ZMQChannelsWebsocketConnection):
    """Stamps each message with the guest who sends it, and lets through what guests may do.

    Only the driver's cells are run; everybody's, while nobody drives. In a group a copy's owner always runs
    it, the mentor as the driver, and nobody else. Who asks for more gets an error as the
    reply, and the kernel's "idle", so that no page waits for ever.
    """

    _notebook: str | None = None

    async def prepare(self) -> None:
        """Keep each guest's connections apart: Jupyter ends an older one that has the same id."""
        self._notebook = await notebook_of(self.websocket_handler, self.kernel_id)
        guest = self.websocket_handler.current_user.username
        self.session.session = sha256(f"{guest}:{self.session.session}".encode()).hexdigest()[:32]
        await super().prepare()

    def handle_incoming_message(self, incoming_msg: Any) -> None:  # noqa: ANN401 - what a browser sends
        """Take a message from the browser."""
        if not self.channels:
            return
        if self.subprotocol != _PROTOCOL or not isinstance(incoming_msg, bytes):
            # JupyterLab speaks this one; any other would have to be checked separately.
            self.websocket_handler.close(1002)
            return
        try:
            channel, parts = _parts(incoming_msg)
            header = self.session.unpack(parts[0])
            guest = self.websocket_handler.current_user.username
            kind, allowed = header["msg_type"], header["msg_type"] in self._allowed(guest)[channel]
            stamped = self.session.pack({**header, "username": guest})
        except (ValueError, TypeError, KeyError, IndexError) as error:
            self.log.warning("What a browser sent is no message: %s", type(error).__name__)
            self.websocket_handler.close(1007)
            return
        context = context_of(self.websocket_handler)
        with use_language(context.settings.language):
            if not allowed:
                self._refuse(channel, header, "Refused", _("This is not for guests of a session."))
            elif kind == "execute_request" and not _may_run(context, guest, self._notebook):
                self._refuse(
                    channel, header, "NotDriving", _("Only who drives runs cells; ask for the wheel.")
                )
            else:
                self.session.send_raw(self.channels[channel], [stamped, *parts[1:]])

    def _allowed(self, name: str) -> dict[str, frozenset[str]]:
        context = context_of(self.websocket_handler)
        guest = context.guest(name)
        if not context.settings.copies:
            return ALLOWED
        own = guest is not None and context.settings.may_start(guest, self._notebook or "")
        return ALLOWED if own else _WATCHED

    def _refuse(self, channel: str, header: dict[str, Any], name: str, reason: str) -> None:
        """Answer in the kernel's stead."""
        content: dict[str, Any] = {
            "status": "error",
            "ename": name,
            "evalue": reason,
            "traceback": [],
            "execution_count": None,
        }
        reply = str(header["msg_type"]).removesuffix("_request") + "_reply"
        self._answer(channel, reply, header, content)
        self._answer("iopub", "status", header, {"execution_state": "idle"})

    def _answer(self, channel: str, kind: str, parent: dict[str, Any], content: dict[str, Any]) -> None:
        message = self.session.msg(kind, content, parent={"header": parent})
        self.write_message(serialize_msg_to_ws_v1(message, channel, self.session.pack), binary=True)


def _parts(message: bytes) -> tuple[str, list[bytes]]:
    """Return channel and parts; Jupyter's own reader would believe any number of parts."""
    count = int.from_bytes(message[:8], "little")
    if not 6 <= count <= _MOST_PARTS:
        raise ValueError(count)
    channel, parts = deserialize_msg_from_ws_v1(message)
    return channel, parts


def _may_run(context: LiveContext, name: str, notebook: str | None) -> bool:
    driver, guest = context.driver(), context.guest(name)
    if guest is None:
        return False
    if context.settings.copies and guest.role == "student":
        return notebook is not None and context.settings.owner(notebook) == guest.id
    return driver in {None, guest.role}
