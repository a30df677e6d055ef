"""pycrdt-websocket: the room of a document."""

from __future__ import annotations

import asyncio

import pytest
from pycrdt import Doc, Map, create_update_message
from pycrdt.websocket import YRoom

from tests.canary.signatures import mentions

pytestmark = pytest.mark.canary


class Channel:
    path = "a"

    def __init__(self, *messages):
        self.messages = list(messages)

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.messages:
            raise StopAsyncIteration
        return self.messages.pop(0)

    async def send(self, message):
        pass


def told(on_message):
    async def run():
        other = Doc()
        other.get("m", type=Map)["x"] = "y"
        room = YRoom()
        room.on_message = on_message
        await room.serve(Channel(create_update_message(other.get_update())))
        return dict(room.ydoc.get("m", type=Map).items())

    return asyncio.run(run())


def test_a_message_is_skipped_where_its_question_says_yes(changed):
    assert told(lambda message: False) == {"x": "y"}, changed("the meaning of False")
    assert told(lambda message: True) == {}, changed("the meaning of True")


def test_each_update_is_written_by_a_task_of_its_own(changed):
    assert mentions(YRoom._broadcast_updates, "start_soon(self.ystore.write, update)"), changed(
        "the writing of an update to the store"
    )


def test_the_leaving_of_others_is_told_where_it_is_local(changed):
    assert mentions(YRoom.send_server_awareness, 'changes[1] != "local"'), changed("the word `local`")
    assert YRoom().awareness.remove_awareness_states([1], "local") is None, changed("remove_awareness_states")
