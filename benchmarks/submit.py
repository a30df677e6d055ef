"""Submit: from the student's click to the result on the screen, against stock nbgrader's grading.

Ours is the student's view: a session notebook in a real JupyterLab in Chromium (`mentor open`), while `mentor
watch` runs. Each answer is a new one, so no result is known beforehand. Stock is nbgrader's own API in a
long-lived process, on the same answers: it autogrades and writes the feedback; sending and display are not
included.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from browser import chromium
from grading import Stock, own_servers, seconds
from measure import Report, Series, interleaved, main
from playwright.sync_api import Page

from toolkit.exercises import Course, insert_answers, student_copy, worked_solution
from toolkit.practice import Practice
from toolkit.services.practice import create_practice, mentorships
from toolkit.services.sessions import session_lifecycle

EXERCISE = "savings-jar"
STUDENT = "ada-byron"

SETTLED = """() => {
    const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
    return session?.isReady && session.session?.kernel?.status === "idle";
}"""
WRITE = """answers => {
    for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells) {
        const answer = answers[cell.getMetadata("nbgrader")?.grade_id];
        if (answer !== undefined) cell.sharedModel.setSource(answer);
    }
}"""
# Time from the click to the points on the screen, ms; the points of the previous run are removed first.
PRESS = """name => new Promise((resolve, reject) => {
    const card = document.querySelector(".mt-exercise");
    const said = card.querySelector(".mt-submitted");
    const button = [...card.querySelectorAll("button")].find(node => node.textContent === name);
    const clicked = performance.now();
    let gone = false;
    const look = () => {
        const points = /\\d+ of \\d+ points/.test(said.textContent);
        gone ||= !points;
        if (gone && points) resolve(performance.now() - clicked);
        else if (performance.now() - clicked > 20000) reject(new Error(said.textContent));
        else requestAnimationFrame(look);
    };
    button.click();
    look();
})"""


def screen(report: Report) -> None:
    """Time from the click on Submit to the points on the card."""
    rounds = 5 if report.quick else 40
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mentoring-bench-")))
        practice, notebook = practice_with_session(folder / "practice")
        course = Course(practice.root)
        solution = worked_solution(course, EXERCISE)
        stock = _stock(course, folder / "stock")
        stack.callback(stock.close)
        page = stack.enter_context(_page(practice, notebook, folder / "home"))
        stack.enter_context(_watching(practice))
        numbers = {"stock": iter(range(1000)), "ours": iter(range(1000))}

        def answer(arm: str) -> dict[str, str]:
            number = next(numbers[arm])
            return {name: f"{source}\n# {number}" for name, source in solution.items()}

        def by_stock() -> float:
            data = insert_answers(student_copy(course, EXERCISE, "en", STUDENT), answer("stock"))
            place = folder / "stock" / "submitted" / STUDENT / EXERCISE / f"{EXERCISE}.ipynb"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            return seconds(partial(_graded, stock))

        def by_ours() -> float:
            page.evaluate(WRITE, answer("ours"))
            found: float = page.evaluate(PRESS, "Submit")
            return found / 1000

        times = interleaved({"nbgrader": by_stock, "click to screen": by_ours}, rounds)
    series = [Series.of_seconds(arm, values) for arm, values in times.items()]
    ratios = report.compare("From Submit to the result on the screen", series, "click to screen")
    report.hold("from the click to the screen", series[1].median / 1000, most=0.5, unit=" s")
    report.hold(
        "click to screen: stock's grading and feedback against it", ratios["nbgrader"], least=1.0, unit="x"
    )


def practice_with_session(root: Path) -> tuple[Practice, Path]:
    practice = create_practice.create_practice(root, mentor="Ada").practice
    mentorships.add_student(practice, "Ada Byron")
    planned = session_lifecycle.plan_session(
        practice, STUDENT, datetime.now(UTC) + timedelta(hours=1), exercise=EXERCISE
    )
    _session, notebook = session_lifecycle.start_session(practice, planned.id)
    return practice, notebook


def _stock(course: Course, root: Path) -> Stock:
    source = root / "source" / EXERCISE
    source.mkdir(parents=True)
    for path in (course.root / "source" / EXERCISE).iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    config = (course.root / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(config.replace('"mentoring"', '"python3"'))
    stock = Stock(root)
    stock("generate_assignment", EXERCISE)
    return stock


def _graded(stock: Stock) -> None:
    stock("autograde", EXERCISE, STUDENT)
    stock("generate_feedback", EXERCISE, STUDENT)


@contextmanager
def _page(practice: Practice, notebook: Path, home: Path) -> Iterator[Page]:
    """Yield the session notebook in Chromium, with every cell run."""
    config = home / ".jupyter"
    config.mkdir(parents=True)
    (config / "jupyter_lab_config.py").write_text("c.LabApp.expose_app_in_browser = True\n")
    with mentor(practice, "open", str(notebook), home=home) as line:
        link = re.search(r"http://127\.0\.0\.1:\S+", line())
        if link is None:
            raise RuntimeError("no link")
        _wait_for(link[0].split("/lab")[0] + "/api")
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1000, "height": 900}, locale="en-GB")
            page.goto(link[0])
            page.wait_for_function(SETTLED, timeout=60_000)
            page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
            page.locator(".mt-exercise").wait_for()
            yield page


@contextmanager
def _watching(practice: Practice) -> Iterator[None]:
    with mentor(practice, "watch") as line:
        if "Watching" not in line():
            raise RuntimeError("nobody watches")
        yield


@contextmanager
def mentor(practice: Practice, *arguments: str, home: Path | None = None) -> Iterator[Callable[[], str]]:
    """Run `mentor`; yields a function that reads its next line of output."""
    program = Path(sys.executable).with_name("mentor")
    variables = {**os.environ, "MENTORING_LANG": "en", **({"HOME": str(home)} if home else {})}
    with subprocess.Popen(
        [program, "--practice", practice.root, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=variables,
    ) as process:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        try:
            yield process.stdout.readline
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


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


if __name__ == "__main__":
    with own_servers():
        code = main("submit", {"screen": screen})
    sys.exit(code)
