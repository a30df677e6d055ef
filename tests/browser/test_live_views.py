"""The shared session in two browsers: what one does is at the other's, without any kernel."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import set_theme
from tests.browser.shared import NOTEBOOK, Table, panel, shared_table
from tests.browser.wire import wires

SOON = 5_000  # ms; what is slower than that is not "at once" on any machine


@pytest.fixture(scope="module")
def table(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    folder, home = tmp_path_factory.mktemp("table"), tmp_path_factory.mktemp("home")
    with shared_table(browser, folder, home) as running:
        yield running


@contextmanager
def seats(table: Table) -> Iterator[Callable[..., Page]]:
    contexts: list[BrowserContext] = []
    pages: list[Page] = []

    def open_page(person: str, url: str = "", **options) -> Page:
        contexts.append(table.context(person, **options))
        pages.append(table.sit(contexts[-1], url))
        return pages[-1]

    yield open_page
    # JupyterLab's own, when the wire is cut.
    cut = ("Failed to fetch", "Loading chunk")
    complaints = [text for page in pages for text in page.complaints if not text.startswith(cut)]
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def sit(table: Table) -> Iterator[Callable[..., Page]]:
    """A function that opens the notebook as a person; what goes wrong in its pages fails the test."""
    table.begin()
    with seats(table) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def pages(table: Table) -> Iterator[tuple[Page, Page]]:
    with seats(table) as open_page:
        yield open_page("mentor"), open_page("zoe")


@pytest.fixture
def pair(pages: tuple[Page, Page], table: Table) -> tuple[Page, Page]:
    """The mentor's page and the student's, before a record as it is at the beginning."""
    table.begin()
    mentor, student = pages
    for page in pages:
        expect(panel(page).locator(".mt-agenda .mt-check:checked")).to_have_count(0)
        expect(panel(page).locator(".mt-steering")).to_contain_text("Nobody drives")
    expect(panel(mentor).locator(".mt-person", has_text="Zoé")).to_contain_text("here")
    expect(panel(student).locator(".mt-person", has_text="Ada")).to_contain_text("here")
    return mentor, student


def row(page: Page, text: str) -> Locator:
    return panel(page).locator(".mt-agenda .mt-row", has_text=text)


def check(page: Page, text: str) -> Locator:
    return row(page, text).locator(".mt-check")


def told(page: Page) -> Locator:
    return page.locator(".mt-told")


def at_once(*doings: tuple[Locator, str]) -> None:
    """Run each script on its element, all at the same moment."""
    moment = time.time() * 1000 + 400
    for locator, script in doings:
        locator.evaluate(
            "(el, [script, moment]) => setTimeout(() => Function('el', script)(el), moment - Date.now())",
            [script, moment],
        )
    doings[0][0].page.wait_for_timeout(600)


def test_a_tick_is_at_the_other_persons_at_once_and_says_whose_it_is(pair, table):
    mentor, student = pair
    check(student, "Check-in").click()
    expect(check(mentor, "Check-in")).to_be_checked(timeout=SOON)
    # In the notebook's output too, which nobody here has run or trusted.
    inside = mentor.locator(".jp-OutputArea .mt-agenda .mt-row", has_text="Check-in")
    expect(inside.locator(".mt-check")).to_be_checked()
    expect(row(mentor, "Check-in")).to_have_attribute("data-by", "ZL")
    expect(row(student, "Check-in")).not_to_have_attribute("data-by", "ZL")
    expect(told(mentor)).to_contain_text("Zoé Lefèvre ticked: Check-in")
    expect(told(student)).not_to_contain_text("Zoé")
    expect(panel(student).locator(".mt-status")).to_contain_text("Saved")
    assert table.map()["agenda:a0/state"] == "discussed"
    assert table.map()["agenda:a0/@by"]["role"] == "student"

    panel(mentor).get_by_label("Mentor's confirmation: Loops").click()
    expect(panel(student).get_by_label("Mentor's confirmation: Loops")).to_be_checked(timeout=SOON)
    expect(panel(student).get_by_label("Mentor's confirmation: Loops")).to_be_disabled()
    expect(told(student)).to_contain_text("Ada Byron confirmed: Loops")
    panel(student).get_by_label("How the student rates themselves: Loops").select_option("contested")
    expect(told(mentor)).to_contain_text("Zoé Lefèvre rated: Loops")
    panel(student).get_by_label("Why, in a few words: Loops").fill("I only copied it.")
    panel(student).get_by_label("Why, in a few words: Loops").press("Tab")
    said = panel(mentor).get_by_label("Why, in a few words: Loops")
    expect(said).to_have_value("I only copied it.", timeout=SOON)
    expect(panel(mentor).get_by_label("How the student rates themselves: Loops")).to_have_value("contested")
    panel(student).get_by_label("Done: Read chapter 2").click()
    expect(panel(mentor).get_by_label("Done: Read chapter 2")).to_be_checked(timeout=SOON)
    panel(mentor).locator(".mt-timer").get_by_role("button", name="Start").click()
    expect(panel(student).locator(".mt-digits")).to_have_text("29:59", timeout=SOON)


def test_two_hands_at_the_same_instant_lose_nothing(pair, table):
    mentor, student = pair
    at_once((check(mentor, "Check-in"), "el.click()"), (check(student, "Recursion"), "el.click()"))
    for page in pair:
        expect(check(page, "Check-in")).to_be_checked()
        expect(check(page, "Recursion")).to_be_checked()

    # One edits the text while the other gives it other minutes and ticks it.
    student.keyboard.press("Escape")
    row(student, "median").locator(".mt-text").dblclick()
    field = row(student, "min").locator(".mt-inline .mt-field").first
    field = panel(student).get_by_label("Talking point", exact=True).locator("visible=true")
    field.fill("Read `mean`")
    row(mentor, "median").locator(".mt-text").dblclick()
    panel(mentor).get_by_label("Minutes", exact=True).locator("visible=true").first.fill("20")
    mentor.keyboard.press("Enter")
    enter = "el.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))"
    at_once((field, enter), (check(mentor, "median"), "el.click()"))
    for page in pair:
        expect(row(page, "mean")).to_contain_text("20 min")
        expect(check(page, "mean")).to_be_checked()
    table.until(lambda found: found["agenda:a2/text"] == "Read `mean`" and found["agenda:a2/minutes"] == 20)

    table.begin({})
    expect(panel(mentor).locator(".mt-digits")).to_have_text("30:00")
    at_once(*((panel(page).get_by_text("Take the usual agenda"), "el.click()") for page in pair))
    for page in pair:
        expect(panel(page).locator(".mt-agenda .mt-row")).to_have_count(7)


def test_who_comes_later_sees_all_of_it(sit, table):
    mentor = sit("mentor")
    panel(mentor).get_by_label("Add a talking point").fill("Tuples")
    mentor.keyboard.press("Enter")
    row(mentor, "Tuples").get_by_label("Start: Tuples").click()
    panel(mentor).get_by_role("button", name="Take the wheel").click()
    student = sit("zoe")
    expect(row(student, "Tuples")).to_have_class("mt-row mt-running")
    expect(panel(student).locator(".mt-steering")).to_contain_text("Ada Byron drives.")
    # The very same page again
    student.reload()
    expect(row(student, "Tuples")).to_have_class("mt-row mt-running", timeout=30_000)
    # What was there before one came is no news.
    expect(told(student)).to_be_empty()


def test_saved_is_said_when_the_server_says_so_and_not_before(pair, table):
    mentor, student = pair
    table.tell(answers=False)
    check(mentor, "Check-in").click()
    expect(check(student, "Check-in")).to_be_checked()
    expect(panel(mentor).locator(".mt-status")).to_have_text("Saving…")
    problem = panel(mentor).locator("header .mt-problem")
    expect(problem).to_have_text("Not saved yet. Your changes are kept and will be sent.")
    # Meanwhile the other's changes are shown all the same.
    check(student, "Recursion").click()
    expect(check(mentor, "Recursion")).to_be_checked()
    table.tell(error="The disk is full.")
    expect(problem).to_have_text("The disk is full.")
    table.tell(answers=True, error="")
    expect(panel(mentor).locator(".mt-status")).to_contain_text("Saved")
    expect(panel(mentor).locator(".mt-problem:visible")).to_have_count(0)


def test_what_is_done_offline_is_kept_and_merges(sit, table):
    with wires(table.lab.url, 2) as laid:
        pair = mentor, student = [
            sit(who, wire.url) for who, wire in zip(("mentor", "zoe"), laid, strict=True)
        ]
        for wire in laid:
            wire.cut()
        lost = panel(student).locator("header .mt-problem")
        expect(lost).to_contain_text("Offline since")
        expect(lost).to_contain_text("Your changes are kept and will be sent.")
        check(mentor, "Check-in").click()
        check(student, "Recursion").click()
        panel(student).get_by_label("Add a talking point").fill("Sets")
        student.keyboard.press("Enter")
        expect(row(student, "Sets")).to_be_visible()
        expect(panel(student).locator(".mt-status")).not_to_contain_text("Saved")
        expect(check(mentor, "Recursion")).not_to_be_checked()
        for wire in laid:
            wire.mend()
        for page in pair:
            expect(check(page, "Check-in")).to_be_checked(timeout=30_000)
            expect(check(page, "Recursion")).to_be_checked(timeout=30_000)
            expect(row(page, "Sets")).to_be_visible()
            expect(panel(page).locator("header .mt-problem")).to_be_hidden()
            expect(panel(page).locator(".mt-status")).to_contain_text("Saved")


def test_undo_takes_back_what_one_did_oneself(pair, table):
    mentor, student = pair
    check(mentor, "Check-in").click()
    check(student, "Recursion").click()
    expect(check(mentor, "Recursion")).to_be_checked()
    panel(mentor).get_by_label("Add a talking point").fill("Sets")
    mentor.keyboard.press("Enter")
    expect(row(student, "Sets")).to_be_visible()
    # In a text field it is the browser's own.
    mentor.keyboard.type("abc")
    mentor.keyboard.press("Control+z")
    expect(row(student, "Sets")).to_be_visible()
    check(mentor, "Recursion").focus()
    mentor.keyboard.press("Control+z")
    expect(row(student, "Sets")).to_have_count(0)
    panel(mentor).get_by_label("Undo my last change").click()
    expect(check(student, "Check-in")).not_to_be_checked()
    expect(check(student, "Recursion")).to_be_checked()
    panel(mentor).get_by_label("Redo my last change").click()
    expect(check(student, "Check-in")).to_be_checked()
    expect(told(student)).to_contain_text("Ada Byron")
    expect(panel(mentor).locator(".mt-status")).to_contain_text("Saved")
    assert "agenda:a0/text" in table.map()


def run(page: Page, index: int) -> None:
    page.evaluate(
        """index => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.deselectAll();
            notebook.activeCellIndex = index;
            return window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        index,
    )


