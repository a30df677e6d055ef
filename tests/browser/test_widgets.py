"""The widgets in a real JupyterLab: mouse, keyboard, kernel restart, both languages and both themes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import (
    Lab,
    open_notebook,
    restart_and_run_all,
    run_all_cells,
    set_theme,
    write_notebook,
)
from tests.patience import PATIENCE_MS
from toolkit.widgets import Record, Timer

HOSTILE = "<img src=x onerror='document.title=\"owned\"'>"
CELLS = (
    "from toolkit.widgets import *\nrecord = Record.here()\nAgenda(record)",
    "Checklist(record)",
    "Timer(record)",
    "ActionItems(record)",
    "def median(values):\n    return sorted(values)[len(values) // 2]",
    "ExerciseCard(record)",
)
ODD = "got = median([3, 1, 2])\nassert got == 2, f'`median([3, 1, 2])` should give `2`, yours gave `{got}`'"
EVEN = (
    "got = median([1, 2, 3, 4])\n"
    "assert got == 2.5, f'`median([1, 2, 3, 4])` should give `2.5`, yours gave `{got}`'"
)


def items(language: str = "en") -> dict[str, Any]:
    now = datetime.now(UTC)
    agenda = [
        {"id": f"a{order}", "text": text, "minutes": 5, "order": order}
        for order, text in enumerate(["Check-in", HOSTILE, "Recursion"])
    ]
    checks = [
        {"id": "loops", "title": "Loops", "milestone": "Basics", "mastery": "retained", "order": 0},
        {
            "id": "dicts",
            "title": "Dictionaries",
            "milestone": "Collections",
            "mastery": "learning",
            "order": 1,
        },
    ]
    return {
        "session": {
            "id": "s1",
            "student": "Anaïs",
            "language": language,
            "starts_at": now.isoformat(),
            "minutes": 30,
        },
        "timer": {
            "started_at": (now - timedelta(minutes=31)).isoformat(),
            "minutes": 30,
            "item": "a2",
            "item_started_at": (now - timedelta(minutes=8, seconds=30)).isoformat(),
        },
        **{f"agenda:{row['id']}": row for row in agenda},
        **{f"check:{row['id']}": row for row in checks},
        "action:x1": {"id": "x1", "text": "Read `median`", "due": now.date().isoformat()},
        "exercise:median": {
            "id": "median",
            "title": "The median",
            "skills": ["Functions"],
            "tests": [
                {"name": "odd", "source": ODD},
                {"name": "even", "source": EVEN},
                {"name": "endless", "source": "while True:\n    pass"},
            ],
            "hint_count": 2,
        },
    }


@dataclass
class Desk:
    """A session's folder and the page that shows its notebook."""

    page: Page
    folder: Path
    notebook: str
    lab: Lab

    @property
    def record(self) -> Record:
        return Record(self.folder / "record.json")

    def saved(self, key: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.folder / "record.json").read_text())["items"][key]
        return value

    def part(self, name: str) -> Locator:
        return self.page.locator(f".mt-{name}")

    def row(self, text: str) -> Locator:
        return self.part("agenda").locator(".mt-row", has_text=text)

    def texts(self) -> list[str]:
        return self.part("agenda").locator(".mt-text").all_inner_texts()

    def until(self, question: Callable[[], object]) -> None:
        """Wait until a question about the files on disk is answered yes; the page offers no event for it."""
        for _ in range(100):
            if question():
                return
            self.page.wait_for_timeout(50)
        pytest.fail("it did not come about within 5 s")

    def reopen(self) -> None:
        open_notebook(self.page, self.lab, self.notebook)


