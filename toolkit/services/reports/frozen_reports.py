"""Shared reports: each share freezes a version; later changes make another version."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from toolkit._internal.atomic_io import atomic_write, disk_errors, read_regular_file
from toolkit.errors import NotFoundError
from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.reports.export.progress_report import REPORT_NAME
from toolkit.services.reports.report_freshness import are_files_unchanged, file_stamps
from toolkit.store import SharedReportVersion

__all__ = ["ReportVersion", "list_shared_reports", "share_report"]

_MAX_FILE_BYTES = 200_000_000


@dataclass(frozen=True)
class ReportVersion:
    """A shared version of a report.

    Parameters
    ----------
    number : int
        Number of the version, from 1.
    shared_at : datetime
        Time of the share, timezone-aware.
    notebook, page : Path
        Read-only files in the student's workspace.
    is_new : bool
        Whether this call has shared it; False if nothing has changed since an earlier share.
    intact : bool
        Whether the files in the workspace are unchanged. The originals are kept in the practice in any case.
    """

    number: int
    shared_at: datetime
    notebook: Path
    page: Path
    is_new: bool = False
    intact: bool = True


def share_report(practice: Practice, student: str, now: datetime | None = None) -> ReportVersion:
    """Freeze the student's current report, and return the version.

    Its files are copied under names with the date and the version, made read-only, and stored by their hash
    in the practice. The same report shared again is the same version; its files are restored if they were
    deleted or changed in the workspace.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student : str
        Id or name of the student.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such student, or they have no report yet, or its files were changed.
    StorageError
        A file cannot be written.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        student_id = tx.students.get(student).id
        made = tx.reports.latest([student_id]).get(student_id)
        earlier = tx.reports.shared(student_id)
    workspace = practice.workspace(student_id)
    current = file_stamps(workspace, made.files if made else ())
    if made is None or not current or not are_files_unchanged(made, current):
        raise _no_report(student_id)
    if earlier and earlier[-1].made_from == made.made_from:
        _restore_files(practice, workspace, earlier[-1])
        return _version(workspace, earlier[-1])
    number = len(earlier) + 1
    stem = f"{REPORT_NAME}-{now.astimezone():%Y-%m-%d}-v{number}"
    files = {}
    for name in made.files:
        data = read_regular_file(workspace / name, _MAX_FILE_BYTES, workspace)
        if data is None:
            raise _no_report(student_id)
        files[f"{stem}.{name.rpartition('.')[2]}"] = practice.keep(data)
    version = SharedReportVersion(student_id, number, made.made_from, now, files)
    _restore_files(practice, workspace, version)
    # The database last: the files of a version in it exist.
    with practice.store.begin() as tx:
        tx.reports.share(version)
    return _version(workspace, version, is_new=True)


def list_shared_reports(practice: Practice, student: str) -> list[ReportVersion]:
    """Return the versions that were shared with a student, earliest first.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student : str
        Id or name of the student.
    """
    with practice.store.read() as tx:
        student_id = tx.students.get(student).id
        versions = tx.reports.shared(student_id)
    return [_version(practice.workspace(student_id), version) for version in versions]


def _no_report(student_id: str) -> NotFoundError:
    return NotFoundError(
        _("There is no report of {student} as it was written.").format(student=student_id),
        hint=_("Write it: mentor report {student}").format(student=student_id),
    )


def _restore_files(practice: Practice, workspace: Path, version: SharedReportVersion) -> None:
    for name, digest in version.files.items():
        path = workspace / name
        if not _has_digest(path, digest):
            atomic_write(path, practice.kept(digest), within=workspace)
        with disk_errors(path):
            path.chmod(0o444)


def _version(workspace: Path, version: SharedReportVersion, *, is_new: bool = False) -> ReportVersion:
    places = {name.rpartition(".")[2]: workspace / name for name in version.files}
    intact = all(_has_digest(workspace / name, digest) for name, digest in version.files.items())
    return ReportVersion(version.version, version.shared_at, places["ipynb"], places["html"], is_new, intact)


def _has_digest(path: Path, digest: str) -> bool:
    with suppress(OSError):
        return not path.is_symlink() and sha256(path.read_bytes()).hexdigest() == digest
    return False
