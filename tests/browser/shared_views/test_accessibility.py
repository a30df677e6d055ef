"""The whole page works by keyboard alone, in a dark theme and in a small window."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import set_theme
from tests.browser.shared_notebook import panel
from tests.browser.shared_views.page_actions import SOON, row


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
    mentor.keyboard.press("Enter")
    expect(row(mentor, "Recursion")).to_be_visible()
    assert mentor.locator(".jp-Cell").count() == student.locator(".jp-Cell").count()


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
