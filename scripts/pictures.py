"""Take the pictures of the documentation: the widgets of the demo's sessions in JupyterLab, in Chromium.

Both languages and both themes: ``docs/images/agenda-en-light.png`` and so on; ``session.png`` for the README.
The pages are those that users see: a practice by ``mentor demo``, and a notebook by ``mentor open`` with a
first attempt of the student.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent.parent / "docs/images"
# A planned session of the demo in each language.
SESSIONS = {"en": "ben-okafor", "fr": "zoe-lefevre"}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
PARTS = ("agenda", "checklist", "timer", "actions", "prep", "exercise")
LARGEST = 100_000  # bytes of a picture
TALLEST = 620  # CSS pixels of a picture of one widget
PATIENCE = 300  # s
# A first attempt at the exercise of each session, by the name of its cell.
ATTEMPTS = {
    "subscribe": "def subscribe(address, members=()):\n    return [address.strip().lower()]",
    "weeks-to-save": """def weeks_to_save(goal, first):
    saved = weeks = 0
    while saved <= goal:
        saved = saved + first
        weeks = weeks + 1
    return weeks""",
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
READY = """() => {
    const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
    return session?.isReady && session.session?.kernel?.status === "idle";
}"""
RUN = "name => window.jupyterapp.commands.execute(name)"
WRITE = """answers => {
    for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells) {
        const answer = answers[cell.getMetadata("nbgrader")?.grade_id];
        if (answer !== undefined) cell.sharedModel.setSource(answer);
    }
}"""
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
# The notebook without the panels beside it.
ALONE = """() => {
    for (const side of ["left", "right"])
        if (!window.jupyterapp.shell[`${side}Collapsed`])
            window.jupyterapp.commands.execute(`application:toggle-${side}-area`);
}"""


def mentor(*words: str | Path) -> list[str | Path]:
    """Return the command line of `mentor` with ``words``."""
    return [Path(sys.executable).with_name("mentor"), *words]


@contextmanager
def opened(practice: Path, notebook: Path, home: Path) -> Iterator[str]:
    """Run ``mentor open`` on a notebook, give its link, and stop it."""
    config = home / ".jupyter"
    config.mkdir(parents=True, exist_ok=True)
    (config / "jupyter_lab_config.py").write_text("c.LabApp.expose_app_in_browser = True\n")
    environ = {**os.environ, "HOME": str(home), "JUPYTER_NO_CONFIG": ""}
    with subprocess.Popen(
        mentor("--practice", practice, "--lang", "en", "open", notebook),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environ,
    ) as process:
        try:
            link = re.search(r"http://127\.0\.0\.1:\S+", process.stdout.readline() if process.stdout else "")
            if link is None:
                sys.exit("mentor open has printed no link.")
            wait_for(link[0].split("/lab")[0] + "/api")
            yield link[0]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def wait_for(address: str) -> None:
    """Wait until ``address`` answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - http, as mentor open has it
                return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"no JupyterLab at {address}")


def take_part(page: Page) -> None:
    """Do the first steps of a session, so that the widgets show them."""
    page.locator(".mt-timer .mt-primary").first.click()
    agenda = page.locator(".mt-agenda").first
    agenda.locator(".mt-check").first.click()
    agenda.locator(".mt-row").nth(1).locator(".mt-start").click()
    page.locator(".mt-exercise .mt-primary").first.click()
    page.locator(".mt-exercise .mt-list .mt-row .mt-message:visible").first.wait_for()


def top(page: Page, part: str) -> None:
    """Scroll one widget near the top of the window."""
    view = page.locator(f".jp-Notebook .mt-{part}").last
    view.evaluate(
        "node => { node.scrollIntoView({ block: 'start' });"
        " node.closest('.jp-WindowedPanel-outer').scrollTop -= 24; }"
    )
    page.mouse.move(2, 2)
    page.wait_for_timeout(300)


def picture(page: Page, part: str, path: Path) -> None:
    """Take a picture of one widget, with a margin."""
    top(page, part)
    box = page.locator(f".jp-Notebook .mt-{part}").last.bounding_box()
    if box is None:
        sys.exit(f"{part} is not on the page.")
    height = min(box["height"] + 11, TALLEST)
    page.screenshot(
        path=path,
        # Closer at the top, where the cell's code ends.
        clip={"x": box["x"] - 8, "y": box["y"] - 3, "width": box["width"] + 16, "height": height},
        animations="disabled",
    )
    shrink(path)


def shrink(path: Path) -> None:
    """Rewrite a picture with a palette, at a third of the size."""
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def ready(browser: Browser, link: str, language: str) -> Page:
    """Yield the page of a session notebook, with every cell run."""
    context = browser.new_context(
        viewport={"width": 860, "height": 1100}, device_scale_factor=1.5, locale=language
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(link)
    page.wait_for_function(READY)
    page.evaluate(ALONE)
    page.evaluate(WRITE, ATTEMPTS)
    page.evaluate(RUN, "notebook:run-all-cells")
    page.locator(".jp-Notebook .mt-checklist").first.wait_for()
    page.wait_for_function(READY)
    return page


def take(practice: Path, images: Path, home: Path, browser: Browser) -> None:
    """Take every picture."""
    for language, student in SESSIONS.items():
        notebook = max(practice.glob(f"students/{student}/sessions/*/session.ipynb"))
        with opened(practice, notebook, home / language) as link:
            page = ready(browser, link, language)
            take_part(page)
            for theme, name in THEMES.items():
                page.evaluate(THEME, name)
                page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
                page.wait_for_timeout(1000)
                for part in PARTS:
                    picture(page, part, images / f"{part}-{language}-{theme}.png")
                if (language, theme) == ("en", "light"):
                    top(page, "timer")
                    page.screenshot(path=images / "session.png", animations="disabled")
                    shrink(images / "session.png")
            page.context.close()


def main() -> int:
    """Take the pictures, and name any that is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--practice", type=Path, help="a demo practice that is built already")
    parser.add_argument("--images", type=Path, default=IMAGES, help="where the pictures go")
    args = parser.parse_args()
    program = os.environ.get("MENTORING_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    args.images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mentoring-pictures-") as folder, sync_playwright() as playwright:
        practice = Path(folder) / "practice"
        if args.practice:
            shutil.copytree(args.practice, practice, symlinks=True)
        else:
            subprocess.run(mentor("--lang", "en", "demo", practice, "--no-serve"), check=True)
        # Chromium refuses its sandbox to root.
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=[*flags, "--disable-gpu"])
        take(practice, args.images, Path(folder) / "home", browser)
        browser.close()
    large = [path for path in sorted(args.images.glob("*.png")) if path.stat().st_size >= LARGEST]
    for path in large:
        print(f"{path.name} has {path.stat().st_size} bytes; the most is {LARGEST}.")
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
