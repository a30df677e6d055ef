"""A click on untrusted HTML runs no JupyterLab command: in a session, on the desk, in `mentor open`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import EXPOSE, Lab, write_notebook
from tests.browser.live_session_browsers import meeting
from tests.browser.test_live_session import STUDENT, join
from tests.patience import PATIENCE_S
from toolkit.practice import Practice
from toolkit.services.practice import jupyterlab_launcher as jupyterlab
from toolkit.services.sessions import desk_notebooks, session_lifecycle

KEEPS_COMMAND = """() => {
    const rendermime = window.jupyterapp?.shell?.currentWidget?.content?.rendermime;
    if (!rendermime) return null;
    const button = "<button data-commandlinker-command='apputils:print'>Look</button>";
    return rendermime.sanitizer.sanitize(button).includes("commandlinker");
}"""


@contextmanager
def started(ready: jupyterlab.LabLauncher, home: Path) -> Iterator[str]:
    """Run a JupyterLab of the mentor's with a home of its own; gives its link."""
    own = {"HOME": home, "JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_RUNTIME_DIR": home / "runtime"}
    own |= {"JUPYTERLAB_SETTINGS_DIR": home / "settings", "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces"}
    environ = ready.environment | {name: str(path) for name, path in own.items()}
    log = home / "lab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ready.command, cwd=ready.root, env=environ, stdout=output, stderr=output, start_new_session=True
        )
    try:
        status = ready.url.replace("/lab", "/api/status", 1).split("/tree")[0]
        status = f"{status.split('?')[0]}?token={environ['JUPYTER_TOKEN']}"
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(status, timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                assert process.poll() is None, log.read_text()[-3000:]
                assert time.monotonic() < deadline, log.read_text()[-3000:]
                time.sleep(0.1)
        yield ready.url
    finally:
        # Beside a page that is being loaded: it ends none the less.
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.wait()
            ready.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.add_init_script(EXPOSE)
    yield page
    context.close()


def test_a_stock_jupyterlab_keeps_the_command(opened: Page, lab: Lab) -> None:
    """Shows that the tests below can fail: stock JupyterLab keeps the command."""
    write_notebook(lab.folder / "linker.ipynb", "1")
    opened.goto(lab.link("linker.ipynb"))
    opened.wait_for_function(f"() => ({KEEPS_COMMAND})() === true", timeout=60_000)


def test_a_session_drops_it(browser: Browser, demo_practice: Practice) -> None:
    with meeting(demo_practice, STUDENT) as served:
        for link in served.links:
            page = join(browser, link)
            page.wait_for_function(f"() => ({KEEPS_COMMAND})() === false")
            page.context.close()


@pytest.mark.parametrize("kind", ["desk", "open"])
def test_a_jupyterlab_of_the_mentors_drops_it(
    opened: Page, demo_practice: Practice, tmp_path: Path, kind: str
) -> None:
    if kind == "desk":
        session, _notebook = session_lifecycle.start_session(demo_practice, "zoe-lefevre-3")
        path = desk_notebooks.write_session_desk(demo_practice, session).path
    else:
        path = write_notebook(demo_practice.root / "linker.ipynb", "1")
    (tmp_path / "home").mkdir()
    with started(jupyterlab.prepare_lab(demo_practice, path), tmp_path / "home") as url:
        opened.goto(url)
        opened.wait_for_function(f"() => ({KEEPS_COMMAND})() === false", timeout=60_000)
