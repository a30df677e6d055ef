"""The demo practice: three students at different stages, created by the services that a mentor uses.

Each step checks the existing state first, so that an interrupted run can be continued, and a repeated run
does not undo the user's changes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

from toolkit import exercises
from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit.domain.agenda import ActionState, AgendaState
from toolkit.domain.people import Student, student_slug
from toolkit.domain.record_entries import ActionEntry, AgendaEntry, CheckEntry, Entry
from toolkit.domain.session import Session, SessionState
from toolkit.errors import InputError
from toolkit.i18n import _, current_language, format_number
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises.manage_exercises import give_hint, release_exercises
from toolkit.services.grading import feedback_writer, grading_batch
from toolkit.services.grading.collect_submissions import collect
from toolkit.services.practice import create_practice, demo_data, mentorships
from toolkit.services.progress_callback import ProgressCallback, ignore_progress
from toolkit.services.reports import progress_notebooks
from toolkit.services.sessions import closing_data, session_lifecycle, session_workspace

__all__ = ["DemoPractice", "DemoStudent", "build_demo"]


_BUILT = b"built\n"


@dataclass(frozen=True)
class DemoStudent:
    """One student of the demo, for the summary.

    Parameters
    ----------
    student : Student
        The student.
    attempts : int
        Number of their attempts.
    points : str
        Points of their best attempts, and the maximum.
    session : Session or None
        Their next planned session.
    report : Path
        Path of their progress notebook.
    """

    student: Student
    attempts: int
    points: str
    session: Session | None
    report: Path


@dataclass(frozen=True)
class DemoPractice:
    """The demo practice.

    Parameters
    ----------
    practice : Practice
        The practice.
    lines : list of DemoStudent
        One line for each student.
    notebook : Path
        Path of the session notebook to open.
    """

    practice: Practice
    lines: list[DemoStudent]
    notebook: Path


def build_demo(
    folder: Path,
    step: ProgressCallback = ignore_progress,
    now: datetime | None = None,
    people: Sequence[demo_data.DemoPerson] = demo_data.DEMO_PEOPLE,
) -> DemoPractice:
    """Build the demo practice in a folder, or continue an interrupted build.

    Parameters
    ----------
    folder : Path
        The folder; created if missing.
    step : ProgressCallback, optional
        Called with the progress; by default nothing is reported.
    now : datetime, optional
        Time that the demo's dates are relative to, timezone-aware; read from the clock if left out.
    people : sequence of Person
        The students to create.

    Raises
    ------
    InputError
        The folder has other content: files, a course, or a practice that is no demo.
    """
    now = now or datetime.now(UTC)
    mark = _marker_path(folder.absolute())
    practice = create_practice.create_practice(
        folder, mentor="Ada", language=current_language(), timeout_seconds=4
    ).practice
    if mark.read_bytes() != _BUILT:
        steps = list(_steps(practice, people, now))
        for number, (what, make) in enumerate(steps):
            step(what, number, len(steps))
            make()
        step("", len(steps), len(steps))
        atomic_write(mark, _BUILT)
    return _summary(practice, people)


def _marker_path(root: Path) -> Path:
    """Return the file that marks the folder as a demo, and holds the state of the build; create it if new.

    It is written before the practice, so that a later run recognises an interrupted one at any point.
    """
    mark = root / ".mentoring" / "demo"
    place = create_practice.classify_folder(root)
    with disk_errors(root):
        if mark.is_file():
            return mark
        if place is not create_practice.FolderKind.NEW:
            raise InputError(
                _("{path} is a course or a practice of your own.").format(path=root),
                _("Name another folder: mentor demo DIR"),
            )
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    atomic_write(mark, b"building\n")
    return mark


_BuildStep = tuple[str, Callable[[], object]]


def _steps(practice: Practice, people: Sequence[demo_data.DemoPerson], now: datetime) -> Iterator[_BuildStep]:
    """Yield the steps of the build in order: a description and a call."""
    catalogue = Catalogue(practice)
    for person in people:
        yield person.name, partial(_add_student, practice, person, now)
    yield _("Giving out"), partial(release_exercises, practice, catalogue.course.names())
    # The events in the order of their dates: a submission after a session can depend on its actions.
    for person in people:
        student_id = student_slug(person.name)
        events: list[tuple[float, _BuildStep]] = [
            (work.days_ago, (_("Submissions"), partial(_submit, practice, student_id, work, now)))
            for work in person.works
        ]
        events += [
            (
                meeting.days_ago,
                (_("Sessions"), partial(_hold_session, practice, student_id, number, meeting, now)),
            )
            for number, meeting in enumerate(person.meetings, 1)
        ]
        for _days, event in sorted(events, key=lambda event: -event[0]):
            yield event
    yield _("Grading"), partial(_grade, practice)
    yield _("Feedback"), partial(feedback_writer.write_feedback, practice)
    for person in people:
        yield _("Next sessions"), partial(_plan_next, practice, person, now)
    for person in people:
        yield _("Progress notebooks"), partial(_report, practice, student_slug(person.name), now)


def _grade(practice: Practice) -> None:
    for graded in grading_batch.grade_attempts(practice):
        if graded.problem is not None:
            # Fail with the reason, rather than build a demo without results.
            raise graded.problem


def _add_student(practice: Practice, person: demo_data.DemoPerson, now: datetime) -> None:
    with practice.store.read() as tx:
        if any(student.id == student_slug(person.name) for student in tx.students.all()):
            return
    mentorships.add_student(
        practice,
        person.name,
        language=person.language,
        address=person.address,
        since=now - timedelta(days=person.since_days),
    )


def _submit(practice: Practice, student_id: str, work: demo_data.DemoAttempt, now: datetime) -> None:
    with practice.store.read() as tx:
        given = tx.attempts.hints_given(student_id, work.exercise)
    for _step in range(given, work.hints):
        give_hint(practice, work.exercise, student_id)
    inbox = practice.root / "inbox" / student_id
    data = _answer(Catalogue(practice).course, student_id, work)
    name = f"{work.exercise}.ipynb"
    if work.by == "zip":
        source = inbox / f"{work.exercise}-{work.answer}.zip"
        atomic_write(source, _zipped(f"{student_id}/{name}", data))
    else:
        source = inbox / f"{work.days_ago:g}-days-ago" / name
        atomic_write(source, data)
    collect(
        practice,
        [source.parent if work.by == "folder" else source],
        # A damaged file does not name its student.
        student=student_id if work.answer == "broken" else None,
        received_at=now - timedelta(days=work.days_ago),
    )


def _answer(course: exercises.Course, student_id: str, work: demo_data.DemoAttempt) -> bytes:
    copy = exercises.student_copy(course, work.exercise, "en", student_id)
    if work.answer == "broken":
        # As an interrupted download leaves it.
        return copy[: len(copy) // 2]
    answers = exercises.worked_solution(course, work.exercise)
    if work.answer == "loop":
        answers |= demo_data.LOOP_ANSWERS
    elif work.answer != "solution":
        card = course.card(work.exercise)
        answers |= next(wrong.cells for wrong in card.wrong_answers if wrong.name == work.answer)
    if work.remark:
        answers = {name: f"{source}\n# {work.remark}" for name, source in answers.items()}
    return exercises.insert_answers(copy, answers)


def _zipped(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        # A fixed date, so that the same submission always has the same bytes.
        archive.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def _hold_session(
    practice: Practice, student_id: str, number: int, meeting: demo_data.DemoSession, now: datetime
) -> None:
    """Hold a session: plan, start, tick, agree, close."""
    held_at = _evening(now - timedelta(days=meeting.days_ago))
    session_id = f"{student_id}-{number}"
    with practice.store.read() as tx:
        known = {session.id: session for session in tx.sessions.for_student(student_id)}
    if session_id not in known:
        known[session_id] = session_lifecycle.plan_session(
            practice,
            student_id,
            held_at,
            exercise=meeting.exercise,
            topics=meeting.topics,
            anyway=True,
            now=held_at - timedelta(days=2),
        )
    session = known[session_id]
    if session.state is SessionState.PLANNED:
        session, _path = session_lifecycle.start_session(practice, session_id)
    if session.state is SessionState.LIVE:
        _change_record(practice, session, meeting, held_at)
        preview = closing_data.preview_close(practice, session_id)
        session = closing_data.confirm_close(practice, preview, note=meeting.note, now=held_at)
    if session.state is SessionState.HELD:
        session_lifecycle.change_state(practice, session_id, "report")


def _change_record(
    practice: Practice, session: Session, meeting: demo_data.DemoSession, held_at: datetime
) -> None:
    """Change the session's record as the mentor and the student would with the widgets."""
    record = session_workspace.open_record(practice, session)
    items = record.items()
    agenda = [(key, entry) for key, entry in items.items() if isinstance(entry, AgendaEntry)]
    changes: dict[str, Entry | None] = {
        key: entry.model_copy(update={"state": AgendaState.DISCUSSED})
        for key, entry in agenda[: meeting.discussed]
    }
    earlier = [(key, entry) for key, entry in items.items() if isinstance(entry, ActionEntry)]
    for key, action in earlier[: meeting.done]:
        changes[key] = action.model_copy(update={"state": ActionState.DONE})
    for number, (text, plan) in enumerate(meeting.actions, 1):
        name = f"agreed-{number}"
        changes[f"action:{name}"] = ActionEntry(
            id=name, text=text, plan=plan, due=(held_at + timedelta(days=7)).date(), order=float(number)
        )
    for key, entry in items.items():
        if isinstance(entry, CheckEntry) and entry.id in {*meeting.ticked, *meeting.confirmed}:
            marks = {"ticked": entry.id in meeting.ticked, "confirmed": entry.id in meeting.confirmed}
            changes[key] = entry.model_copy(update=marks)
    record.put(changes)


