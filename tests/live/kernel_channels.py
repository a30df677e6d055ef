"""A client for a kernel's channels that replaces a browser."""

from __future__ import annotations

import json
import uuid
from typing import Any

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

from tests.live.live_server import PROTOCOL, Live


class Channels:
    """The channels of one guest."""

    def __init__(self, live: Live, client, kernel: str, **kwargs: Any) -> None:
        self.session = uuid.uuid4().hex
        path = f"/api/kernels/{kernel}/channels?session_id={self.session}"
        self.socket = live.open(client, path, subprotocols=[PROTOCOL], **kwargs)

    def send(self, channel: str, kind: str, content: dict[str, Any], **header: Any) -> str:
        """Send a message and return its id."""
        number = uuid.uuid4().hex
        whole = {
            "header": {
                "msg_id": number,
                "msg_type": kind,
                "session": self.session,
                "username": "somebody",
                "date": "2026-11-25T18:00:00Z",
                "version": "5.4",
                **header,
            },
            "parent_header": {},
            "metadata": {},
            "content": content,
        }
        self.socket.send_binary(
            serialize_msg_to_ws_v1(whole, channel, lambda part: json.dumps(part).encode())
        )
        return number

    def hear(self) -> tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Return the next message: channel, header, parent, content."""
        channel, parts = deserialize_msg_from_ws_v1(self.socket.recv())
        header, parent, _metadata, content = (json.loads(part) for part in parts[:4])
        return channel, header, parent, content

    def ask(self, channel: str, kind: str, content: dict[str, Any], **header: Any) -> tuple[dict, list[dict]]:
        """Send a message; return its reply, and what came on iopub for it until the kernel was idle."""
        number = self.send(channel, kind, content, **header)
        reply, told, idle = None, [], False
        while reply is None or not idle:
            where, about, parent, said = self.hear()
            if parent.get("msg_id") != number:
                continue
            if where == "iopub":
                told.append({"type": about["msg_type"], "by": parent.get("username"), **said})
                idle = idle or said.get("execution_state") == "idle"
            else:
                reply = {"type": about["msg_type"], "channel": where, **said}
        return reply, told

    def run(self, code: str, **header: Any) -> tuple[dict, list[dict]]:
        """Run a cell."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        return self.ask("shell", "execute_request", {**content, "allow_stdin": True}, **header)
