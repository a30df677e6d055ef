"""The mentor's widget of a session: brief, live state, hints, solution, notes, evidence, close."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, ValidationError
from traitlets import Dict, List, Unicode

from toolkit.desk import view_data
from toolkit.desk.scheduling import call_after_message, call_periodically
from toolkit.desk.session_state import SessionFacts, load_facts, load_material
from toolkit.desk.static_page import session_lines
from toolkit.desk.strings import session_words
from toolkit.domain.record_entries import Entry
from toolkit.domain.session import SessionState
from toolkit.errors import InputError, MentoringError, StateError
from toolkit.i18n import Language, _, current_language, format_time, use_language
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises import manage_exercises
from toolkit.services.sessions import close_session, live_observations
from toolkit.services.sessions.closing_data import preview_close
from toolkit.services.sessions.desk_notebooks import find_session
from toolkit.services.sessions.session_recap import recap_mail
from toolkit.store import NoteDraft
from toolkit.widgets.session_widget import SessionWidget
from toolkit.widgets.view_source import view_module

__all__ = ["SessionDesk"]

_POLL_INTERVAL_S = 1.0
"""Interval between two reads of the shared record."""

_PAGE_TIMEOUT_S = 150.0
"""Time without a message from a page after which polling pauses; background pages send few messages."""

_PREPARED_MAX_AGE_S = 20.0
"""Maximum age of the cached data that seldom changes."""


class _Request(BaseModel):
    """A request of a page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n: int
    what: Literal["hint", "see", "unsee", "preview", "close", "report", "keep"]
    step: int = 0
    skill: str = ""
    aided: bool = False


