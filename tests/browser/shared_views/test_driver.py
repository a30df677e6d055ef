"""The driver role: who holds it, and whose cells run."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.shared_notebook import NOTEBOOK, panel
from tests.browser.shared_views.page_actions import announced, output, run
from tests.patience import PATIENCE_MS


def test_only_the_drivers_cells_run(pair, table):
    mentor, student = pair
    panel(student).get_by_role("button", name="Take the wheel").click()
    expect(panel(mentor).locator(".mt-person", has_text="Zoé").locator(".mt-wheel")).to_be_visible()
    expect(announced(mentor)).to_contain_text("Zoé Lefèvre drives.")
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
    expect(announced(student)).to_contain_text("Ada Byron asks for the wheel.")
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


def test_one_follows_the_other(pair):
    mentor, student = pair
    panel(student).get_by_role("button", name="Follow Ada Byron").click()
    last = student.locator(".jp-Cell[data-windowed-list-index='21']")
    mentor.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(21, 'start')")
    expect(last).to_be_in_viewport()
    panel(student).get_by_role("button", name="Follow Ada Byron").click()
    mentor.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0, 'start')")
    # Long enough to follow, if it still did.
    mentor.wait_for_timeout(500)
    expect(last).to_be_in_viewport()


def test_a_page_of_no_session_is_left_alone(table, browser):
    table.begin()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{table.lab.url}/lab/tree/{NOTEBOOK}?token={table.lab.token}&reset")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=PATIENCE_MS)
    run(page, 1)
    expect(page.locator(".jp-Cell").nth(1).locator(".jp-OutputArea-output")).to_have_text(
        "42", timeout=PATIENCE_MS
    )
    expect(page.locator(".mt-panel")).to_have_count(0)
    context.close()
