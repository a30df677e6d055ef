"""The mentor's side of a session: the brief, the live state, hints, solution, notes, evidence, the close."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

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
from toolkit.store import NoteDraft
from toolkit.widgets.session_widget import TableWidget
from toolkit.widgets.static_html import SafeHtml
from toolkit.widgets.view_source import view_module

__all__ = ["SessionDesk"]

_BEAT = 1.0
"""Seconds between two looks at the table."""

_PATIENCE = 150.0
"""Seconds without a sign of a page after which nobody seems to look; a page in the background gives few."""

_PREPARED_FOR = 20.0
"""Seconds for which what seldom changes is taken for unchanged."""


class _Request(BaseModel):
    """What a page asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n: int
    what: Literal["hint", "see", "unsee", "preview", "close", "report", "keep"]
    step: int = 0
    skill: str = ""
    aided: bool = False


class SessionDesk(TableWidget):
    """What accompanies a session on the mentor's side; nothing of it is ever on the table but hints given.

    The table's record is read each second while a page shows the widget, and believed only after a check.
    Notes are in the practice's database as soon as they are said to be saved.

    Parameters
    ----------
    session : str, optional
        A session's id, or a student's id or name; the live session or else the next one if left out.
    practice : Practice, optional
        The one that the notebook lies in, if left out.

    Raises
    ------
    NotFoundError
        There is no such session.
    """

    _esm = view_module("desk")

    session = Dict(help="Which session this is, and where it stands.").tag(sync=True)
    brief = Dict(help="What is read before it.").tag(sync=True)
    table = Dict(help="The live state of the agenda.").tag(sync=True)
    ladder = Dict(help="The hints, given and to come.").tag(sync=True)
    answers = Dict(help="The solution and the typical wrong answers.").tag(sync=True)
    evidence = Dict(help="The skills, and what was seen of each.").tag(sync=True)
    notes: List[dict[str, str]] = List(help="The private notes on this session that are kept.").tag(sync=True)
    preview = Dict(help="What closing would keep, once that was asked for.").tag(sync=True)
    kept = Dict(help="What a close has kept; empty before.").tag(sync=True)
    note = Unicode(help="The private note that is being written.").tag(sync=True)
    recap = Unicode(help="The mentor's own words for the student.").tag(sync=True)
    request = Dict(help="Set by the view: {n, what, step, skill, aided}.").tag(sync=True)

    _page = ("note", "recap", "request")

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
        self._prepared_at = self._shown_at = -_PATIENCE
        problem: MentoringError | None = None
        with use_language(language or current_language()):
            try:
                self._look()
            except MentoringError as error:
                problem = error
        super().__init__(language=language)
        if problem is not None:
            self.error = str(problem)
        self.on_msg(self._sign_of_a_page)
        call_periodically(_BEAT, self._beat)

    def refresh(self) -> None:
        """Look at everything again, now."""
        with self._acting():
            self.error = ""
            self._catalogue = Catalogue(self.practice)
            try:
                self._look(anew=True)
                self._write(self._draft)
            except MentoringError as error:
                self.error = str(error)
            self._show()

    def give_hint(self) -> None:
        """Put the next hint of the exercise of the day on the table.

        Raises
        ------
        StateError
            There is no exercise, or no further hint.
        """
        with self._acting():
            self._give(None)
            self._show()

    def see(self, skill: str, *, aided: bool) -> None:
        """Keep that a skill (by its id) was seen just now, with help or without.

        Raises
        ------
        NotFoundError
            The skill is not on the student's path.
        StateError
            The session was not held.
        """
        with self._acting():
            live_observations.record_observation(self.practice, self._id, skill, aided=aided)
            self._look(anew=True)
            self._show()

    # What is read.

    def _look(self, *, anew: bool = False) -> None:
        now = time.monotonic()
        prepared = self._facts.prepared if self._facts else None
        if prepared is None or anew or now - self._prepared_at > _PREPARED_FOR:
            try:
                prepared = load_material(self._catalogue, self._id)
            except MentoringError:
                # A card that is being written just now does not stop a call: what was read before holds.
                if prepared is None:
                    raise
            self._prepared_at = now
        self._facts = load_facts(self._catalogue, self._id, prepared)
        if self._draft == self._stored:
            self._draft = self._stored = self._facts.draft

    def _beat(self) -> bool:
        if self.comm is None:  # it was closed
            return False
        if time.monotonic() - self._shown_at < _PATIENCE:
            with self._acting():
                self._look()
                # What the disk refused is tried again.
                self._write(self._draft)
                self._show()
        return True

    def _sign_of_a_page(self, _widget: object, _content: object, _buffers: object) -> None:
        self._shown_at = time.monotonic()

    # What is done.

    def _proposed(
        self,
        proposal: dict[str, Any],
        ids: frozenset[str] | None,  # noqa: ARG002 - a request says what it is about
        seen: Mapping[str, Entry],  # noqa: ARG002
    ) -> tuple[dict[str, Entry | None], str]:
        self._shown_at = time.monotonic()
        try:
            if proposal.keys() & {"note", "recap"}:
                self._write(
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
                self._do(_parsed(proposal["request"]))
        except MentoringError as error:
            with suppress(MentoringError):
                self._look()
            return {}, str(error)
        return {}, ""

    def _write(self, draft: NoteDraft) -> None:
        """Keep what is being written; it stays here where the disk refuses."""
        before, self._draft = self._stored, draft
        if draft == before:
            return
        with self.practice.store.begin() as tx:
            there = tx.drafts.for_session(self._id)
            # Somebody wrote at another desk meanwhile: both stay.
            draft = NoteDraft(
                _both(there.note, before.note, draft.note), _both(there.recap, before.recap, draft.recap)
            )
            tx.drafts.save(self._id, draft, datetime.now(UTC))
        self._draft = self._stored = draft
        self.saved = format_time(datetime.now(UTC))

    def _do(self, request: _Request) -> None:
        match request.what:
            case "hint":
                self._give(request.step)
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
        self._look(anew=True)

    def _give(self, step: int | None) -> None:
        """Give the next hint; ``step`` is which one that is for whoever asks."""
        self._look()
        card = self._facts.prepared.card if self._facts else None
        if card is None or self._facts is None:
            raise StateError(_("There is no exercise of the day to give a hint on."))
        # A second click, or another desk, was quicker: what was asked for is on the table.
        if step is None or step == self._facts.hints + 1:
            manage_exercises.give_hint(self.practice, card.id, self._facts.student.id)
        self._look(anew=True)

    def _preview(self) -> dict[str, Any]:
        self._previewed = view_data.close_view(preview_close(self.practice, self._id))
        return self._previewed

    def _close(self) -> None:
        confirmed = self._previewed
        if self._preview() != confirmed:
            raise StateError(
                _("The table has changed since you looked. Nothing was closed yet."),
                _("Look at what would be kept now, then close."),
            )
        closed = close_session.close_session(self.practice, self._id)
        self._outcome = {**view_data.close_view(closed.preview), "report": "writing", "problem": ""}
        self._previewed = {}
        call_after_message(self._report)

    def _report(self) -> None:
        with self._acting():
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
                self._look(anew=True)
            self._show()

    # What is shown.

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
        return {"report": report, "problem": "", "recap": facts.session.recap, **self._outcome}

    def _title(self) -> str:
        return self._facts.student.name if self._facts else _("Beside the session")

    def _summary(self) -> str:
        return f"{self._id}, {_(str(self._facts.session.state))}" if self._facts else self._id

    def _words(self) -> dict[str, Any]:
        return {**super()._words(), **session_words()}

    def _static(self) -> Iterable[SafeHtml]:
        return session_lines(self._facts, self._words())


def _parsed(request: object) -> _Request:
    try:
        return _Request.model_validate(request)
    except ValidationError as error:
        raise InputError(
            _("The page asks for something that the desk does not have."),
            _("Reload the page, and run the cell again."),
        ) from error


def _both(there: str, before: str, mine: str) -> str:
    """Return what was written here on top of ``before``, with what came in between."""
    if mine == before:
        return there
    return mine if there == before or there in mine else f"{there}\n{mine}"
