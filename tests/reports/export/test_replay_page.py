"""The replay describes the changes of a cell."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

from bs4 import BeautifulSoup

from toolkit.reports.export import replay_page

AT = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def page(*sources: str) -> BeautifulSoup:
    """Return the replay of one cell, as it was at each moment."""
    steps = [
        replay_page.ReplayStep(
            AT,
            "A point",
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "id": "a",
                        "metadata": {},
                        "source": source,
                        "outputs": [],
                        "execution_count": None,
                    }
                ]
            },
        )
        for source in sources
    ]
    made = replay_page.render_replay(steps, day=date(2026, 11, 24), name="Zoé", granted=AT, language="en")
    return BeautifulSoup(made, "html.parser")


def test_the_lines_that_changed_are_said():
    found = page("a = 1\nb = 2\n", "a = 1\nb = '<3>'\nc = 4").select_one("pre.lines")
    assert [(one.name, one.text) for one in found.select("del, ins")] == [
        ("del", "− b = 2"),
        ("ins", "+ b = '<3>'"),
        ("ins", "+ c = 4"),
    ]


def test_rewritten_cell_takes_no_longer_than_another():
    """A rewritten cell takes no longer to export than another."""
    letters = random.Random(1)

    def junk(lines: int) -> str:
        return "\n".join("".join(letters.choices("abcdefgh", k=40)) for _line in range(lines))

    # To look for lines that are nearly alike, those of 400 lines takes half a minute.
    assert len(page(junk(500), junk(500)).select("ins")) == 500
    changed = page(junk(2500), junk(2500))
    assert changed.select("ins") == []
    assert "Changed since the item before" in changed.text
