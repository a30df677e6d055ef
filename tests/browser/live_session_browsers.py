"""A session served by `mentor live`, with two browsers; tests can kill its processes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.browser.conftest import EXPOSE, FLAGS
from tests.patience import PATIENCE_MS, PATIENCE_S
from toolkit.practice import Practice

MENTOR = Path(sys.executable).with_name("mentor")
SERVER = ["-s", "-P", "-m", "toolkit.live.server"]


@dataclass
class Meeting:
    """A session that is served.

    Parameters
    ----------
    process : Popen
        `mentor live`.
    links : list of str
        The mentor's and the student's.
    """

    practice: Practice
    student: str
    process: subprocess.Popen[str]
    session: str
    links: list[str]

    @property
    def folder(self) -> Path:
        """The folder of the session's notebook and record."""
        (found,) = (self.practice.workspace(self.student) / "sessions").glob(f"*-{self.session}")
        return found

    @property
    def state(self) -> Path:
        """The state folder of the session's server."""
        return self.practice.private / "live" / self.session

    def server(self) -> int | None:
        """Return the process id of the session's server; None while there is none."""
        for pid in descendants(self.process.pid):
            if words(pid)[1:5] == SERVER:
                return pid
        return None

    def mentor(self, *args: str) -> str:
        """Run `mentor` beside it, and return what it says."""
        line = [MENTOR, "--practice", self.practice.root, "--lang", "en", *args]
        done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def meeting(practice: Practice, student: str) -> Iterator[Meeting]:
    """Run `mentor live` with a student of the practice's."""
    process = subprocess.Popen(
        [MENTOR, "--practice", practice.root, "--lang", "en", "live", student],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        session = re.search(r"Session (\S+) is live", said)[1]
        yield Meeting(practice, student, process, session, re.findall(r"http://\S+/join/\S+", said))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.stdout.close()


def come_in(context: BrowserContext, link: str) -> Page:
    """Open ``link``, press its button if it has one, and wait for the notebook."""
    page = context.new_page()
    page.add_init_script(EXPOSE)
    page.set_default_timeout(PATIENCE_MS)
    page.complaints = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
    page.goto(link)
    if "/join/" in page.url:
        page.get_by_role("button").click()
    page.locator(".mt-panel .mt-agenda .mt-row").first.wait_for(timeout=PATIENCE_MS)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    return page


@contextmanager
def own_browser(browser: Browser, profile: Path) -> Iterator[BrowserContext]:
    """Start a browser with a persistent profile in a folder, as people have; a test may kill it."""
    context = browser.browser_type.launch_persistent_context(
        profile,
        executable_path=os.environ.get("MENTORING_CHROMIUM") or shutil.which("chromium"),
        args=[*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS,
        viewport={"width": 1280, "height": 900},
        locale="en-GB",
    )
    try:
        yield context
    finally:
        with suppress(Error):
            context.close()


def kill_browser(profile: Path) -> None:
    """Kill the browser whose profile is in a folder, as a crash would."""
    flag = f"--user-data-dir={profile}"
    main = [pid for pid in processes() if flag in words(pid) and not any("--type=" in w for w in words(pid))]
    assert main
    for pid in main:
        os.kill(pid, signal.SIGKILL)


def kernels(folder: Path, inner: int) -> list[int]:
    """Return the processes that work in ``folder`` and have process id ``inner`` in their own namespace."""
    found = []
    for pid in processes():
        with suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            numbers = re.search(r"^NSpid:(.*)$", status, re.MULTILINE)[1].split()
            if int(numbers[-1]) == inner and folder.samefile(f"/proc/{pid}/cwd"):
                found.append(pid)
    return found


def processes() -> list[int]:
    """Return every process of this machine."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def words(pid: int) -> list[str]:
    """Return the arguments that a process was started with; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []


def descendants(root: int) -> set[int]:
    """Return all descendants of a process."""
    parents = {}
    for pid in processes():
        try:
            parents[pid] = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found: set[int] = set()
    more = {root}
    while more:
        more = {pid for pid, parent in parents.items() if parent in more} - found
        found |= more
    return found


def until(true: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not yet: {what}"
        time.sleep(0.02)
