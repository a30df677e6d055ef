"""The static form of the session desk, readable later without a kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from toolkit.desk import view_data
from toolkit.desk.session_state import SessionFacts
from toolkit.widgets.static_html import element, text_with_code

__all__ = ["session_lines"]


def session_lines(facts: SessionFacts | None, words: Mapping[str, Any]) -> Iterable[Markup]:
    """Yield the static form without private parts, since a saved page may be forwarded by mistake.

    It does not contain later hints, solutions and private notes.

    Parameters
    ----------
    facts : SessionFacts or None
        The data of the session; without data nothing is yielded.
    words : mapping
        Texts of the view.
    """
    if facts is None:
        return
    now = view_data.session_view(facts)
    parts = (now["when"], words["minutes"].format(n=now["minutes"]), now["word"], now["exercise"])
    yield element("p", " · ".join(part for part in parts if part))
    yield from _brief(view_data.brief_view(facts), words)
    yield from _table(view_data.table_view(facts), words)
    hints = view_data.hints_view(facts)
    if hints["hints"]:
        given = words["given"].format(n=hints["given"], total=len(hints["hints"]))
        yield element("p", f"{words['hints']} – {given}")
    seen = [
        f"{skill['title']} – {words['seenAided' if one['aided'] else 'seenUnaided'].format(time=one['at'])}"
        for skill in view_data.evidence_view(facts)["skills"]
        for one in skill["seen"]
    ]
    yield from _list(words["evidence"], seen)


def _brief(brief: Mapping[str, Any], words: Mapping[str, Any]) -> Iterable[Markup]:
    yield element("p", text_with_code(brief["news"]), " ", text_with_code(brief["standing"]))
    yield from _list(words["wish"], brief["wish"])
    for part in ("promises", "attempts", "reviews"):
        yield from _list(words[part], [line["text"] for line in brief[part]])


def _table(table: Mapping[str, Any], words: Mapping[str, Any]) -> Iterable[Markup]:
    done = words["discussedOf"].format(n=table["done"], total=table["total"])
    yield element("p", f"{words['agenda']} – {done}")
    yield from _list(words["agreed"], table["agreed"])


def _list(title: str, lines: Iterable[str]) -> Iterable[Markup]:
    items = [element("li", text_with_code(line)) for line in lines]
    if items:
        yield element("p", element("strong", title))
        yield element("ul", *items)
