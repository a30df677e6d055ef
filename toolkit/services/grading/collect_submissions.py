"""Collection of submissions from files, folders, archives and outboxes: store the bytes, then parse them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from toolkit.domain.attempt import Outcome, Verdict
from toolkit.domain.people import Student
from toolkit.errors import MentoringError, NotFoundError, StorageError
from toolkit.exercises import Submission, find_submitted_files, identify_submission, parse_submission
from toolkit.exercises.course.notebook import load_notebook
from toolkit.exercises.submission.attempt_order import FileEvidence
from toolkit.exercises.submission.restore_metadata import restore_metadata
from toolkit.exercises.submission.submission_parser import no_marks_error
from toolkit.i18n import _, use_language
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.grading.receipts import CollectedFile, Receipt, ReceiptStatus, store_attempts
from toolkit.services.grading.student_names import students_named

__all__ = ["AskStudent", "collect", "collect_one"]

_Found = TypeVar("_Found")


AskStudent = Callable[[str, str, Sequence[str], str], str | None]
"""Asks a person: (file, "student" or "exercise", candidates, last answer's error or "") -> answer or None."""


def collect(
    practice: Practice,
    paths: Iterable[Path],
    *,
    student: str | None = None,
    exercise: str | None = None,
    ask: AskStudent | None = None,
    received_at: datetime | None = None,
) -> list[Receipt]:
    """Collect every notebook in files, folders and archives; name every other file.

    Of several attempts of a student at an exercise, the one that was made last counts: it is received last.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    paths : iterable of Path
        Files, folders and archives.
    student : str, optional
        Id or name of the student; recognised from each file if left out.
    exercise : str, optional
        Name of the exercise; recognised from each file if left out.
    ask : callable, optional
        Asks a person about a file that is not recognised.
    received_at : datetime, optional
        Time of receipt, timezone-aware; if left out, the time in nbgrader's `timestamp.txt`, else now.

    Raises
    ------
    NotFoundError
        There is no such student or exercise.
    """
    catalogue = Catalogue(practice)
    with practice.writing("mentor collect"):
        with practice.store.read() as tx:
            students = tx.students.all()
            owner = tx.students.get(student) if student else None
        if exercise is not None:
            catalogue.course.card(exercise)
        intake = _Intake(practice, catalogue, students, owner, exercise, ask)
        found = [intake.recognise(file) for file in _files(practice, paths)]
        return store_attempts(practice, found, received_at)


def collect_one(
    practice: Practice,
    name: str,
    data: bytes,
    *,
    student: str,
    exercise: str | None = None,
    received_at: datetime | None = None,
) -> Receipt:
    """Collect one notebook from memory, without the practice's lock: it does not wait for a running grading.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        Path of the notebook's file; the exercise may be recognised by it.
    data : bytes
        The notebook.
    student : str
        Id or name of the student.
    exercise : str, optional
        Name of the exercise; recognised if left out.
    received_at : datetime, optional
        Time of receipt, timezone-aware; now if left out.

    Raises
    ------
    NotFoundError
        There is no such student or exercise.
    """
    catalogue = Catalogue(practice)
    with practice.store.read() as tx:
        owner = tx.students.get(student)
    if exercise is not None:
        catalogue.course.card(exercise)
    # Safe without a lock: storage by digest and one transaction make two simultaneous calls idempotent.
    file = _File(name, name, data, practice.keep(data), "")
    intake = _Intake(practice, catalogue, [owner], owner, exercise, None)
    (receipt,) = store_attempts(practice, [intake.recognise(file)], received_at)
    return receipt


@dataclass(frozen=True)
class _File:
    """One file to collect: its name and place, its bytes and their digest, and the reason of a refusal."""

    name: str
    place: str
    data: bytes | None
    digest: str
    refusal: str
    packed: bool = False
    left: bool = False
    made_at: datetime | None = None
    position: int = 0
    handed_in_at: datetime | None = None

    def problem(self) -> str:
        """Return the reason why it cannot be read, in the current language; empty if it can."""
        if self.data is None:
            found = (
                arrival for arrival in find_submitted_files([Path(self.name)]) if arrival.name == self.name
            )
            return next((str(arrival.refusal) for arrival in found if arrival.refusal), self.refusal)
        try:
            parse_submission(self.data)
        except MentoringError as error:
            return str(error)
        return ""


def _files(practice: Practice, paths: Iterable[Path]) -> Iterator[_File]:
    """Yield each file after its bytes are stored."""
    archives: dict[Path, str] = {}
    for arrival in find_submitted_files(paths):
        refusal = str(arrival.refusal or "")
        digest = ""
        try:
            if arrival.left:
                pass
            elif arrival.data is not None:
                digest = practice.keep(arrival.data)
            elif arrival.archive is not None:
                # A refused member (a path outside, a password) may be the only copy of a student's work.
                if arrival.archive not in archives:
                    archives[arrival.archive] = practice.keep_file(arrival.archive)
                digest = archives[arrival.archive]
            elif Path(arrival.name).is_file() and not Path(arrival.name).is_symlink():
                # Too large to parse, but stored all the same.
                digest = practice.keep_file(Path(arrival.name))
        except StorageError as error:
            if arrival.data is not None:
                raise  # the practice's own disk failed: so it would for every other file
            refusal = str(error)
        yield _File(
            arrival.name,
            arrival.place,
            arrival.data,
            digest,
            refusal,
            packed=arrival.archive is not None,
            left=arrival.left,
            made_at=arrival.made_at,
            position=arrival.position,
            handed_in_at=arrival.handed_in_at,
        )


def _as_unicode(name: str) -> str:
    """Return a file's name as valid Unicode: a name that is no UTF-8 would not fit into the database."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True)
class _Intake:
    practice: Practice
    catalogue: Catalogue
    students: list[Student]
    owner: Student | None
    exercise: str | None
    ask: AskStudent | None

    def recognise(self, file: _File) -> CollectedFile:
        """Return a file with its student and exercise, and the reason if it is no attempt."""
        name, refusal = _as_unicode(file.name), file.refusal
        status = ReceiptStatus.LEFT if file.left else ReceiptStatus.REFUSED
        receipt = Receipt(name, status, sha256=file.digest, message=refusal)
        if not file.digest or (file.packed and file.data is None):
            return CollectedFile(receipt)
        try:
            submission = parse_submission(file.data, require_marks=False) if file.data is not None else None
        except MentoringError as error:
            submission, refusal = None, str(error)
        # An unreadable file may still be recognised by its place.
        recognisable = submission or Submission({"cells": []}, frozenset())
        known = identify_submission(self.catalogue.course, recognisable, _as_unicode(file.place))
        exercise = self.exercise or known.exercise or self._ask_exercise(name, "exercise", known.exercises)
        if submission and not self._is_recognised(submission, exercise):
            submission, refusal = None, str(no_marks_error())
        owner = self.owner or self._owner(known.students) or self._ask_owner(name, known.students)
        receipt = replace(receipt, exercise_id=exercise, student_id=owner.id if owner else None)
        if owner is None or exercise is None:
            received = ReceiptStatus.UNKNOWN if submission else ReceiptStatus.UNREADABLE
            message = refusal or self._missing(owner, exercise)
            return CollectedFile(replace(receipt, received=received, message=message))
        stamped = submission.student if submission else ""
        if stamped and stamped != owner.id:
            refusal = _("It was given out to '{student}'.").format(student=stamped)
        outcome = None
        if submission is None:
            with use_language(owner.language):  # the student reads the reason
                outcome = Outcome(Verdict.UNREADABLE, reason=file.problem())
        received = ReceiptStatus.NEW if submission else ReceiptStatus.UNREADABLE
        return CollectedFile(
            replace(receipt, received=received, message=refusal),
            is_attempt=True,
            notebook=known.notebook if known.exercise == exercise else "",
            aided=bool(submission and submission.is_session),
            outcome=outcome,
            handed_in_at=file.handed_in_at,
            evidence=FileEvidence(_as_unicode(file.place), file.made_at, file.position, exercise),
        )

    def _is_recognised(self, submission: Submission, exercise: str | None) -> bool:
        """Return whether a notebook has some of the exercise's cells, with nbgrader's metadata or without."""
        if exercise is None:
            return bool(submission.grade_ids)
        known = self.catalogue.course.grade_ids(exercise).values()
        if any(submission.grade_ids & ids for ids in known):
            return True
        sources = self.catalogue.course.notebooks(exercise).values()
        return any(restore_metadata(submission.notebook, load_notebook(path)) for path in sources)

    def _owner(self, words: Sequence[str]) -> Student | None:
        """Return the student that the words name; None if they name no student, or several."""
        found = {student.id: student for word in words for student in students_named(word, self.students)}
        return next(iter(found.values())) if len(found) == 1 else None

    def _ask_exercise(self, name: str, what: str, candidates: Sequence[str]) -> str | None:
        course = self.catalogue.course
        return self._ask_until_found(
            name, what, candidates or course.names(), lambda answer: course.card(answer).id
        )

    def _ask_owner(self, name: str, words: Sequence[str]) -> Student | None:
        candidates = [s.id for word in words for s in students_named(word, self.students)] or [
            s.id for s in self.students
        ]

        def found(answer: str) -> Student:
            with self.practice.store.read() as tx:
                return tx.students.get(answer)

        return self._ask_until_found(name, "student", candidates, found)

    def _ask_until_found(
        self, name: str, what: str, candidates: Sequence[str], found: Callable[[str], _Found]
    ) -> _Found | None:
        """Ask until the answer names an existing student or exercise, or is empty."""
        problem = ""
        while self.ask and (answer := self.ask(name, what, candidates, problem)):
            try:
                return found(answer)
            except NotFoundError as error:
                problem = str(error)
        return None

    def _missing(self, owner: Student | None, exercise: str | None) -> str:
        missing = [
            *([] if owner else ["--student STUDENT"]),
            *([] if exercise else ["--exercise EXERCISE"]),
        ]
        return _("Say more, and collect it again: {options}").format(options=" ".join(missing))
