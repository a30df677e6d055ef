"""Fixtures for all browser tests: a real JupyterLab in a real Chromium."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from tests.patience import PATIENCE_MS, PATIENCE_S

# Several processes of tests share the processors.
expect.set_options(timeout=PATIENCE_MS)

# A session's page does not hand out JupyterLab's application by itself: with this a test asks it to.
EXPOSE = """document.addEventListener("readystatechange", () => {
    const told = document.getElementById("jupyter-config-data");
    if (!told || told.dataset.exposed || document.readyState !== "interactive") return;
    told.dataset.exposed = "yes";
    told.textContent = JSON.stringify({ ...JSON.parse(told.textContent), exposeAppInBrowser: true });
})"""

FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Parameters
    ----------
    url : str
        Where, without a slash at the end.
    token : str
        What it asks for.
    folder : Path
        Its root: notebooks lie here or in folders below.
    """

    url: str
    token: str
    folder: Path

    def link(self, notebook: str) -> str:
        """Return the link to ``notebook``, a path from the lab's folder, in a fresh workspace."""
        return f"{self.url}/lab/tree/{notebook}?token={self.token}&reset"


@contextmanager
def start_lab(
    folder: Path,
    home: Path,
    *,
    shared: bool = False,
    options: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Iterator[Lab]:
    """Start a JupyterLab on ``folder`` with a home folder of its own, and stop it at the end.

    ``shared`` makes it share documents between browsers. ``options`` and ``variables`` (of the environment)
    are added to the usual ones.
    """
    settings = {
        # JupyterLab's own questions ("notified about news?") would lie over what the tests look at.
        "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        # As in the JupyterLab that `mentor open` starts.
        "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
    }
    for name, values in settings.items():
        path = home / f"settings/{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON"))}
    environ = kept | {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "MENTORING_LANG": "en",
        **(variables or {}),
    }
    command = [
        *(sys.executable, "-m", "toolkit._internal.jupyterlab_main", "--no-browser", "--allow-root"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        f"--ServerApp.root_dir={folder}",
        "--LabApp.expose_app_in_browser=True",
        f"--YDocExtension.disable_rtc={not shared}",
        "--LabApp.extension_manager=readonly",
        *options,
    ]
    log = home / "lab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=output, stderr=output, start_new_session=True
        )
    lab = Lab(f"http://127.0.0.1:{port}", token, folder)
    try:
        _wait_until_up(lab, process, log)
        yield lab
    finally:
        # The kernels are in the server's group; asked once, then made to.
        for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            try:
                os.killpg(process.pid, number)
                process.wait(patience)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


def _wait_until_up(lab: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{lab.url}/api/status?token={lab.token}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab on an empty folder, shared by all tests: each makes a folder of its own in it."""
    with start_lab(tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium, closed at the end of each file.

    While Playwright runs, this thread has an event loop, and the tests of other folders need a loop of their
    own.
    """
    with chromium() as browser:
        yield browser


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium; if it does not start, skip the test, or fail it under CI."""
    with sync_playwright() as playwright:
        try:
            browser = _launch(playwright)
        except Error as error:
            message = f"Chromium does not start: {str(error).splitlines()[0]} (set MENTORING_CHROMIUM to it)"
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        yield browser
        browser.close()


def _launch(playwright: Playwright) -> Browser:
    path = os.environ.get("MENTORING_CHROMIUM") or shutil.which("chromium")
    # Chromium refuses its sandbox to root, which CI machines often are.
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    return playwright.chromium.launch(executable_path=path, args=flags)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with an empty profile; ``page.complaints`` collects the errors of its scripts."""
    context = browser.new_context(viewport={"width": 1000, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda line: line.type == "error" and page.complaints.append(line.text))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
    yield page
    context.close()


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook with ``cells`` of code to ``path``."""
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def open_notebook(page: Page, lab: Lab, notebook: str) -> None:
    """Open ``notebook`` (a path from the lab's folder) and wait until its kernel is ready."""
    page.goto(lab.link(notebook))
    wait_for_kernel(page)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()


def wait_for_kernel(page: Page) -> None:
    """Wait until the kernel of the active notebook is ready."""
    page.wait_for_function(
        """() => {
            const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
            return session?.isReady && session.session?.kernel?.status === "idle";
        }""",
        timeout=PATIENCE_MS,
    )


def run_all_cells(page: Page) -> None:
    """Run every cell of the active notebook, and wait until they have ended."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def restart_and_run_all(page: Page) -> None:
    """Restart the kernel of the active notebook, run every cell, and wait until they have ended."""
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    run_all_cells(page)


def set_theme(page: Page, theme: str) -> None:
    """Change to a theme of JupyterLab by its name, "JupyterLab Dark" for example."""
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
        theme,
    )
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
