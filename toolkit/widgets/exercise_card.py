"""The exercise card widget: visible tests, hints and submission of the exercise of the day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from IPython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from markupsafe import Markup
from traitlets import Dict, Enum, Int, Unicode

from toolkit.domain.people import Role
from toolkit.domain.record_entries import Entry, ExerciseEntry, TestEntry
from toolkit.errors import InputError, MentoringError, NotFoundError, StateError
from toolkit.i18n import Language, _, format_time, ngettext, use_language
from toolkit.widgets.session_widget import SessionWidget
from toolkit.widgets.static_html import element, text_with_code
from toolkit.widgets.submission_view import (
    hint_request_words,
    poll_in_kernel,
    submission_lines,
    submission_words,
)
from toolkit.widgets.view_source import view_module
from toolkit.widgets.visible_test_run import run_tests
from toolkit.workspace.hand_in import ExerciseSubmission
from toolkit.workspace.hint_requests import HintRequester
from toolkit.workspace.session_record import Record, parse_entry

__all__ = ["ExerciseCard"]


class ExerciseCard(SessionWidget):
    """An exercise with its visible tests, the hints given so far, and its submission.

    Parameters
    ----------
    record : Record, optional
        The record that stores the exercise.
    exercise_id : str, optional
        Id of the exercise; by default the first one in the record.
    exercise : dict, optional
        The exercise if there is no record.
    namespace : mapping, optional
        The names that the tests can use; by default the notebook's.
    role : {"mentor", "student"}
        The role of the person who uses the widget.
    language : {"en", "fr"}, optional
        Language of the texts; by default the record's, or else the current one.

    Raises
    ------
    InputError
        Unless exactly one of ``record`` and ``exercise`` is given, and the exercise is valid.
    NotFoundError
        If the record has no such exercise.

    Examples
    --------
    >>> from toolkit import ExerciseCard
    >>> exercise = {
    ...     "id": "sums",
    ...     "title": "Sums",
    ...     "tests": [{"name": "adds", "source": "assert total([1, 2]) == 3"}],
    ... }
    >>> card = ExerciseCard(exercise=exercise, namespace={"total": sum}, language="en")
    >>> [test.outcome for test in card.check()]
    ['passed']
    >>> card
    <ExerciseCard: Sums, 1 of 1 tests pass>
    """

    _esm = view_module("exercise")

    entry = Dict(help="The exercise; fields as in the record.").tag(sync=True)
    check_requested = Int(0, help="Incremented by the view to request a check.").tag(sync=True)
    checking = Enum(["", "waiting", "running"], "", help="State of the check; empty if none.").tag(sync=True)
    checked = Int(0, help="Number of tests done in the running check.").tag(sync=True)
    submit_requested = Int(0, help="Incremented by the view, after saving, to submit the notebook.").tag(
        sync=True
    )
    notebook = Unicode("", help="File name of the notebook that contains the view.").tag(sync=True)
    submission = Dict(help="The last submission and its state.").tag(sync=True)
    hint_requested = Int(0, help="Incremented by the view to request the next hint.").tag(sync=True)
    hint = Dict(help="The next hint, with the time of its request.").tag(sync=True)

    _kinds = ("exercise",)
    _shared_view = "exercise"
    _settable_traits = ("check_requested", "submit_requested", "notebook", "hint_requested")

    def __init__(
        self,
        record: Record | None = None,
        exercise_id: str | None = None,
        *,
        exercise: dict[str, Any] | None = None,
        namespace: Mapping[str, Any] | None = None,
        role: Role = "mentor",
        language: Language | None = None,
    ) -> None:
        if (record is None) == (exercise is None):
            raise InputError(
                _("An exercise card needs a record or an exercise, one of the two."),
                _("Usually: ExerciseCard(record)."),
            )
        self.namespace = namespace
        self._hand_in = ExerciseSubmission(record) if record is not None else None
        self._hint_requests = HintRequester(record) if record is not None else None
        self._polls_submission = False
        self._polls_hint = False
        self._request = 0
        self._name = exercise_id or ""
        entries: dict[str, Entry] = {}
        if exercise is not None:
            self._name = str(exercise.get("id", "exercise"))
            entries[self._key] = parse_entry(self._key, {**exercise, "id": self._name})
        super().__init__(record, role=role, language=language, entries=entries)
        if self._key not in self._entries and not self.error:
            with self._locked():
                known = [key.partition(":")[2] for key in self._entries]
                raise NotFoundError(
                    _("There is no exercise '{name}' in this session.").format(name=self._name),
                    self._name,
                    known,
                )
        self._poll_submission()
        self._poll_hint()

    def check(self) -> list[TestEntry]:
        """Run the visible tests, save their outcomes with the exercise, and return them.

        Raises
        ------
        StateError
            If a check is already running.
        """
        with self._locked():
            if self.checking == "running":
                raise StateError(_("A check is under way."), _("Wait for its result."))
            self.refresh()  # the mentor may have given a hint meanwhile
            tests = self._exercise.tests
            self.checked = 0
            self.checking = "running"
            results = tests
        try:
            with use_language(self.language):
                results = run_tests(tests, self._names(), told=self._progress)
        finally:
            with self._locked(), self.hold_sync():
                update = {"tests": results, "checked_at": datetime.now(UTC)}
                self._commit({self._key: self._exercise.model_copy(update=update)})
                self.checking = ""
        return results

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Apply a page's changes, and carry out the requests for a check, a submission or a hint."""
        before, submitted = self.check_requested, self.submit_requested
        hinted = self.hint_requested
        super().set_state(sync_data)
        with self._locked():
            if self.submit_requested != submitted:
                self._submit_for_page()
            if self.hint_requested != hinted:
                self._ask_for_page()
            if self.check_requested == before or self.checking:
                return
            self.checking = "waiting"
        kernel = getattr(_shell(), "kernel", None)
        if kernel is None:
            self._check_for_page()
        else:
            # In the main thread's event loop the check waits for the running cell, is alone with the
            # notebook's names, and can be interrupted. This message may arrive in another thread.
            kernel.io_loop.add_callback(self._check_for_page)

    def _check_for_page(self) -> None:
        if self.checking == "waiting":
            self.check()

    def submit(self, notebook: str = "") -> str:
        """Submit the saved notebook and return the SHA-256 of the submitted bytes.

        Parameters
        ----------
        notebook : str
            File name of the notebook, beside the record; the session notebook by default.

        Raises
        ------
        StateError
            If the card has no record, and thus no workspace.
        InputError
            If the notebook does not exist, or is too large.
        StorageError
            If the disk refuses.
        """
        with self._locked():
            if self._hand_in is None:
                raise StateError(
                    _("Without a record nothing can be handed in."), _("Usually: ExerciseCard(record).")
                )
            self.refresh()
            now = self._hand_in.put(self._exercise, notebook)
            self._commit({self._key: now})
        self._poll_submission()
        return now.handed_in

    def _submit_for_page(self) -> None:
        self._request = self.submit_requested
        with self.hold_sync():
            try:
                self.submit(self.notebook)
            except MentoringError as error:
                reason = self._words()["notHandedIn"].format(reason=error)
                self.submission = {"state": "problem", "message": reason, "request": self._request}

    def _poll_submission(self) -> None:
        if self._exercise.handed_in and not self._polls_submission:
            self._polls_submission = True
            poll_in_kernel(self._update_submission)

    def _update_submission(self) -> bool:
        """Update the state of the submission; return True if polling goes on."""
        if self.comm is None:
            self._polls_submission = False
            return False
        with self._locked():
            if self._hand_in and self.submission.get("state") != "problem":
                now = self._submission_state()
                if now != self.submission:
                    self.submission = now
        return True

    def _submission_state(self) -> dict[str, Any]:
        if self._hand_in is None:
            return {}
        return {**self._hand_in.state(self._exercise), "request": self._request}

    def ask(self) -> int:
        """Request the next hint and return its number, from 1.

        Raises
        ------
        StateError
            If all hints are given, or the card has no record.
        StorageError
            If the disk refuses.
        """
        with self._locked():
            if self._hint_requests is None:
                raise StateError(
                    _("Without a record no hint can be asked for."), _("Usually: ExerciseCard(record).")
                )
            self.refresh()  # the mentor may have given one meanwhile
            step = self._hint_requests.put(self._exercise)
            self.hint = self._hint_state()
        self._poll_hint()
        return step

    def _ask_for_page(self) -> None:
        with self.hold_sync():
            try:
                self.ask()
            except MentoringError as error:
                reason = self._words()["notAsked"].format(reason=error)
                self.hint = {**self._hint_state(), "state": "problem", "message": reason}

    def _poll_hint(self) -> None:
        if self.hint.get("at") and not self._polls_hint:
            self._polls_hint = True
            poll_in_kernel(self._update_hint)

    def _update_hint(self) -> bool:
        """Show the requested hint once it is given; return True if polling goes on."""
        with self._locked():
            now = self._hint_state()
            self._polls_hint = self.comm is not None and "at" in now
            if not self._polls_hint:
                self.refresh()  # the hint was given, or the request was withdrawn
            elif now != self.hint:
                self.hint = now
        return self._polls_hint

    def _hint_state(self) -> dict[str, Any]:
        if self._hint_requests is None:
            return {}
        return {**self._hint_requests.state(self._exercise), "request": self.hint_requested}

    def _names(self) -> Mapping[str, Any]:
        if self.namespace is not None:
            return self.namespace
        shell = _shell()
        return shell.user_ns if shell is not None else {}  # type: ignore[no-any-return, unused-ignore]

    def _progress(self, done: int) -> None:
        self.checked = done

    @property
    def _key(self) -> str:
        return f"exercise:{self._name}"

    @property
    def _exercise(self) -> ExerciseEntry:
        entry = self._entries.get(self._key)
        return entry if isinstance(entry, ExerciseEntry) else ExerciseEntry(id="none", title="–")

    def _load(self, everything: Mapping[str, Entry]) -> None:
        super()._load(everything)
        if not self._name and self._entries:
            self._name = next(iter(self._entries)).partition(":")[2]

    def _parse_proposal(
        self,
        proposal: dict[str, Any],  # noqa: ARG002 - a page sends only requests, no changes
        ids: frozenset[str] | None,  # noqa: ARG002
        seen: Mapping[str, Entry],  # noqa: ARG002
    ) -> tuple[dict[str, Entry | None], str]:
        return {}, ""

    def _state(self) -> dict[str, Any]:
        return {
            "entry": self._exercise.model_dump(mode="json"),
            "submission": self._submission_state(),
            "hint": self._hint_state(),
        }

    def _title(self) -> str:
        return self._exercise.title

    def _summary(self) -> str:
        tests = self._exercise.tests
        passed = sum(test.outcome == "passed" for test in tests)
        return _("{title}, {n} of {total} tests pass").format(
            title=self._exercise.title, n=passed, total=len(tests)
        )

    @classmethod
    def _vocabulary(cls, minutes: int) -> dict[str, Any]:
        return {
            **super()._vocabulary(minutes),
            "check": _("Check"),
            "checking": _("Checking…"),
            "waits": _("The check begins when the running cell has ended."),
            "progress": _("{n} of {total}"),
            "checkedAt": _("Checked {time}"),
            "skills": _("Skills"),
            "tests": _("Tests"),
            "noTests": _("This exercise has no visible tests; the mentor looks at it."),
            "passed": _("Passed"),
            "failed": _("Not yet"),
            "timed out": _("Timed out"),
            "not run": _("Not run yet"),
            "result": _("Passed: {n} of {total}."),
            "all": _("All tests pass."),
            "hint": _("Hint {n} of {total}"),
            "hints": [
                ngettext(
                    "There is {n} hint; the mentor can give it.",
                    "There are {n} hints; the mentor can give one at a time.",
                    n,
                )
                for n in (1, 2)
            ],
            "moreHints": _("The mentor can give the next one."),
            **submission_words(),
            **hint_request_words(),
        }

    def _static(self) -> Iterable[Markup]:
        words, entry = self._words(), self._exercise
        facts = [*entry.skills, _("{n} min").format(n=entry.minutes)]
        yield element("p", " · ".join(facts))
        if entry.checked_at is not None:
            yield element("p", words["checkedAt"].format(time=format_time(entry.checked_at)))
        lines = [
            element(
                "li",
                element("span", f"{words[test.outcome]} · {test.name}"),
                *([element("br"), element("small", text_with_code(test.message))] if test.message else []),
            )
            for test in entry.tests
        ]
        yield element("ul", *lines) if lines else element("p", words["noTests"])
        yield from submission_lines(self._submission_state(), words)
        for number, hint in enumerate(entry.hints, 1):
            label = words["hint"].format(n=number, total=max(entry.hint_count, number))
            yield element("details", element("summary", label), element("p", text_with_code(hint)))


def _shell() -> InteractiveShell | None:
    """Return the running IPython shell; None if there is none."""
    shell: InteractiveShell | None = get_ipython()
    return shell
