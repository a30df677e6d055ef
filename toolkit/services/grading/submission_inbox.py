"""Submissions from the students' workspaces: collect them from each outbox, and write the answers there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from toolkit.domain.attempt import Attempt, Outcome, TestResult, test_display_name
from toolkit.domain.people import Student
from toolkit.domain.submission_status import SubmissionStatus, SubmissionTestStatus
from toolkit.errors import InputError, MentoringError, NotFoundError
from toolkit.i18n import _, use_language
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises.hint_delivery import HintAnswer, answer_hint_requests
from toolkit.services.feedback_paths import feedback_page_path
from toolkit.services.grading.collect_submissions import collect_one
from toolkit.services.grading.receipts import Receipt, ReceiptStatus
from toolkit.workspace.submission_outbox import Outbox, exercise_of_file_name, submission_file_name

__all__ = ["ingest_outbox", "write_result"]


def ingest_outbox(
    practice: Practice,
    students: Iterable[str] | None = None,
    *,
    at_once: int | None = None,
    asked: Callable[[HintAnswer], None] = lambda _one: None,
    now: datetime | None = None,
) -> list[Receipt]:
    """Collect the unanswered submissions in the outboxes, and answer each with a receipt.

    A submission is stored before its receipt is written, so an interrupted one is collected again. A
    submission that cannot be collected is answered as well, in the student's language, and stops no other.
    Hint requests are answered afterwards: the submissions before them were written without these hints.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    students : iterable of str, optional
        Ids of the students; all students if left out.
    at_once : int, optional
        Maximum number of submissions of each student; no limit if left out.
    asked : callable
        Called with each requested hint.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    list of Receipt
        One for each submission, and one for each student whose hint requests failed.
    """
    with practice.store.read() as tx:
        known = {student.id: student for student in tx.students.all()}
    receipts = []
    for student_id in known if students is None else students:
        outbox = Outbox(practice.workspace(student_id))
        for name in outbox.waiting()[:at_once]:
            try:
                receipts.append(_collect(practice, known[student_id], outbox, name, now or datetime.now(UTC)))
            except MentoringError as problem:
                place = str(outbox.folder / name)
                receipts.append(Receipt(place, ReceiptStatus.REFUSED, student_id, message=str(problem)))
        try:
            for one in answer_hint_requests(practice, student_id, now):
                asked(one)
        except MentoringError as problem:
            place = str(outbox.folder)
            receipts.append(Receipt(place, ReceiptStatus.REFUSED, student_id, message=str(problem)))
    return receipts


def write_result(practice: Practice, attempt: Attempt, outcome: Outcome, reader: Student) -> None:
    """Write the result of an attempt into the student's outbox, if it was submitted from there.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    attempt : Attempt
        The stored attempt.
    outcome : Outcome
        Its outcome.
    reader : Student
        The student; the texts are in their language.
    """
    outbox = Outbox(practice.workspace(attempt.student_id))
    name = submission_file_name(attempt.exercise_id, attempt.sha256)
    if outbox.answer(name) is not None:
        with use_language(reader.language):
            outbox.say(name, _answer(practice, attempt, outcome))


def _collect(practice: Practice, owner: Student, outbox: Outbox, name: str, now: datetime) -> Receipt:
    place = str(outbox.folder / name)
    with use_language(owner.language):
        try:
            data = outbox.read(name)
        except InputError as problem:
            outbox.say(
                name, SubmissionStatus(sha256="", state="refused", received_at=now, message=str(problem))
            )
            return Receipt(place, ReceiptStatus.REFUSED, owner.id, message=str(problem))
    if data is None:
        return Receipt(place, ReceiptStatus.REFUSED, owner.id, message=_("It is gone again."))
    exercise = _exercise(practice, exercise_of_file_name(name))
    receipt = collect_one(practice, place, data, student=owner.id, exercise=exercise, received_at=now)
    at = receipt.at or now
    with use_language(owner.language):
        if receipt.exercise_id is None:
            message = _("It is kept, but it does not say which exercise it is; ask your mentor.")
            answer = SubmissionStatus(sha256=receipt.sha256, state="refused", received_at=at, message=message)
        else:
            answer = SubmissionStatus(sha256=receipt.sha256, state="received", received_at=at)
            attempt = _attempt(practice, receipt)
            if attempt and attempt.outcome:
                # Unreadable, or the same bytes as an earlier submission: the outcome is known already.
                answer = _answer(practice, attempt, attempt.outcome)
        outbox.say(name, answer)
    return receipt


def _exercise(practice: Practice, name: str) -> str | None:
    try:
        return Catalogue(practice).course.card(name).id
    except NotFoundError:
        return None  # the exercise may still be recognised by the notebook's content


def _attempt(practice: Practice, receipt: Receipt) -> Attempt | None:
    with practice.store.read() as tx:
        found = tx.attempts.for_student(receipt.student_id or "")
    return next(
        (a for a in found if (a.sha256, a.exercise_id) == (receipt.sha256, receipt.exercise_id)), None
    )


def _answer(practice: Practice, attempt: Attempt, outcome: Outcome) -> SubmissionStatus:
    page = feedback_page_path(practice, attempt)
    return SubmissionStatus(
        sha256=attempt.sha256,
        state="graded",
        received_at=attempt.received_at,
        verdict=_(str(outcome.verdict)),
        points=outcome.points,
        max_points=outcome.max_points,
        tests=tuple(_test_answer(result) for result in outcome.results),
        message=outcome.reason,
        page=page.relative_to(practice.workspace(attempt.student_id)).as_posix() if page.exists() else "",
    )


def _test_answer(result: TestResult) -> SubmissionTestStatus:
    test = SubmissionTestStatus(
        name=test_display_name(result.grade_id), outcome="failed", message=result.message
    )
    if result.points is None:
        return test.model_copy(update={"outcome": "to be looked at"})
    if result.passed:
        return test.model_copy(update={"outcome": "passed"})
    return test.model_copy(update={"outcome": "partly"}) if result.points > 0 else test
