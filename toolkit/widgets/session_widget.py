"""Base class of the session notebook's widgets: strings, synchronisation with the record, static form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import RLock
from typing import Any, ClassVar

from anywidget import AnyWidget
from markupsafe import Markup
from traitlets import Dict, Enum, Int, TraitError, Unicode, observe

from toolkit.domain.people import Role
from toolkit.domain.record_entries import Entry, SessionEntry, TimerEntry
from toolkit.errors import MentoringError
from toolkit.i18n import LANGUAGES, Language, _, current_language, format_time, use_language
from toolkit.widgets.static_html import element
from toolkit.widgets.view_source import stylesheet
from toolkit.workspace.session_record import Record

__all__ = ["VIEW_TYPE", "SessionWidget"]

VIEW_TYPE = "application/vnd.mentoring.view+json"
"""MIME type of an output that JupyterLab draws from the shared record, in a shared session's notebook."""


class SessionWidget(AnyWidget):
    """A widget whose state is stored in a session's record.

    Every change, by a call in Python or by a person in the browser, is validated, written to the record, and
    only then reported as saved. If the disk refuses, the widget keeps the change and writes it with the next.

    Parameters
    ----------
    record : Record, optional
        The record that stores the state; without one the widget works but saves nothing.
    role : {"mentor", "student"}
        The role of the person who uses the widget.
    language : {"en", "fr"}, optional
        Language of the texts; by default the record's, or else the current one.
    entries : mapping of key to Entry
        The initial state if there is no record.
    """

    _css = stylesheet()

    role = Enum(["mentor", "student"], "mentor", help="The role of the person who uses the widget.").tag(
        sync=True
    )
    language = Enum(list(LANGUAGES), "en", help="The language of the texts.").tag(sync=True)
    strings = Dict(help="The texts of the view.").tag(sync=True)
    saved = Unicode(help="The time of day of the last save; empty if a change is not on the disk.").tag(
        sync=True
    )
    error = Unicode(help="Error message in one or two sentences; empty if there is no error.").tag(sync=True)
    touched = Dict(
        {"token": 0, "ids": []},
        help="Set by the view with each change: a new token, and the ids of the changed items that are not "
        "answered yet. Only these items of a list are read, so that simultaneous changes of two people both "
        "count.",
    ).tag(sync=True)
    answered = Int(0, help="The token of the last processed change.").tag(sync=True)

    _kinds: ClassVar[tuple[str, ...]] = ()
    """The kinds of entries (first part of the record's keys) that the widget shows."""
    _settable_traits: ClassVar[tuple[str, ...]] = ()
    """The traits that the view may set."""
    _shared_view: ClassVar[str] = ""
    """The name of the view that a shared session draws from the shared record; empty if there is none."""

    def __init__(
        self,
        record: Record | None = None,
        *,
        role: Role = "mentor",
        language: Language | None = None,
        entries: Mapping[str, Entry] | None = None,
    ) -> None:
        self.record = record
        self._lock = record.lock if record is not None else RLock()
        self._muted = 1
        self._entries = dict(entries or {})
        self._on_disk: dict[str, Entry] = {}
        self._session: SessionEntry | None = None
        problem: MentoringError | None = None
        if record is not None:
            try:
                self._load(record.items())
            except MentoringError as error:
                problem = error
        spoken = language or (self._session.language if self._session else current_language())
        with use_language(spoken):
            super().__init__(
                role=role,
                language=spoken,
                strings=self._words(),
                error=_not_saved_message(problem) if problem else "",
                **self._state(),
            )
        self._muted = 0
        if record is not None:
            record.on_change(self._on_record_change)

    @classmethod
    def words(cls, language: Language, *, minutes: int = 30) -> dict[str, Any]:
        """Return the texts of the view, for a front end that draws it without a kernel.

        Parameters
        ----------
        language : {"en", "fr"}
            Language of the texts.
        minutes : int
            Planned length of the session, minutes.
        """
        with use_language(language):
            return cls._vocabulary(minutes)

    def refresh(self) -> None:
        """Read the record again, since another program may have changed it."""
        with self._locked():
            try:
                self._reload()
            except MentoringError as error:
                self.error = _not_saved_message(error)
            self._update_traits()

    def to_html(self) -> str:
        """Return the current state as static HTML: no scripts, every text escaped."""
        with self._locked():
            title = element("h3", self._title(), style="margin:0 0 8px;font-size:1.1em")
            form = element(
                "section",
                title,
                *self._static(),
                lang=self.language,
                style="max-width:40em;font-family:system-ui,sans-serif;line-height:1.5",
            )
        # Plain text: whoever joins or parses it does not know `Markup`.
        return str(form)

    def __repr__(self) -> str:
        with self._locked():
            return f"<{type(self).__name__}: {self._summary()}>"

    def _repr_mimebundle_(self, **kwargs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        # A widget without a record does not show the session's state.
        shared = (
            {VIEW_TYPE: {"view": self._shared_view}} if self._shared_view and self.record is not None else {}
        )
        return {**data, **shared, "text/plain": repr(self), "text/html": self.to_html()}, metadata

    # Methods for the subclasses to implement.

    def _title(self) -> str:
        return str(self._vocabulary(0)["title"])

    def _summary(self) -> str:
        raise NotImplementedError

    def _static(self) -> Iterable[Markup]:
        raise NotImplementedError

    def _state(self) -> dict[str, Any]:
        """Return the values of the traits that are derived from the entries."""
        raise NotImplementedError

    def _parse_proposal(
        self, proposal: dict[str, Any], ids: frozenset[str] | None, seen: Mapping[str, Entry]
    ) -> tuple[dict[str, Entry | None], str]:
        """Return the changes in a page's ``proposal``, and a message about refused ones.

        ``ids`` are the items that the page has changed, None means all; ``seen`` are the entries on which
        the page based its changes.
        """
        raise NotImplementedError

    def _words(self) -> dict[str, Any]:
        length = self._session.minutes if self._session else self._timer.minutes
        return {**self._vocabulary(length), "title": self._title()}

    @classmethod
    def _vocabulary(cls, minutes: int) -> dict[str, Any]:  # noqa: ARG003 - the agenda's words name them
        return {
            "plural": "n > 1" if current_language() == "fr" else "n != 1",
            "minutes": _("{n} min"),
            "over": _("+{n} min"),
            "saved": _("Saved {time}"),
            "saving": _("Saving…"),
            "waiting": _("Not saved yet: the kernel does not answer. Your changes are kept on this page."),
            "asleep": _(
                "No kernel answers yet: what is changed here is not saved. "
                "Run this cell, or wait until the kernel is free."
            ),
            "lost": _("The kernel has gone. Run this cell again to go on; what was saved is there."),
            "mentor": _("Mentor"),
            "student": _("Student"),
            "more": _("More: {text}"),
            "edit": _("Edit"),
        }

    # Processing of changes.

    @property
    def _timer(self) -> TimerEntry:
        entry = self._entries.get("timer")
        if isinstance(entry, TimerEntry):
            return entry
        return TimerEntry(minutes=min(240, max(1, self._session.minutes))) if self._session else TimerEntry()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # JupyterLab may send front-end messages to a subshell, which runs in a separate thread.
        with self._lock, use_language(self.language):
            yield

    @contextmanager
    def _locked_and_reloaded(self) -> Iterator[None]:
        """Lock, and reload the record first, since the allowed actions depend on its present state."""
        with self._locked():
            with suppress(MentoringError):  # saving reports the error
                self._reload()
                self._update_traits()
            yield

    @contextmanager
    def _observers_muted(self) -> Iterator[None]:
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1

    def _commit(self, changes: Mapping[str, Entry | None]) -> None:
        """Apply ``changes``, which must be valid, and save them."""
        with self.hold_sync():
            self._apply(changes)
            self._save()
            self._update_traits()

    def _apply(self, changes: Mapping[str, Entry | None]) -> None:
        entries = {**self._entries, **changes}
        self._entries = {key: entry for key, entry in entries.items() if entry is not None}

    def _unsaved(self) -> dict[str, Entry | None]:
        keys = self._entries.keys() | self._on_disk.keys()
        return {k: self._entries.get(k) for k in keys if self._entries.get(k) != self._on_disk.get(k)}

    def _save(self) -> None:
        self.error = ""
        if self.record is None:
            return
        unsaved = self._unsaved()
        if not unsaved:
            return
        try:
            with self._observers_muted():
                # Two widgets write the timer entry, so its fields are always merged one by one.
                written = self.record.put(unsaved, since={"timer": TimerEntry(), **self._on_disk})
        except MentoringError as error:
            self.saved = ""
            self.error = _not_saved_message(error)
        else:
            self._entries = self._on_disk
            self._load(written)
            self.saved = format_time(datetime.now(UTC))

    def _reload(self) -> None:
        if self.record is not None:
            self._load(self.record.items())

    def _load(self, everything: Mapping[str, Entry]) -> None:
        """Load the entries from the disk; changes that are not saved yet are applied on top of them."""
        unsaved = self._unsaved()
        session = everything.get("session")
        if isinstance(session, SessionEntry):
            self._session = session
        self._on_disk = {key: e for key, e in everything.items() if key.partition(":")[0] in self._kinds}
        self._entries = self._on_disk
        self._apply(unsaved)

    def _on_record_change(self, everything: dict[str, Entry]) -> None:
        if self._muted:
            return
        with self._locked():
            self._load(everything)
            self._update_traits()

    def _update_traits(self) -> None:
        with self._observers_muted(), self.hold_sync():
            for name, value in self._state().items():
                self.set_trait(name, value)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Apply the allowed and valid changes that a page sent; send back the old values of all others."""
        with self._locked(), self._observers_muted(), self.hold_sync():
            sent = {name: value for name, value in sync_data.items() if self._may_set(name, value)}
            token, ids = _touched(sync_data.get("touched"))
            if token is not None:
                sent["touched"] = {"token": token, "ids": sorted(ids or ())}
            seen = self._entries
            with suppress(MentoringError):  # saving reports the error
                self._reload()
            changes, problem = self._parse_proposal(sent, ids, seen)
            self._apply(changes)
            self._save()
            if problem:
                self.error = problem
            state = self._state()
            answer = {name: state.get(name, value) for name, value in sent.items()}
            # The echo carries the result to every page; a second message is needed only if the result differs
            # from the sent values.
            super().set_state(answer)
            self._update_traits()
            corrected = [name for name, value in answer.items() if value != sync_data[name]]
            if token is not None:
                self.answered = token
        if corrected:
            self.send_state(corrected)

    def _may_set(self, name: str, value: object) -> bool:
        if name not in self._settable_traits:
            return False
        try:
            self.traits()[name]._validate(self, value)  # noqa: SLF001 - traitlets has no public method for it
        except TraitError:
            return False
        return True

    @observe("language")
    def _update_strings(self, _change: object) -> None:
        if not self._muted:
            with self._locked():
                self.strings = self._words()


def _touched(value: object) -> tuple[int | None, frozenset[str] | None]:
    """Return the token and the ids of a page's change; without ids the change concerns the whole list."""
    if not isinstance(value, dict) or not isinstance(value.get("token"), int):
        return None, None
    ids = value.get("ids")
    return value["token"], frozenset(map(str, ids)) if isinstance(ids, list) else None


def _not_saved_message(error: MentoringError) -> str:
    return _(
        "Not saved. {reason} Your changes are kept on this page and tried again with the next one."
    ).format(reason=error.message)