def output(page: Page, index: int) -> Locator:
    return page.locator(f".jp-Cell[data-windowed-list-index='{index}'] .jp-OutputArea-output")


def test_only_the_drivers_cells_run(pair, table):
    mentor, student = pair
    panel(student).get_by_role("button", name="Take the wheel").click()
    expect(panel(mentor).locator(".mt-person", has_text="Zoé").locator(".mt-wheel")).to_be_visible()
    expect(told(mentor)).to_contain_text("Zoé Lefèvre drives.")
    mentor.locator(".jp-Cell").nth(1).locator(".cm-content").click()
    mentor.keyboard.press("Shift+Enter")
    refusal = panel(mentor).locator(".mt-steering .mt-problem")
    expect(refusal).to_contain_text("Zoé Lefèvre drives, so this cell was not run.")
    expect(output(mentor, 1)).to_have_count(0)

    # With the panel folded away it is said over the page.
    fold = "() => window.jupyterapp.shell.collapseRight()"
    mentor.evaluate(fold)
    run(mentor, 1)
    mentor.locator(".jp-toastContainer, .Toastify").get_by_role("button", name="Ask for the wheel").click()
    mentor.evaluate("() => window.jupyterapp.shell.activateById('mentoring-session')")
    expect(panel(mentor).locator(".mt-steering")).to_contain_text("Zoé Lefèvre has been asked for the wheel.")
    expect(told(student)).to_contain_text("Ada Byron asks for the wheel.")
    panel(student).get_by_role("button", name="Pass it to Ada Byron").click()
    expect(panel(mentor).locator(".mt-steering")).to_contain_text("You drive.")
    expect(refusal).to_be_hidden()
    run(mentor, 1)
    expect(output(mentor, 1)).to_have_text("42")
    run(student, 1)
    expect(panel(student).locator(".mt-steering .mt-problem")).to_be_visible()
    expect(output(student, 1)).to_have_count(1)
    assert table.map()["@wheel/driver"] == {"role": "mentor", "name": "Ada Byron"}
    assert table.map()["@wheel/asked"] is None


