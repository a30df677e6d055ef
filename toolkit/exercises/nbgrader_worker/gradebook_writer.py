"""The one writer of nbgrader's folders and of its gradebook."""

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

from toolkit._internal.atomic_io import disk_errors, sweep, write_durably
from toolkit.errors import PracticeBusyError, SchemaError, StorageError
from toolkit.exercises.grading.gradebook_scores import CurrentGrade, Recorded
from toolkit.exercises.grading.grading_types import Graded, GradedNotebook
from toolkit.exercises.nbgrader_worker.course_config import course_config, course_directory
from toolkit.exercises.nbgrader_worker.gradebook_database import found
from toolkit.exercises.nbgrader_worker.release_builder import release_again
from toolkit.i18n import _

__all__ = ["current_grades", "opened", "record"]


def record(
    root: Path, student_id: str, student_name: str, exercise: str, graded: Graded, received_at: datetime
) -> Recorded:
    """Write one graded submission into the course; see `exercises.grading.gradebook_client.record`."""
    if not graded.notebooks:
        return Recorded.NOTHING
    directory = course_directory(root, course_config(root))
    moment = received_at.astimezone(UTC).replace(tzinfo=None)
    submitted = Path(directory.format_path(directory.submitted_directory, student_id, exercise))
    autograded = Path(directory.format_path(directory.autograded_directory, student_id, exercise))
    with opened(directory) as gradebook:
        entry = _Entry(student_id, student_name, exercise, graded, moment, submitted)
        if not entry.write(gradebook):
            # It knows other cells than those that were graded.
            release_again(root, exercise)
            gradebook.db.expire_all()
            entry.write(gradebook)
    if entry.superseded:
        return Recorded.SUPERSEDED
    if entry.late:
        _write_penalties(directory, student_id, exercise, graded)
    _write_files(root / "source" / exercise, submitted, autograded, graded, moment)
    return Recorded.WRITTEN


@dataclass
class _Entry:
    """What the gradebook is to know of one graded submission."""

    student_id: str
    student_name: str
    exercise: str
    graded: Graded
    moment: datetime
    submitted: Path
    superseded: bool = False
    late: bool = False

    def write(self, gradebook: Gradebook) -> bool:
        """Write it; return False where the gradebook does not have the very cells that were graded."""
        with _at_once(gradebook):
            # Held here, nbgrader finds them without asking for one after the other.
            cells = _cells(gradebook, self.exercise)
            if not _fit(cells, self.graded):
                return False
            before = _submission(gradebook, self.exercise, self.student_id)
            if before is not None and before.timestamp is not None and before.timestamp > self.moment:
                self.superseded = True
                return True
            same = before is not None and (
                before.timestamp == self.moment or _same_bytes(self.submitted, self.graded)
            )
            _name_student(gradebook, self.student_id, self.student_name)
            submission = gradebook.update_or_create_submission(
                self.exercise, self.student_id, timestamp=self.moment
            )
            _write_scores(gradebook, submission, self.graded, same=same)
            self.late = submission.total_seconds_late > 0
        return True


