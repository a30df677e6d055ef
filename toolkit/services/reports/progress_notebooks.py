"""Progress notebooks: only those whose content changed are written, and one failure stops no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from toolkit._internal.atomic_io import disk_errors
from toolkit.domain.people import Student
from toolkit.errors import MentoringError
from toolkit.practice import Practice
from toolkit.reports import StudentSnapshot
from toolkit.reports.export.pdf_export import to_pdf
from toolkit.reports.export.progress_report import REPORT_NAME, ProgressReportWriter
from toolkit.services.catalogue import Catalogue
from toolkit.services.progress_callback import ProgressCallback, ignore_progress
from toolkit.services.reports.report_freshness import (
    are_files_unchanged,
    file_stamps,
    fingerprint_sources,
    is_fresh,
    valid_until,
)
from toolkit.services.reports.student_snapshots import student_snapshot, student_snapshots
from toolkit.store import WrittenReportVersion

__all__ = ["WrittenReport", "template_parameters", "write_progress_notebooks"]

_BATCH_SIZE = 10
"""Number of students whose snapshots are built together: it bounds the memory for any number of reports."""


@dataclass(frozen=True)
class WrittenReport:
    """One student's progress notebook, or the reason why it could not be written.

    Parameters
    ----------
    student_id : str
        Id of the student.
    notebook, page : Path
        The notebook and its HTML page; if `problem` is set, the last good ones are there, if any.
    problem : MentoringError, optional
        Reason of a failure.
    pdf : Path, optional
        The page as PDF, if requested; otherwise the PDF of an earlier page is deleted.
    is_new : bool
        Whether it was written now; False if nothing has changed since the last time.
    """

    student_id: str
    notebook: Path
    page: Path
    problem: MentoringError | None = None
    pdf: Path | None = None
    is_new: bool = False


def write_progress_notebooks(
    practice: Practice,
    students: Iterable[str] | None = None,
    step: ProgressCallback = ignore_progress,
    now: datetime | None = None,
    *,
    jobs: int = 1,
    pdf: bool = False,
    executor: Executor | None = None,
) -> list[WrittenReport]:
    """Write the progress notebooks whose content has changed.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    students : iterable of str, optional
        Ids or names of the students; all students if left out.
    step : ProgressCallback, optional
        Called with the progress; by default nothing is reported.
    now : datetime, optional
        Time that the report calls today, timezone-aware; read from the clock if left out.
    jobs : int
        Number of notebooks to write at a time: each template runs in its own process.
    pdf : bool
        Whether to print each page as PDF as well.
    executor : Executor, optional
        Executor to use instead of ``jobs`` threads; its workers must share this process's memory.

    Returns
    -------
    list of WrittenReport
        One for each student, in their order, including failed ones.

    Raises
    ------
    NotFoundError
        There is no such student.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        chosen = tx.students.all() if students is None else [tx.students.get(name) for name in students]
    chosen = list({student.id: student for student in chosen}.values())
    with _pool(executor, jobs) as pool:
        return _Run(practice, now, pdf=pdf).run(chosen, step, pool, jobs)


@contextmanager
def _pool(executor: Executor | None, jobs: int) -> Iterator[Executor]:
    if executor is not None:
        yield executor
        return
    # Threads suffice: the slow work runs in the kernels' processes.
    threads = ThreadPoolExecutor(jobs, thread_name_prefix="report")
    try:
        yield threads
    finally:
        threads.shutdown(cancel_futures=True)