def test_who_drives_and_is_gone_holds_nobody_up(pair, table):
    _mentor, student = pair
    table.tell(map={"@wheel/driver": {"role": "mentor", "name": "Grace Hopper"}})
    expect(panel(student).locator(".mt-steering")).to_contain_text("Grace Hopper drives.")
    run(student, 3)
    expect(output(student, 3)).to_have_text("49")
    expect(panel(student).locator(".mt-steering")).to_contain_text("You drive.")


def test_by_keyboard_alone(pair, table):
    mentor, student = pair
    panel(mentor).get_by_role("button", name="Take the wheel").focus()
    mentor.keyboard.press("Enter")
    expect(panel(mentor).get_by_role("button", name="Pass it to Zoé Lefèvre")).to_be_focused()
    mentor.keyboard.press("Tab")
    mentor.keyboard.press("Enter")
    expect(panel(student).locator(".mt-remaining")).to_have_text("2:59", timeout=SOON)
    expect(panel(mentor).get_by_role("button", name="End")).to_be_focused()
    moved = row(mentor, "Check-in").locator(".mt-text")
    moved.focus()
    mentor.keyboard.press("Alt+ArrowDown")
    expect(panel(student).locator(".mt-agenda .mt-text")).to_have_text(
        ["Recursion", "Check-in", "Read median"]
    )
    mentor.keyboard.press("F2")
    mentor.keyboard.type("d d Hello")
    mentor.keyboard.press("Enter")
    expect(row(student, "d d Hello")).to_be_visible()
    summary = panel(mentor).locator(".mt-section > summary").nth(1)
    summary.focus()
    mentor.keyboard.press("Enter")
    expect(row(mentor, "Recursion")).to_be_hidden()
    assert mentor.locator(".jp-Cell").count() == student.locator(".jp-Cell").count()