def current_grades(
    root: Path, student_id: str, exercise: str, received_at: datetime
) -> dict[str, CurrentGrade] | None:
    """Return what each cell is worth now; see `exercises.grading.gradebook_client.current_grades`."""
    if not (root / "gradebook.db").exists() and not course_config(root).CourseDirectory.get("db_url"):
        return None
    directory = course_directory(root, course_config(root))
    with opened(directory) as gradebook:
        try:
            submission = gradebook.find_submission(exercise, student_id)
        except MissingEntry:
            return None
        if submission.timestamp != received_at.astimezone(UTC).replace(tzinfo=None):
            return None
        one = len(submission.notebooks) == 1
        return {
            grade.name if one else f"{notebook.name}/{grade.name}": CurrentGrade(
                # nbgrader's own sum counts a cell that nobody has looked at as nothing.
                None if grade.manual_score is None and grade.auto_score is None else float(grade.score),
                waits=grade.needs_manual_grade,
            )
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


_kept: dict[str, tuple[object, Gradebook]] = {}


@contextmanager
def opened(directory: CourseDirectory) -> Iterator[Gradebook]:
    """Hold the gradebook; what is wrong with it becomes an error of ours.

    It is kept open from one time to the next: opening it looks at every table, and forgets every query that
    SQLAlchemy has compiled. What was read is forgotten each time, and nothing stays locked.
    """
    try:
        gradebook = _gradebook(directory)
        try:
            yield gradebook
        finally:
            gradebook.db.remove()
    except DatabaseError as error:
        _forget(directory.db_url)
        if isinstance(error, OperationalError):
            raise _explain(error) from error
        raise SchemaError(
            _("nbgrader's gradebook cannot be read: {why}").format(why=error.orig),
            _("Put gradebook.db back from a copy."),
        ) from error


def _gradebook(directory: CourseDirectory) -> Gradebook:
    state = (_file(directory.db_url), directory.course_id)
    if directory.db_url in _kept and (_kept[directory.db_url][0] != state or state[0] is None):
        # Somebody put another file in its place.
        _forget(directory.db_url)
    if directory.db_url not in _kept:
        found(directory.db_url)
        gradebook = Gradebook(directory.db_url, directory.course_id)
        _kept[directory.db_url] = ((_file(directory.db_url), directory.course_id), gradebook)
    return _kept[directory.db_url][1]


def _file(db_url: str) -> object:
    """Return what tells a database's file from another in its place; None where there is no file (yet)."""
    url = make_url(db_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    try:
        found = Path(url.database).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _forget(db_url: str) -> None:
    _state, gradebook = _kept.pop(db_url, (None, None))
    if gradebook is not None:
        gradebook.close()


@contextmanager
def _at_once(gradebook: Gradebook) -> Iterator[None]:
    """Let everything that nbgrader commits one by one be one transaction: all of it is there, or nothing."""
    gradebook.db.remove()
    usual = dict(gradebook.db.session_factory.kw)
    with gradebook.engine.begin() as connection:
        # Nobody else writes meanwhile: nothing is read twice, and what is new is written when all is there.
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
    """Read the exercise's cells at once, each whole."""
    every = with_polymorphic(BaseCell, "*")
    query = gradebook.db.query(every).join(every.notebook).join(Notebook.assignment)
    return list(query.filter(Assignment.name == exercise).options(selectinload(every.notebook)))


def _submission(gradebook: Gradebook, exercise: str, student_id: str) -> SubmittedAssignment | None:
    """Read a submission with all its grades and comments."""
    query = (
        gradebook.db.query(SubmittedAssignment)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .filter(Assignment.name == exercise, SubmittedAssignment.student_id == student_id)
    )
    notebooks = selectinload(SubmittedAssignment.notebooks)
    return query.options(
        notebooks.selectinload(SubmittedNotebook.grades), notebooks.selectinload(SubmittedNotebook.comments)
    ).one_or_none()


def _explain(error: OperationalError) -> Exception:
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
    return StorageError(
        _("nbgrader's gradebook cannot be written: {why}").format(why=why),
        _("Check the space on the disk, and who may write gradebook.db."),
    )


def _fit(cells: Sequence[BaseCell], graded: Graded) -> bool:
    known: dict[str, dict[str, float]] = {}
    for cell in cells:
        if isinstance(cell, GradeCell | TaskCell):
            known.setdefault(cell.notebook.name, {})[cell.name] = float(cell.max_score)
    return all(
        known.get(notebook.name, {}) == {score.grade_id: score.max_points for score in notebook.scores}
        for notebook in graded.notebooks
    )


def _same_bytes(submitted: Path, graded: Graded) -> bool:
    for notebook in graded.notebooks:
        path = submitted / f"{notebook.name}.ipynb"
        if not path.is_file() or path.read_bytes() != notebook.submitted:
            return False
    return True


def _write_files(source: Path, submitted: Path, autograded: Path, graded: Graded, moment: datetime) -> None:
    # As nbgrader's collect writes it, so that its own commands read it back to the microsecond.
    stamp = moment.strftime("%Y-%m-%d %H:%M:%S.%f UTC").encode()
    with disk_errors(submitted):
        sweep(submitted)
        sweep(autograded)
        _copy_data(source, autograded)
        for notebook in graded.notebooks:
            _replace(submitted / f"{notebook.name}.ipynb", notebook.submitted, 0o644)
            _replace(autograded / f"{notebook.name}.ipynb", notebook.autograded, 0o444)
        _replace(submitted / "timestamp.txt", stamp, 0o644)
        _replace(autograded / "timestamp.txt", stamp, 0o444)


def _copy_data(source: Path, target: Path) -> None:
    """Put the exercise's data files beside the graded notebook, as nbgrader does."""
    for path in sorted(source.rglob("*")):
        place = path.relative_to(source)
        hidden = any(part.startswith((".", "__pycache__")) for part in place.parts)
        if path.is_file() and path.suffix != ".ipynb" and not hidden:
            _replace(target / place, path.read_bytes(), 0o444)


def _replace(path: Path, data: bytes, mode: int) -> None:
    if not _is(path, data):
        write_durably(path, data)
    path.chmod(mode)


def _is(path: Path, data: bytes) -> bool:
    """Whether the very bytes are there: a second writing would make the disk work for nothing."""
    try:
        return not path.is_symlink() and path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _name_student(gradebook: Gradebook, student_id: str, name: str) -> None:
    try:
        student = gradebook.find_student(student_id)
    except MissingEntry:
        student = gradebook.add_student(student_id)
    # A name that somebody entered in the formgrader is left alone.
    if not (student.first_name or student.last_name) and name:
        student.first_name, _space, student.last_name = name.partition(" ")
        gradebook.db.commit()


def _write_scores(
    gradebook: Gradebook, submission: SubmittedAssignment, graded: Graded, *, same: bool
) -> None:
    handed_in = {notebook.name: notebook for notebook in graded.notebooks}
    for notebook in submission.notebooks:
        ours = handed_in.get(notebook.name)
        scores = {score.grade_id: score for score in ours.scores} if ours else {}
        for grade in notebook.grades:
            score = scores.get(grade.name)
            # A notebook that was not handed in is worth nothing, as in nbgrader.
            grade.auto_score = score.points if score else 0.0
            if grade.manual_score is None:
                grade.needs_manual_grade = grade.auto_score is None
            elif not same:
                # nbgrader's rule: what a person gave stays, and waits to be looked at again. A regrade of
                # the same bytes is nothing new, so there the person's word stands.
                grade.needs_manual_grade = True
        remarks = _remarks(ours)
        for comment in notebook.comments:
            comment.auto_comment = remarks.get(comment.name)
        # Of the last time; what it is now is for nbgrader's own step to say.
        notebook.late_submission_penalty = None
    gradebook.db.commit()


def _remarks(notebook: GradedNotebook | None) -> dict[str, str | None]:
    if notebook is None:
        return {}
    return {**dict(notebook.comments), **{score.grade_id: score.comment for score in notebook.scores}}


def _write_penalties(directory: CourseDirectory, student_id: str, exercise: str, graded: Graded) -> None:
    step = AssignLatePenalties(config=directory.config)
    for notebook in graded.notebooks:
        ids = {
            "notebook": notebook.name,
            "assignment": exercise,
            "student": student_id,
            "db_url": directory.db_url,
        }
        # The step looks at the gradebook alone; it is made to go through a notebook all the same.
        step.preprocess(SimpleNamespace(cells=[]), {"nbgrader": ids})
