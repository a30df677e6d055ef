"""Whether a report is still what would be written now: asked of hundreds in the time of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path

from toolkit.practice import Practice
from toolkit.reports import Snapshot
from toolkit.store import Made, Transaction

__all__ = ["are_kept", "holds_until", "is_fresh", "seen", "stamps"]

# Where a course says what a report tells: titles, skills, paths.
_COURSE = ("cards/*.yaml", "paths/*.yaml", "source/*/*.ipynb")


def seen(tx: Transaction, practice: Practice, students: Sequence[str], digest: str) -> dict[str, str]:
    """Return, by student, a hash of all that the report could be made from, time apart.

    Parameters
    ----------
    students : sequence of str
        Ids.
    digest : str
        What all reports have in common.
    """
    course = blake2b(digest.encode(), digest_size=32)
    for pattern in _COURSE:
        for path in sorted(practice.root.glob(pattern)):
            course.update(repr((path.name, _stamp(path))).encode())
    rows = tx.reports.fingerprints(students)
    return {
        student: blake2b(
            repr((course.hexdigest(), rows[student], list(_given(practice, student)))).encode(),
            digest_size=32,
        ).hexdigest()
        for student in students
    }


def _given(practice: Practice, student: str) -> Iterable[str]:
    """Return the exercises that lie in a workspace: a variant concerns whom it was given to."""
    with suppress(OSError):
        return sorted(path.name for path in (practice.workspace(student) / "exercises").iterdir())
    return ()


def is_fresh(made: Made, now: datetime, seen: str, files: dict[str, list[int]]) -> bool:
    """Whether a report needs no second look.

    Parameters
    ----------
    files : dict
        The files that should be there, as `stamps` has them.
    """
    return made.seen == seen and now < made.holds_until and are_kept(made, files)


def are_kept(made: Made, files: dict[str, list[int]]) -> bool:
    """Whether the files of a report are there as they were written."""
    return all(bool(found) and found == list(made.files.get(name, ())) for name, found in files.items())


def stamps(folder: Path, names: Iterable[str]) -> dict[str, list[int]]:
    """Return size and time of files, by name; nothing for one that is not there."""
    return {name: _stamp(folder / name) for name in names}


def _stamp(path: Path) -> list[int]:
    """Return size (bytes) and time (ns) of a file; an empty list where there is no plain one."""
    try:
        status = path.lstat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


def holds_until(snapshot: Snapshot) -> datetime:
    """Return when time alone may change what a report says: at midnight, or when a session has passed."""
    return min(_moments(snapshot))


def _moments(snapshot: Snapshot) -> Iterator[datetime]:
    now = snapshot.generated_at
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    yield midnight.astimezone(UTC)
    coming = snapshot.next_session
    if coming is not None:
        yield (coming.starts_at + timedelta(minutes=coming.minutes)).astimezone(UTC) + timedelta(seconds=1)
