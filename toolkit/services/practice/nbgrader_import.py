"""Import of an nbgrader course into a practice: its exercises, students and submissions."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from toolkit._internal.atomic_io import disk_errors
from toolkit.domain.people import student_slug
from toolkit.errors import InputError
from toolkit.exercises import Course, parse_timestamp
from toolkit.exercises.submission.hand_in_time import TIMESTAMP_NAME
from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.grading.collect_submissions import collect
from toolkit.services.grading.receipts import Receipt, ReceiptStatus
from toolkit.services.practice import mentorships
from toolkit.services.practice.create_practice import FolderKind, classify_folder

__all__ = ["ImportedCourse", "import_course"]


@dataclass(frozen=True)
class ImportedCourse:
    """Result of an import.

    Parameters
    ----------
    exercises : tuple of str
        Names of the new exercises.
    left : tuple of str
        Names of the exercises that were not imported, since the practice has another one of that name.
    students : tuple of str
        Ids of the new students.
    receipts : tuple of Receipt
        One for each submitted notebook of the course.
    """

    exercises: tuple[str, ...]
    left: tuple[str, ...]
    students: tuple[str, ...]
    receipts: tuple[Receipt, ...]


def import_course(practice: Practice, folder: Path) -> ImportedCourse:
    """Import an nbgrader course directory into a practice; the directory stays as it is.

    It may be the practice's own folder, adopted by `create_practice.create_practice`. Grades are not
    imported: the submissions wait to be graded. A second import of the same directory changes nothing.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    folder : Path
        The course directory.

    Raises
    ------
    InputError
        The folder is no course directory, or its gradebook cannot be read.
    StorageError
        A file cannot be written.
    """
    folder = folder.absolute()
    if not folder.is_dir() or classify_folder(folder) not in {FolderKind.COURSE, FolderKind.PRACTICE}:
        raise InputError(
            _("{path} is no nbgrader course directory.").format(path=folder),
            _("Name the folder that holds source/ or nbgrader_config.py."),
        )
    imported, left = _import_exercises(practice, folder)
    new = []
    with practice.store.read() as tx:
        known = {student.id for student in tx.students.all()}
    for nbgrader_id, name in sorted(_roster(folder).items()):
        student_id = student_slug(nbgrader_id)
        if student_id not in known:
            mentorships.add_student(practice, name or nbgrader_id, student_id=student_id)
            known.add(student_id)
            new.append(student_id)
    receipts = [*_unplaced(folder)]
    exercises = Course(practice.root).names()
    for nbgrader_id, exercise, place in _submissions(folder):
        if exercise not in exercises:
            reason = _("The practice has no exercise '{name}'.").format(name=exercise)
            receipts.append(_refused(place, reason, student_slug(nbgrader_id)))
        else:
            moment, message = _submitted_at(place)
            collected = collect(
                practice, [place], student=student_slug(nbgrader_id), exercise=exercise, received_at=moment
            )
            receipts += [
                replace(one, message=" ".join(filter(None, (one.message, message)))) for one in collected
            ]
    return ImportedCourse(imported, left, tuple(new), tuple(receipts))


def _import_exercises(practice: Practice, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    imported, left = [], []
    target = practice.root / "source"
    for name in Course(folder).names():
        source = folder / "source" / name
        if source.parent.samefile(target):
            continue
        if (target / name).exists():
            if not _same(source, target / name):
                left.append(name)
            continue
        with disk_errors(target), TemporaryDirectory(dir=practice.private, prefix="import-") as temporary:
            # Copy first, then rename: an exercise is imported completely or not at all.
            shutil.copytree(source, Path(temporary) / name)
            (Path(temporary) / name).rename(target / name)
        imported.append(name)
    return tuple(imported), tuple(left)


def _same(one: Path, other: Path) -> bool:
    def content(folder: Path) -> dict[Path, bytes]:
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    with disk_errors(one):
        return content(one) == content(other)


def _roster(folder: Path) -> dict[str, str]:
    """Return the students' nbgrader ids with their names; a name missing in the gradebook is empty."""
    found = dict.fromkeys((student for student, _exercise, _place in _submissions(folder)), "")
    path = folder / "gradebook.db"
    if path.is_file():
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as gradebook:
                rows = gradebook.execute("SELECT id, first_name, last_name FROM student").fetchall()
        except sqlite3.DatabaseError as error:
            raise InputError(
                _("{path} is no gradebook of nbgrader's: {why}").format(path=path, why=error),
                _("Put it back from a copy, or move it away to go without its names."),
            ) from error
        for student, first, last in rows:
            found[str(student)] = " ".join(str(part) for part in (first, last) if part)
    return found


def _submissions(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield nbgrader's id of the student, the exercise's name, and the folder of each submission."""
    with disk_errors(folder):
        for place in sorted((folder / "submitted").glob("*/*")):
            if place.is_dir() and not place.is_symlink() and not place.parent.is_symlink():
                yield place.parent.name, place.name, place


def _unplaced(folder: Path) -> Iterator[Receipt]:
    """Yield a receipt for everything in ``submitted/`` that is no folder of a student's exercise."""
    with disk_errors(folder):
        for place in sorted([*(folder / "submitted").glob("*"), *(folder / "submitted").glob("*/*")]):
            if place.is_symlink():
                yield _refused(place, _("It is a symbolic link, and those are not followed."))
            elif not place.is_dir():
                reason = _("It is in no folder of an exercise: submitted/STUDENT/EXERCISE.")
                # A file of the system is no submission.
                yield _refused(place, reason, left=place.name.startswith("."))


def _refused(place: Path, reason: str, student_id: str | None = None, *, left: bool = False) -> Receipt:
    status = ReceiptStatus.LEFT if left else ReceiptStatus.REFUSED
    return Receipt(str(place), status, student_id, message=reason)


def _submitted_at(place: Path) -> tuple[datetime, str]:
    """Return the time of a submission, and a message if it is not the one that nbgrader's timestamp says.

    Without a timestamp that can be read it is the date of the newest notebook.
    """
    path = place / TIMESTAMP_NAME
    message = ""
    try:
        moment = parse_timestamp(path.read_bytes().decode("utf-8-sig", "replace"))
        if moment is not None:
            return moment, ""
        message = _(
            "{file} says no time that can be read; the date of the notebook's file was taken."
        ).format(file=f"{place.parent.name}/{place.name}/{path.name}")
    except FileNotFoundError:
        pass
    except OSError as error:
        message = _("{file} cannot be read: {why}").format(file=path, why=error.strerror)
    newest = max((path.stat().st_mtime for path in place.glob("*.ipynb")), default=place.stat().st_mtime)
    return datetime.fromtimestamp(newest, UTC), message
