"""The cohort overview: one row for each student, on a page on the mentor's desk.

See docs/decisions/0010-cohort.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit._internal.atomic_io import atomic_write
from toolkit.domain.attempt_evidence import AttemptSummary
from toolkit.domain.cohort_rows import CohortRow, PastRemark, SharedFailure, build_cohort_row, shared_failures
from toolkit.domain.people import MentorshipState
from toolkit.practice import Practice
from toolkit.reports.render import cohort_page
from toolkit.services.catalogue import Catalogue
from toolkit.store import CohortFilter, Transaction

__all__ = ["PRESENT_STATES", "CohortReport", "load_cohort", "write_cohort_page"]

_MAX_PAIRS_PER_TRANSACTION = 500

PRESENT_STATES = (MentorshipState.ACTIVE, MentorshipState.INVITED, MentorshipState.PAUSED)
"""The states of the mentorships that a mentor means by "my students"."""


@dataclass(frozen=True)
class CohortReport:
    """The cohort at one moment.

    Parameters
    ----------
    rows : tuple of CohortRow
        One row for each student.
    alike : tuple of SharedFailure
        Tests that several students fail.
    total : int
        Number of students that match the filter; `rows` may be fewer.
    at : datetime
        Time of the overview, timezone-aware.
    """

    rows: tuple[CohortRow, ...]
    alike: tuple[SharedFailure, ...]
    total: int
    at: datetime


def load_cohort(
    practice: Practice,
    *,
    states: Collection[MentorshipState] = PRESENT_STATES,
    path: str | None = None,
    name: str = "",
    limit: int = 500,
    now: datetime | None = None,
) -> CohortReport:
    """Return the cohort, in the order of the next sessions; its texts are in the current language.

    The run time grows with the number of students shown, not with the number of attempts.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    states : collection of MentorshipState
        States of the mentorships to include.
    path : str, optional
        Id of a learning path; only its students are included.
    name : str
        Part of a student's name; empty for all students.
    limit : int
        Maximum number of students.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such path.
    """
    now = (now or datetime.now(UTC)).astimezone()  # dates are in the mentor's time zone
    catalogue = Catalogue(practice)
    if path is not None:
        catalogue.path(path)  # a mistyped name raises an error instead of giving an empty cohort
    which = CohortFilter(states, path, name.strip(), limit)
    with practice.store.read() as tx:
        chosen, total = tx.cohort.choose(which, now)
        counts = tx.cohort.counts(chosen, now.date())
        ids = [student.id for student, _next in chosen]
        missing = tx.tried.missing(ids)
        tried = tx.tried.for_students(ids)
    if missing:
        # The practice is older than the attempt summaries: compute those of the students that are shown.
        _summarise(practice, sorted(missing))
        with practice.store.read() as tx:
            tried = tx.tried.for_students(ids)
    cards = [card for card in catalogue.cards if not card.draft]
    by_student: dict[str, list[AttemptSummary]] = {}
    for one in tried:
        by_student.setdefault(one.student_id, []).append(one)
    rows = tuple(
        build_cohort_row(
            student,
            catalogue.path(student.path),
            cards,
            by_student.get(student.id, []),
            counts[student.id],
            now.date(),
        )
        for student, _next in chosen
    )
    with practice.store.read() as tx:
        said = _remarks_on(tx, {one.exercise_id for one in tried if one.failing})
    return CohortReport(rows, tuple(shared_failures(tried, cards, said)), total, now)


def write_cohort_page(practice: Practice, cohort: CohortReport) -> Path:
    """Write the cohort's page on the mentor's desk, in the current language; students cannot read it there.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    cohort : CohortReport
        The cohort, from `load_cohort`.

    Returns
    -------
    Path
        Path of the page.
    """
    page = practice.root / "desk" / "cohort.html"
    html = cohort_page.render_cohort(
        cohort.rows, cohort.alike, cohort.total, cohort.at, _reports(practice, cohort.rows)
    )
    atomic_write(page, html.encode())
    return page


def _summarise(practice: Practice, pairs: Sequence[tuple[str, str]]) -> None:
    # Several short transactions, so that another writer waits for one of them, not for all.
    for start in range(0, len(pairs), _MAX_PAIRS_PER_TRANSACTION):
        with practice.store.begin() as tx:
            tx.tried.make(pairs[start : start + _MAX_PAIRS_PER_TRANSACTION])


def _remarks_on(tx: Transaction, exercises: Collection[str]) -> Sequence[PastRemark]:
    remarks = tx.remarks.on(exercises)
    attempts = {one.id: one for one in tx.attempts.with_ids([remark.attempt_id for remark in remarks])}
    found = []
    for remark in remarks:
        attempt = attempts.get(remark.attempt_id)
        failures = attempt.outcome.failures if attempt and attempt.outcome else ()
        found.append(
            PastRemark(
                remark.exercise_id,
                remark.text,
                remark.said_at.astimezone().date(),
                tuple((one.grade_id, one.message) for one in failures),
            )
        )
    return found


def _reports(practice: Practice, rows: Sequence[CohortRow]) -> dict[str, str]:
    """Return the path of each student's progress page, relative to the desk; of students who have one."""
    found = {}
    for row in rows:
        page = practice.workspace(row.student.id) / "progress.html"
        if page.is_file():
            found[row.student.id] = f"../{page.relative_to(practice.root).as_posix()}"
    return found
