"""The card of the exercise of the day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from IPython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Dict, Enum, Int, Unicode

from toolkit.domain.people import Role
from toolkit.domain.record_entries import Entry, ExerciseEntry, TestEntry
from toolkit.errors import InputError, MentoringError, NotFoundError, StateError
from toolkit.i18n import Language, _, format_time, ngettext, use_language
from toolkit.widgets.session_widget import TableWidget
from toolkit.widgets.static_html import SafeHtml, element, text_with_code
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


class ExerciseCard(TableWidget):
    """An exercise with its visible tests and the hints given so far.

    Parameters
    ----------
    record : Record, optional
        Where the exercise lives.
    exercise_id : str, optional
        Which one; by default the only one that the record has.
    exercise : dict, optional
        The exercise itself, when there is no record.
    namespace : mapping, optional
        The names that the tests see; by default the notebook's.
    """

    _esm = view_module("exercise")

    entry = Dict(help="The exercise, fields as in the record.").tag(sync=True)
    check_requested = Int(0, help="Raised by the view to ask for a check.").tag(sync=True)
    checking = Enum(["", "waiting", "running"], "", help="Whether a check is under way.").tag(sync=True)
    checked = Int(0, help="How many tests of the check under way are done.").tag(sync=True)
    submit_requested = Int(0, help="Raised by the view, once the notebook is saved, to hand it in.").tag(
        sync=True
    )
    notebook = Unicode("", help="The file name of the notebook that the view stands in.").tag(sync=True)
    submission = Dict(help="What was handed in last, and what came of it.").tag(sync=True)
    hint_requested = Int(0, help="Raised by the view to ask for the next hint.").tag(sync=True)
    hint = Dict(help="The next hint, and since when it has been asked for.").tag(sync=True)

    _kinds = ("exercise",)
    _shared = "exercise"
    _page = ("check_requested", "submit_requested", "notebook", "hint_requested")

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
        self._asking = HintRequester(record) if record is not None else None
        self._follows = False
        self._awaits = False
        self._request = 0
        self._name = exercise_id or ""
        entries: dict[str, Entry] = {}
        if exercise is not None:
            self._name = str(exercise.get("id", "exercise"))
            entries[self._key] = parse_entry(self._key, {**exercise, "id": self._name})
        super().__init__(record, role=role, language=language, entries=entries)
        if self._key not in self._entries and not self.error:
            with self._acting():
                known = [key.partition(":")[2] for key in self._entries]
                raise NotFoundError(
                    _("There is no exercise '{name}' in this session.").format(name=self._name),
                    self._name,
                    known,
                )
        self._follow()
        self._await()

    def check(self) -> list[TestEntry]:
        """Run the visible tests and return their outcomes, which are saved with the exercise.

        Raises
        ------
        StateError
            If a check is under way already.
        """
        with self._acting():
            if self.checking == "running":
                raise StateError(_("A check is under way."), _("Wait for its result."))
            self.refresh()  # a hint may have been given from elsewhere
            tests = self._exercise.tests
            self.checked = 0
            self.checking = "running"
            results = tests
        try:
            with use_language(self.language):
                results = run_tests(tests, self._names(), told=self._progress)
        finally:
            with self._acting(), self.hold_sync():
                update = {"tests": results, "checked_at": datetime.now(UTC)}
                self._commit({self._key: self._exercise.model_copy(update=update)})
                self.checking = ""
        return results

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page sent; a raised ``check_requested`` asks for a check."""
        before, submitted = self.check_requested, self.submit_requested
        hinted = self.hint_requested
        super().set_state(sync_data)
        with self._acting():
            if self.submit_requested != submitted:
                self._submit_as_asked()
            if self.hint_requested != hinted:
                self._ask_as_asked()
            if self.check_requested == before or self.checking:
                return
            self.checking = "waiting"
        kernel = getattr(_shell(), "kernel", None)
        if kernel is None:
            self._check_as_asked()
        else:
            # The main thread's own loop: there code waits its turn, sees the notebook's names in peace, and
            # can be interrupted. This message may have come in another thread.
            kernel.io_loop.add_callback(self._check_as_asked)

    def _check_as_asked(self) -> None:
        if self.checking == "waiting":
            self.check()

    def submit(self, notebook: str = "") -> str:
        """Hand the notebook in as it is on the disk, and return the SHA-256 of what was handed in.

        Parameters
        ----------
        notebook : str
            Its file name, beside the record; the session's own if left out.

        Raises
        ------
        StateError
            If the card has no record, so there is no workspace to hand it in from.
        InputError
            If there is no such notebook, or it is too large.
        StorageError
            If the disk refuses.
        """
        with self._acting():
            if self._hand_in is None:
                raise StateError(
                    _("Without a record nothing can be handed in."), _("Usually: ExerciseCard(record).")
                )
            self.refresh()
            now = self._hand_in.put(self._exercise, notebook)
            self._commit({self._key: now})
        self._follow()
        return now.handed_in

    def _submit_as_asked(self) -> None:
        self._request = self.submit_requested
        with self.hold_sync():
            try:
                self.submit(self.notebook)
            except MentoringError as error:
                reason = self._words()["notHandedIn"].format(reason=error)
                self.submission = {"state": "problem", "message": reason, "request": self._request}

    def _follow(self) -> None:
        if self._exercise.handed_in and not self._follows:
            self._follows = True
            poll_in_kernel(self._look)

    def _look(self) -> bool:
        """Show what has come of the submission; return whether to look again."""
        if self.comm is None:
            self._follows = False
            return False
        with self._acting():
            if self._hand_in and self.submission.get("state") != "problem":
                now = self._submission()
                if now != self.submission:
                    self.submission = now
        return True

    def _submission(self) -> dict[str, Any]:
        if self._hand_in is None:
            return {}
        return {**self._hand_in.state(self._exercise), "request": self._request}

    def ask(self) -> int:
        """Ask for the next hint, and return which it is; it is noted when it is given.

        Raises
        ------
        StateError
            If there is no further hint, or the card has no record.
        StorageError
            If the disk refuses.
        """
        with self._acting():
            if self._asking is None:
                raise StateError(
                    _("Without a record no hint can be asked for."), _("Usually: ExerciseCard(record).")
                )
            self.refresh()  # one may have been given from elsewhere
            step = self._asking.put(self._exercise)
            self.hint = self._wish()
        self._await()
        return step

    def _ask_as_asked(self) -> None:
        with self.hold_sync():
            try:
                self.ask()
            except MentoringError as error:
                reason = self._words()["notAsked"].format(reason=error)
                self.hint = {**self._wish(), "state": "problem", "message": reason}

    def _await(self) -> None:
        if self.hint.get("at") and not self._awaits:
            self._awaits = True
            poll_in_kernel(self._look_for_hint)

    def _look_for_hint(self) -> bool:
        """Show the hint that was asked for; return whether to look again."""
        with self._acting():
            now = self._wish()
            self._awaits = self.comm is not None and "at" in now
            if not self._awaits:
                self.refresh()  # it was given, or is not wanted any more
            elif now != self.hint:
                self.hint = now
        return self._awaits

    def _wish(self) -> dict[str, Any]:
        if self._asking is None:
            return {}
        return {**self._asking.state(self._exercise), "request": self.hint_requested}

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

    def _proposed(
        self,
        proposal: dict[str, Any],  # noqa: ARG002 - the page asks for a check, which is no change
        ids: frozenset[str] | None,  # noqa: ARG002
        seen: Mapping[str, Entry],  # noqa: ARG002
    ) -> tuple[dict[str, Entry | None], str]:
        return {}, ""

    def _state(self) -> dict[str, Any]:
        return {
            "entry": self._exercise.model_dump(mode="json"),
            "submission": self._submission(),
            "hint": self._wish(),
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

    def _static(self) -> Iterable[SafeHtml]:
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
        yield from submission_lines(self._submission(), words)
        for number, hint in enumerate(entry.hints, 1):
            label = words["hint"].format(n=number, total=max(entry.hint_count, number))
            yield element("details", element("summary", label), element("p", text_with_code(hint)))


def _shell() -> InteractiveShell | None:
    """Return IPython's running shell, if this process has one."""
    shell: InteractiveShell | None = get_ipython()
    return shell
