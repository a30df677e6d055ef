"""Progress notebooks: one per student, and one that fails stops nobody else's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit.errors import MentoringError
from toolkit.journeys.catalogue import Catalogue
from toolkit.journeys.progress import snapshot
from toolkit.journeys.step import Step, silent
from toolkit.practice import Practice
from toolkit.reports import progress

__all__ = ["Written", "write"]


@dataclass(frozen=True)
class Written:
    """One student's progress notebook, or why there is no new one.

    Parameters
    ----------
    notebook, page : Path
        The notebook and the HTML beside it; where `problem` is set, the last good ones, if any.
    """

    student_id: str
    notebook: Path
    page: Path
    problem: MentoringError | None = None


def write(
    practice: Practice,
    students: Iterable[str] | None = None,
    step: Step = silent,
    now: datetime | None = None,
) -> list[Written]:
    """Write the progress notebooks of ``students``, or of everybody.

    Parameters
    ----------
    students : iterable of str, optional
        Ids or names.
    now : datetime, optional
        What the report calls today; aware.
    """
    now = now or datetime.now(UTC)
    catalogue = Catalogue(practice)
    with practice.store.read() as tx:
        chosen = tx.students.all() if students is None else [tx.students.get(name) for name in students]
    written = []
    for done, student in enumerate(chosen):
        step(student.name, done, len(chosen))
        folder = practice.workspace(student.id)
        try:
            with practice.store.read() as tx:
                snap = snapshot(tx, catalogue, student, now)
            notebook, page = progress.write(snap, folder, templates=practice.root / "templates")
            written.append(Written(student.id, notebook, page))
        except MentoringError as problem:
            written.append(Written(student.id, folder / "progress.ipynb", folder / "progress.html", problem))
    step("", len(chosen), len(chosen))
    return written
