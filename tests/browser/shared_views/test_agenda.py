"""Agenda, checklist and actions: changes on either page appear at once on both."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.shared_notebook import panel
from tests.browser.shared_views.page_actions import SOON, announced, at_once, check, row
from tests.patience import PATIENCE_MS


def test_tick_reaches_the_other_page_with_its_author(pair, table):
    """A tick appears on the other page at once, with the name of its author."""
    mentor, student = pair
    check(student, "Check-in").click()
    expect(check(mentor, "Check-in")).to_be_checked(timeout=SOON)
    # In the notebook's output too, which nobody here has run or trusted.
    inside = mentor.locator(".jp-OutputArea .mt-agenda .mt-row", has_text="Check-in")
    expect(inside.locator(".mt-check")).to_be_checked()
    expect(row(mentor, "Check-in")).to_have_attribute("data-by", "ZL")
    expect(row(student, "Check-in")).not_to_have_attribute("data-by", "ZL")
    expect(announced(mentor)).to_contain_text("Zoé Lefèvre ticked: Check-in")
    expect(announced(student)).not_to_contain_text("Zoé")
    expect(panel(student).locator(".mt-status")).to_contain_text("Saved")
    assert table.map()["agenda:a0/state"] == "discussed"
    assert table.map()["agenda:a0/@by"]["role"] == "student"

    panel(mentor).get_by_label("Mentor's confirmation: Loops").click()
    expect(panel(student).get_by_label("Mentor's confirmation: Loops")).to_be_checked(timeout=SOON)
    expect(panel(student).get_by_label("Mentor's confirmation: Loops")).to_be_disabled()
    expect(announced(student)).to_contain_text("Ada Byron confirmed: Loops")
    panel(student).get_by_label("How the student rates themselves: Loops").select_option("contested")
    expect(announced(mentor)).to_contain_text("Zoé Lefèvre rated: Loops")
    panel(student).get_by_label("Why, in a few words: Loops").fill("I only copied it.")
    panel(student).get_by_label("Why, in a few words: Loops").press("Tab")
    said = panel(mentor).get_by_label("Why, in a few words: Loops")
    expect(said).to_have_value("I only copied it.", timeout=SOON)
    rating = panel(mentor).get_by_label("How the student rates themselves: Loops")
    expect(rating).to_have_value("contested")
    # The student's words are the student's; the mentor has the confirmation.
    expect(rating).to_be_disabled()
    expect(panel(mentor).get_by_label("Student's tick: Loops")).to_be_disabled()
    expect(panel(mentor).get_by_label("Mentor's confirmation: Loops")).to_be_enabled()
    panel(student).get_by_label("Done: Read chapter 2").click()
    expect(panel(mentor).get_by_label("Done: Read chapter 2")).to_be_checked(timeout=SOON)
    panel(mentor).locator(".mt-timer").get_by_role("button", name="Start").click()
    expect(panel(student).locator(".mt-digits")).to_have_text("29:59", timeout=SOON)


def test_the_initials_fade_anew_with_each_touch(pair):
    mentor, student = pair
    check(student, "Check-in").click()
    expect(row(mentor, "Check-in")).to_have_attribute("data-by", "ZL")
    fading = """el => el.getAnimations({ subtree: true }).find(one => one.animationName === 'mt-by')"""
    row(mentor, "Check-in").evaluate(f"el => {{ ({fading})(el).currentTime = 9_000 }}")
    check(student, "Check-in").click()
    expect(check(mentor, "Check-in")).not_to_be_checked()
    mentor.wait_for_function(
        f"el => ({fading})(el).currentTime < 9_000", arg=row(mentor, "Check-in").element_handle()
    )


def test_two_hands_at_the_same_instant_lose_nothing(pair, table):
    mentor, student = pair
    at_once((check(mentor, "Check-in"), "el.click()"), (check(student, "Recursion"), "el.click()"))
    for page in pair:
        expect(check(page, "Check-in")).to_be_checked()
        expect(check(page, "Recursion")).to_be_checked()

    # One edits the text while the other gives it other minutes and ticks it.
    student.keyboard.press("Escape")
    row(student, "median").locator(".mt-text").dblclick()
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
    expect(row(student, "Tuples")).to_have_class("mt-row mt-running", timeout=PATIENCE_MS)
    # What was there before one came is no news.
    expect(announced(student)).to_be_empty()


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
    expect(announced(student)).to_contain_text("Ada Byron")
    expect(panel(mentor).locator(".mt-status")).to_contain_text("Saved")
    assert "agenda:a0/text" in table.map()


def test_actions_are_put_in_order_by_hand_and_by_keys(pair, table):
    mentor, student = pair
    texts = [panel(page).locator(".mt-actions .mt-text") for page in pair]
    texts[0].first.focus()
    mentor.keyboard.press("Alt+ArrowDown")
    for text in texts:
        expect(text).to_have_text(["Write to Ada", "Read chapter 2"])
    expect(texts[0].last).to_be_focused()
    expect(announced(student)).to_contain_text("Ada Byron moved: Read chapter 2")
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
