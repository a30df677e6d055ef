"""Progress notebooks: only what has changed is written, and one that fails stops nobody else's."""

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
from toolkit.reports import Snapshot
from toolkit.reports.export.pdf_export import to_pdf
from toolkit.reports.export.progress_report import NAME, Maker
from toolkit.services.catalogue import Catalogue
from toolkit.services.progress_callback import Step, silent
from toolkit.services.reports.report_freshness import are_kept, holds_until, is_fresh, seen, stamps
from toolkit.services.reports.student_snapshots import snapshot, snapshots
from toolkit.store import Made

__all__ = ["Written", "parameters", "write"]

_AT_ONCE = 10
"""Students that are looked up together: so many stories stand in memory, however many reports there are."""


@dataclass(frozen=True)
class Written:
    """One student's progress notebook, or why there is no new one.

    Parameters
    ----------
    notebook, page : Path
        The notebook and the HTML beside it; where `problem` is set, the last good ones, if any.
    pdf : Path, optional
        The page as PDF, where it was asked for; where it was not, one of an earlier page is taken away.
    is_new : bool
        Whether it was written now; False where nothing has changed since the last time.
    """

    student_id: str
    notebook: Path
    page: Path
    problem: MentoringError | None = None
    pdf: Path | None = None
    is_new: bool = False


def write(
    practice: Practice,
    students: Iterable[str] | None = None,
    step: Step = silent,
    now: datetime | None = None,
    *,
    jobs: int = 1,
    pdf: bool = False,
    executor: Executor | None = None,
) -> list[Written]:
    """Write the progress notebooks of ``students``, or of everybody, where something has changed.

    Parameters
    ----------
    students : iterable of str, optional
        Ids or names.
    now : datetime, optional
        What the report calls today; aware.
    jobs : int
        How many at a time: templates run in processes of their own.
    pdf : bool
        Whether each page is printed as PDF as well.
    executor : Executor, optional
        Where to do it, instead of ``jobs`` threads; its calls must share this memory.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        chosen = tx.students.all() if students is None else [tx.students.get(name) for name in students]
    chosen = list({student.id: student for student in chosen}.values())
    with _pool(executor, jobs) as pool:
        return _Round(practice, now, pdf=pdf).run(chosen, step, pool, jobs)


@contextmanager
def _pool(executor: Executor | None, jobs: int) -> Iterator[Executor]:
    if executor is not None:
        yield executor
        return
    # Threads: what takes long happens in the kernels' processes.
    own = ThreadPoolExecutor(jobs, thread_name_prefix="report")
    try:
        yield own
    finally:
        own.shutdown(cancel_futures=True)


class _Round:
    """One call of `write`."""

    def __init__(self, practice: Practice, now: datetime, *, pdf: bool) -> None:
        self.practice = practice
        self.now = now
        self.names = [f"{NAME}.ipynb", f"{NAME}.html", *([f"{NAME}.pdf"] if pdf else [])]
        self.catalogue = Catalogue(practice)
        self.maker = Maker(practice.root / "templates")

    def run(self, students: Sequence[Student], step: Step, pool: Executor, jobs: int) -> list[Written]:
        ids = [student.id for student in students]
        with self.practice.store.read() as tx:
            known = tx.reports.made(ids)
            quick = seen(tx, self.practice, ids, self.maker.digest)
        done: dict[str, Written] = {}
        notes: list[Made] = []
        running: dict[Future[tuple[Written, Made | None]], str] = {}

        def take(finished: Iterable[Future[tuple[Written, Made | None]]]) -> None:
            for future in finished:
                written, note = future.result()
                done[running.pop(future)] = written
                notes.extend([note] if note else [])

        fresh = {
            made.student_id
            for made in known.values()
            if is_fresh(made, self.now, quick[made.student_id], self._stamps(made.student_id))
        }
        done.update((name, self._as_it_is(name)) for name in ids if name in fresh)
        try:
            for student, snap in self._told([one for one in students if one.id not in fresh]):
                step(student.name, len(done), len(students))
                one, made = copy_context().run, known.get(student.id)
                running[pool.submit(one, self._one, snap, made, quick[student.id], student.id)] = student.id
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

    def _told(self, students: Sequence[Student]) -> Iterator[tuple[Student, Snapshot | MentoringError]]:
        """Yield students with where they stand, or why that cannot be told."""
        for start in range(0, len(students), _AT_ONCE):
            some = students[start : start + _AT_ONCE]
            yield from zip(some, self._looked_up(some), strict=True)

    def _looked_up(self, some: Sequence[Student]) -> Sequence[Snapshot | MentoringError]:
        try:
            with self.practice.store.read() as tx:
                return list(snapshots(tx, self.catalogue, some, self.now))
        except MentoringError as problem:
            if len(some) == 1:
                return [problem]
        # It is one's own path, or the like, that cannot be read: that is nobody else's matter.
        return [told for one in some for told in self._looked_up([one])]

    def _one(
        self, snap: Snapshot | MentoringError, made: Made | None, quick: str, student: str
    ) -> tuple[Written, Made | None]:
        """Write one report, where it would say something else than the one that is there."""
        files = self._as_it_is(student)
        folder = self.practice.workspace(student)
        if isinstance(snap, MentoringError):
            return replace(files, problem=snap), None
        try:
            made_from = self.maker.made_from(snap)
            is_new = not (made and made.made_from == made_from and are_kept(made, self._stamps(student)))
            if is_new:
                self.maker.write(snap, folder)
                self._print(files, folder)
        except MentoringError as problem:
            return replace(files, problem=problem), None
        note = Made(student, made_from, quick, holds_until(snap), self._stamps(student))
        return replace(files, is_new=is_new), note

    def _print(self, files: Written, folder: Path) -> None:
        # One of an earlier page would be taken for this one, where this one is not printed or cannot be.
        earlier = folder / f"{NAME}.pdf"
        with disk_errors(earlier), suppress(FileNotFoundError, IsADirectoryError):
            earlier.unlink()
        if files.pdf is not None:
            to_pdf(files.page, files.pdf, within=folder)

    def _stamps(self, student_id: str) -> dict[str, list[int]]:
        return stamps(self.practice.workspace(student_id), self.names)

    def _as_it_is(self, student_id: str) -> Written:
        folder = self.practice.workspace(student_id)
        notebook, page, *pdf = (folder / name for name in self.names)
        return Written(student_id, notebook, page, pdf=next(iter(pdf), None))


def parameters(practice: Practice, student: str, now: datetime | None = None) -> dict[str, Any]:
    """Return what the template gets for a student: plain JSON, for ``papermill -f``."""
    with practice.store.read() as tx:
        found = tx.students.get(student)
        snap = snapshot(tx, Catalogue(practice), found, now or datetime.now(UTC))
    return {"snapshot": snap.model_dump(mode="json")}
