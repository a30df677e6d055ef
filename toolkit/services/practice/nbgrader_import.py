"""Bringing an nbgrader course into a practice: its exercises, its students, what they have handed in."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from toolkit._internal.atomic_io import disk_errors
from toolkit.domain.people import slug
from toolkit.errors import InputError
from toolkit.exercises import Course
from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.grading.collect_submissions import Receipt, collect
from toolkit.services.practice import mentorships
from toolkit.services.practice.create_practice import Place, look

__all__ = ["Brought", "bring"]


@dataclass(frozen=True)
class Brought:
    """What came.

    Parameters
    ----------
    exercises : tuple of str
        Those that were not there.
    left : tuple of str
        Those whose name is taken here by another exercise; ours stayed.
    students : tuple of str
        Ids of those who were not here.
    receipts : tuple of Receipt
        One for each notebook that was handed in there.
    """

    exercises: tuple[str, ...]
    left: tuple[str, ...]
    students: tuple[str, ...]
    receipts: tuple[Receipt, ...]


def bring(practice: Practice, folder: Path) -> Brought:
    """Bring what there is of an nbgrader course directory into a practice; the directory stays as it is.

    It may be the practice's own folder, which `found.init` has adopted. Grades are not brought: what was
    handed in waits to be graded. The same a second time changes nothing.

    Parameters
    ----------
    folder : Path
        The course directory.

    Raises
    ------
    InputError
        If it is none, or its gradebook cannot be read.
    StorageError
        If the disk refuses.
    """
    folder = folder.absolute()
    if not folder.is_dir() or look(folder) not in {Place.COURSE, Place.PRACTICE}:
        raise InputError(
            _("{path} is no nbgrader course directory.").format(path=folder),
            _("Name the folder that holds source/ or nbgrader_config.py."),
        )
    came, left = _bring_exercises(practice, folder)
    new = []
    with practice.store.read() as tx:
        known = {student.id for student in tx.students.all()}
    for nbgraders, name in sorted(_roster(folder).items()):
        student_id = slug(nbgraders)
        if student_id not in known:
            mentorships.add(practice, name or nbgraders, student_id=student_id)
            known.add(student_id)
            new.append(student_id)
    receipts = [
        receipt
        for nbgraders, exercise, place in _submissions(folder)
        if exercise in Course(practice.root).names()
        for receipt in collect(
            practice, [place], student=slug(nbgraders), exercise=exercise, received_at=_moment(place)
        )
    ]
    return Brought(came, left, tuple(new), tuple(receipts))


def _bring_exercises(practice: Practice, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    came, left = [], []
    ours = practice.root / "source"
    for name in Course(folder).names():
        source = folder / "source" / name
        if source.parent.samefile(ours):
            continue
        if (ours / name).exists():
            if not _same(source, ours / name):
                left.append(name)
            continue
        with disk_errors(ours), TemporaryDirectory(dir=practice.private, prefix="import-") as apart:
            # Whole or not at all.
            shutil.copytree(source, Path(apart) / name)
            (Path(apart) / name).rename(ours / name)
        came.append(name)
    return tuple(came), tuple(left)


def _same(one: Path, other: Path) -> bool:
    def content(folder: Path) -> dict[Path, bytes]:
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    with disk_errors(one):
        return content(one) == content(other)


def _roster(folder: Path) -> dict[str, str]:
    """Return nbgrader's ids of the course's students, and their names where the gradebook has them."""
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


def _moment(place: Path) -> datetime:
    """Return when something was handed in, as nbgrader noted it, or else as the disk did."""
    try:
        day, time, zone = (place / "timestamp.txt").read_text(encoding="utf-8").split()
        return datetime.fromisoformat(f"{day} {time}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (OSError, ValueError, LookupError):
        newest = max((path.stat().st_mtime for path in place.glob("*.ipynb")), default=place.stat().st_mtime)
        return datetime.fromtimestamp(newest, UTC)
