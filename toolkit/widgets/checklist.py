"""The checklist: where the student stands with each skill, by milestone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from toolkit.domain.mastery import MasteryState
from toolkit.domain.record_entries import CheckEntry
from toolkit.domain.skill_opinions import SelfRating
from toolkit.i18n import _
from toolkit.widgets.list_widget import ItemsWidget
from toolkit.widgets.static_html import SafeHtml, element
from toolkit.widgets.view_source import view_module

__all__ = ["Checklist"]

_SETTLED = (MasteryState.SHOWN, MasteryState.RETAINED)


def _complete(entry: CheckEntry) -> bool:
    return entry.confirmed or entry.mastery in _SETTLED


class Checklist(ItemsWidget[CheckEntry]):
    """The skills of a path; the student's tick and the mentor's confirmation are two marks.

    Parameters
    ----------
    record : Record, optional
        Where the checklist lives; without one,
        ``Checklist(items=[{"title": "Loops", "milestone": "Basics"}])``.
    """

    _esm = view_module("checklist")
    _shared = "checklist"
    _kind = "check"
    _kinds = ("check",)

    def tick(self, skill: str, *, on: bool = True) -> None:
        """Set (or take back) the student's tick on ``skill``."""
        self._change(skill, ticked=on)

    def confirm(self, skill: str, *, on: bool = True) -> None:
        """Set (or take back) the mentor's confirmation of ``skill``.

        Raises
        ------
        StateError
            If it is the student who sits before the widget.
        """
        self._change(skill, confirmed=on)

    def rate(self, skill: str, says: SelfRating, words: str = "") -> None:
        """Set how the student rates themselves in ``skill``, and why; an empty rating takes it back.

        Parameters
        ----------
        says : {"", "not yet", "with help", "alone", "contested"}
            "contested" is for whom sees the state itself otherwise.
        """
        self._change(skill, says=says, words=words if says else "")

    def _groups(self) -> list[tuple[str, list[CheckEntry]]]:
        """Return the skills by milestone, the milestones in the order of their first skill."""
        rows = self._ordered()
        first: dict[str, int] = {}
        for index, entry in enumerate(rows):
            first.setdefault(entry.milestone, index)
        rows.sort(key=lambda entry: first[entry.milestone])
        return [(name, list(group)) for name, group in groupby(rows, key=lambda entry: entry.milestone)]

    def _summary(self) -> str:
        rows = self._ordered()
        return _("{n} of {total} skills settled").format(n=sum(map(_complete, rows)), total=len(rows))

    @classmethod
    def _vocabulary(cls, minutes: int) -> dict[str, Any]:
        return {
            **super()._vocabulary(minutes),
            "title": _("Checklist"),
            "count": _("{n} of {total}"),
            "progress": _("{text}: {n} of {total}"),
            "not started": _("not started"),
            "learning": _("learning"),
            "shown": _("shown"),
            "retained": _("retained"),
            "refresh due": _("refresh due"),
            "ticked": _("Student's tick: {text}"),
            "confirmed": _("Mentor's confirmation: {text}"),
            "rates": _("How the student rates themselves: {text}"),
            "unsaid": _("how it feels"),
            "says not yet": _("not yet"),
            "says with help": _("with help"),
            "says alone": _("alone"),
            "says contested": _("I see it otherwise"),
            "why": _("Why, in a few words"),
            "whyOf": _("Why, in a few words: {text}"),
            "empty": _("No skills on the list yet: the student has no learning path."),
        }

    def _static(self) -> Iterable[SafeHtml]:
        words = self._words()
        groups = self._groups()
        if not groups:
            yield element("p", words["empty"])
        for milestone, rows in groups:
            done = words["count"].format(n=sum(map(_complete, rows)), total=len(rows))
            head = element("tr", *(element("th", text, scope="col") for text in self._columns()))
            body = [
                element(
                    "tr",
                    element("td", entry.title),
                    element("td", words[str(entry.mastery)]),
                    element("td", "☑" if entry.ticked else "☐"),
                    element("td", "☑" if entry.confirmed else "☐"),
                    element("td", _said(entry, words)),
                )
                for entry in rows
            ]
            yield element("h4", f"{milestone} · {done}", style="margin:12px 0 4px")
            yield element("table", element("thead", head), element("tbody", *body), style="text-align:left")

    def _columns(self) -> tuple[str, ...]:
        return _("Skill"), _("State"), _("Student"), _("Mentor"), _("Self-rating")


def _said(entry: CheckEntry, words: Mapping[str, str]) -> str:
    if not entry.says:
        return ""
    says = words[f"says {entry.says}"]
    return _("{sentence} “{words}”").format(sentence=says, words=entry.words) if entry.words else says
