"""The session's timer and the quiet minutes."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from tests.browser.shared_notebook import panel
from tests.browser.shared_views.page_actions import announced
from tests.patience import PATIENCE_MS


def ago(minutes: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60 * minutes))


def test_timer_announces_and_shows_with_the_panel_folded(pair, table):
    """The timer gives its notices and stays visible while the panel is folded."""
    mentor, student = pair
    clock = mentor.locator(".mt-status-clock button")
    expect(clock).to_be_hidden()
    table.tell(map={"timer/started_at": ago(24.95), "timer/minutes": 30})
    expect(clock).to_contain_text("05:0")
    mentor.evaluate("() => window.jupyterapp.shell.collapseRight()")
    expect(panel(mentor)).to_be_hidden()
    for page in pair:
        expect(announced(page)).to_contain_text("5 minutes left", timeout=PATIENCE_MS)
    expect(clock).to_contain_text("Last five minutes")
    expect(panel(student).locator(".mt-timer .mt-notice")).to_have_text("Last five minutes")
    for minutes, notice, heard in ((29.2, "Last minute", "1 minute left"), (33.1, "no hurry", "no hurry")):
        table.tell(map={"timer/started_at": ago(minutes)})
        expect(clock).to_contain_text(notice)
        expect(announced(mentor)).to_contain_text(heard)
        expect(panel(student).locator(".mt-timer .mt-notice")).to_contain_text(notice)
    expect(clock).to_contain_text("+3 min")
    expect(panel(student).locator(".mt-digits")).to_have_text("+3 min")
    # Once, however many views show it.
    assert student.locator(".mt-timer [aria-live=polite]", has_text="left").count() == 0
    clock.click()
    expect(panel(mentor)).to_be_visible()
    table.tell(map={"timer/started_at": None})
    expect(clock).to_be_hidden()


def test_the_end_of_the_quiet_minutes_is_said_to_both(pair, table):
    mentor, student = pair
    panel(mentor).get_by_role("button", name="Start 3 quiet minutes").click()
    expect(announced(student)).to_contain_text("Quiet minutes: 3.")
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    table.tell(map={"@quiet/until": until})
    for page in pair:
        expect(announced(page)).to_contain_text("The quiet minutes are over.")
