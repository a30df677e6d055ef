"""The save status distinguishes saved changes from unsaved ones."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.cuttable_connection import wires
from tests.browser.shared_notebook import panel
from tests.browser.shared_views.page_actions import check, row
from tests.patience import PATIENCE_MS


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
        pair = mentor, student = [sit(who, wire) for who, wire in zip(("mentor", "zoe"), laid, strict=True)]
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
            expect(check(page, "Check-in")).to_be_checked(timeout=PATIENCE_MS)
            expect(check(page, "Recursion")).to_be_checked(timeout=PATIENCE_MS)
            expect(row(page, "Sets")).to_be_visible()
            expect(panel(page).locator("header .mt-problem")).to_be_hidden()
            expect(panel(page).locator(".mt-status")).to_contain_text("Saved")
