"""The widget for manual grading: one submission after the other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from traitlets import Dict

from toolkit.desk.strings import review_words
from toolkit.domain.record_entries import Entry
from toolkit.errors import InputError, MentoringError, StateError
from toolkit.exercises import ManualGrade, ReviewSheet, WorkerPool
from toolkit.i18n import (
    Language,
    _,
    current_language,
    format_datetime,
    format_number,
    format_time,
    use_language,
)
from toolkit.practice import Practice
from toolkit.services.grading import manual_review
from toolkit.services.grading.manual_review import PendingReview
from toolkit.widgets.session_widget import SessionWidget
from toolkit.widgets.static_html import element, text_with_code
from toolkit.widgets.view_source import view_module

__all__ = ["Review"]


class Review(SessionWidget):
    """Manual grading of the waiting submissions: answers, earlier attempt, tests, points and comments.

    *Save* reports success only after nbgrader's gradebook and the practice's store are written.

    Parameters
    ----------
    practice : Practice, optional
        The practice; by default the one that contains the notebook.
    student, exercise : str, optional
        Only submissions of this student, or for this exercise. With both, that attempt is shown even if it
        does not wait for manual grading.
    language : {"en", "fr"}, optional
        Language of the texts; the current one by default.
    executor : Executor, optional
        Executor for nbgrader; by default a worker process of the widget, which ends when it is closed.

    Raises
    ------
    NoPracticeError
        If ``practice`` is None and the notebook is not inside a practice.
    """

    _esm = view_module("review")

    sheet = Dict(help="The current submission; empty if none waits.").tag(sync=True)
    place = Dict(help="Position of the submission and length of the queue.").tag(sync=True)
    request = Dict(
        help="Set by the view: {attempt, points: {name: [seen, wanted]}, comments: the same, go}. `go` is "
        'the step after saving: "next", "previous" or "".'
    ).tag(sync=True)

    _settable_traits = ("request",)

    def __init__(
        self,
        practice: Practice | None = None,
        *,
        student: str | None = None,
        exercise: str | None = None,
        language: Language | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.practice = practice or Practice.find()
        self._scope = (student, exercise)
        self._workers: Executor = executor or WorkerPool(1)
        self._owns_workers = executor is None
        self._queue: list[PendingReview] = []
        self._waiting: set[int] = set()
        self._index = 0
        self._sheet: ReviewSheet | None = None
        problem: MentoringError | None = None
        with use_language(language or current_language()):
            try:
                self._update_queue()
                self._load_sheet()
            except MentoringError as error:
                problem = error
        super().__init__(language=language)
        if problem is not None:
            self.error = str(problem)

    def close(self) -> None:
        """Close the widget, and end its worker process."""
        if self._owns_workers:
            self._workers.shutdown()
        super().close()

    def refresh(self) -> None:
        """Read the gradebook again, since the formgrader may have changed it."""
        with self._locked():
            self.error = ""
            try:
                self._update_queue()
                self._load_sheet()
            except MentoringError as error:
                self.error = str(error)
            self._update_traits()

    def save(
        self, points: Mapping[str, float | None] | None = None, comments: Mapping[str, str] | None = None
    ) -> None:
        """Save points and comments for cells of the current submission.

        Parameters
        ----------
        points : mapping of str to float or None, optional
            Points by cell name; None removes them.
        comments : mapping of str to str, optional
            Comments by cell name.

        Raises
        ------
        InputError, StateError, PracticeError
            If they cannot be saved; nothing was changed.
        """
        with self._locked():
            shown = {cell.name: cell for cell in self._sheet.cells} if self._sheet else {}
            for name in {*(points or {}), *(comments or {})} - shown.keys():
                raise InputError(_("The submission has no cell '{name}'.").format(name=name))
            self._save_grades(
                ManualGrade(
                    {name: (shown[name].given, wanted) for name, wanted in (points or {}).items()},
                    {name: (shown[name].comment or "", text) for name, text in (comments or {}).items()},
                )
            )
            self._update_traits()

    def go(self, step: int) -> None:
        """Show the next submission (``step`` 1), or the previous one (-1)."""
        with self._locked():
            self._move(step)
            self._update_traits()

    # The queue and the current submission.

    def _update_queue(self) -> None:
        """Update the queue; earlier submissions stay in it, so that the mentor can go back."""
        student, exercise = self._scope
        found = manual_review.pending_reviews(self.practice, student, exercise, executor=self._workers)
        self._waiting = {one.attempt.id or 0 for one in found if one.waits}
        newest = {(one.student.id, one.attempt.exercise_id): one for one in found}
        kept = [newest.pop((one.student.id, one.attempt.exercise_id), one) for one in self._queue]
        self._queue = [*kept, *newest.values()]

    def _load_sheet(self) -> None:
        if self._queue:
            self._sheet = manual_review.load_review_sheet(
                self.practice, self._queue[self._index], executor=self._workers
            )

    def _move(self, step: int) -> None:
        self._update_queue()
        at = self._index + step
        if 0 <= at < len(self._queue):
            before, self._index = self._index, at
            try:
                self._load_sheet()
            except MentoringError:
                self._index = before
                raise

    def _save_grades(self, given: ManualGrade) -> None:
        if not self._queue:
            raise StateError(_("Nothing waits for you."))
        self.saved = ""
        try:
            manual_review.save_manual_grade(
                self.practice, self._queue[self._index], given, executor=self._workers
            )
        finally:
            # Also after a refusal, so that the present grades are shown.
            with suppress(MentoringError):
                self._update_queue()
                self._load_sheet()
        self.saved = format_time(datetime.now(UTC))

    def _parse_proposal(
        self,
        proposal: dict[str, Any],
        ids: frozenset[str] | None,  # noqa: ARG002 - a request names its attempt
        seen: Mapping[str, Entry],  # noqa: ARG002
    ) -> tuple[dict[str, Entry | None], str]:
        if "request" not in proposal:
            return {}, ""
        request = proposal["request"]
        try:
            given = self._parse_request(request)
            if given.points or given.comments:
                self._save_grades(given)
            self._move({"next": 1, "previous": -1}.get(str(request.get("go")), 0))
        except MentoringError as error:
            return {}, _("Not saved. {reason}").format(reason=error) if not self.saved else str(error)
        return {}, ""

    def _parse_request(self, request: Mapping[str, Any]) -> ManualGrade:
        shown = self._queue[self._index].attempt.id if self._queue else None
        points, comments = _pairs(request.get("points")), _pairs(request.get("comments"))
        if (points or comments) and request.get("attempt") != shown:
            raise StateError(
                _("Another page has gone on to another submission."),
                _("Copy what you wrote, run the cell again, and enter it there."),
            )
        return ManualGrade(
            {name: (_number(name, seen), _number(name, wanted)) for name, (seen, wanted) in points.items()},
            {name: (str(seen or ""), str(wanted or "")) for name, (seen, wanted) in comments.items()},
        )

    def _state(self) -> dict[str, Any]:
        if not self._queue or self._sheet is None:
            return {"sheet": {}, "place": {"n": 0, "total": 0, "waiting": 0}}
        one = self._queue[self._index]
        outcome = one.attempt.outcome
        facts = {
            "attempt": one.attempt.id,
            "title": one.title,
            "student": one.student.name,
            "received": format_datetime(one.attempt.received_at),
            "earlier": format_datetime(one.earlier.received_at) if one.earlier else "",
            "reason": outcome.reason if outcome else "",
        }
        return {
            "sheet": {**asdict(self._sheet), **facts},
            "place": {"n": self._index + 1, "total": len(self._queue), "waiting": len(self._waiting)},
        }

    def _title(self) -> str:
        return _("To grade by hand")

    def _summary(self) -> str:
        return _("{n} of {total}").format(n=len(self._waiting), total=len(self._queue))

    def _words(self) -> dict[str, Any]:
        return {**super()._words(), **review_words()}

    def _static(self) -> Iterable[Markup]:
        if self._sheet is None:
            yield element("p", _("Nothing waits for you."))
            return
        one = self._queue[self._index]
        yield element("p", f"{one.title} · {one.student.name} · {format_datetime(one.attempt.received_at)}")
        for cell in self._sheet.cells:
            if not cell.name:
                continue
            score = ""
            if cell.max_points is not None:
                points = "–" if cell.points is None else format_number(cell.points)
                score = _("{points} of {most}").format(points=points, most=format_number(cell.max_points))
            yield element("p", element("strong", cell.name), f" {score}")
            if cell.kind != "test":
                yield element("pre", cell.source, style="white-space:pre-wrap")
            for text in (cell.message, cell.comment):
                if text:
                    yield element("p", text_with_code(text))


def _pairs(value: object) -> dict[str, tuple[Any, Any]]:
    """Return the pairs (seen, wanted) of a page's request; values of another form are ignored."""
    if not isinstance(value, dict):
        return {}
    pairs = {str(name): pair for name, pair in value.items() if isinstance(pair, list) and len(pair) == 2}
    return {name: (seen, wanted) for name, (seen, wanted) in pairs.items()}


def _number(name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(_("The points for '{name}' are no number.").format(name=name))
    return float(value)
