"""The agenda of a new session: the usual timeline, carried talking points, and the mentor's topics."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

from toolkit.domain.agenda import AgendaItem, usual_agenda
from toolkit.domain.record_entries import AgendaEntry
from toolkit.i18n import Language, use_language
from toolkit.workspace.session_record import parse_entry

__all__ = ["carried_items", "new_agenda", "new_id"]


def new_agenda(
    language: Language, minutes: int, topics: Iterable[str] = (), carried: Iterable[AgendaItem] = ()
) -> tuple[AgendaItem, ...]:
    """Return the usual timeline in a language, with the carried points and the mentor's topics.

    Parameters
    ----------
    language : {"en", "fr"}
        Language of the usual talking points.
    minutes : int
        Length of the session; the longest usual point is shortened to fit it, to no less than 5 minutes.
    topics : iterable of str
        The mentor's topics, 5 minutes each.
    carried : iterable of AgendaItem
        Open talking points of earlier sessions.
    """
    own = [_topic(text, number) for number, text in enumerate(topics)]
    with use_language(language):
        usual = [
            AgendaItem(new_id(), text, length, float(n), usual=True)
            for n, (text, length) in enumerate(usual_agenda(minutes))
        ]
    extra = [*carried_items(carried), *own]
    # The longest usual point is shortened by the extra minutes, so that the agenda still fits the session.
    longest = max(usual, key=lambda item: item.minutes)
    left = longest.minutes - sum(item.minutes for item in extra)
    usual[usual.index(longest)] = replace(longest, minutes=max(5, left))
    return tuple(sorted([*usual, *extra], key=lambda item: item.order))


def carried_items(points: Iterable[AgendaItem]) -> list[AgendaItem]:
    """Return new agenda items that carry over the open talking points of earlier sessions."""
    # Between the usual points "agenda" (order 2.0) and "the student's code" (order 3.0).
    return [
        AgendaItem(new_id(), item.text, item.minutes, 2 + (n + 1) / 100, item.added_by, carried_from=item.id)
        for n, item in enumerate(points)
    ]


def _topic(text: str, number: int) -> AgendaItem:
    item = AgendaItem(new_id(), text, 5, 2.5 + number / 100)
    # The same rule as in the record: one line, neither empty nor too long.
    entry = parse_entry(f"agenda:{item.id}", vars(item))
    return replace(item, text=entry.text) if isinstance(entry, AgendaEntry) else item


def new_id() -> str:
    """Return a new id for an agenda item or an action item: 12 random hexadecimal digits."""
    return uuid.uuid4().hex[:12]
