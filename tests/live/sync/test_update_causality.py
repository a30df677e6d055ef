"""A guest cannot make a change in another's name by an update that depends on that person's next change."""

from __future__ import annotations

import asyncio

import pytest
from pycrdt import Doc, Map, Text, create_sync_message, create_update_message

from tests.live.conftest import NOTEBOOK, on_disk
from tests.live.page_peer import Peer, clocks, until
from toolkit.live.sync.server_writer import ServerWriter
from toolkit.live.sync.shadow_document import ShadowDocument
from toolkit.live.sync.shared_fields import NOTES_NAME
from toolkit.live.sync.update_causality import UpdateCausality


def notes(doc: Doc) -> Text:
    return doc.get(NOTES_NAME, type=Text)


def fields(doc: Doc) -> Map:
    return doc.get("mentoring", type=Map)


def waiting(seen: bytes, victim: int, name: str, value: object) -> bytes:
    """Return a change of a field that takes effect with the next letter of ``victim`` in the notes."""
    guessed = Doc(client_id=victim)
    guessed.apply_update(seen)
    notes(guessed).insert(0, "?")
    mine = Doc()
    mine.apply_update(guessed.get_update())
    before = mine.get_state()
    notes(mine).insert(1, "!")
    fields(mine)[name] = value
    return mine.get_update(before)


@pytest.fixture
def doc() -> Doc:
    doc = Doc()
    notes(doc)
    fields(doc)
    return doc


def page(doc: Doc, client: int) -> Doc:
    one = Doc(client_id=client)
    one.apply_update(doc.get_update())
    return one


def test_what_is_there_lacks_nothing(doc):
    causes, one = UpdateCausality(ShadowDocument(doc)), page(doc, 7)
    for letter in "abc":
        before = one.get_state()
        text = notes(one)
        text += letter
        message = create_update_message(one.get_update(before))
        assert not causes.has_missing_dependencies(message)
        doc.apply_update(one.get_update(before))
        assert not causes.has_missing_dependencies(message)  # twice is once
    # What the server writes itself is known, too.
    fields(doc)["a"] = 1
    assert not causes.has_missing_dependencies(create_update_message(page(doc, 8).get_update()))
    assert not causes.has_missing_dependencies(create_sync_message(one))
    assert not causes.has_missing_dependencies(b"\x01\x00")


def test_update_with_missing_dependency_is_refused(doc):
    """An update with a missing dependency is refused; later updates are accepted."""
    causes, mentor = UpdateCausality(ShadowDocument(doc)), page(doc, 1000)
    assert causes.has_missing_dependencies(
        create_update_message(waiting(doc.get_update(), 1000, "consent/replay", True))
    )
    before = mentor.get_state()
    text = notes(mentor)
    text += "Hello"
    update = mentor.get_update(before)
    assert not causes.has_missing_dependencies(create_update_message(update))
    doc.apply_update(update)
    assert dict(fields(doc).items()) == {}


def test_a_later_change_of_ones_own_waits_for_the_earlier_one(doc):
    causes, one = UpdateCausality(ShadowDocument(doc)), page(doc, 7)
    found: list[bytes] = []
    kept = one.observe(lambda event: found.append(event.update))
    text = notes(one)
    text += "1"
    text += "2"
    one.unobserve(kept)
    assert causes.has_missing_dependencies(create_update_message(found[1]))
    # As a page sends it when it has connected: whole.
    assert not causes.has_missing_dependencies(create_update_message(one.get_update()))


def test_what_was_tried_and_did_not_come_about_is_not_built_upon(doc):
    twin, one = ShadowDocument(doc), page(doc, 7)
    fields(one)["agenda:a/minutes"] = 5
    assert not UpdateCausality(twin).has_missing_dependencies(create_update_message(one.get_update()))
    with ServerWriter(twin).writing() as (table, _answers):
        table["agenda:a/minutes"] = 10
    # It would wait in the document for what never comes.
    assert dict(fields(doc).items()) == {"agenda:a/minutes": 10}


@pytest.mark.parametrize("thief", ["mentor", "zoe"])
def test_nobody_consents_or_confirms_for_another(server, settings, thief):
    async def play():
        both = {name: Peer(name) for name in ("mentor", "zoe")}
        for one in both.values():
            await one.join(server.port, NOTEBOOK)
        try:
            (victim,) = both.keys() - {thief}
            name, value = ("consent/replay", True) if thief == "mentor" else ("check:loops/confirmed", True)
            stolen = waiting(both[thief].doc.get_update(), both[victim].doc.client_id, name, value)
            await both[thief].send(create_update_message(stolen))
            both[thief].put({"agenda:a0/text": "Sent after it"})
            await until(both[thief].covered)
            text = notes(both[victim].doc)
            text += "Innocent"
            await until(both[victim].covered)
            assert "consent" not in on_disk(settings)
            assert not on_disk(settings)["check:loops"].get("confirmed")
            assert on_disk(settings)["notes"]["text"] == "Innocent"
            assert both[thief].doc.client_id in clocks(both[victim].doc.get_state())
        finally:
            for one in both.values():
                await one.leave()

    server.start()
    asyncio.run(play())
