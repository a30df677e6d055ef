"""A check that a page requests from the kernel, without a card."""

from __future__ import annotations

import pytest

from toolkit.errors import NotFoundError
from toolkit.widgets import Record
from toolkit.widgets.page_check import check, outcomes


def test_the_outcomes_are_in_the_record_and_in_its_language(french_record: Record) -> None:
    (result,) = check("median", french_record)
    entry = french_record.get("exercise:median")
    assert entry.tests == [result]
    assert result.outcome == "failed"
    assert "La cellule" in result.message
    assert entry.checked_at.tzinfo is not None


def test_what_is_not_there_is_said(record: Record) -> None:
    with pytest.raises(NotFoundError, match="'mean'"):
        check("mean", record)


def test_a_page_without_a_record_is_answered(french_record: Record, monkeypatch) -> None:
    monkeypatch.chdir(french_record.path.parent)
    (told,) = outcomes("median").data["tests"]
    assert told.keys() == {"name", "outcome", "message", "points"}
    assert told["outcome"] == french_record.get("exercise:median").tests[0].outcome == "failed"
