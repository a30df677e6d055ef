"""The widget of action items: actions with owner, due date and if-then plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from markupsafe import Markup

from toolkit.domain.agenda import ACTION_ITEM, ActionState
from toolkit.domain.people import Role
from toolkit.domain.record_entries import ActionEntry
from toolkit.i18n import _, format_date, ngettext
from toolkit.widgets.list_widget import StatefulItemsWidget
from toolkit.widgets.static_html import element
from toolkit.widgets.view_source import view_module

__all__ = ["ActionItems"]


class ActionItems(StatefulItemsWidget[ActionEntry]):
    """The agreed actions, each with an owner, a due date and an if-then plan.

    Parameters
    ----------
    record : Record, optional
        The record that stores the actions.
    items : list of dict, optional
        The actions if there is no record; each needs at least ``text``.
    role : {"mentor", "student"}
        The role of the person who uses the widget.
    language : {"en", "fr"}, optional
        Language of the texts; by default the record's, or else the current one.

    Examples
    --------
    >>> from toolkit import ActionItems
    >>> actions = ActionItems(items=[{"text": "Read chapter 2"}], language="en")
    >>> item = actions.add("Solve exercise 3", owner="student", due="2026-11-24")
    >>> actions.finish(item)
    >>> actions.items[1]["due"], actions.items[1]["state"]
    ('2026-11-24', 'done')
    >>> actions
    <ActionItems: 1 action open, 2 in all>
    """

    _esm = view_module("actions")
    _shared_view = "actions"
    _kind = "action"
    _states = ACTION_ITEM
    _kinds = ("action",)

    def add(
        self, text: str, *, owner: Role = "student", due: date | str | None = None, plan: str = ""
    ) -> str:
        """Add an action at the end and return its id.

        Parameters
        ----------
        text : str
            The action, one line.
        owner : {"mentor", "student"}
            The person who promised it.
        due : date or str, optional
            The due date; a string in the format ``"2026-11-24"``.
        plan : str
            The if-then plan: "If it is Tuesday 20:00, then I open the exercise."

        Raises
        ------
        InputError
            If a value is not valid.
        """
        return self._add(text=text, owner=owner, due=due, plan=plan)

    def edit(self, item: str, **fields: object) -> None:
        """Change an action.

        Parameters
        ----------
        item : str
            Id of the action.
        **fields
            New values of ``text``, ``owner``, ``due`` or ``plan``.

        Raises
        ------
        NotFoundError
            If there is no such action.
        InputError
            If a value is not valid.
        """
        self._change(item, **fields)

    def finish(self, item: str) -> None:
        """Mark ``item`` as done."""
        self._act(item, "finish")

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

    def _static(self) -> Iterable[Markup]:
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
