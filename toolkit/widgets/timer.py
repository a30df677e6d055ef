"""The timer widget of a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup
from traitlets import Int, Unicode, observe, validate

from toolkit.domain.people import Role
from toolkit.domain.record_entries import Entry
from toolkit.errors import MentoringError
from toolkit.i18n import Language, _, format_time, ngettext
from toolkit.widgets.session_widget import SessionWidget
from toolkit.widgets.static_html import element
from toolkit.widgets.view_source import view_module
from toolkit.workspace.session_record import Record, parse_entry

__all__ = ["Timer"]


class Timer(SessionWidget):
    """The session's timer; it stores the start time, and each view computes the elapsed time.

    Parameters
    ----------
    record : Record, optional
        The record that stores the timer.
    minutes : int, optional
        Planned length of the session, 1 to 240 minutes; by default the record's, or 30.
    role : {"mentor", "student"}
        The role of the person who uses the widget.
    language : {"en", "fr"}, optional
        Language of the texts; by default the record's, or else the current one.

    Examples
    --------
    >>> from datetime import timedelta
    >>> from toolkit import Timer
    >>> timer = Timer(minutes=45, language="en")
    >>> timer
    <Timer: 45 min, not started>
    >>> timer.start()
    >>> timer.remaining <= timedelta(minutes=45)
    True
    """

    _esm = view_module("timer")
    _shared_view = "timer"

    started_at = Unicode(help="Start time (ISO 8601); empty if the timer is not running.").tag(sync=True)
    minutes = Int(30, help="Planned length, minutes.").tag(sync=True)

    _kinds = ("timer",)
    _settable_traits = ("started_at", "minutes")

    def __init__(
        self,
        record: Record | None = None,
        *,
        minutes: int | None = None,
        role: Role = "mentor",
        language: Language | None = None,
    ) -> None:
        super().__init__(record, role=role, language=language)
        if minutes is not None:
            self.minutes = minutes

    @property
    def elapsed(self) -> timedelta:
        """Time since the start; zero before the start."""
        started = self._timer.started_at
        if started is None:
            return timedelta(0)
        if started.tzinfo is None:
            started = started.replace(tzinfo=UTC)
        # Not negative, even if the system's clock was set back.
        return max(timedelta(0), datetime.now(UTC) - started)

    @property
    def remaining(self) -> timedelta:
        """Time left of the planned length; negative once it is over."""
        return timedelta(minutes=self._timer.minutes) - self.elapsed

    def start(self) -> None:
        """Start the timer; a running timer is not changed."""
        with self._locked_and_reloaded():
            if self._timer.started_at is None:
                self._set(started_at=datetime.now(UTC))

    def reset(self) -> None:
        """Stop the timer and set it back to zero."""
        with self._locked_and_reloaded():
            self._set(started_at=None)

    def _set(self, **fields: object) -> None:
        self._commit({"timer": self._with(fields)})

    def _with(self, fields: dict[str, Any]) -> Entry:
        return parse_entry("timer", {**self._timer.model_dump(), **fields})

    def _parse_proposal(
        self,
        proposal: dict[str, Any],
        ids: frozenset[str] | None,  # noqa: ARG002 - the timer is one entry
        seen: Mapping[str, Entry],  # noqa: ARG002 - and a page can change only its two fields
    ) -> tuple[dict[str, Entry | None], str]:
        fields = {name: value for name, value in proposal.items() if name in self._settable_traits}
        if fields.get("started_at") == "":
            fields["started_at"] = None
        try:
            return {"timer": self._with(fields)}, ""
        except MentoringError as error:
            return {}, _("This change was not taken over. {reason}").format(reason=error)

    def _state(self) -> dict[str, Any]:
        plain = self._timer.model_dump(mode="json")
        return {"started_at": plain["started_at"] or "", "minutes": plain["minutes"]}

    @validate("started_at", "minutes")
    def _check(self, proposal: dict[str, Any]) -> object:
        name, value = proposal["trait"].name, proposal["value"]
        if self._muted:
            return value
        with self._locked():
            entry = self._with({name: value or None if name == "started_at" else value})
        return entry.model_dump(mode="json")[name] or ""

    @observe("started_at", "minutes")
    def _take_fields(self, _change: object) -> None:
        if not self._muted:
            with self._locked():
                self._set(started_at=self.started_at or None, minutes=self.minutes)

    def _summary(self) -> str:
        planned = _("{n} min").format(n=self._timer.minutes)
        if self._timer.started_at is None:
            return _("{planned}, not started").format(planned=planned)
        return _("{planned}, started {time}").format(
            planned=planned, time=format_time(self._timer.started_at)
        )

    @classmethod
    def _vocabulary(cls, minutes: int) -> dict[str, Any]:
        return {
            **super()._vocabulary(minutes),
            "title": _("Timer"),
            "start": _("Start"),
            "reset": _("Reset"),
            "sure": _("Really reset?"),
            "planned": _("of {n} min"),
            "planFor": _("Planned minutes"),
            "since": _("since {time}"),
            "left": [ngettext("{n} minute left", "{n} minutes left", n) for n in (1, 2)],
            "soon": _("Last five minutes"),
            "last": _("Last minute"),
            "up": _("Time is up, no hurry"),
            "elapsed": _("Time gone by"),
        }

    def _static(self) -> Iterable[Markup]:
        minutes = self._timer.minutes
        text = ngettext("Planned: {n} minute.", "Planned: {n} minutes.", minutes).format(n=minutes)
        started = self._timer.started_at
        if isinstance(started, datetime):
            time = element("time", format_time(started), datetime=started.isoformat())
            yield element("p", text, " ", _("Started:"), " ", time)
        else:
            yield element("p", text, " ", _("Not started."))
