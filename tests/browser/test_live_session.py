"""A whole session end to end: `mentor live`, two browsers by their links, `mentor close`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import EXPOSE
from tests.browser.live_session_browsers import Meeting, meeting
from tests.patience import PATIENCE_MS, PATIENCE_S
from toolkit.domain.agenda import AgendaState
from toolkit.domain.session import SessionState
from toolkit.exercises import Course, worked_solution
from toolkit.i18n import _, use_language
from toolkit.practice import Practice
from toolkit.services.sessions import session_snapshots, session_workspace

STUDENT = "zoe-lefevre"
CHECKED = "input[type=checkbox]"


@pytest.fixture
def served(demo_practice: Practice) -> Iterator[Meeting]:
    with meeting(demo_practice, STUDENT) as running:
        yield running


def said(text: str) -> str:
    with use_language("fr"):
        return _(text)


def join(browser: Browser, link: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR").new_page()
    page.add_init_script(EXPOSE)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(link)
    page.get_by_role("button").click()
    page.locator(".mt-panel .mt-agenda .mt-row").first.wait_for()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    return page


def test_a_session_from_its_links_to_its_close(browser: Browser, served: Meeting) -> None:
    mentor, student = (join(browser, link) for link in served.links)
    expect(mentor.locator(".mt-panel")).to_contain_text("Zoé Lefèvre")

    # Each sees what the other ticks, before any cell is run.
    mentor.locator(f".mt-panel .mt-agenda {CHECKED}").first.check()
    expect(student.locator(f".mt-panel .mt-agenda {CHECKED}").first).to_be_checked()
    boxes = [page.locator(f".mt-panel .mt-checklist {CHECKED}:not(.mt-seal)") for page in (student, mentor)]
    still = next(n for n in range(boxes[0].count()) if not boxes[0].nth(n).is_checked())
    boxes[0].nth(still).check()
    expect(boxes[1].nth(still)).to_be_checked()

    # The student's own: what they wish for, and whether the session may be replayed.
    preps = [page.locator(".mt-panel .mt-prep") for page in (mentor, student)]
    box, goal = preps[1].locator(CHECKED), preps[1].locator("textarea").last
    expect(preps[0].locator(CHECKED)).to_be_disabled()
    expect(box).not_to_be_checked()
    box.check()
    goal.fill("Que la caisse tombe juste")
    goal.blur()
    expect(preps[0].locator(CHECKED)).to_be_checked()
    expect(preps[0].locator("textarea").last).to_have_value("Que la caisse tombe juste")
    assert "A goal: Que la caisse" in served.mentor("session", "brief", served.session)

    # One drives; what the driver runs is there for both, once, and the student's own card works.
    mentor.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    for page in (mentor, student):
        expect(page.locator(".jp-Notebook .mt-timer")).to_have_count(1)
    steering = student.locator(".mt-steering")
    expect(steering).to_contain_text("Ada")
    mentor.locator(".mt-steering").get_by_role("button").first.click()
    expect(steering).to_contain_text(said("You drive."))

    course = Course(served.practice.root)
    with served.practice.store.read() as tx:
        exercise = tx.sessions.get(served.session).exercise
    student.evaluate(
        """answers => {
            for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells) {
                const answer = answers[cell.getMetadata("nbgrader")?.grade_id];
                if (answer !== undefined) cell.sharedModel.setSource(answer);
            }
        }""",
        worked_solution(course, exercise),
    )
    student.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    # Either has it checked, by the page of whoever drives; the student alone hands it in.
    cards = [page.locator(".mt-panel .mt-exercise") for page in (student, mentor)]
    expect(cards[1].get_by_role("button", name=said("Submit"))).to_have_count(0)
    cards[1].get_by_role("button", name=said("Check")).click()
    for card in cards:
        expect(card.locator(".mt-result")).to_contain_text(said("All tests pass."))
    cards[0].get_by_role("button", name=said("Submit")).click()
    for card in (*cards, student.locator(".jp-Notebook .mt-exercise")):
        expect(card.locator(".mt-submitted")).to_contain_text(
            re.compile(r"\d+ .*points"), timeout=PATIENCE_MS
        )
    served.mentor("exercise", "hint", exercise, STUDENT)
    for card in cards:
        expect(card.locator(".mt-hint-text:visible")).to_have_text(re.compile(r"\S"))
    student.get_by_role("textbox", name=said("Shared notes")).fill("La médiane : trier d’abord.")
    expect(mentor.get_by_role("textbox", name=said("Shared notes"))).to_have_value(re.compile("trier"))
    expect(student.locator(".mt-panel .mt-status")).to_contain_text(said("Saved {time}").split()[0])

    # A link is for one person, once; a new one is a command away.
    stranger = browser.new_context().new_page()
    stranger.goto(served.links[1])
    expect(stranger.get_by_role("button")).to_have_count(0)
    assert "/join/" in served.mentor("invite", STUDENT)

    assert "> La médiane : trier d’abord." in served.mentor("close", STUDENT, "--yes")
    assert served.process.wait(PATIENCE_S) == 0
    with served.practice.store.read() as tx:
        held = tx.sessions.get(served.session)
        marks = [mark for mark in tx.marks.for_student(STUDENT) if mark.session_id == served.session]
        attempt = tx.attempts.for_student(STUDENT)[-1]
    assert held.state is SessionState.REPORTED
    assert next(item.state for item in held.agenda if item.usual) is AgendaState.DISCUSSED
    assert [mark.by for mark in marks] == ["student"]
    assert attempt.exercise_id == exercise
    assert attempt.outcome.solved
    kept = session_snapshots.snapshots_of_session(served.practice, served.session).all()
    assert [one.why for one in kept][-1] == "at the close"
    report = (served.practice.workspace(STUDENT) / "progress.html").read_text()
    assert held.agenda[0].text in report

    # The student agreed: it can be replayed, as it was when the first item was done.
    served.mentor("replay", served.session)
    replayed = student.context.new_page()
    path = session_workspace.notebook_path(served.practice, held).with_name("replay.html")
    replayed.goto(path.as_uri())
    replayed.get_by_role("link", name=held.agenda[0].text).first.click()
    expect(replayed.locator(".step:visible > h2")).to_contain_text(held.agenda[0].text)
