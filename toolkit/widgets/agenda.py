"""The agenda widget: talking points with their order and planned minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from traitlets import Int, Unicode, observe, validate

from toolkit.domain.agenda import AGENDA_ITEM, AgendaState, usual_agenda
from toolkit.domain.change_rules import check_running_item
from toolkit.domain.record_entries import AgendaEntry, Entry
from toolkit.errors import MentoringError
from toolkit.i18n import _, ngettext
from toolkit.widgets.list_widget import StatefulItemsWidget
from toolkit.widgets.static_html import element
from toolkit.widgets.view_source import view_module
from toolkit.workspace.session_record import parse_entry

__all__ = ["Agenda"]


class Agenda(StatefulItemsWidget[AgendaEntry]):
    """The agenda: talking points with their planned minutes; at most one of them is running.

    Parameters
    ----------
    record : Record, optional
        The record that stores the agenda.
    items : list of dict, optional
        The talking points if there is no record; each needs at least ``text``.
    role : {"mentor", "student"}
        The role of the person who uses the widget.
    language : {"en", "fr"}, optional
        Language of the texts; by default the record's, or else the current one.

    Examples
    --------
    >>> from toolkit import Agenda
    >>> agenda = Agenda(items=[{"text": "Recursion", "minutes": 10}], language="en")
    >>> item = agenda.add("Reading a traceback", minutes=5)
    >>> agenda.discuss(item)
    >>> [(row["text"], row["state"]) for row in agenda.items]
    [('Recursion', 'open'), ('Reading a traceback', 'discussed')]
    >>> agenda
    <Agenda: 2 points, 15 min>
    """

    _esm = view_module("agenda")
    _shared_view = "agenda"

    running = Unicode(help="The id of the running item; empty if none is running.").tag(sync=True)
    running_since = Unicode(help="Start of the running item (ISO 8601).").tag(sync=True)
    usual_requested = Int(0, help="Incremented by the view to request the usual agenda.").tag(sync=True)

    _kind = "agenda"
    _states = AGENDA_ITEM
    _kinds = ("agenda", "timer")
    _settable_traits = ("items", "running", "running_since", "usual_requested")

    def add(self, text: str, minutes: int = 5) -> str:
        """Add a talking point at the end and return its id.

        Parameters
        ----------
        text : str
            The talking point, one line.
        minutes : int
            Planned length, minutes.
        """
        return self._add(text=text, minutes=minutes, added_by=self.role)

    def edit(self, item: str, *, text: str | None = None, minutes: int | None = None) -> None:
        """Change a talking point.

        Parameters
        ----------
        item : str
            Id of the talking point.
        text : str, optional
            New text; unchanged if None.
        minutes : int, optional
            New planned length, minutes; unchanged if None.

        Raises
        ------
        NotFoundError
            If the agenda has no such item.
        InputError
            If a value is not valid.
        """
        given = {"text": text, "minutes": minutes}
        self._change(item, **{field: value for field, value in given.items() if value is not None})

    def discuss(self, item: str) -> None:
        """Mark ``item`` as discussed."""
        self._act(item, "discuss")

    def start(self, item: str | None) -> None:
        """Start the clock of ``item`` now; None stops the clock of the running item."""
        with self._locked_and_reloaded():
            self._commit({"timer": self._running_timer(item or "", "")})

    def propose_usual(self, minutes: int | None = None) -> None:
        """Add the usual timeline of a session, in ``minutes`` minutes (by default the session's own)."""
        with self._locked_and_reloaded():
            self._commit(self._usual(minutes))

    def _usual(self, minutes: int | None = None) -> dict[str, Entry | None]:
        length = minutes or (self._session.minutes if self._session else self._timer.minutes)
        first = max((entry.order for entry in self._ordered()), default=-1.0) + 1
        rows = [
            {"text": text, "minutes": planned, "order": first + index, "added_by": self.role, "usual": True}
            for index, (text, planned) in enumerate(usual_agenda(length))
        ]
        return dict(self._parse(rows))

    def _with_consequences(self, changes: dict[str, Entry | None]) -> dict[str, Entry | None]:
        return changes | self._stopped(changes)

    def _stopped(self, changes: dict[str, Entry | None]) -> dict[str, Entry | None]:
        """Return the timer entry without its item if ``changes`` settle or delete the running item."""
        timer = changes.get("timer") or self._timer
        name = getattr(timer, "item", None)
        entry = {**self._entries, **changes}.get(self._key(name or ""))
        if name is None or (isinstance(entry, AgendaEntry) and entry.state is AgendaState.OPEN):
            return {}
        return {"timer": timer.model_copy(update={"item": None, "item_started_at": None})}

    def _running_timer(self, item: str, since: str, changes: dict[str, Entry | None] | None = None) -> Entry:
        fields: dict[str, Any] = {"item": None, "item_started_at": None}
        if item:
            changed = {key: entry for key, entry in (changes or {}).items() if entry is not None}
            check_running_item(item, self._entries | changed)
            fields = {"item": item, "item_started_at": since or datetime.now(UTC)}
        return parse_entry("timer", {**self._timer.model_dump(), **fields})

    def _parse_proposal(
        self, proposal: dict[str, Any], ids: frozenset[str] | None, seen: Mapping[str, Entry]
    ) -> tuple[dict[str, Entry | None], str]:
        changes, problem = super()._parse_proposal(proposal, ids, seen)
        if proposal.get("usual_requested") and not self._ordered() and not changes:
            changes.update(self._usual())
        if "running" in proposal:
            try:
                changes["timer"] = self._running_timer(
                    str(proposal["running"]), str(proposal.get("running_since", "")), changes
                )
            except MentoringError as error:
                problem = _("This change was not taken over. {reason}").format(reason=error)
        return changes | self._stopped(changes), problem

    def _state(self) -> dict[str, Any]:
        timer = self._timer.model_dump(mode="json")
        entry = self._entries.get(self._key(timer["item"] or ""))
        # Another kernel may have settled the item without stopping its clock.
        runs = isinstance(entry, AgendaEntry) and entry.state is AgendaState.OPEN
        return {
            **super()._state(),
            "running": timer["item"] if runs else "",
            "running_since": (timer["item_started_at"] or "") if runs else "",
        }

    @validate("running")
    def _check_running(self, proposal: dict[str, Any]) -> str:
        if not self._muted:
            with self._locked():
                self._running_timer(proposal["value"], "")
        return str(proposal["value"])

    @observe("running", "running_since")
    def _take_running(self, change: dict[str, Any]) -> None:
        if not self._muted:
            with self._locked():
                since = self.running_since if change["name"] == "running_since" else ""
                self._commit({"timer": self._running_timer(self.running, since)})

    def _summary(self) -> str:
        rows = self._ordered()
        minutes = sum(entry.minutes for entry in rows)
        points = ngettext("{n} point", "{n} points", len(rows)).format(n=len(rows))
        return f"{points}, {_('{n} min').format(n=minutes)}"

    @classmethod
    def _vocabulary(cls, minutes: int) -> dict[str, Any]:
        return {
            **super()._vocabulary(minutes),
            "title": _("Agenda"),
            "add": _("Add a talking point"),
            "addButton": _("Add"),
            "minutesLabel": _("Minutes"),
            "planned": _("{n} min planned"),
            "discussed": _("Discussed"),
            "carried": _("Carried over"),
            "dropped": _("Dropped"),
            "discuss": _("Discussed: {text}"),
            "carry": _("Carry over"),
            "drop": _("Drop"),
            "reopen": _("Reopen"),
            "start": _("Start: {text}"),
            "stop": _("Stop: {text}"),
            "runningFor": _("{n} of {total} min"),
            "move": _("Move: {text}. Alt+Up and Alt+Down move it."),
            "editHint": _("{text}. Enter or F2 edits it."),
            "moved": _("{text}: place {n} of {total}"),
            "started": _("Now: {text}"),
            "textLabel": _("Talking point"),
            "empty": _("Nothing on the agenda yet."),
            "usual": _("Take the usual agenda ({n} min)").format(n=minutes),
        }

    def _static(self) -> Iterable[Markup]:
        words = self._words()
        rows = self._ordered()
        if not rows:
            yield element("p", words["empty"])
            return
        marks = {"open": "☐", "discussed": "☑", "carried": "→", "dropped": "–"}
        lines = []
        for entry in rows:
            state = "" if entry.state is AgendaState.OPEN else f" · {words[str(entry.state)]}"
            now = entry.id == self._timer.item
            lines.append(
                element(
                    "li",
                    element("span", marks[str(entry.state)], aria_hidden="true"),
                    " ",
                    element("strong" if now else "span", entry.text),
                    element("small", f" {_('{n} min').format(n=entry.minutes)}{state}"),
                    style="opacity:.7" if state else None,
                )
            )
        yield element("ol", *lines, style="list-style:none;padding:0;margin:0")
