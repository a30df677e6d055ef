"""jupyter-server-ydoc: the rooms of shared documents."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from types import SimpleNamespace

import pytest
from jupyter_server_ydoc.app import YDocExtension
from jupyter_server_ydoc.handlers import DocSessionHandler, YDocWebSocketHandler
from jupyter_server_ydoc.rooms import DocumentRoom
from jupyter_server_ydoc.stores import SQLiteYStore
from jupyter_server_ydoc.utils import (
    YDOC_SERVER_VERSION,
    check_session_compatibility,
    encode_file_path,
    save_current_session,
)
from jupyter_ydoc import YNotebook
from pycrdt import Doc

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary

CELL = {"id": "a", "cell_type": "markdown", "source": "file", "metadata": {}}
METADATA = {"kernelspec": {"name": "", "display_name": ""}, "language_info": {"name": ""}}
FILE = {"cells": [CELL], "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


class File:
    path = "a.ipynb"

    def __init__(self, fails=False):
        self.fails, self.saved = fails, []

    def observe(self, *_args):
        pass

    unobserve = observe

    async def load_content(self, *_args):
        return {"content": FILE}

    async def maybe_save_content(self, model):
        if self.fails:
            raise OSError("full")
        self.saved.append(model)


class Store:
    """A store that has a notebook with another text."""

    def __init__(self):
        self.start_lock, self.started, self.written = asyncio.Lock(), asyncio.Event(), []
        self.started.set()

    async def apply_updates(self, doc):
        other = Doc()
        YNotebook(other).set(FILE | {"cells": [CELL | {"source": "store"}]})
        doc.apply_update(other.get_update())

    async def encode_state_as_update(self, doc):
        self.written.append(doc)


def room(file, store=None):
    events = SimpleNamespace(emit=lambda **_event: None)
    log = logging.Logger("quiet")
    return DocumentRoom("json:notebook:1", "json", "notebook", file, events, store, log, save_delay=None)


def test_a_save_can_be_asked_for(changed):
    async def run():
        file = File()
        one = room(file)
        await one.initialize()
        asked = one._save_to_disc()
        assert isinstance(asked, asyncio.Task), changed("what `_save_to_disc` returns")
        await asked
        assert len(file.saved) == 1, changed("the saving at once")
        async with one._update_lock:
            assert one._save_to_disc() is None, changed(
                "what `_save_to_disc` returns of one that is being loaded"
            )

    asyncio.run(run())


def test_a_save_that_fails_is_only_logged(changed):
    async def run():
        one = room(File(fails=True))
        await one.initialize()
        try:
            await one._save_to_disc()
        except OSError:
            pytest.fail(changed("the silence about a file that cannot be written"))

    asyncio.run(run())


def test_the_file_wins_over_the_store(changed):
    async def run():
        one = room(File(), Store())
        await one.initialize()
        assert (await one._document.aget())["cells"][0]["source"] == "file", changed(
            "which of file and store is taken where they differ"
        )

    asyncio.run(run())


def test_the_list_of_servers_ends_after_ten(changed, tmp_path):
    async def run():
        lock, path = asyncio.Lock(), tmp_path / "sessions.json"
        for number in range(11):
            await save_current_session(
                str(tmp_path), f"s{number}", YDOC_SERVER_VERSION, lock, session_store_path=str(path)
            )
        return json.loads(path.read_text()), path

    known, path = asyncio.run(run())
    assert len(known) == 10, changed("the number of servers that are remembered")
    refused, reason = check_session_compatibility(
        str(tmp_path), "s0", YDOC_SERVER_VERSION, session_store_path=str(path)
    )
    assert (refused, reason) == (True, "unknown_session"), changed("what a page of an unknown server is told")
    assert mentions(save_current_session, "store_path.write_text"), changed(
        "the writing of that list in place"
    )


def test_documents_and_rooms_have_these_names(changed):
    assert encode_file_path("json", "notebook", "1") == "json:notebook:1", changed("the name of a room")
    for made in (YDocExtension.get_document, YDocWebSocketHandler.prepare):
        assert mentions(made, 'f".{file_type}:{file_id}.y"'), changed("the name of a document in the store")
    assert mentions(YDocWebSocketHandler.prepare, "JupyterLab:globalAwareness"), changed(
        "the room of who is here"
    )
    assert takes(YDocExtension.get_document, "path", "content_type", "file_format", "copy", "create"), (
        changed("get_document")
    )
    assert mentions(YDocExtension.initialize_handlers, "self.ywebsocket_server ="), changed(
        "ywebsocket_server"
    )


def test_a_room_made_by_the_extension_has_no_configured_store(changed):
    assert mentions(YDocExtension.get_document, "self.ystore_class("), changed("the making of the store")
    assert mentions(YDocExtension.initialize_handlers, "partial(self.ystore_class, config=self.config)"), (
        changed("the other making of the store")
    )
    assert SQLiteYStore.db_path.default_value == ".jupyter_ystore.db", changed("where a store lies by itself")


def test_a_room_is_made_before_anybody_is_asked_for(changed):
    order = inspect.getsource(YDocWebSocketHandler)
    assert "self.room = DocumentRoom(" in inspect.getsource(YDocWebSocketHandler.prepare), changed(
        "`prepare`"
    )
    assert order.index("async def prepare") < order.index("@ws_authenticated"), changed(
        "the moment of the question"
    )
    assert mentions(YDocWebSocketHandler.open, 'self.get_query_argument("sessionId"'), changed("`sessionId`")
    assert isinstance(YDocWebSocketHandler.max_message_size, property), changed("max_message_size")
    assert takes(DocSessionHandler.put, "path"), changed("the handler of a document")


def test_it_is_set_up_by_these_names(changed):
    names = YDocExtension.class_trait_names(config=True)
    for name in (
        "disable_rtc",
        "document_cleanup_delay",
        "document_save_delay",
        "file_poll_interval",
        "file_stop_poll_on_errors_after",
        "server_side_execution",
        "session_store_path",
        "ystore_class",
    ):
        assert name in names, changed(f"the setting {name}")