def card(page: Page) -> Locator:
    return panel(page).locator(".mt-exercise")


def test_a_check_is_run_by_who_drives_and_both_see_what_is_expected(pair, table):
    mentor, student = pair
    record = table.lab.folder / "record.json"
    panel(mentor).get_by_role("button", name="Take the wheel").click()
    expect(panel(student).locator(".mt-steering")).to_contain_text("Ada Byron drives.")
    task = panel(student).locator(".mt-task")
    expect(task).to_contain_text("the middle one, or the mean of the two")
    expect(panel(student).get_by_role("heading", name="The median")).to_have_count(1)
    run(mentor, 4)
    card(student).get_by_role("button", name="Check").click()
    table.until(lambda found: found.get("@exercise/checking", {}).get("state") == "done")
    assert table.map()["@exercise/check"]["name"] == "Zoé Lefèvre"
    expect(card(mentor).locator(".mt-check-line")).to_have_attribute("data-by", "ZL")
    assert table.map()["@exercise/checking"]["at"] == table.map()["@exercise/check"]["at"]
    checked = json.loads(record.read_text())["items"]["exercise:median"]
    assert [test["outcome"] for test in checked["tests"]] == ["passed", "failed"]
    # As the bridge does.
    fields = {f"exercise:median/{field}": checked[field] for field in ("tests", "checked_at")}
    table.tell(map=fields)
    for page in pair:
        expect(card(page).locator(".mt-result")).to_contain_text("Passed: 1 of 2.")
        expect(card(page).locator(".mt-message:visible")).to_have_text(
            "median([4, 1, 3, 2]) should give 2.5, yours gave 3"
        )
        expect(told(page)).to_contain_text("Zoé Lefèvre checked the exercise. Passed: 1 of 2.")
    # What goes wrong is said to both.
    record.write_text(record.read_text().replace('"exercise:median"', '"exercise:away"'))
    card(mentor).get_by_role("button", name="Check").click()
    for page in pair:
        expect(card(page).locator(".mt-result")).to_contain_text("Not checked. record.json is damaged")
    record.write_text(record.read_text().replace('"exercise:away"', '"exercise:median"'))