def _plan_next(practice: Practice, person: demo_data.DemoPerson, now: datetime) -> None:
    student_id = student_slug(person.name)
    with practice.store.read() as tx:
        if len(tx.sessions.for_student(student_id)) > len(person.meetings):
            return
    at = _evening(now + timedelta(days=person.next_in_days))
    session_lifecycle.plan_session(practice, student_id, at, topics=person.topics, anyway=True, now=now)


def _evening(day: datetime) -> datetime:
    return datetime.combine(day.astimezone().date(), time(18)).astimezone()


def _report(practice: Practice, student_id: str, now: datetime) -> None:
    (written,) = progress_notebooks.write_progress_notebooks(practice, [student_id], now=now)
    if written.problem:
        raise written.problem


def _summary(practice: Practice, people: Sequence[demo_data.DemoPerson]) -> DemoPractice:
    lines = []
    with practice.store.read() as tx:
        for person in people:
            student = tx.students.get(student_slug(person.name))
            best: dict[str, tuple[float, float]] = {}
            attempts = tx.attempts.for_student(student.id)
            for attempt in attempts:
                if attempt.outcome and attempt.outcome.max_points:
                    result = (attempt.outcome.points, attempt.outcome.max_points)
                    best[attempt.exercise_id] = max(best.get(attempt.exercise_id, (0.0, 0.0)), result)
            upcoming = [s for s in tx.sessions.for_student(student.id) if s.state is SessionState.PLANNED]
            points, maximum = (sum(column) for column in zip(*best.values(), strict=True)) if best else (0, 0)
            lines.append(
                DemoStudent(
                    student,
                    len(attempts),
                    f"{format_number(points)} / {format_number(maximum)}",
                    upcoming[0] if upcoming else None,
                    practice.workspace(student.id) / "progress.ipynb",
                )
            )
    session = next((line.session for line in lines if line.session), None)
    # The user may have held or cancelled the planned sessions: then a report is opened instead.
    notebook = session_workspace.notebook_path(practice, session) if session else lines[0].report
    return DemoPractice(practice, lines, notebook)
