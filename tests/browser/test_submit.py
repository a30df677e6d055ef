"""Check, Submit and feedback on the card in a browser, while `mentor watch` runs."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import run_all_cells, set_theme
from tests.browser.opened_notebook import Opened, open_link, opening
from tests.patience import PATIENCE_S
from toolkit.exercises import Course, worked_solution
from toolkit.i18n import _, use_language
from toolkit.practice import Practice
from toolkit.workspace.submission_outbox import Outbox

WRITE = """answers => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    for (const cell of notebook.model.cells) {
        const answer = answers[cell.getMetadata("nbgrader")?.grade_id];
        if (answer !== undefined) cell.sharedModel.setSource(answer);
    }
}"""

# From the hand's click to the moment at which the points stand on the screen; milliseconds since 1970.
PRESS = """([name, wanted]) => new Promise((resolve, reject) => {
    const card = document.querySelector(".mt-exercise");
    const button = [...card.querySelectorAll("button")].find(node => node.textContent === name);
    const clicked = Date.now();
    const look = () => {
        const said = card.querySelector(".mt-submitted").textContent;
        if (new RegExp(wanted).test(said)) resolve({ clicked, seen: Date.now() });
        else if (Date.now() - clicked > 20000) reject(new Error(said));
        else requestAnimationFrame(look);
    };
    button.click();
    look();
})"""


@pytest.fixture
def opened(demo_practice: Practice, tmp_path: Path) -> Iterator[Opened]:
    with opening(demo_practice, tmp_path) as running:
        yield running


@pytest.fixture
def watching(opened: Opened) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [
            Path(sys.executable).with_name("mentor"),
            "--practice",
            opened.practice.root,
            "--lang",
            "en",
            "watch",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert "Watching" in process.stdout.readline()
    yield process
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)


def said(text: str) -> str:
    with use_language("fr"):
        return _(text)


def sit_down(page: Page, opened: Opened, *, solved: bool) -> None:
    open_link(page, opened.link)
    if solved:
        page.evaluate(WRITE, worked_solution(Course(opened.practice.root), "savings-jar"))
    run_all_cells(page)
    expect(page.locator(".mt-exercise")).to_be_visible()


def outbox(opened: Opened) -> Outbox:
    return Outbox(opened.practice.workspace("zoe-lefevre"))


class Moments(threading.Thread):
    """Polls the outbox, and notes when each file appeared."""

    def __init__(self, box: Outbox) -> None:
        super().__init__(daemon=True)
        self.box, self.seen, self.done = box, {}, threading.Event()
        self.before = set(box.folder.glob("*.ipynb"))

    def run(self) -> None:
        while not self.done.wait(0.002):
            for path in set(self.box.folder.glob("*.ipynb")) - self.before:
                self.seen.setdefault("written", path.stat().st_mtime * 1000)
                answer = self.box.answer(path.name)
                if answer:
                    self.seen.setdefault("received", answer.received_at.timestamp() * 1000)
                    self.seen.setdefault(answer.state, time.time() * 1000)
                    if answer.page:
                        self.seen.setdefault("page", time.time() * 1000)
                        self.done.set()


def test_from_submit_to_the_feedback_on_the_card(page: Page, opened: Opened, watching) -> None:
    sit_down(page, opened, solved=True)
    card = page.locator(".mt-exercise")
    card.get_by_role("button", name="Vérifier").click()
    expect(card.locator(".mt-result")).to_contain_text(re.compile("Tous les tests|réussi", re.IGNORECASE))

    points = r"\d+ .*\d+ points"
    times = []
    for _again in range(5):
        watched = Moments(outbox(opened))
        watched.start()
        times.append(page.evaluate(PRESS, [said("Submit"), points]) | watched.seen)
        watched.join(20)
        times[-1] |= watched.seen
        expect(card.get_by_role("link")).to_be_visible()
    for one in times:
        parts = ["clicked", "written", "received", "graded", "seen", "page"]
        gaps = [f"{b} +{one[b] - one[a]:.0f}" for a, b in pairwise(parts[:5])]
        print(*gaps, f"all {one['seen'] - one['clicked']:.0f} ms; page +{one['page'] - one['graded']:.0f}")

    # What was handed in is what stands in the notebook, though nobody had saved it.
    kept = max(outbox(opened).folder.glob("*.ipynb"), key=lambda path: path.stat().st_mtime).read_bytes()
    answers = worked_solution(Course(opened.practice.root), "savings-jar")
    sources = ["".join(cell["source"]) for cell in json.loads(kept)["cells"]]
    assert all(answer in sources for answer in answers.values())
    entry = opened.record()["exercise:savings-jar"]
    assert entry["handed_in"]
    answer = outbox(opened).answer(f"savings-jar-{entry['handed_in'][:12]}.ipynb")
    assert answer.points == answer.max_points
    expect(card.locator(".mt-receipt")).to_contain_text(entry["handed_in"][:12])
    expect(card.locator(".mt-submitted")).to_have_attribute("aria-live", "polite")

    # The whole feedback opens from the card.
    with page.context.expect_page() as opening:
        card.get_by_role("link").click()
    feedback = opening.value
    expect(feedback.locator("body")).to_contain_text("Zoé")
    feedback.close()

    # It is there again after a restart.
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    run_all_cells(page)
    expect(card.locator(".mt-submitted")).to_contain_text(re.compile(points))


def test_unwatched_submission_says_so_and_is_graded_later(page: Page, opened: Opened) -> None:
    """A submission while no watcher runs says that it waits for the mentor, and is graded later."""
    sit_down(page, opened, solved=False)
    card = page.locator(".mt-exercise")
    button = card.get_by_role("button", name=said("Submit"))
    button.focus()
    page.keyboard.press("Enter")
    with use_language("fr"):
        alone = _("Handed in {time}. It is received when your mentor next looks; nothing more to do.")
    expect(card.locator(".mt-submitted")).to_have_text(
        re.compile(re.escape(alone).replace(r"\{time\}", r"\d\d:\d\d:\d\d"))
    )
    expect(button).to_be_focused()
    (name,) = outbox(opened).waiting()
    subprocess.run(
        [Path(sys.executable).with_name("mentor"), "--practice", opened.practice.root, "grade"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert outbox(opened).answer(name).state == "graded"
    expect(card.locator(".mt-handin .mt-row")).to_have_count(3)

    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        set_theme(page, theme)
        page.add_style_tag(content=".jp-OutputArea-output { width: 380px !important; flex: none !important }")
        wide = card.evaluate(
            "el => [el, ...el.querySelectorAll('*')].filter(n => !n.closest('.mt-hidden')"
            " && n.getBoundingClientRect().right > el.getBoundingClientRect().right + 1).length"
        )
        assert wide == 0, theme


def test_a_notebook_that_cannot_be_saved_is_not_handed_in(page: Page, opened: Opened) -> None:
    sit_down(page, opened, solved=False)
    page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.context.save = () => Promise.reject(new Error('no')) }"
    )
    card = page.locator(".mt-exercise")
    card.get_by_role("button", name=said("Submit")).click()
    expect(card.locator(".mt-submitted")).to_have_text(
        said("Not handed in: the notebook could not be saved. Save it, then try again.")
    )
    assert outbox(opened).waiting() == []


def test_a_hint_asked_for_by_keyboard_appears(page: Page, opened: Opened, watching) -> None:
    def ladder() -> int:
        with opened.practice.store.read() as tx:
            return tx.attempts.hints_given("zoe-lefevre", "savings-jar")

    sit_down(page, opened, solved=False)
    card = page.locator(".mt-exercise")
    before, total = ladder(), opened.record()["exercise:savings-jar"]["hint_count"]
    for step in range(before + 1, total + 1):
        with use_language("fr"):
            name, label = (
                _(text).format(n=step, total=total)
                for text in ("Ask for hint {n} of {total}", "Hint {n} of {total}")
            )
        button = card.get_by_role("button", name=name)
        expect(button).to_have_accessible_description(said("It is noted that you had it."))
        button.focus()
        page.keyboard.press("Enter")
        hint = card.locator(".mt-hint").nth(step - 1)
        expect(hint).to_have_attribute("open", "")
        expect(hint.locator("summary")).to_have_text(label)
        expect(hint.locator(".mt-hint-text")).not_to_be_empty()
        assert ladder() == step
        assert len(opened.record()["exercise:savings-jar"]["hints"]) == step
        expect(card.locator(".mt-ask [role=status]")).to_have_text("")
        if step < total:
            expect(card.locator(".mt-ask button")).to_be_focused()
        else:
            expect(card.locator(".mt-ask")).to_be_hidden()
            expect(hint.locator("summary")).to_be_focused()
    assert outbox(opened).requests() == []


def test_a_hint_that_nobody_gives_yet_says_when_it_comes(page: Page, opened: Opened) -> None:
    sit_down(page, opened, solved=False)
    card = page.locator(".mt-exercise")
    button = card.locator(".mt-ask button")
    button.focus()
    page.keyboard.press("Space")
    status = card.locator(".mt-ask [role=status]")
    alone = said("Asked {time}. It comes when your mentor next looks.")
    expect(status).to_have_text(re.compile(re.escape(alone).replace(r"\{time\}", r"\d\d:\d\d")))
    expect(status).to_have_attribute("aria-live", "polite")
    expect(button).to_be_focused()
    page.keyboard.press("Space")
    assert len(outbox(opened).requests()) == 1

    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    run_all_cells(page)
    expect(status).to_contain_text(re.compile(r"\d\d:\d\d"))
    before = card.locator(".mt-hint").count()
    subprocess.run(
        [Path(sys.executable).with_name("mentor"), "--practice", opened.practice.root, "grade"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    expect(card.locator(".mt-hint")).to_have_count(before + 1)
    expect(card.locator(".mt-hint").last).to_have_attribute("open", "")
    expect(status).to_have_text("")