@pytest.fixture
def sit_down(page: Page, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Callable[..., Desk]]:
    def open_desk(language: str = "en", cells: tuple[str, ...] = CELLS) -> Desk:
        folder = lab.folder / request.node.name
        folder.mkdir()
        Record.create(folder / "record.json", items(language))
        write_notebook(folder / "session.ipynb", *cells)
        desk = Desk(page, folder, f"{folder.name}/session.ipynb", lab)
        desk.reopen()
        run_all_cells(page)
        return desk

    yield open_desk
    # anywidget loads our modules from blob: addresses.
    ours = [text for text in page.complaints if "blob:" in text or "widget" in text.lower() or "mt-" in text]
    assert ours == []


def test_tick_survives_a_restart_and_a_reopening(sit_down):
    """A tick is on the disk and survives a kernel restart and a reopening."""
    desk = sit_down()
    for name in ("agenda", "checklist", "timer", "actions", "exercise"):
        expect(desk.part(name)).to_be_visible()

    # By mouse
    desk.row("Check-in").locator(".mt-check").click()
    expect(desk.part("agenda").locator(".mt-saved")).to_contain_text("Saved")
    assert desk.saved("agenda:a0")["state"] == "discussed"
    # By keyboard
    tick = desk.part("checklist").get_by_label("Student's tick: Dictionaries")
    tick.focus()
    desk.page.keyboard.press("Space")
    expect(desk.part("checklist").locator(".mt-saved")).to_contain_text("Saved")
    assert desk.saved("check:dicts")["ticked"] is True
    expect(tick).to_be_focused()

    restart_and_run_all(desk.page)
    expect(desk.part("agenda")).to_have_count(1)
    expect(desk.row("Check-in").locator(".mt-check")).to_be_checked()
    expect(desk.part("checklist").get_by_label("Student's tick: Dictionaries")).to_be_checked()

    desk.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    desk.reopen()
    expect(desk.row("Check-in").locator(".mt-check")).to_be_checked()
    # The page that came back is alive.
    desk.row("Check-in").locator(".mt-check").click()
    desk.until(lambda: desk.saved("agenda:a0")["state"] == "open")


def test_the_agenda_by_keyboard_alone(sit_down):
    desk = sit_down()
    keys = desk.page.keyboard
    desk.part("agenda").get_by_label("Add a talking point").focus()
    keys.type("d d x: sets")  # "d d" deletes a cell where the notebook hears it
    keys.press("Enter")
    keys.type("Tuples")
    keys.press("Enter")
    expect(desk.part("agenda").locator(".mt-text")).to_have_text(
        ["Check-in", HOSTILE, "Recursion", "d d x: sets", "Tuples"]
    )
    assert desk.page.locator(".jp-Cell").count() == len(CELLS)

    moved = desk.row("Check-in").locator(".mt-text")
    moved.focus()
    keys.press("Alt+ArrowDown")
    expect(moved).to_be_focused()
    keys.press("Alt+ArrowDown")
    expect(moved).to_be_focused()
    assert desk.texts()[:3] == [HOSTILE, "Recursion", "Check-in"]
    desk.until(lambda: desk.saved("agenda:a0")["order"] > desk.saved("agenda:a2")["order"])

    keys.press("F2")
    keys.type("Hello")
    keys.press("Escape")
    expect(moved).to_have_text("Check-in")
    keys.press("Enter")
    keys.type("Hello")
    keys.press("Enter")
    edited = desk.row("Hello").locator(".mt-text")
    expect(edited).to_be_focused()
    desk.until(lambda: desk.saved("agenda:a0")["text"] == "Hello")

    # Running and over its time; ticking it ends it.
    running = desk.row("Recursion")
    expect(running).to_have_class("mt-row mt-running")
    expect(running).to_contain_text("+3 min")
    running.locator(".mt-check").focus()
    keys.press("Space")
    desk.until(lambda: desk.saved("timer")["item"] is None)
    assert desk.saved("agenda:a2")["state"] == "discussed"
    desk.row("Hello").get_by_label("Start: Hello").press("Enter")
    desk.until(lambda: desk.saved("timer")["item"] == "a0")
    assert desk.page.title() != "owned"
    assert desk.part("agenda").locator("img").count() == 0


