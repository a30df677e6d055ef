"""Time from the click on the link to a usable page, against JupyterLab with jupyter-collaboration.

Each run has a new browser profile with an empty cache; the servers are warm. Ours includes everything: the
page of the link, its button (pressed as soon as it is there), the notebook, the agenda. Stock opens the same
notebook, and ends when the first of its cells is painted.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from browser import chromium
from live_bench_session import SIZE, shared
from measure import Report, Series, interleaved
from playwright.sync_api import Browser
from submit import STUDENT, practice_with_session

from toolkit.services.sessions import live_session

__all__ = ["join"]

AGENDA = ".mt-panel .mt-agenda .mt-row"
CELL = ".jp-Notebook .jp-Cell .jp-RenderedMarkdown, .jp-Notebook .jp-Cell .cm-content"
LABEXTENSIONS = ("@jupyter", "@jupyter-widgets", "jupyterlab_pygments")
# The time of the first frame after a text of the element has a place on the screen, ms, machine's clock.
WATCH = """selectors => {
    window.painted = {};
    const look = () => {
        for (const selector of selectors) {
            if (selector in window.painted) continue;
            const shown = node => node.getBoundingClientRect().height && node.textContent.trim();
            if (![...document.querySelectorAll(selector)].some(shown)) continue;
            window.painted[selector] = null;
            setTimeout(() => (window.painted[selector] = performance.timeOrigin + performance.now()));
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
PAINTED = "selector => window.painted?.[selector]"


def join(report: Report) -> None:
    """Time from the link to a painted agenda."""
    rounds = 4 if report.quick else 30
    cells: list[float] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mentoring-bench-")))
        practice, notebook = practice_with_session(folder / "practice")
        session = live_session.find_live_session(practice, STUDENT).id
        copy = folder / "stock" / "files" / notebook.name
        copy.parent.mkdir(parents=True)
        copy.write_text(_with_stock_kernel(notebook), encoding="utf-8")
        stack.enter_context(shared(practice))
        address = stack.enter_context(_jupyterlab(folder / "stock"))
        browser = stack.enter_context(chromium())

        def ours() -> float:
            link = live_session.create_invitation(practice, session, STUDENT)
            agenda, cell = _opened(browser, link, (AGENDA, CELL), button=True)
            cells.append(cell)
            return agenda

        def stock() -> float:
            return _opened(browser, address(copy.name), (CELL,))[0]

        arms = {"the link, to a painted agenda": ours, "stock JupyterLab, to its first cell": stock}
        times = interleaved(arms, rounds)
    series = [Series.of_seconds(arm, values) for arm, values in times.items()]
    series.append(Series.of_seconds("the link, to the first cell", cells[1:]))
    ratios = report.compare("From the click to what is painted, in a new profile", series, series[0].name)
    ratio = 1 / ratios[series[1].name]
    report.hold("to a painted agenda, against stock JupyterLab", ratio, most=1.3, unit="x")


def _opened(browser: Browser, url: str, selectors: tuple[str, ...], *, button: bool = False) -> list[float]:
    """Open a link in a new profile; return the times until each element is painted, s."""
    context = browser.new_context(viewport=SIZE, locale="en-GB")
    try:
        context.add_init_script(f"({WATCH})({json.dumps(selectors)})")
        page = context.new_page()
        page.set_default_timeout(60_000)
        began = time.time()
        page.goto(url, wait_until="commit")
        if button:
            page.get_by_role("button").click(no_wait_after=True)
        found = []
        for selector in selectors:
            page.wait_for_function(PAINTED, arg=selector)
            found.append(float(page.evaluate(PAINTED, selector)) / 1000 - began)
        return found
    finally:
        context.close()


def _with_stock_kernel(notebook: Path) -> str:
    content = json.loads(notebook.read_text("utf-8"))
    content["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(content)


@contextmanager
def _jupyterlab(folder: Path) -> Iterator[Callable[[str], str]]:
    """Start a JupyterLab with jupyter-collaboration and nothing of ours; yields the link to a file."""
    extensions = folder / "labextensions"
    extensions.mkdir()
    for name in LABEXTENSIONS:
        (extensions / name).symlink_to(Path(sys.prefix) / "share" / "jupyter" / "labextensions" / name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    # Otherwise it would fetch news from the network during the measurement.
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False}), encoding="utf-8"
    )
    places = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }  # fmt: skip
    environ = {**os.environ, "HOME": str(folder), **{name: str(folder / at) for name, at in places.items()}}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={folder / 'files'}", f"--LabApp.labextensions_path={extensions}"),
        "--LabApp.extension_manager=readonly",
    ]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api/status?token={token}")
            yield lambda name: f"{address}/lab/tree/{name}?token={token}"
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                    os.killpg(process.pid, number)
                    process.wait(10)


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
