"""Shared state after a kernel restart, and kernel outputs on both pages."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.shared_notebook import panel
from tests.browser.shared_views.page_actions import check, output, run


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