class _Run:
    """One call of `write_progress_notebooks`."""

    def __init__(self, practice: Practice, now: datetime, *, pdf: bool) -> None:
        self.practice = practice
        self.now = now
        self.names = [f"{REPORT_NAME}.ipynb", f"{REPORT_NAME}.html", *([f"{REPORT_NAME}.pdf"] if pdf else [])]
        self.catalogue = Catalogue(practice)
        self.maker = ProgressReportWriter(practice.root / "templates")

    def run(
        self, students: Sequence[Student], step: ProgressCallback, pool: Executor, jobs: int
    ) -> list[WrittenReport]:
        ids = [student.id for student in students]
        with self.practice.store.read() as tx:
            known = tx.reports.latest(ids)
            quick = fingerprint_sources(tx, self.practice, ids, self.maker.digest)
        done: dict[str, WrittenReport] = {}
        notes: list[WrittenReportVersion] = []
        running: dict[Future[tuple[WrittenReport, WrittenReportVersion | None]], str] = {}

        def take(finished: Iterable[Future[tuple[WrittenReport, WrittenReportVersion | None]]]) -> None:
            for future in finished:
                written, note = future.result()
                done[running.pop(future)] = written
                notes.extend([note] if note else [])

        fresh = {
            made.student_id
            for made in known.values()
            if is_fresh(made, self.now, quick[made.student_id], self._stamps(made.student_id))
        }
        done.update((name, self._existing_files(name)) for name in ids if name in fresh)
        try:
            for student, snap in self._snapshots([one for one in students if one.id not in fresh]):
                step(student.name, len(done), len(students))
                run, made = copy_context().run, known.get(student.id)
                running[pool.submit(run, self._write_one, snap, made, quick[student.id], student.id)] = (
                    student.id
                )
                if len(running) > jobs:
                    take(wait(running, return_when=FIRST_COMPLETED).done)
            while running:
                take(wait(running, return_when=FIRST_COMPLETED).done)
                step("", len(done), len(students))
        finally:
            if notes:
                with self.practice.store.begin() as tx:
                    for note in notes:
                        tx.reports.note(note)
        return [done[name] for name in ids]

    def _snapshots(
        self, students: Sequence[Student]
    ) -> Iterator[tuple[Student, StudentSnapshot | MentoringError]]:
        """Yield each student with their snapshot, or with the reason why it cannot be built."""
        for start in range(0, len(students), _BATCH_SIZE):
            batch = students[start : start + _BATCH_SIZE]
            yield from zip(batch, self._build(batch), strict=True)

    def _build(self, batch: Sequence[Student]) -> Sequence[StudentSnapshot | MentoringError]:
        try:
            with self.practice.store.read() as tx:
                return list(student_snapshots(tx, self.catalogue, batch, self.now))
        except MentoringError as problem:
            if len(batch) == 1:
                return [problem]
        # One student's data, for example their path, cannot be read: build each snapshot apart.
        return [snap for student in batch for snap in self._build([student])]

    def _write_one(
        self,
        snap: StudentSnapshot | MentoringError,
        made: WrittenReportVersion | None,
        quick: str,
        student: str,
    ) -> tuple[WrittenReport, WrittenReportVersion | None]:
        """Write one report if its content changed."""
        files = self._existing_files(student)
        folder = self.practice.workspace(student)
        if isinstance(snap, MentoringError):
            return replace(files, problem=snap), None
        try:
            made_from = self.maker.made_from(snap)
            is_new = not (
                made and made.made_from == made_from and are_files_unchanged(made, self._stamps(student))
            )
            if is_new:
                self.maker.write(snap, folder)
                self._print(files, folder)
        except MentoringError as problem:
            return replace(files, problem=problem), None
        note = WrittenReportVersion(student, made_from, quick, valid_until(snap), self._stamps(student))
        return replace(files, is_new=is_new), note

    def _print(self, files: WrittenReport, folder: Path) -> None:
        # Delete the PDF of an earlier page first: without a new one, a reader would take it for this page's.
        earlier = folder / f"{REPORT_NAME}.pdf"
        with disk_errors(earlier), suppress(FileNotFoundError, IsADirectoryError):
            earlier.unlink()
        if files.pdf is not None:
            to_pdf(files.page, files.pdf, within=folder)

    def _stamps(self, student_id: str) -> dict[str, list[int]]:
        return file_stamps(self.practice.workspace(student_id), self.names)

    def _existing_files(self, student_id: str) -> WrittenReport:
        folder = self.practice.workspace(student_id)
        notebook, page, *pdf = (folder / name for name in self.names)
        return WrittenReport(student_id, notebook, page, pdf=next(iter(pdf), None))


def template_parameters(practice: Practice, student: str, now: datetime | None = None) -> dict[str, Any]:
    """Return the parameters of a student's report template as plain JSON, for ``papermill -f``.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student : str
        Id or name of the student.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.
    """
    with practice.store.read() as tx:
        found = tx.students.get(student)
        snap = student_snapshot(tx, Catalogue(practice), found, now or datetime.now(UTC))
    return {"snapshot": snap.model_dump(mode="json")}
