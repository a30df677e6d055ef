"""What the server writes gives way to what a browser set at the same instant."""

from __future__ import annotations

import pytest
from pycrdt import Doc, Map

from toolkit.live.sync.server_writer import Pen
from toolkit.live.sync.shadow_document import Twin


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
        with Pen(Twin(doc)).writing() as (table, _answers):
            table["agenda:a/minutes"] = 200
        assert doc.get("mentoring", type=Map)["agenda:a/minutes"] == 200
        for one, other in ((browser, doc), (doc, browser)):
            other.apply_update(one.get_update(other.get_state()))
        for each in (doc, browser):
            assert each.get("mentoring", type=Map)["agenda:a/minutes"] == number


def test_what_is_done_is_in_the_document_at_once_in_one_update_and_within_a_transaction_of_others(doc):
    updates = []
    doc.observe(lambda event: updates.append(event.update))
    pen = Pen(Twin(doc))
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