def test_the_student_hands_in_and_both_see_what_comes_of_it(pair, table):
    mentor, student = pair
    said, hint = "exercise:median/submission", "exercise:median/hint"
    table.tell(server={said: {"state": "", "asked": ""}, hint: {"state": "", "step": 1, "asked": ""}})
    expect(card(mentor).get_by_role("button", name="Submit")).to_have_count(0)
    expect(card(mentor).get_by_role("button", name="Ask for hint")).to_have_count(0)
    card(student).get_by_role("button", name="Submit").click()
    expect(card(student).locator(".mt-submitted")).to_have_text("Handing in…")
    table.until(lambda found: "@exercise/submit" in found)
    wish = table.map()["@exercise/submit"]
    assert {**wish, "at": ""} == {"exercise": "median", "role": "student", "name": "Zoé Lefèvre", "at": ""}
    now = "2026-11-25T18:42:00Z"
    told_now = {"at": now, "sha": "0123456789ab", "asked": wish["at"]}
    handed = {"exercise:median/handed_in": "0" * 64, "exercise:median/handed_in_at": now}
    table.tell(server={said: {"state": "handed in", **told_now}}, map=handed)
    for page in pair:
        expect(card(page).locator(".mt-submitted")).to_contain_text("Handed in")
        expect(told(page)).to_contain_text("The exercise was handed in.")
    graded = {"received": now, "verdict": "", "points": "1 of 2 points", "tests": [], "message": ""}
    table.tell(server={said: {"state": "graded", **graded, **told_now}})
    for page in pair:
        expect(card(page).locator(".mt-submitted")).to_have_text("1 of 2 points")
        expect(told(page)).to_contain_text("There is feedback on the exercise. 1 of 2 points")

    card(student).get_by_role("button", name="Ask for hint 1 of 2").click()
    table.until(lambda found: "@exercise/hint" in found)
    asked = {"state": "asked", "step": 1, "at": now, "asked": table.map()["@exercise/hint"]["at"]}
    table.tell(server={hint: asked})
    expect(card(student).locator(".mt-ask")).to_contain_text("Asked")
    expect(card(mentor).locator(".mt-ask")).to_contain_text("Hint 1 was asked for at")
    given = {"exercise:median/hints": ["What does `sorted` give?"]}
    table.tell(server={hint: {"state": "", "step": 2, "asked": asked["asked"]}}, map=given)
    for page in pair:
        expect(card(page).locator(".mt-hint-text:visible")).to_have_text("What does sorted give?")
        expect(told(page)).to_contain_text("Hint 1 was given.")


