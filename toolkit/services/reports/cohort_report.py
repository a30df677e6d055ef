"""The cohort: every student in a row, on a page that lies on the mentor's desk.

See docs/decisions/0010-cohort.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit._internal.atomic_io import write_durably
from toolkit.domain.attempt_evidence import Tried
from toolkit.domain.cohort_rows import Alike, Row, Said, alike, make_row
from toolkit.domain.people import MentorshipState
from toolkit.practice import Practice
from toolkit.reports.render import cohort_page
from toolkit.services.catalogue import Catalogue
from toolkit.store import Filter, Transaction

__all__ = ["PRESENT", "CohortNow", "look", "write"]

_AT_ONCE = 500

PRESENT = (MentorshipState.ACTIVE, MentorshipState.INVITED, MentorshipState.PAUSED)
"""Whom a mentor means by "my students"."""


@dataclass(frozen=True)
class CohortNow:
    """The cohort at one moment.

    Parameters
    ----------
    total : int
        How many students there are that were asked for; `rows` may be fewer.
    """

    rows: tuple[Row, ...]
    alike: tuple[Alike, ...]
    total: int
    at: datetime


def look(
    practice: Practice,
    *,
    states: Collection[MentorshipState] = PRESENT,
    path: str | None = None,
    name: str = "",
    limit: int = 500,
    now: datetime | None = None,
) -> CohortNow:
    """Return the cohort, who meets soonest first; its texts are in the current language.

    What it costs follows from how many students are shown, not from how many attempts there are.

    Parameters
    ----------
    states : collection of MentorshipState
        Of the mentorships that are meant.
    path : str, optional
        Only those who follow this path.
    name : str
        A part of the name.
    limit : int
        At most so many students.

    Raises
    ------
    NotFoundError
        There is no such path.
    """
    now = (now or datetime.now(UTC)).astimezone()  # days are the mentor's
    catalogue = Catalogue(practice)
    if path is not None:
        catalogue.path(path)  # a name that is mistyped is no empty cohort
    which = Filter(states, path, name.strip(), limit)
    with practice.store.read() as tx:
        chosen, total = tx.cohort.choose(which, now)
        counts = tx.cohort.counts(chosen, now.date())
        ids = [student.id for student, _next in chosen]
        missing = tx.tried.missing(ids)
        tried = tx.tried.of_each(ids)
    if missing:
        # A practice that is older than the summaries: those of the students that are shown are made now.
        _make(practice, sorted(missing))
        with practice.store.read() as tx:
            tried = tx.tried.of_each(ids)
    cards = [card for card in catalogue.cards if not card.draft]
    of: dict[str, list[Tried]] = {}
    for one in tried:
        of.setdefault(one.student_id, []).append(one)
    rows = tuple(
        make_row(
            student,
            catalogue.path(student.path),
            cards,
            of.get(student.id, []),
            counts[student.id],
            now.date(),
        )
        for student, _next in chosen
    )
    with practice.store.read() as tx:
        said = _said(tx, {one.exercise_id for one in tried if one.failing})
    return CohortNow(rows, tuple(alike(tried, cards, said)), total, now)


def write(practice: Practice, cohort: CohortNow) -> Path:
    """Write the cohort's page on the mentor's desk, in the current language; no student sees it."""
    page = practice.root / "desk" / "cohort.html"
    html = cohort_page.render(
        cohort.rows, cohort.alike, cohort.total, cohort.at, _reports(practice, cohort.rows)
    )
    write_durably(page, html.encode())
    return page


def _make(practice: Practice, pairs: Sequence[tuple[str, str]]) -> None:
    # A few at a time: whoever wants to write meanwhile waits for these, not for all of them.
    for start in range(0, len(pairs), _AT_ONCE):
        with practice.store.begin() as tx:
            tx.tried.make(pairs[start : start + _AT_ONCE])


def _said(tx: Transaction, exercises: Collection[str]) -> Sequence[Said]:
    remarks = tx.remarks.on(exercises)
    attempts = {one.id: one for one in tx.attempts.with_ids([remark.attempt_id for remark in remarks])}
    found = []
    for remark in remarks:
        attempt = attempts.get(remark.attempt_id)
        failures = attempt.outcome.failures if attempt and attempt.outcome else ()
        found.append(
            Said(
                remark.exercise_id,
                remark.text,
                remark.said_at.astimezone().date(),
                tuple((one.grade_id, one.message) for one in failures),
            )
        )
    return found


def _reports(practice: Practice, rows: Sequence[Row]) -> dict[str, str]:
    """Return where the progress page of each student lies, as seen from the desk; those that have one."""
    found = {}
    for row in rows:
        page = practice.workspace(row.student.id) / "progress.html"
        if page.is_file():
            found[row.student.id] = f"../{page.relative_to(practice.root).as_posix()}"
    return found
