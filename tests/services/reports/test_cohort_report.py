"""The cohort, and snapshots of many: only the data of the requested students is read."""

from __future__ import annotations

from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event

from toolkit.domain.agenda import ActionItem
from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.people import MentorshipState, Student
from toolkit.domain.session import Session, SessionState
from toolkit.errors import NotFoundError
from toolkit.i18n import use_language
from toolkit.services.catalogue import Catalogue
from toolkit.services.practice import create_practice
from toolkit.services.reports import cohort_report
from toolkit.services.reports.student_snapshots import student_snapshot, student_snapshots
from toolkit.store import Observation, Remark
from toolkit.store.attempt_summaries import AttemptSummaryRow

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
NAMES = ["Zoé Lefèvre", "<script>alert(1)</script>", "🦊", "محمد بن علي", "x" * 300, "Ben Okafor"]
SAID = "`change(330, 500)` → expected / attendu `(1, 70)`, got / obtenu `(1.7, 70)`"


def tried(student, number, days, *, message="", manual=False):
    points = None if manual else float(not message)
    results = (TestResult("test-change", points, 1.0, message),)
    verdict = Verdict.PARTLY_GRADED if manual else Verdict.GRADED
    return Attempt(
        student,
        "bakery-till",
        f"{number:064x}",
        NOW - timedelta(days=days),
        "mail",
        outcome=Outcome(verdict, results),
    )


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    """A practice that no test changes."""
    practice = create_practice.create_practice(tmp_path_factory.mktemp("cohort") / "practice").practice
    with practice.store.begin() as tx:
        for number, name in enumerate(NAMES):
            student = f"p{number}"
            tx.students.add(Student(student, name, NOW - timedelta(90)))
            held = Session(f"{student}-1", student, NOW - timedelta(20), state=SessionState.HELD)
            tx.sessions.save(held)
            if number < 2:
                ahead = Session(f"{student}-2", student, NOW + timedelta(5 - number))
                tx.sessions.save(ahead)
                late = ActionItem(f"{student}-a", "Do it", due=(NOW - timedelta(2)).date())
                tx.actions.save(late, student, held.id)
        for number in range(8):
            tx.attempts.add(tried(f"p{number % 2}", number, 10 - number, message=SAID))
        tx.attempts.add(tried("p2", 20, 30))
        tx.attempts.add(tried("p3", 21, 30, manual=True))
        tx.observations.add(Observation("p4", "p4-1", "for-loops", False, NOW - timedelta(20)))
        tx.students.save(Student("p5", NAMES[5], NOW, state=MentorshipState.ENDED))
        tx.remarks.save(Remark(1, "change", "bakery-till", "Try it with 170.", NOW))
    return practice


@contextmanager
def statements(store):
    """Collect the SQL statements that are run."""
    seen = []
    engine = store._engine

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_row_each(practice):
    now = cohort_report.load_cohort(practice, now=NOW)
    rows = {row.student.id: row for row in now.rows}
    assert [row.student.id for row in now.rows] == ["p1", "p0", "p2", "p3", "p4"], "who meets soonest"
    assert (now.total, rows["p0"].counts.late_actions) == (5, 1)
    assert [(one.exercise, one.attempts, one.tests) for one in rows["p0"].stuck] == [
        ("bakery-till", 4, ("test-change",))
    ]
    assert rows["p2"].shown == 2
    assert rows["p2"].reviews == 2
    assert rows["p3"].shown == 0, "what waits for the mentor shows nothing yet"
    assert (rows["p4"].shown, rows["p4"].reviews) == (1, 1)
    (fail,) = now.alike
    assert fail.students == ("p0", "p1")
    assert "division that counts whole euros" in fail.misconception
    assert [one.text for one in fail.said] == ["Try it with 170."]


def test_a_row_says_what_the_snapshot_says(practice):
    catalogue = Catalogue(practice)
    for row in cohort_report.load_cohort(practice, now=NOW).rows:
        with practice.store.read() as tx:
            stands = student_snapshot(tx, catalogue, row.student, NOW)
        assert row.shown == sum(skill.shown_on is not None for skill in stands.skills)
        assert row.reviews == len(stands.reviews)
        assert row.counts.open_actions == len(stands.actions)


def test_whom_one_asks_for(practice):
    def ids(**chosen):
        return [row.student.id for row in cohort_report.load_cohort(practice, now=NOW, **chosen).rows]

    assert ids(name="zoé LEF") == ["p0"]
    assert ids(name="P4") == ["p4"], "an id is a name without its accents"
    assert ids(name="%") == []
    assert ids(states=[MentorshipState.ENDED]) == ["p5"]
    assert len(ids(path="python-foundations")) == 5
    with pytest.raises(NotFoundError, match="another"):
        ids(path="another")
    few = cohort_report.load_cohort(practice, now=NOW, limit=2)
    assert ([row.student.id for row in few.rows], few.total) == (["p1", "p0"], 5)


def test_summaries_that_are_missing_are_made(practice):
    before = cohort_report.load_cohort(practice, now=NOW)
    with practice.store.begin() as tx:
        tx.session.execute(delete(AttemptSummaryRow))
    assert cohort_report.load_cohort(practice, now=NOW) == before


def plans(practice, statements):
    """Yield the query plan of each statement."""
    with closing(practice.store._engine.raw_connection()) as raw:
        for statement in {text for text in statements if text.startswith("SELECT")}:
            values = ["p0"] * statement.count("?")
            plan = raw.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values)
            yield statement, [row[3] for row in plan]


def test_nothing_is_read_of_those_who_are_not_asked_for(practice):
    catalogue = Catalogue(practice)
    assert catalogue.cards
    with practice.store.read() as tx:
        students = tx.students.all()
    with statements(practice.store) as one, practice.store.read() as tx:
        student_snapshot(tx, catalogue, students[0], NOW)
    with statements(practice.store) as several, practice.store.read() as tx:
        assert len(list(student_snapshots(tx, catalogue, students, NOW))) == len(students)
    assert len(several) == len(one) <= 10
    for statement, plan in plans(practice, one):
        assert not any(step.startswith("SCAN") for step in plan), (statement, plan)


def test_the_cohort_is_read_by_student(practice):
    with statements(practice.store) as seen:
        cohort_report.load_cohort(practice, now=NOW)
    assert len(seen) <= 12
    tables = ("sessions", "action_items", "observations", "attempts", "tried")
    for statement, plan in plans(practice, seen):
        for table in tables:
            if f"{table}.student_id IN" in statement:
                assert any(f"SEARCH {table}" in step and "(student_id=?" in step for step in plan), plan
                assert not any(step.startswith(f"SCAN {table}") for step in plan), plan


def test_the_page_is_whole_and_runs_nothing_of_others(practice):
    with use_language("fr"):
        now = cohort_report.load_cohort(practice, now=NOW)
        page = cohort_report.write_cohort_page(practice, now)
    html = page.read_text("utf-8")
    assert page.parent == practice.root / "desk"
    assert html.count("<script>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert '<html lang="fr">' in html
    assert "http:" not in html
    assert "https:" not in html
    assert not list((practice.root / "students").rglob("cohort*"))
