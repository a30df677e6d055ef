"""The only module that writes submissions to nbgrader's folders and gradebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from nbgrader.api import (
    Assignment,
    BaseCell,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import selectinload, with_polymorphic

from toolkit._internal.atomic_io import atomic_write, disk_errors, remove_partial_files
from toolkit._internal.disk_faults import disk_fault
from toolkit.errors import PracticeBusyError, SchemaError, StorageError
from toolkit.exercises.grading.gradebook_scores import CurrentGrade, RecordStatus
from toolkit.exercises.grading.grading_types import GradedNotebook, GradingResult
from toolkit.exercises.nbgrader_worker.course_config import course_config, course_directory
from toolkit.exercises.nbgrader_worker.gradebook_database import create_tables
from toolkit.exercises.nbgrader_worker.release_builder import refresh_release
from toolkit.i18n import _

__all__ = ["current_grades", "open_gradebook", "record_result"]


def record_result(
    root: Path,
    student_id: str,
    student_name: str,
    exercise: str,
    graded: GradingResult,
    received_at: datetime,
) -> RecordStatus:
    """Write one graded submission to the course; see `exercises.grading.gradebook_client.record_result`.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    student_id, student_name : str
        Author of the submission.
    exercise : str
        Name of the exercise.
    graded : GradingResult
        Result of grading.
    received_at : datetime
        Time of receipt; aware.
    """
    if not graded.notebooks:
        return RecordStatus.NOTHING
    directory = course_directory(root, course_config(root))
    timestamp = received_at.astimezone(UTC).replace(tzinfo=None)
    submitted = Path(directory.format_path(directory.submitted_directory, student_id, exercise))
    autograded = Path(directory.format_path(directory.autograded_directory, student_id, exercise))
    with open_gradebook(directory) as gradebook:
        entry = _Entry(student_id, student_name, exercise, graded, timestamp, submitted)
        if not entry.write(gradebook):
            # The gradebook has the cells of an older release than the one graded.
            refresh_release(root, exercise)
            gradebook.db.expire_all()
            entry.write(gradebook)
    if entry.superseded:
        return RecordStatus.SUPERSEDED
    if entry.late:
        _write_penalties(directory, student_id, exercise, graded)
    _write_files(root / "source" / exercise, submitted, autograded, graded, timestamp)
    return RecordStatus.WRITTEN


@dataclass
class _Entry:
    """Gradebook entry of one graded submission."""

    student_id: str
    student_name: str
    exercise: str
    graded: GradingResult
    timestamp: datetime
    submitted: Path
    superseded: bool = False
    late: bool = False

    def write(self, gradebook: Gradebook) -> bool:
        """Write the entry; return False if the gradebook's cells differ from the graded ones."""
        with _single_transaction(gradebook):
            # Loaded in one query; nbgrader then finds them in the session instead of one query per cell.
            cells = _cells(gradebook, self.exercise)
            if not _has_same_cells(cells, self.graded):
                return False
            before = _submission(gradebook, self.exercise, self.student_id)
            if before is not None and before.timestamp is not None and before.timestamp > self.timestamp:
                self.superseded = True
                return True
            same = before is not None and (
                before.timestamp == self.timestamp or _same_bytes(self.submitted, self.graded)
            )
            _name_student(gradebook, self.student_id, self.student_name)
            submission = gradebook.update_or_create_submission(
                self.exercise, self.student_id, timestamp=self.timestamp
            )
            _write_scores(gradebook, submission, self.graded, same=same)
            self.late = submission.total_seconds_late > 0
        return True