def test_the_agenda_by_mouse(sit_down):
    desk = sit_down(cells=CELLS[:1])
    handle = desk.row("Recursion").locator(".mt-handle")
    top = desk.row("Check-in").bounding_box()
    start = handle.bounding_box()
    desk.page.mouse.move(start["x"] + 5, start["y"] + 10)
    desk.page.mouse.down()
    desk.page.mouse.move(start["x"] + 5, top["y"] + 30, steps=4)
    desk.page.mouse.move(start["x"] + 5, top["y"] + 2, steps=4)
    desk.page.mouse.up()
    assert desk.texts()[0] == "Recursion"
    desk.until(lambda: desk.saved("agenda:a2")["order"] < desk.saved("agenda:a0")["order"])

    desk.row("Check-in").get_by_label("More: Check-in").click()
    desk.row("Check-in").get_by_text("Drop", exact=True).click()
    expect(desk.row("Check-in")).to_contain_text("Dropped")
    expect(desk.row("Check-in").locator(".mt-text")).to_be_focused()
    desk.until(lambda: desk.saved("agenda:a0")["state"] == "dropped")
    desk.row(HOSTILE).locator(".mt-text").dblclick()
    desk.page.keyboard.type("Kind words")
    desk.row("Recursion").locator(".mt-minutes").click()  # elsewhere: what was typed is kept
    desk.until(lambda: desk.saved("agenda:a1")["text"] == "Kind words")


def test_check_says_what_was_expected_and_shows_a_new_hint(sit_down):
    desk = sit_down(cells=(CELLS[0], CELLS[4], CELLS[5]))
    card = desk.part("exercise")
    expect(card.get_by_role("button", name="Ask for hint 1 of 2")).to_be_visible()
    card_entry = desk.record.get("exercise:median").model_copy(update={"hints": ["What is in the middle?"]})
    desk.record.put({"exercise:median": card_entry})  # by another program

    card.get_by_role("button", name="Check", exact=True).press("Enter")
    expect(card.locator(".mt-result")).to_contain_text("Passed: 1 of 3.", timeout=PATIENCE_MS)
    expect(card.locator(".mt-message:visible")).to_have_text(
        "median([1, 2, 3, 4]) should give 2.5, yours gave 3"
    )
    expect(card.locator(".mt-row").nth(2)).to_contain_text("Timed out")
    expect(card.get_by_text("Hint 1 of 2")).to_be_visible()
    expect(card.get_by_text("What is in the middle?")).to_be_hidden()
    assert [test["outcome"] for test in desk.saved("exercise:median")["tests"]] == [
        "passed",
        "failed",
        "timed out",
    ]


def test_french_dark_and_narrow(sit_down):
    desk = sit_down("fr")
    set_theme(desk.page, "JupyterLab Dark")
    desk.page.add_style_tag(
        content=".jp-OutputArea-output { width: 380px !important; flex: none !important }"
    )
    expect(desk.part("agenda").locator(".mt-title")).to_have_text("Ordre du jour")
    expect(desk.part("checklist")).to_contain_text("en cours")
    expect(desk.part("timer").locator(".mt-digits")).to_have_text("+1 min")
    for name in ("agenda", "checklist", "timer", "actions", "exercise"):
        view = desk.part(name)
        assert view.get_attribute("lang") == "fr"
        assert view.evaluate("el => el.clientWidth") <= 380
        wide = view.evaluate(
            "el => [el, ...el.querySelectorAll('*')].filter(n => !n.closest('.mt-hidden')"
            " && n.getBoundingClientRect().right > el.getBoundingClientRect().right + 1).length"
        )
        assert wide == 0, name
    ground = desk.part("agenda").evaluate("el => getComputedStyle(el).color")
    assert ground == "rgba(255, 255, 255, 0.87)"
    set_theme(desk.page, "JupyterLab Light")


