"""The demo's session notebook in a real JupyterLab, started by `mentor open`, in a real Chromium."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import restart_and_run_all, run_all_cells, set_theme
from toolkit.journeys import table
from toolkit.practice import Practice


@dataclass
class Opened:
    link: str
    practice: Practice
    notebook: Path

    def record(self) -> dict:
        return json.loads(self.notebook.with_name("record.json").read_text())["items"]


@pytest.fixture
def opened(demo_practice: Practice, tmp_path: Path) -> Iterator[Opened]:
    with demo_practice.store.read() as tx:
        session = tx.sessions.get("zoe-lefevre-3")
    notebook = table.notebook_path(demo_practice, session)
    home = tmp_path / "home"
    config = home / ".jupyter"
    config.mkdir(parents=True)
    # The tests speak to the page's application object; the command itself is as users have it.
    (config / "jupyter_lab_config.py").write_text("c.LabApp.expose_app_in_browser = True\n")
    log = (tmp_path / "lab.log").open("wb")
    process = subprocess.Popen(
        [Path(sys.executable).with_name("mentor"), "--practice", demo_practice.root, "open", notebook],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, "HOME": str(home), "MENTORING_LANG": "en", "JUPYTER_NO_CONFIG": ""},
    )
    try:
        line = process.stdout.readline()
        link = re.search(r"http://127\.0\.0\.1:\S+", line)[0]
        _wait_until_up(link.split("/lab")[0])
        yield Opened(link, demo_practice, notebook)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
            raise
        finally:
            process.stdout.close()
            log.close()


def _wait_until_up(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no JupyterLab at {address}")


def open_link(page: Page, link: str) -> None:
    page.goto(link)
    page.wait_for_function(
        """() => {
            const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
            return session?.isReady && session.session?.kernel?.status === "idle";
        }"""
    )


ASK = """async code => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    let said = "";
    const future = kernel.requestExecute({ code });
    future.onIOPub = message => { said += message.content.text ?? ""; };
    await future.done;
    return said;
}"""


def seen_by_the_kernel(page: Page) -> str:
    """Return where the kernel of the notebook in front works, and whether it sees the practice."""
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
    deadline = time.monotonic() + 10
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
    page.wait_for_timeout(500)
    page.close()
    again = page.context.new_page()
    open_link(again, opened.link)
    run_all_cells(again)
    expect(tick(again, "Prise de nouvelles")).to_be_checked()
    again.close()
