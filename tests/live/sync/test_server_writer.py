"""If the server and a browser write a field at the same time, the browser's value wins."""

from __future__ import annotations

import pytest
from pycrdt import Doc, Map

from toolkit.live.sync.server_writer import ServerWriter
from toolkit.live.sync.shadow_document import ShadowDocument


@pytest.fixture
def doc() -> Doc:
    doc = Doc()
    doc.get("mentoring", type=Map)["agenda:a/minutes"] = 5
    return doc


def test_a_browser_wins_wherever_the_two_meet(doc):
    for number in range(20):
        browser = Doc()
        browser.apply_update(doc.get_update())
        browser.get("mentoring", type=Map)["agenda:a/minutes"] = number
        with ServerWriter(ShadowDocument(doc)).writing() as (table, _answers):
            table["agenda:a/minutes"] = 200
        assert doc.get("mentoring", type=Map)["agenda:a/minutes"] == 200
        for one, other in ((browser, doc), (doc, browser)):
            other.apply_update(one.get_update(other.get_state()))
        for each in (doc, browser):
            assert each.get("mentoring", type=Map)["agenda:a/minutes"] == number


def test_write_is_one_update_even_within_another_transaction(doc):
    """A write is in the document at once, as one update, even within a transaction of somebody else."""
    updates = []
    doc.observe(lambda event: updates.append(event.update))
    pen = ServerWriter(ShadowDocument(doc))
    with pen.writing() as (table, answers):
        table["timer/minutes"] = 30
        answers["error"] = "none"
        assert "timer/minutes" not in doc.get("mentoring", type=Map)
    assert doc.get("mentoring:server", type=Map)["error"] == "none"
    assert len(updates) == 1
    with doc.transaction():
        doc.get("mentoring", type=Map)["timer/minutes"] = 31
        with pen.writing() as (table, _answers):
            assert table["timer/minutes"] == 31
            del table["timer/minutes"]
    assert "timer/minutes" not in doc.get("mentoring", type=Map)
