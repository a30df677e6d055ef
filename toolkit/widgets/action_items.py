"""The action items: who does what by when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from toolkit.domain.agenda import ACTION_ITEM, ActionState
from toolkit.domain.people import Role
from toolkit.domain.record_entries import ActionEntry
from toolkit.i18n import _, format_date, ngettext
from toolkit.widgets.list_widget import ItemsWidget
from toolkit.widgets.static_html import SafeHtml, element
from toolkit.widgets.view_source import view_module

__all__ = ["ActionItems"]


class ActionItems(ItemsWidget[ActionEntry]):
    """The actions that somebody promised: owner, due date, and an if-then plan.

    Parameters
    ----------
    record : Record, optional
        Where the actions live; without one, ``ActionItems(items=[{"text": "Read chapter 2"}])``.
    """

    _esm = view_module("actions")
    _shared = "actions"
    _kind = "action"
    _kinds = ("action",)

    def add(
        self, text: str, *, owner: Role = "student", due: date | str | None = None, plan: str = ""
    ) -> str:
        """Put an action at the end and return its id.

        Parameters
        ----------
        text : str
            What is done, in one line.
        owner : {"mentor", "student"}
            Who does it.
        due : date or str, optional
            By when; a string as ``"2026-11-24"``.
        plan : str
            "If it is Tuesday 20:00, then I open the exercise."
        """
        return self._add(text=text, owner=owner, due=due, plan=plan)

    def edit(self, item: str, **fields: object) -> None:
        """Change ``text``, ``owner``, ``due`` or ``plan`` of ``item``."""
        self._change(item, **fields)

    def finish(self, item: str) -> None:
        """Tick ``item``: it is done."""
        self._act(item, "finish")

    def reopen(self, item: str) -> None:
        """Take the tick of ``item`` back, or bring it back after it was dropped."""
        self._act(item, "reopen")

    def drop(self, item: str) -> None:
        """Leave ``item`` out."""
        self._act(item, "drop")

    def carry(self, item: str) -> None:
        """Carry ``item`` over to the next session."""
        self._act(item, "carry")

    def move(self, item: str, before: str | None = None) -> None:
        """Put ``item`` before another one, or at the end."""
        self._move(item, before)

    def _act(self, item: str, action: str) -> None:
        with self._doing():
            old = self._entry(item)
            state = ACTION_ITEM.transition(old.state, action)
            self._commit({self._key(item): old.model_copy(update={"state": state})})

    def _summary(self) -> str:
        rows = self._ordered()
        still = sum(entry.state is ActionState.OPEN for entry in rows)
        return ngettext("{n} action open, {total} in all", "{n} actions open, {total} in all", still).format(
            n=still, total=len(rows)
        )

    @classmethod
    def _vocabulary(cls, minutes: int) -> dict[str, Any]:
        return {
            **super()._vocabulary(minutes),
            "title": _("Actions"),
            "add": _("Add an action"),
            "addButton": _("Add"),
            "owners": [["student", _("Student")], ["mentor", _("Mentor")]],
            "empty": _("No actions yet. At most three, each with a name, a date and an if-then plan."),
            "finish": _("Done: {text}"),
            "done": _("Done"),
            "carried": _("Carried over"),
            "dropped": _("Dropped"),
            "carry": _("Carry over"),
            "drop": _("Drop"),
            "reopen": _("Reopen"),
            "carriedFrom": _("From an earlier session"),
            "move": _("Move: {text}. Alt+Up and Alt+Down move it."),
            "moved": _("{text}: place {n} of {total}"),
            "editHint": _("{text}. Enter or F2 edits it."),
            "textLabel": _("Action"),
            "owner": _("Who"),
            "due": _("By when"),
            "plan": _("If-then plan"),
            "planHint": _("If it is Tuesday 20:00, then I open the exercise."),
            "noDue": _("Set a date"),
            "noPlan": _("Make an if-then plan"),
            "keep": _("Keep"),
            "cancel": _("Cancel"),
        }

    def _static(self) -> Iterable[SafeHtml]:
        words = self._words()
        rows = self._ordered()
        if not rows:
            yield element("p", words["empty"])
            return
        marks = {"open": "☐", "done": "☑", "carried": "→", "dropped": "–"}
        lines = []
        for entry in rows:
            facts = [words["mentor" if entry.owner == "mentor" else "student"]]
            if entry.due is not None:
                facts.append(format_date(entry.due))
            if entry.state is not ActionState.OPEN:
                facts.append(words[str(entry.state)])
            lines.append(
                element(
                    "li",
                    element("span", marks[str(entry.state)], aria_hidden="true"),
                    " ",
                    element("span", entry.text),
                    element("small", f" · {' · '.join(facts)}"),
                    *([element("br"), element("small", entry.plan)] if entry.plan else []),
                )
            )
        yield element("ul", *lines, style="list-style:none;padding:0;margin:0")
