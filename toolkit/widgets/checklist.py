"""The checklist widget: the state of each skill, by milestone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from markupsafe import Markup

from toolkit.domain.mastery import MasteryState
from toolkit.domain.record_entries import CheckEntry
from toolkit.domain.skill_opinions import SelfRating
from toolkit.i18n import _
from toolkit.widgets.list_widget import ItemsWidget
from toolkit.widgets.static_html import element
from toolkit.widgets.view_source import view_module

__all__ = ["Checklist"]

_SETTLED = (MasteryState.SHOWN, MasteryState.RETAINED)


def _complete(entry: CheckEntry) -> bool:
    return entry.confirmed or entry.mastery in _SETTLED


class Checklist(ItemsWidget[CheckEntry]):
    """The skills of a path, each with two independent marks: student's tick and mentor's confirmation.

    Parameters
    ----------
    record : Record, optional
        The record that stores the checklist.
    items : list of dict, optional
        The skills if there is no record; each needs at least ``title`` and ``milestone``.
    role : {"mentor", "student"}
        The role of the person who uses the widget.
    language : {"en", "fr"}, optional
        Language of the texts; by default the record's, or else the current one.

    Examples
    --------
    >>> from toolkit import Checklist
    >>> checklist = Checklist(items=[{"id": "loops", "title": "Loops", "milestone": "Basics"}], language="en")
    >>> checklist.rate("loops", "with help", "The exit condition is hard.")
    >>> checklist.confirm("loops")
    >>> checklist.items[0]["says"], checklist.items[0]["confirmed"]
    ('with help', True)
    >>> checklist
    <Checklist: 1 of 1 skills settled>
    """

    _esm = view_module("checklist")
    _shared_view = "checklist"
    _kind = "check"
    _kinds = ("check",)

    def tick(self, skill: str, *, on: bool = True) -> None:
        """Set or remove the student's tick on a skill.

        Parameters
        ----------
        skill : str
            Id of the skill.
        on : bool
            False removes the tick.

        Raises
        ------
        NotFoundError
            If the list has no such skill.
        """
        self._change(skill, ticked=on)

    def confirm(self, skill: str, *, on: bool = True) -> None:
        """Set or remove the mentor's confirmation of a skill.

        Parameters
        ----------
        skill : str
            Id of the skill.
        on : bool
            False removes the confirmation.

        Raises
        ------
        NotFoundError
            If the list has no such skill.
        StateError
            If the widget's role is the student.
        """
        self._change(skill, confirmed=on)

    def rate(self, skill: str, says: SelfRating, words: str = "") -> None:
        """Set the student's self-rating of a skill.

        Parameters
        ----------
        skill : str
            Id of the skill.
        says : {"", "not yet", "with help", "alone", "contested"}
            The rating; "contested" if the student disagrees with the skill's state; empty removes it.
        words : str
            The reason; removed together with the rating.

        Raises
        ------
        NotFoundError
            If the list has no such skill.
        InputError
            If a value is not valid.
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

    def _static(self) -> Iterable[Markup]:
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
