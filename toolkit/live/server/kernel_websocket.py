"""The websocket connection between a browser and a kernel."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from toolkit.i18n import _, use_language
from toolkit.live.server.handlers.kernels import notebook_of
from toolkit.live.server.identity import live_context_of
from toolkit.live.server.session_context import LiveContext

__all__ = ["ALLOWED_MESSAGES", "GuestKernelConnection"]

_PROTOCOL = "v1.kernel.websocket.jupyter.org"

_MAX_MESSAGE_PARTS = 1000

_SUBSHELL_REQUESTS = {"create_subshell_request", "delete_subshell_request", "list_subshell_request"}

ALLOWED_MESSAGES: dict[str, frozenset[str]] = {
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
    # Neither shutdown nor debugger: both people share the kernel.
    "control": frozenset({"interrupt_request", "kernel_info_request", *_SUBSHELL_REQUESTS}),
    "stdin": frozenset({"input_reply"}),
}
"""The message types that a browser may send, by channel."""


_ALLOWED_FOR_WATCHERS: dict[str, frozenset[str]] = {
    "shell": frozenset({"kernel_info_request", "comm_info_request"}),
    "control": frozenset({"kernel_info_request"}),
    "stdin": frozenset(),
}
"""The message types for guests who may not use the kernel: enough to receive its output."""


class GuestKernelConnection(ZMQChannelsWebsocketConnection):
    """Stamps each message with its authenticated sender, and lets only allowed messages through.

    Only the driver's cells are run; everybody's if nobody drives. In a group, a copy's kernel runs cells of
    its owner always and of the mentor as the driver. A refused message gets an error as its reply, followed
    by the status "idle", so that no page waits for ever.
    """

    _notebook: str | None = None

    async def prepare(self) -> None:
        """Make connection ids unique per guest: Jupyter closes an older connection with the same id."""
        self._notebook = await notebook_of(self.websocket_handler, self.kernel_id)
        guest = self.websocket_handler.current_user.username
        self.session.session = sha256(f"{guest}:{self.session.session}".encode()).hexdigest()[:32]
        await super().prepare()

    def handle_incoming_message(self, incoming_msg: Any) -> None:  # noqa: ANN401 - as its base
        """Check a message from the browser, and forward it to the kernel or refuse it."""
        if not self.channels:
            return
        if self.subprotocol != _PROTOCOL or not isinstance(incoming_msg, bytes):
            # JupyterLab uses this protocol; another one would need checks of its own.
            self.websocket_handler.close(1002)
            return
        try:
            channel, parts = _parts(incoming_msg)
            header = self.session.unpack(parts[0])
            guest = self.websocket_handler.current_user.username
            kind, allowed = header["msg_type"], header["msg_type"] in self._allowed_messages(guest)[channel]
            stamped = self.session.pack({**header, "username": guest})
        except (ValueError, TypeError, KeyError, IndexError) as error:
            self.log.warning("Invalid kernel message from a browser: %s", type(error).__name__)
            self.websocket_handler.close(1007)
            return
        context = live_context_of(self.websocket_handler)
        with use_language(context.settings.language):
            if not allowed:
                self._refuse(channel, header, "Refused", _("This is not for guests of a session."))
            elif kind == "execute_request" and not _may_run(context, guest, self._notebook):
                self._refuse(
                    channel, header, "NotDriving", _("Only who drives runs cells; ask for the wheel.")
                )
            else:
                self.session.send_raw(self.channels[channel], [stamped, *parts[1:]])

    def _allowed_messages(self, name: str) -> dict[str, frozenset[str]]:
        context = live_context_of(self.websocket_handler)
        guest = context.guest(name)
        if not context.settings.copies:
            return ALLOWED_MESSAGES
        own = guest is not None and context.settings.may_start(guest, self._notebook or "")
        return ALLOWED_MESSAGES if own else _ALLOWED_FOR_WATCHERS

    def _refuse(self, channel: str, header: dict[str, Any], name: str, reason: str) -> None:
        """Reply to a message in place of the kernel."""
        content: dict[str, Any] = {
            "status": "error",
            "ename": name,
            "evalue": reason,
            "traceback": [],
            "execution_count": None,
        }
        reply = str(header["msg_type"]).removesuffix("_request") + "_reply"
        self._send_reply(channel, reply, header, content)
        self._send_reply("iopub", "status", header, {"execution_state": "idle"})

    def _send_reply(self, channel: str, kind: str, parent: dict[str, Any], content: dict[str, Any]) -> None:
        message = self.session.msg(kind, content, parent={"header": parent})
        self.write_message(serialize_msg_to_ws_v1(message, channel, self.session.pack), binary=True)


def _parts(message: bytes) -> tuple[str, list[bytes]]:
    """Return channel and parts; Jupyter's own reader accepts any number of parts."""
    count = int.from_bytes(message[:8], "little")
    if not 6 <= count <= _MAX_MESSAGE_PARTS:
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