def test_what_cannot_be_saved_is_kept_and_tried_again(sit_down):
    desk = sit_down(cells=CELLS[:1])
    record = desk.folder / "record.json"
    record.rename(desk.folder / "elsewhere.json")
    desk.row("Check-in").locator(".mt-check").click()
    problem = desk.part("agenda").locator(".mt-problem:visible")
    expect(problem).to_contain_text("Not saved. There is no record.json")
    expect(desk.row("Check-in").locator(".mt-check")).to_be_checked()
    (desk.folder / "elsewhere.json").rename(record)
    desk.row("Recursion").locator(".mt-check").click()
    expect(problem).to_have_count(0)
    assert desk.saved("agenda:a0")["state"] == desk.saved("agenda:a2")["state"] == "discussed"


def test_a_view_without_its_kernel_says_so_and_promises_nothing(sit_down):
    desk = sit_down(cells=CELLS[:1])
    desk.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    lost = desk.part("agenda").locator(".mt-lost")
    expect(lost).to_be_hidden()
    desk.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    expect(lost).to_be_visible()
    desk.row("Check-in").locator(".mt-check").click()
    expect(desk.row("Check-in").locator(".mt-check")).not_to_be_checked()

    # Reopened with no kernel that knows it, the widget is drawn from what the notebook saved.
    desk.reopen()
    expect(desk.part("agenda").locator(".mt-row")).to_have_count(3)
    expect(desk.part("agenda").locator(".mt-problem:visible")).to_contain_text("No kernel answers")
    run_all_cells(desk.page)
    expect(desk.part("agenda").locator(".mt-problem:visible")).to_have_count(0)


MODEL = """
([source, state]) => {
    const heard = {};
    const model = {
        get: name => state[name],
        set: (name, value) => {
            state[name] = value;
            (heard[`change:${name}`] ?? []).forEach(told => told());
        },
        save_changes: () => { state.answered = state.touched.token; model.set("saved", "18:42"); },
        on: (event, told) => (heard[event] ??= []).push(told),
        off: (event, told) => { heard[event] = (heard[event] ?? []).filter(other => other !== told); },
    };
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    return import(address).then(({ default: view }) => {
        window.model = model;
        window.remove = view.render({ model, el: document.body });
        window.listeners = () => Object.values(heard).flat().length;
    });
}
"""


def test_a_view_needs_nothing_but_the_anywidget_interface(page):
    timer = Timer(minutes=30)
    state = {
        name: getattr(timer, name) for name in ("language", "strings", "saved", "error", "role", "minutes")
    }
    state |= {"touched": {"token": 0, "ids": []}, "answered": 0}
    page.clock.install(time=datetime(2026, 11, 24, 18, 24, 0, tzinfo=UTC))
    page.goto("about:blank")
    # From here on it stands still, however long a step takes.
    page.clock.pause_at(datetime(2026, 11, 24, 18, 25, 0, tzinfo=UTC))
    page.evaluate(MODEL, [timer._esm, {**state, "started_at": "2026-11-24T18:00:02Z"}])
    digits, live = page.locator(".mt-digits"), page.locator("[aria-live=polite]")
    expect(digits).to_have_text("05:02")
    expect(live).to_have_text("")
    for seconds, shown, said in (
        (4, "04:58", "5 minutes left"),
        (240, "00:58", "1 minute left"),
        (60, "00:00", "Time is up, no hurry"),
        (62, "+1 min", "Time is up, no hurry"),
    ):
        page.clock.run_for(seconds * 1000)
        expect(digits).to_have_text(shown)
        expect(live).to_have_text(said)
    expect(page.locator(".mt-notice")).to_have_text("Time is up, no hurry")
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Really reset?").click()
    expect(digits).to_have_text("30:00")
    expect(page.get_by_role("button", name="Start")).to_be_focused()
    expect(page.locator(".mt-saved")).to_have_text("Saved 18:42")
    page.evaluate("() => window.remove()")
    assert page.evaluate("() => [document.body.childElementCount, window.listeners()]") == [0, 0]
    assert page.complaints == []
