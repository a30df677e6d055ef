"""A fast test whether a report is up to date, by fingerprints: hundreds take the time of one report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path

from toolkit.practice import Practice
from toolkit.reports import StudentSnapshot
from toolkit.store import Transaction, WrittenReportVersion

__all__ = ["are_files_unchanged", "file_stamps", "fingerprint_sources", "is_fresh", "valid_until"]

# The course's files that a report's text depends on: titles, skills, paths.
_COURSE_FILES = ("cards/*.yaml", "paths/*.yaml", "source/*/*.ipynb")


def fingerprint_sources(
    tx: Transaction, practice: Practice, students: Sequence[str], digest: str
) -> dict[str, str]:
    """Return, by student, a fingerprint of all inputs of the report except the time.

    Parameters
    ----------
    tx : Transaction
        Open transaction of the store.
    practice : Practice
        The mentor's practice.
    students : sequence of str
        Ids of the students.
    digest : str
        Digest of the inputs that all reports share: template and code.
    """
    course = blake2b(digest.encode(), digest_size=32)
    for pattern in _COURSE_FILES:
        for path in sorted(practice.root.glob(pattern)):
            course.update(repr((path.name, _stamp(path))).encode())
    rows = tx.reports.fingerprints(students)
    return {
        student: blake2b(
            repr(
                (course.hexdigest(), rows[student], list(_exercises_in_workspace(practice, student)))
            ).encode(),
            digest_size=32,
        ).hexdigest()
        for student in students
    }


def _exercises_in_workspace(practice: Practice, student: str) -> Iterable[str]:
    """Return the exercises in a workspace: a variant is in the report of the students who received it."""
    with suppress(OSError):
        return sorted(path.name for path in (practice.workspace(student) / "exercises").iterdir())
    return ()


def is_fresh(made: WrittenReportVersion, now: datetime, seen: str, files: dict[str, list[int]]) -> bool:
    """Return whether a report is certainly up to date.

    Parameters
    ----------
    made : WrittenReportVersion
        The stored entry of the last written report.
    now : datetime
        Current time, timezone-aware.
    seen : str
        Current fingerprint of its inputs, from `fingerprint_sources`.
    files : dict of str to list of int
        Current stamps of the expected files, from `file_stamps`.
    """
    return made.seen == seen and now < made.holds_until and are_files_unchanged(made, files)


def are_files_unchanged(made: WrittenReportVersion, files: dict[str, list[int]]) -> bool:
    """Return whether the files of a report exist and have the stamps of the last write.

    Parameters
    ----------
    made : WrittenReportVersion
        The stored entry of the last written report.
    files : dict of str to list of int
        Current stamps of the expected files, from `file_stamps`.
    """
    return all(bool(found) and found == list(made.files.get(name, ())) for name, found in files.items())


def file_stamps(folder: Path, names: Iterable[str]) -> dict[str, list[int]]:
    """Return the stamps of files by name: size (bytes) and mtime (ns), or an empty list if missing.

    Parameters
    ----------
    folder : Path
        Folder of the files.
    names : iterable of str
        Names of the files.
    """
    return {name: _stamp(folder / name) for name in names}


def _stamp(path: Path) -> list[int]:
    """Return size (bytes) and mtime (ns) of a file, or of a link itself; an empty list if missing."""
    try:
        status = path.lstat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


def valid_until(snapshot: StudentSnapshot) -> datetime:
    """Return the next time at which a report's text may change by itself: at midnight, or after a session."""
    return min(_change_times(snapshot))


def _change_times(snapshot: StudentSnapshot) -> Iterator[datetime]:
    now = snapshot.generated_at
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    yield midnight.astimezone(UTC)
    coming = snapshot.next_session
    if coming is not None:
        yield (coming.starts_at + timedelta(minutes=coming.minutes)).astimezone(UTC) + timedelta(seconds=1)
