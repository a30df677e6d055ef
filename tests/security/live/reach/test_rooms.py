"""The notebook is shared in exactly one room, and guests cannot make another."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import websocket

from tests.live.live_server import NOTEBOOK
from tests.security.live.raw_requests import UUID


@pytest.mark.parametrize(
    "asked", [{"format": "text", "type": "file"}, {"format": "base64", "type": "file"}, {}, []]
)
def test_the_notebook_is_shared_in_one_way(live, guest, asked):
    assert live.ask(guest, "PUT", f"/api/collaboration/session/{NOTEBOOK}", json=asked).status_code in {
        400,
        403,
    }


def test_no_other_room_is_made(live, guest):
    room = live.room(guest).split("?")[0]
    index = room.rsplit(":", 1)[1]
    others = (
        f"text:file:{index}",
        f"json:notebook:{UUID}",
        f"json:notebook:{index}:x",
        f"json:notebook:{index}%00",
        "x",
        "",
        "JupyterLab:globalawareness",
        quote(f"../room/json:notebook:{index}"),
    )
    for other in others:
        with pytest.raises(websocket.WebSocketBadStatusException, match=r"40[34]"):
            live.open(guest, f"/api/collaboration/room/{other}")
    live.open(guest, "/api/collaboration/room/JupyterLab:globalAwareness").shutdown()


def test_nobody_makes_a_room(live):
    live.room(live.guest())
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        live.open(None, "/api/collaboration/room/JupyterLab:globalAwareness")
