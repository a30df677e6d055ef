"""The prep card, without a kernel."""

from __future__ import annotations

import pytest

from toolkit.errors import InputError, StateError
from toolkit.widgets import PrepCard
from toolkit.workspace.session_record import Record

HOSTILE = "</p><script>alert(1)</script>"


@pytest.fixture
def record(tmp_path):
    return Record.create(tmp_path / "record.json", {})


def page(card, ids=(), **values):
    token = card.touched["token"] + 1
    card.set_state({**values, "touched": {"token": token, "ids": list(ids)}})
    assert card.answered == token


def test_the_student_writes_and_it_is_kept(record):
    card = PrepCard(record, language="en")
    card.write(win="Loops", block=HOSTILE)
    page(card, ["goal"], wish={"win": "an older one", "block": "", "goal": "Plots"})
    assert card.error == ""
    assert record.get("wish").model_dump() == {"win": "Loops", "block": HOSTILE, "goal": "Plots"}
    assert "<script" not in card.to_html()
    assert "Loops" in repr(card)
    assert PrepCard(record).wish == card.wish
    with pytest.raises(InputError):
        card.write(win="x" * 501)


def test_the_mentor_reads(record):
    card = PrepCard(record, role="mentor", language="en")
    with pytest.raises(StateError, match="Only the student"):
        card.write(win="Theirs")
    page(card, ["win"], wish={"win": "Theirs"})
    assert "Only the student" in card.error
    assert record.get("wish") is None


def test_a_kernel_takes_a_consent_back_and_gives_none(record):
    card = PrepCard(record, language="en")
    page(card, ["replay"], replay=True)
    assert "Only the student decides" in card.error
    assert card.replay is False
    assert record.get("consent") is None
    record.put({"consent": {"replay": True}})
    card.refresh()
    assert card.replay is True
    page(card, ["replay"], replay=False)
    assert (card.error, card.replay, record.get("consent").replay) == ("", False, False)
