"""Collection of submissions from files, folders, archives and outboxes: store the bytes, then parse them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from toolkit.domain.attempt import Attempt, Outcome, Verdict
from toolkit.domain.people import Student, student_slug
from toolkit.errors import InputError, MentoringError, NotFoundError, StorageError
from toolkit.exercises import Submission, find_submitted_files, identify_submission, parse_submission
from toolkit.i18n import N_, _, use_language
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue

__all__ = ["AskStudent", "Receipt", "ReceiptStatus", "collect", "collect_one"]

_Found = TypeVar("_Found")


class ReceiptStatus(StrEnum):
    """Result of collecting one file."""

    NEW = N_("received")
    AGAIN = N_("received before")
    UNREADABLE = N_("unreadable")
    UNKNOWN = N_("kept, not recognised")
    REFUSED = N_("refused")


@dataclass(frozen=True)
class Receipt:
    """Receipt for one collected file.

    Parameters
    ----------
    source : str
        Name of the file, as it was given.
    received : ReceiptStatus
        Result.
    student_id : str, optional
        Id of the student; None if unknown.
    exercise_id : str, optional
        Id of the exercise; None if unknown.
    sha256 : str
        Digest of the stored bytes; empty if the file could not be read at all. For a refused member of an
        archive the whole archive is stored.
    at : datetime, optional
        Time of receipt.
    message : str
        Reason and next step, if the file was not collected normally.
    """

    source: str
    received: ReceiptStatus
    student_id: str | None = None
    exercise_id: str | None = None
    sha256: str = ""
    at: datetime | None = None
    message: str = ""


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
    """Collect every notebook in files, folders and zip archives.

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
        Time of receipt, timezone-aware; now if left out.

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
        return [intake.take(file, received_at or datetime.now(UTC)) for file in _files(practice, paths)]


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
    file = _File(name, name, data, practice.keep(data), "", packed=False)
    intake = _Intake(practice, catalogue, [owner], owner, exercise, None)
    return intake.take(file, received_at or datetime.now(UTC))


@dataclass(frozen=True)
class _File:
    """One file to collect: its name and place, its bytes and their digest, and the reason of a refusal."""

    name: str
    place: str
    data: bytes | None
    digest: str
    refusal: str
    packed: bool

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
            if arrival.data is not None:
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
        packed = arrival.archive is not None
        yield _File(arrival.name, arrival.place, arrival.data, digest, refusal, packed)


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

    def take(self, file: _File, at: datetime) -> Receipt:
        """Collect one file, received at a timezone-aware time."""
        name, refusal = _as_unicode(file.name), file.refusal
        receipt = Receipt(name, ReceiptStatus.REFUSED, sha256=file.digest, at=at, message=refusal)
        if not file.digest or (file.packed and file.data is None):
            return receipt
        try:
            submission = parse_submission(file.data) if file.data is not None else None
        except MentoringError as error:
            submission, refusal = None, str(error)
        # An unreadable file may still be recognised by its place.
        recognisable = submission or Submission({"cells": []}, frozenset())
        known = identify_submission(self.catalogue.course, recognisable, _as_unicode(file.place))
        exercise = self.exercise or known.exercise or self._ask_exercise(name, "exercise", known.exercises)
        owner = self.owner or self._owner(known.students) or self._ask_owner(name, known.students)
        receipt = replace(receipt, exercise_id=exercise, student_id=owner.id if owner else None)
        if owner is None or exercise is None:
            received = ReceiptStatus.UNKNOWN if submission else ReceiptStatus.UNREADABLE
            return replace(receipt, received=received, message=refusal or self._missing(owner, exercise))
        stamped = submission.student if submission else ""
        if stamped and stamped != owner.id:
            refusal = _("It was given out to '{student}'.").format(student=stamped)
        outcome = None
        if submission is None:
            with use_language(owner.language):  # the student reads the reason
                outcome = Outcome(Verdict.UNREADABLE, reason=file.problem())
        aided = bool(submission and submission.is_session)
        with self.practice.store.begin() as tx:
            hints = tx.attempts.hints_given(owner.id, exercise)
            _attempt, new = tx.attempts.add(
                Attempt(owner.id, exercise, file.digest, at, name, hints, aided, outcome)
            )
        received = ReceiptStatus.NEW if new else ReceiptStatus.AGAIN
        return replace(
            receipt, received=received if submission else ReceiptStatus.UNREADABLE, message=refusal
        )

    def _owner(self, words: Sequence[str]) -> Student | None:
        """Return the student that the words name; None if they name no student, or several."""
        found = {student.id: student for word in words for student in self._students_named(word)}
        return next(iter(found.values())) if len(found) == 1 else None

    def _students_named(self, word: str) -> list[Student]:
        try:
            wanted = student_slug(word)
        except InputError:
            return []
        return [s for s in self.students if wanted in {s.id, student_slug(s.name)}]

    def _ask_exercise(self, name: str, what: str, candidates: Sequence[str]) -> str | None:
        course = self.catalogue.course
        return self._ask_until_found(
            name, what, candidates or course.names(), lambda answer: course.card(answer).id
        )

    def _ask_owner(self, name: str, words: Sequence[str]) -> Student | None:
        candidates = [s.id for word in words for s in self._students_named(word)] or [
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