def test_two_type_in_the_notes_at_once_and_both_texts_stay(pair, table):
    mentor, student = pair
    fields = [panel(page).get_by_role("textbox", name="Shared notes") for page in pair]
    fields[0].fill("Sort first 🐍")
    expect(fields[1]).to_have_value("Sort first 🐍")
    expect(panel(student).locator(".mt-notes summary")).to_have_attribute("data-by", "AB")
    expect(told(student)).to_contain_text("Ada Byron writes in the shared notes.")
    typed = """el.focus(); const at = {at};
        el.setRangeText({text}, at, at, 'end');
        el.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));"""
    at_once(
        (fields[0], typed.format(at="el.value.length", text=json.dumps("\nthen look"))),
        (fields[1], typed.format(at="0", text=json.dumps("Median: "))),
    )
    for field in fields:
        expect(field).to_have_value("Median: Sort first 🐍\nthen look")
    # The caret stays where it was in one's own words.
    student.keyboard.type("the ")
    mentor.keyboard.type(" twice")
    for field in fields:
        expect(field).to_have_value("Median: the Sort first 🐍\nthen look twice")
    student.keyboard.press("Control+z")
    expect(fields[0]).not_to_have_value("Median: the Sort first 🐍\nthen look twice")
    for field in fields:
        expect(field).to_have_value("Sort first 🐍\nthen look twice")
    student.keyboard.press("Control+Shift+z")
    expect(fields[0]).to_have_value("Median: the Sort first 🐍\nthen look twice")
    expect(panel(student).locator(".mt-status")).to_contain_text("Saved")


def ago(minutes: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60 * minutes))


def test_the_clock_gives_notice_and_is_there_with_the_panel_folded(pair, table):
    mentor, student = pair
    clock = mentor.locator(".mt-status-clock button")
    expect(clock).to_be_hidden()
    table.tell(map={"timer/started_at": ago(24.95), "timer/minutes": 30})
    expect(clock).to_contain_text("05:0")
    mentor.evaluate("() => window.jupyterapp.shell.collapseRight()")
    expect(panel(mentor)).to_be_hidden()
    for page in pair:
        expect(told(page)).to_contain_text("5 minutes left", timeout=10_000)
    expect(clock).to_contain_text("Last five minutes")
    expect(panel(student).locator(".mt-timer .mt-notice")).to_have_text("Last five minutes")
    for minutes, notice, heard in ((29.2, "Last minute", "1 minute left"), (33.1, "no hurry", "no hurry")):
        table.tell(map={"timer/started_at": ago(minutes)})
        expect(clock).to_contain_text(notice)
        expect(told(mentor)).to_contain_text(heard)
        expect(panel(student).locator(".mt-timer .mt-notice")).to_contain_text(notice)
    expect(clock).to_contain_text("+3 min")
    expect(panel(student).locator(".mt-digits")).to_have_text("+3 min")
    # Once, however many views show it.
    assert student.locator(".mt-timer [aria-live=polite]", has_text="left").count() == 0
    clock.click()
    expect(panel(mentor)).to_be_visible()
    table.tell(map={"timer/started_at": None})
    expect(clock).to_be_hidden()


