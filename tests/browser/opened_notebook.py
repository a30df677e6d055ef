"""A session's notebook, opened by `mentor open` in a JupyterLab of its own."""

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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from tests.patience import PATIENCE_S
from toolkit.practice import Practice
from toolkit.services.sessions import session_workspace


@dataclass
class Opened:
    """A session's notebook that is open in JupyterLab.

    Parameters
    ----------
    link : str
        Where.
    """

    link: str
    practice: Practice
    notebook: Path

    def record(self) -> dict:
        return json.loads(self.notebook.with_name("record.json").read_text())["items"]


@contextmanager
def opening(practice: Practice, folder: Path) -> Iterator[Opened]:
    """Open the demo's session, with JupyterLab's home and log in a separate folder."""
    with practice.store.read() as tx:
        session = tx.sessions.get("zoe-lefevre-3")
    notebook = session_workspace.notebook_path(practice, session)
    home = folder / "home"
    config = home / ".jupyter"
    config.mkdir(parents=True)
    # The tests speak to the page's application object; the command itself is as users have it.
    (config / "jupyter_lab_config.py").write_text("c.LabApp.expose_app_in_browser = True\n")
    log = (folder / "lab.log").open("wb")
    process = subprocess.Popen(
        [Path(sys.executable).with_name("mentor"), "--practice", practice.root, "open", notebook],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, "HOME": str(home), "MENTORING_LANG": "en", "JUPYTER_NO_CONFIG": ""},
    )
    try:
        line = process.stdout.readline()
        link = re.search(r"http://127\.0\.0\.1:\S+", line)[0]
        _wait_until_up(link.split("/lab")[0])
        yield Opened(link, practice, notebook)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
            raise
        finally:
            process.stdout.close()
            log.close()


def open_link(page: Page, link: str) -> None:
    page.goto(link)
    page.wait_for_function(
        """() => {
            const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
            return session?.isReady && session.session?.kernel?.status === "idle";
        }"""
    )


def _wait_until_up(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=PATIENCE_S):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no JupyterLab at {address}")