class SessionDesk(SessionWidget):
    """The mentor's private companion to a session; the student sees nothing of it except given hints.

    The shared record is read every second while a page shows the widget, and validated before use. A note is
    reported as saved only after it is in the practice's database.

    Parameters
    ----------
    session : str, optional
        Id of a session, or id or name of a student; by default the live session, or else the next one.
    practice : Practice, optional
        The practice; by default the one that contains the notebook.
    language : {"en", "fr"}, optional
        Language of the texts; the current one by default.

    Raises
    ------
    NotFoundError
        If there is no such session.
    NoPracticeError
        If ``practice`` is None and the notebook is not inside a practice.
    """

    _esm = view_module("desk")

    session = Dict(help="The session and its state.").tag(sync=True)
    brief = Dict(help="The mentor's brief before the session.").tag(sync=True)
    table = Dict(help="The live state of the agenda.").tag(sync=True)
    ladder = Dict(help="The hints, given and later ones.").tag(sync=True)
    answers = Dict(help="The solution and the typical wrong answers.").tag(sync=True)
    evidence = Dict(help="The skills, with the observations of this session.").tag(sync=True)
    notes: List[dict[str, str]] = List(help="The stored private notes on this session.").tag(sync=True)
    preview = Dict(help="The changes that a close would store, once a preview was requested.").tag(sync=True)
    kept = Dict(help="The changes that the close has stored; empty before.").tag(sync=True)
    note = Unicode(help="The draft of the private note.").tag(sync=True)
    recap = Unicode(help="The draft of the mentor's words for the student.").tag(sync=True)
    request = Dict(help="Set by the view: {n, what, step, skill, aided}.").tag(sync=True)

    _settable_traits = ("note", "recap", "request")

    def __init__(
        self,
        session: str | None = None,
        practice: Practice | None = None,
        *,
        language: Language | None = None,
    ) -> None:
        self.practice = practice or Practice.find()
        self._catalogue = Catalogue(self.practice)
        self._id = find_session(self.practice, session).id
        self._facts: SessionFacts | None = None
        self._draft = self._stored = NoteDraft()
        self._previewed: dict[str, Any] = {}
        self._outcome: dict[str, Any] = {}
        self._mail: dict[str, str] = {}
        self._prepared_at = self._page_active_at = -_PAGE_TIMEOUT_S
        problem: MentoringError | None = None
        with use_language(language or current_language()):
            try:
                self._load_facts()
            except MentoringError as error:
                problem = error
        super().__init__(language=language)
        if problem is not None:
            self.error = str(problem)
        self.on_msg(self._note_page_activity)
        call_periodically(_POLL_INTERVAL_S, self._poll)

    def refresh(self) -> None:
        """Read all data again."""
        with self._locked():
            self.error = ""
            self._catalogue = Catalogue(self.practice)
            try:
                self._load_facts(fresh=True)
                self._save_draft(self._draft)
            except MentoringError as error:
                self.error = str(error)
            self._update_traits()

    def give_hint(self) -> None:
        """Give the student the next hint of the exercise of the day.

        Raises
        ------
        StateError
            If there is no exercise, or all hints are given.
        """
        with self._locked():
            self._give_hint(None)
            self._update_traits()

    def see(self, skill: str, *, aided: bool) -> None:
        """Store the observation that the student has just applied a skill.

        Parameters
        ----------
        skill : str
            Id of the skill.
        aided : bool
            True if a person or a hint helped.

        Raises
        ------
        NotFoundError
            If the skill is not on the student's path.
        StateError
            If the session is not live and was not held.
        """
        with self._locked():
            live_observations.record_observation(self.practice, self._id, skill, aided=aided)
            self._load_facts(fresh=True)
            self._update_traits()

    # Reading.

    def _load_facts(self, *, fresh: bool = False) -> None:
        now = time.monotonic()
        prepared = self._facts.prepared if self._facts else None
        if prepared is None or fresh or now - self._prepared_at > _PREPARED_MAX_AGE_S:
            try:
                prepared = load_material(self._catalogue, self._id)
            except MentoringError:
                # A card that is being written must not interrupt a call: the earlier data is used.
                if prepared is None:
                    raise
            self._prepared_at = now
        self._facts = load_facts(self._catalogue, self._id, prepared)
        if self._draft == self._stored:
            self._draft = self._stored = self._facts.draft

    def _poll(self) -> bool:
        if self.comm is None:  # the widget was closed
            return False
        if time.monotonic() - self._page_active_at < _PAGE_TIMEOUT_S:
            with self._locked():
                self._load_facts()
                # Retries a draft that the disk refused before.
                self._save_draft(self._draft)
                self._update_traits()
        return True

    def _note_page_activity(self, _widget: object, _content: object, _buffers: object) -> None:
        self._page_active_at = time.monotonic()

    # Requests of the page.

    def _parse_proposal(
        self,
        proposal: dict[str, Any],
        ids: frozenset[str] | None,  # noqa: ARG002 - a request names its subject
        seen: Mapping[str, Entry],  # noqa: ARG002
    ) -> tuple[dict[str, Entry | None], str]:
        self._page_active_at = time.monotonic()
        try:
            if proposal.keys() & {"note", "recap"}:
                self._save_draft(
                    NoteDraft(
                        str(proposal.get("note", self._draft.note)),
                        str(proposal.get("recap", self._draft.recap)),
                    )
                )
        except MentoringError as error:
            self.saved = ""
            return {}, _("Not saved. {reason}").format(reason=error)
        try:
            if "request" in proposal:
                self._handle(_parsed(proposal["request"]))
        except MentoringError as error:
            with suppress(MentoringError):
                self._load_facts()
            return {}, str(error)
        return {}, ""

    def _save_draft(self, draft: NoteDraft) -> None:
        """Store the drafts; if the disk refuses, the widget keeps them for the next attempt."""
        before, self._draft = self._stored, draft
        if draft == before:
            return
        with self.practice.store.begin() as tx:
            there = tx.drafts.for_session(self._id)
            # Another desk may have written meanwhile: both texts are kept.
            draft = NoteDraft(
                _merge_drafts(there.note, before.note, draft.note),
                _merge_drafts(there.recap, before.recap, draft.recap),
            )
            tx.drafts.save(self._id, draft, datetime.now(UTC))
        self._draft = self._stored = draft
        self.saved = format_time(datetime.now(UTC))

    def _handle(self, request: _Request) -> None:
        match request.what:
            case "hint":
                self._give_hint(request.step)
            case "see":
                live_observations.record_observation(
                    self.practice, self._id, request.skill, aided=request.aided
                )
            case "unsee":
                live_observations.remove_observation(
                    self.practice, self._id, request.skill, aided=request.aided
                )
            case "preview":
                self._preview()
            case "close":
                self._close()
            case "report":
                self._report()
            case "keep":
                close_session.save_note(self.practice, self._id)
        self._load_facts(fresh=True)

    def _give_hint(self, step: int | None) -> None:
        """Give the next hint; ``step`` is its number as the requesting page knows it, None for any."""
        self._load_facts()
        card = self._facts.prepared.card if self._facts else None
        if card is None or self._facts is None:
            raise StateError(_("There is no exercise of the day to give a hint on."))
        # After a second click, or with two desks, the requested hint is already given.
        if step is None or step == self._facts.hints + 1:
            manage_exercises.give_hint(self.practice, card.id, self._facts.student.id)
        self._load_facts(fresh=True)

    def _preview(self) -> dict[str, Any]:
        self._previewed = view_data.close_view(preview_close(self.practice, self._id))
        return self._previewed

    def _close(self) -> None:
        confirmed = self._previewed
        if self._preview() != confirmed:
            raise StateError(
                _("The shared session has changed since you looked. Nothing was closed yet."),
                _("Look at what would be kept now, then close."),
            )
        closed = close_session.close_session(self.practice, self._id)
        self._outcome = {**view_data.close_view(closed.preview), "report": "writing", "problem": ""}
        self._previewed = {}
        call_after_message(self._report)

    def _report(self) -> None:
        with self._locked():
            try:
                problem = close_session.write_report(self.practice, self._id)
            except MentoringError as error:
                problem = error
            self._outcome = {
                **self._outcome,
                "report": "" if problem else "written",
                "problem": str(problem) if problem else "",
            }
            with suppress(MentoringError):
                self._load_facts(fresh=True)
            self._update_traits()

    # State of the view.

    def _state(self) -> dict[str, Any]:
        typed = {"note": self._draft.note, "recap": self._draft.recap}
        facts = self._facts
        if facts is None:
            return typed
        return {
            **typed,
            "session": view_data.session_view(facts),
            "brief": view_data.brief_view(facts),
            "table": view_data.table_view(facts),
            "ladder": view_data.hints_view(facts),
            "answers": view_data.solutions_view(facts),
            "evidence": view_data.evidence_view(facts),
            "notes": view_data.notes_view(facts),
            "preview": self._previewed,
            "kept": self._kept(facts),
        }

    def _kept(self, facts: SessionFacts) -> dict[str, Any]:
        if facts.session.state not in view_data.ENDED_STATES:
            return {}
        report = "written" if facts.session.state is SessionState.REPORTED else ""
        if not self._mail:
            self._mail = vars(recap_mail(self.practice, self._id))
        own = {"recap": facts.session.recap, "mail": self._mail}
        return {"report": report, "problem": "", **own, **self._outcome}

    def _title(self) -> str:
        return self._facts.student.name if self._facts else _("Beside the session")

    def _summary(self) -> str:
        return f"{self._id}, {_(str(self._facts.session.state))}" if self._facts else self._id

    def _words(self) -> dict[str, Any]:
        return {**super()._words(), **session_words()}

    def _static(self) -> Iterable[Markup]:
        return session_lines(self._facts, self._words())


def _parsed(request: object) -> _Request:
    try:
        return _Request.model_validate(request)
    except ValidationError as error:
        raise InputError(
            _("The page asks for something that the desk does not have."),
            _("Reload the page, and run the cell again."),
        ) from error


def _merge_drafts(there: str, before: str, mine: str) -> str:
    """Merge two drafts that are both based on ``before``: keep a change of either, append if both changed."""
    if mine == before:
        return there
    return mine if there == before or there in mine else f"{there}\n{mine}"