def test_actions_are_put_in_order_by_hand_and_by_keys(pair, table):
    mentor, student = pair
    texts = [panel(page).locator(".mt-actions .mt-text") for page in pair]
    texts[0].first.focus()
    mentor.keyboard.press("Alt+ArrowDown")
    for text in texts:
        expect(text).to_have_text(["Write to Ada", "Read chapter 2"])
    expect(texts[0].last).to_be_focused()
    expect(told(student)).to_contain_text("Ada Byron moved: Read chapter 2")
    expect(panel(student).locator(".mt-actions [data-id=x1]")).to_have_attribute("data-by", "AB")
    handle, above = (panel(student).locator(f".mt-actions [data-id={x}] .mt-handle") for x in ("x1", "x2"))
    handle.scroll_into_view_if_needed()
    box, target = handle.bounding_box(), above.bounding_box()
    student.mouse.move(box["x"] + 5, box["y"] + 5)
    student.mouse.down()
    student.mouse.move(target["x"] + 5, target["y"] - 10, steps=5)
    student.mouse.up()
    for text in texts:
        expect(text).to_have_text(["Read chapter 2", "Write to Ada"])
    panel(student).get_by_label("Undo my last change").click()
    for text in texts:
        expect(text).to_have_text(["Write to Ada", "Read chapter 2"])


def test_the_end_of_the_quiet_minutes_is_said_to_both(pair, table):
    mentor, student = pair
    panel(mentor).get_by_role("button", name="Start 3 quiet minutes").click()
    expect(told(student)).to_contain_text("Quiet minutes: 3.")
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    table.tell(map={"@quiet/until": until})
    for page in pair:
        expect(told(page)).to_contain_text("The quiet minutes are over.")


def test_a_kernel_that_restarts_takes_nothing_along(pair):
    mentor, student = pair
    run(mentor, 4)
    mentor.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    for page in pair:
        expect(panel(page).locator(".mt-restarted")).to_contain_text("The kernel was restarted")
    inside = student.locator(".jp-OutputArea .mt-agenda")
    expect(inside.locator(".mt-problem:visible")).to_have_count(0)
    inside.locator(".mt-check").first.click()
    expect(check(mentor, "Check-in")).to_be_checked()
    panel(mentor).get_by_label("Close this note").click()
    expect(panel(mentor).locator(".mt-restarted")).to_be_hidden()


def test_what_the_driver_runs_is_drawn_at_the_others_too(pair):
    run(pair[0], 2)
    for page in pair:
        expect(output(page, 2).locator(".widget-slider")).to_be_visible()


def test_one_follows_the_other(pair):
    mentor, student = pair
    panel(student).get_by_role("button", name="Follow Ada Byron").click()
    last = student.locator(".jp-Cell[data-windowed-list-index='21']")
    mentor.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(21, 'start')")
    expect(last).to_be_in_viewport()
    panel(student).get_by_role("button", name="Follow Ada Byron").click()
    mentor.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0, 'start')")
    mentor.wait_for_timeout(500)
    expect(last).to_be_in_viewport()


@pytest.mark.parametrize("width", [380, 1280])
def test_dark_and_narrow(sit, width):
    page = sit("mentor", viewport={"width": width, "height": 900})
    set_theme(page, "JupyterLab Dark")
    over = """el => [...el.querySelectorAll('*')].filter(node => !node.closest('.mt-hidden')
        && node.getBoundingClientRect().right > el.getBoundingClientRect().right + 1)
        .map(node => node.className)"""
    assert panel(page).evaluate(over) == []
    assert panel(page).bounding_box()["x"] >= 0
    assert panel(page).evaluate("el => el.getBoundingClientRect().right") <= width
    page.set_viewport_size({"width": 380, "height": 900})
    right = page.locator("#jp-right-stack")
    expect(right).not_to_have_css("width", "364px")
    assert panel(page).evaluate("el => el.getBoundingClientRect().right") <= 380
    set_theme(page, "JupyterLab Light")


def test_a_page_of_no_session_is_left_alone(table, browser):
    table.begin()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{table.lab.url}/lab/tree/{NOTEBOOK}?token={table.lab.token}&reset")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    run(page, 1)
    expect(page.locator(".jp-Cell").nth(1).locator(".jp-OutputArea-output")).to_have_text(
        "42", timeout=30_000
    )
    expect(page.locator(".mt-panel")).to_have_count(0)
    context.close()
