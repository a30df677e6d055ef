"""The demo's session notebook in a real JupyterLab, started by `mentor open`, in a real Chromium."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import restart_and_run_all, run_all_cells, set_theme
from tests.browser.opened_notebook import Opened, open_link, opening
from tests.patience import PATIENCE_S
from toolkit.practice import Practice


@pytest.fixture
def opened(demo_practice: Practice, tmp_path: Path) -> Iterator[Opened]:
    with opening(demo_practice, tmp_path) as running:
        yield running


ASK = """async code => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    let said = "";
    const future = kernel.requestExecute({ code });
    future.onIOPub = message => { said += message.content.text ?? ""; };
    await future.done;
    return said;
}"""


def seen_by_the_kernel(page: Page) -> str:
    """Return the working folder of the active notebook's kernel, and whether the kernel sees the practice."""
    return page.evaluate(ASK, "import os\nprint(os.getcwd(), sorted(os.listdir('..')))")


def tick(page: Page, name: str):
    return page.get_by_role("checkbox", name=re.compile(name)).first


def test_the_session_notebook_from_opening_to_reopening(page: Page, opened: Opened, tmp_path: Path) -> None:
    open_link(page, opened.link)
    where = seen_by_the_kernel(page)
    assert where.startswith("/workspace"), where
    assert "mentoring.toml" not in where
    run_all_cells(page)
    for heading in ("Ordre du jour", "Liste de suivi", "La tirelire"):
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()

    agenda = page.get_by_role("heading", name="Ordre du jour").first
    expect(agenda).to_be_visible()
    box = tick(page, "Prise de nouvelles")
    box.check()
    first = next(
        v for k, v in opened.record().items() if k.startswith("agenda:") and v["text"] == "Prise de nouvelles"
    )
    key = f"agenda:{first['id']}"
    deadline = time.monotonic() + PATIENCE_S
    while opened.record()[key]["state"] != "discussed" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert opened.record()[key]["state"] == "discussed"

    # The exercise grades itself: the student's loop is not written yet.
    page.get_by_role("button", name="Vérifier").click()
    expect(page.get_by_text(re.compile(r"Réussis\s: 0 sur 3")).first).to_be_visible()
    expect(page.get_by_text("Pas encore écrit.").first).to_be_visible()

    restart_and_run_all(page)
    expect(tick(page, "Prise de nouvelles")).to_be_checked()

    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        set_theme(page, theme)
        expect(tick(page, "Prise de nouvelles")).to_be_visible()

    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.close()
    again = page.context.new_page()
    open_link(again, opened.link)
    run_all_cells(again)
    expect(tick(again, "Prise de nouvelles")).to_be_checked()
    again.close()
