"""What every widget of the session notebook shares: its words, its record, its static form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import RLock
from typing import Any, ClassVar

from anywidget import AnyWidget
from traitlets import Dict, Enum, Int, TraitError, Unicode, observe

from toolkit.domain.people import Role
from toolkit.domain.record_entries import Entry, SessionEntry, TimerEntry
from toolkit.errors import MentoringError
from toolkit.i18n import LANGUAGES, Language, _, current_language, format_time, use_language
from toolkit.widgets.static_html import SafeHtml, element
from toolkit.widgets.view_source import stylesheet
from toolkit.workspace.session_record import Record

__all__ = ["VIEW_TYPE", "TableWidget"]

VIEW_TYPE = "application/vnd.mentoring.view+json"
"""What JupyterLab draws from the shared record, in the notebook of a shared session."""


class TableWidget(AnyWidget):
    """A widget whose state lives in a session's record.

    Whatever changes it, a call in Python or a hand in the browser, the change is checked, written to the
    record, and only then called saved. What the disk refuses stays here and is written with the next change.

    Parameters
    ----------
    record : Record, optional
        Where the state lives; without one the widget works and is not saved.
    role : {"mentor", "student"}
        Who sits before it.
    language : {"en", "fr"}, optional
        By default the record's, or else the current one.
    entries : mapping of key to Entry
        The state to begin with when there is no record.
    """

    _css = stylesheet()

    role = Enum(["mentor", "student"], "mentor", help="Who sits before it.").tag(sync=True)
    language = Enum(list(LANGUAGES), "en", help="The language of its words.").tag(sync=True)
    strings = Dict(help="The words of the view.").tag(sync=True)
    saved = Unicode(help="The time of day of the last save; empty when something is not on the disk.").tag(
        sync=True
    )
    error = Unicode(help="What is wrong, in one or two sentences; empty when nothing is.").tag(sync=True)
    touched = Dict(
        {"token": 0, "ids": []},
        help="Set by the view with each change: a new number, and the ids that were touched and not yet "
        "answered. Of a whole list only those are believed, so two hands at once lose nothing.",
    ).tag(sync=True)
    answered = Int(0, help="The token of the last change that was dealt with.").tag(sync=True)

    _kinds: ClassVar[tuple[str, ...]] = ()
    """The first parts of the record's keys that the widget shows."""
    _page: ClassVar[tuple[str, ...]] = ()
    """The traits that the view may set."""
    _shared: ClassVar[str] = ""
    """The name of the view that a shared session draws from the shared record; empty where it draws none."""

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
        self._quiet = 1
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
                error=_not_saved(problem) if problem else "",
                **self._state(),
            )
        self._quiet = 0
        if record is not None:
            record.on_change(self._heard)

    @classmethod
    def words(cls, language: Language, *, minutes: int = 30) -> dict[str, Any]:
        """Return the words of the view in ``language``, for who draws it without a kernel.

        Parameters
        ----------
        language : {"en", "fr"}
            Which.
        minutes : int
            How long the session is to be.
        """
        with use_language(language):
            return cls._vocabulary(minutes)

    def refresh(self) -> None:
        """Read the record again: another program may have written to it."""
        with self._acting():
            try:
                self._reload()
            except MentoringError as error:
                self.error = _not_saved(error)
            self._show()

    def to_html(self) -> str:
        """Return the static form, as of now: HTML without scripts, every text escaped."""
        with self._acting():
            title = element("h3", self._title(), style="margin:0 0 8px;font-size:1.1em")
            return element(
                "section",
                title,
                *self._static(),
                lang=self.language,
                style="max-width:40em;font-family:system-ui,sans-serif;line-height:1.5",
            )

    def __repr__(self) -> str:
        with self._acting():
            return f"<{type(self).__name__}: {self._summary()}>"

    def _repr_mimebundle_(self, **kwargs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        # A widget without a record has nothing to do with the session's.
        shared = {VIEW_TYPE: {"view": self._shared}} if self._shared and self.record is not None else {}
        return {**data, **shared, "text/plain": repr(self), "text/html": self.to_html()}, metadata

    # What each widget says of itself.

    def _title(self) -> str:
        return str(self._vocabulary(0)["title"])

    def _summary(self) -> str:
        raise NotImplementedError

    def _static(self) -> Iterable[SafeHtml]:
        raise NotImplementedError

    def _state(self) -> dict[str, Any]:
        """Return the traits that follow from the entries."""
        raise NotImplementedError

    def _proposed(
        self, proposal: dict[str, Any], ids: frozenset[str] | None, seen: Mapping[str, Entry]
    ) -> tuple[dict[str, Entry | None], str]:
        """Return the changes that the page's ``proposal`` amounts to, and why others are refused.

        ``ids`` are those that the page has touched, None means all; ``seen`` is what it had before it.
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

    # The way of a change.

    @property
    def _timer(self) -> TimerEntry:
        entry = self._entries.get("timer")
        if isinstance(entry, TimerEntry):
            return entry
        return TimerEntry(minutes=min(240, max(1, self._session.minutes))) if self._session else TimerEntry()

    @contextmanager
    def _acting(self) -> Iterator[None]:
        # JupyterLab may send front-end messages to a subshell, which is a thread of its own.
        with self._lock, use_language(self.language):
            yield

    @contextmanager
    def _doing(self) -> Iterator[None]:
        """Act on what the record says now: what is possible depends on it."""
        with self._acting():
            with suppress(MentoringError):  # saving will say it
                self._reload()
                self._show()
            yield

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1

    def _commit(self, changes: Mapping[str, Entry | None]) -> None:
        """Take in ``changes``, which are valid, and save them."""
        with self.hold_sync():
            self._take(changes)
            self._save()
            self._show()

    def _take(self, changes: Mapping[str, Entry | None]) -> None:
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
            with self._quietly():
                # The clock has two writers from the first moment, so its fields are always told apart.
                written = self.record.put(unsaved, since={"timer": TimerEntry(), **self._on_disk})
        except MentoringError as error:
            self.saved = ""
            self.error = _not_saved(error)
        else:
            self._entries = self._on_disk
            self._load(written)
            self.saved = format_time(datetime.now(UTC))

    def _reload(self) -> None:
        if self.record is not None:
            self._load(self.record.items())

    def _load(self, everything: Mapping[str, Entry]) -> None:
        """Take what is on the disk; what could not be written there yet stays on top of it."""
        unsaved = self._unsaved()
        session = everything.get("session")
        if isinstance(session, SessionEntry):
            self._session = session
        self._on_disk = {key: e for key, e in everything.items() if key.partition(":")[0] in self._kinds}
        self._entries = self._on_disk
        self._take(unsaved)

    def _heard(self, everything: dict[str, Entry]) -> None:
        if self._quiet:
            return
        with self._acting():
            self._load(everything)
            self._show()

    def _show(self) -> None:
        with self._quietly(), self.hold_sync():
            for name, value in self._state().items():
                self.set_trait(name, value)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page sent: what is allowed and valid; the rest goes back as it was."""
        with self._acting(), self._quietly(), self.hold_sync():
            sent = {name: value for name, value in sync_data.items() if self._may_set(name, value)}
            token, ids = _touched(sync_data.get("touched"))
            if token is not None:
                sent["touched"] = {"token": token, "ids": sorted(ids or ())}
            seen = self._entries
            with suppress(MentoringError):  # saving will say it
                self._reload()
            changes, problem = self._proposed(sent, ids, seen)
            self._take(changes)
            self._save()
            if problem:
                self.error = problem
            state = self._state()
            answer = {name: state.get(name, value) for name, value in sent.items()}
            # The echo carries the answer, so that every page agrees with it; no second message is needed
            # where it is what the page has already.
            super().set_state(answer)
            self._show()
            corrected = [name for name, value in answer.items() if value != sync_data[name]]
            if token is not None:
                self.answered = token
        if corrected:
            self.send_state(corrected)

    def _may_set(self, name: str, value: object) -> bool:
        if name not in self._page:
            return False
        try:
            self.traits()[name]._validate(self, value)  # noqa: SLF001 - traitlets has no public question
        except TraitError:
            return False
        return True

    @observe("language")
    def _speak(self, _change: object) -> None:
        if not self._quiet:
            with self._acting():
                self.strings = self._words()


def _touched(value: object) -> tuple[int | None, frozenset[str] | None]:
    """Read the page's note on its change; a page without one speaks for the whole list."""
    if not isinstance(value, dict) or not isinstance(value.get("token"), int):
        return None, None
    ids = value.get("ids")
    return value["token"], frozenset(map(str, ids)) if isinstance(ids, list) else None


def _not_saved(error: MentoringError) -> str:
    return _(
        "Not saved. {reason} Your changes are kept on this page and tried again with the next one."
    ).format(reason=error.message)