def current_grades(
    root: Path, student_id: str, exercise: str, received_at: datetime
) -> dict[str, CurrentGrade] | None:
    """Return the current points of each cell; see `exercises.grading.gradebook_client.current_grades`.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    student_id : str
        Author of the submission.
    exercise : str
        Name of the exercise.
    received_at : datetime
        Time of receipt, which identifies the submission; aware.
    """
    if not (root / "gradebook.db").exists() and not course_config(root).CourseDirectory.get("db_url"):
        return None
    directory = course_directory(root, course_config(root))
    with open_gradebook(directory) as gradebook:
        try:
            submission = gradebook.find_submission(exercise, student_id)
        except MissingEntry:
            return None
        if submission.timestamp != received_at.astimezone(UTC).replace(tzinfo=None):
            return None
        one = len(submission.notebooks) == 1
        return {
            grade.name if one else f"{notebook.name}/{grade.name}": CurrentGrade(
                # `grade.score` is 0 for an ungraded cell.
                None if grade.manual_score is None and grade.auto_score is None else float(grade.score),
                waits=grade.needs_manual_grade,
            )
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


_open_gradebooks: dict[str, tuple[object, Gradebook]] = {}


@contextmanager
def open_gradebook(directory: CourseDirectory) -> Iterator[Gradebook]:
    """Yield the gradebook; database errors become errors of the toolkit.

    The connection pool stays open between calls: opening inspects every table, and loses SQLAlchemy's
    compiled queries. The session is removed after each call, so no rows are cached and no lock is held.

    Raises
    ------
    PracticeBusyError
        Another program holds the lock.
    SchemaError
        The database is damaged or has another schema.
    StorageError
        The database cannot be written.
    """
    try:
        gradebook = _gradebook(directory)
        try:
            yield gradebook
        finally:
            gradebook.db.remove()
    except DatabaseError as error:
        _close_gradebook(directory.db_url)
        if isinstance(error, OperationalError):
            raise _translate_error(error, directory) from error
        raise SchemaError(
            _("nbgrader's gradebook cannot be read: {why}").format(why=error.orig),
            _("Put gradebook.db back from a copy."),
        ) from error


def _gradebook(directory: CourseDirectory) -> Gradebook:
    state = (_database_identity(directory.db_url), directory.course_id)
    if directory.db_url in _open_gradebooks and (
        _open_gradebooks[directory.db_url][0] != state or state[0] is None
    ):
        # The database file was replaced.
        _close_gradebook(directory.db_url)
    if directory.db_url not in _open_gradebooks:
        create_tables(directory.db_url)
        gradebook = Gradebook(directory.db_url, directory.course_id)
        _open_gradebooks[directory.db_url] = (
            (_database_identity(directory.db_url), directory.course_id),
            gradebook,
        )
    return _open_gradebooks[directory.db_url][1]


def _database_identity(db_url: str) -> object:
    """Return the device and inode of an SQLite file, else the URL; None if the file does not exist (yet)."""
    url = make_url(db_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    try:
        found = Path(url.database).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _close_gradebook(db_url: str) -> None:
    _state, gradebook = _open_gradebooks.pop(db_url, (None, None))
    if gradebook is not None:
        gradebook.close()


@contextmanager
def _single_transaction(gradebook: Gradebook) -> Iterator[None]:
    """Run nbgrader's many commits in one transaction."""
    gradebook.db.remove()
    usual = dict(gradebook.db.session_factory.kw)
    with gradebook.engine.begin() as connection:
        # No other writer can interfere, so objects need not expire, and one flush at the end is enough.
        gradebook.db.configure(
            bind=connection, join_transaction_mode="rollback_only", expire_on_commit=False, autoflush=False
        )
        try:
            yield
            gradebook.db.flush()
        finally:
            gradebook.db.remove()
            gradebook.db.session_factory.kw = usual


def _cells(gradebook: Gradebook, exercise: str) -> list[BaseCell]:
    """Load the exercise's cells with all columns in one query."""
    every = with_polymorphic(BaseCell, "*")
    query = gradebook.db.query(every).join(every.notebook).join(Notebook.assignment)
    return list(query.filter(Assignment.name == exercise).options(selectinload(every.notebook)))


def _submission(gradebook: Gradebook, exercise: str, student_id: str) -> SubmittedAssignment | None:
    """Load a submission with all its grades and comments."""
    query = (
        gradebook.db.query(SubmittedAssignment)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .filter(Assignment.name == exercise, SubmittedAssignment.student_id == student_id)
    )
    notebooks = selectinload(SubmittedAssignment.notebooks)
    return query.options(
        notebooks.selectinload(SubmittedNotebook.grades), notebooks.selectinload(SubmittedNotebook.comments)
    ).one_or_none()


def _translate_error(error: OperationalError, directory: CourseDirectory) -> Exception:
    why = str(error.orig)
    if "locked" in why:
        return PracticeBusyError(
            _("Another program is writing to nbgrader's gradebook."), _("Wait for it to end, then try again.")
        )
    if "no such column" in why or "no such table" in why:
        return SchemaError(
            _("nbgrader's gradebook was made by an older nbgrader: {why}").format(why=why),
            _("Make a copy of gradebook.db, then run `nbgrader db upgrade`."),
        )
    database = make_url(directory.db_url).database
    return disk_fault(error, Path(database or ".")) or StorageError(
        _("nbgrader's gradebook cannot be written: {why}").format(why=why),
        _("Check the space on the disk, and who may write gradebook.db."),
    )


def _has_same_cells(cells: Sequence[BaseCell], graded: GradingResult) -> bool:
    known: dict[str, dict[str, float]] = {}
    for cell in cells:
        if isinstance(cell, GradeCell | TaskCell):
            known.setdefault(cell.notebook.name, {})[cell.name] = float(cell.max_score)
    return all(
        known.get(notebook.name, {}) == {score.grade_id: score.max_points for score in notebook.scores}
        for notebook in graded.notebooks
    )


def _same_bytes(submitted: Path, graded: GradingResult) -> bool:
    for notebook in graded.notebooks:
        path = submitted / f"{notebook.name}.ipynb"
        if not path.is_file() or path.read_bytes() != notebook.submitted:
            return False
    return True


def _write_files(
    source: Path, submitted: Path, autograded: Path, graded: GradingResult, timestamp: datetime
) -> None:
    # Format of nbgrader's `collect`, which its other commands parse with microseconds.
    stamp = timestamp.strftime("%Y-%m-%d %H:%M:%S.%f UTC").encode()
    with disk_errors(submitted):
        remove_partial_files(submitted)
        remove_partial_files(autograded)
        _copy_data(source, autograded)
        for notebook in graded.notebooks:
            _replace(submitted / f"{notebook.name}.ipynb", notebook.submitted, 0o644)
            _replace(autograded / f"{notebook.name}.ipynb", notebook.autograded, 0o444)
        _replace(submitted / "timestamp.txt", stamp, 0o644)
        _replace(autograded / "timestamp.txt", stamp, 0o444)


def _copy_data(source: Path, target: Path) -> None:
    """Copy the exercise's data files next to the graded notebook, as nbgrader does."""
    for path in sorted(source.rglob("*")):
        place = path.relative_to(source)
        hidden = any(part.startswith((".", "__pycache__")) for part in place.parts)
        if path.is_file() and path.suffix != ".ipynb" and not hidden:
            _replace(target / place, path.read_bytes(), 0o444)


def _replace(path: Path, data: bytes, mode: int) -> None:
    if not _has_bytes(path, data):
        atomic_write(path, data)
    path.chmod(mode)


def _has_bytes(path: Path, data: bytes) -> bool:
    """Return whether a file already has this content; rewriting it would only cost disk time."""
    try:
        return not path.is_symlink() and path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _name_student(gradebook: Gradebook, student_id: str, name: str) -> None:
    try:
        student = gradebook.find_student(student_id)
    except MissingEntry:
        student = gradebook.add_student(student_id)
    # A name entered in the formgrader is kept.
    if not (student.first_name or student.last_name) and name:
        student.first_name, _space, student.last_name = name.partition(" ")
        gradebook.db.commit()


def _write_scores(
    gradebook: Gradebook, submission: SubmittedAssignment, graded: GradingResult, *, same: bool
) -> None:
    handed_in = {notebook.name: notebook for notebook in graded.notebooks}
    for notebook in submission.notebooks:
        ours = handed_in.get(notebook.name)
        scores = {score.grade_id: score for score in ours.scores} if ours else {}
        for grade in notebook.grades:
            score = scores.get(grade.name)
            # A notebook that was not submitted gets 0 points, as in nbgrader.
            grade.auto_score = score.points if score else 0.0
            if grade.manual_score is None:
                grade.needs_manual_grade = grade.auto_score is None
            elif not same:
                # nbgrader's rule: manual points stay but need another review after a new submission. A
                # regrade of the same bytes needs none.
                grade.needs_manual_grade = True
        remarks = _remarks(ours)
        for comment in notebook.comments:
            comment.auto_comment = remarks.get(comment.name)
        # Reset; `_write_penalties` computes it anew if the submission is late.
        notebook.late_submission_penalty = None
    gradebook.db.commit()


def _remarks(notebook: GradedNotebook | None) -> dict[str, str | None]:
    if notebook is None:
        return {}
    return {**dict(notebook.comments), **{score.grade_id: score.comment for score in notebook.scores}}


def _write_penalties(
    directory: CourseDirectory, student_id: str, exercise: str, graded: GradingResult
) -> None:
    step = AssignLatePenalties(config=directory.config)
    for notebook in graded.notebooks:
        ids = {
            "notebook": notebook.name,
            "assignment": exercise,
            "student": student_id,
            "db_url": directory.db_url,
        }
        # The preprocessor only uses the gradebook, but its interface requires a notebook.
        step.preprocess(SimpleNamespace(cells=[]), {"nbgrader": ids})
