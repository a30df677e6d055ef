"""A student with Firefox joins by the link, ticks, types, and sees the mentor's changes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.firefox import Firefox, FirefoxError, firefox
from tests.live.live_server import NOTEBOOK, Live, plant, serving
from tests.live.room_member import Member
from tests.patience import PATIENCE_S
from toolkit.domain.record_entries import AgendaEntry, SessionEntry
from toolkit.workspace.session_record import Record

BOX = ".mt-panel .mt-agenda input[type=checkbox]"
CODE = ".jp-Notebook .jp-CodeCell .cm-content"
KERNEL = "return Boolean(document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=idle]'))"
RUN = "\ue009\ue007"  # Control and Enter, as WebDriver has them
TICKED = "return document.querySelectorAll(arguments[0])[arguments[1]]?.checked"
READ = "return document.querySelector(arguments[0]).textContent.includes(arguments[1])"
COMPLAINTS = "return window.complaints"
# What a page complains of from here on.
LISTEN = """
    window.complaints = [];
    window.addEventListener("error", event => window.complaints.push(event.message));
    window.addEventListener("unhandledrejection", event => window.complaints.push(String(event.reason)));
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("firefox-session")
    plant(folder / "workspace")
    session = SessionEntry(
        id="zoe-lefevre-1", student="zoe-lefevre", language="en", starts_at="2026-11-25T18:00Z", minutes=45
    )
    agenda = [
        AgendaEntry(id=f"a{n}", text=text, order=n) for n, text in enumerate(("Check-in", "Loops", "Next"))
    ]
    entries = {"session": session, **{f"agenda:{item.id}": item for item in agenda}}
    Record.create((folder / "workspace" / NOTEBOOK).with_name("record.json"), entries)
    with serving(folder) as running:
        yield running


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Firefox]:
    """A window of Firefox; if it does not start, the test is skipped, or fails under CI."""
    try:
        with firefox(tmp_path) as window:
            window.resize(1280, 900)
            yield window
    except FirefoxError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def hear(member: Member, said) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not said():
        assert time.monotonic() < deadline, dict(member.state)
        member.hear(0.05)


def test_a_student_joins_ticks_and_types_in_firefox(live: Live, window: Firefox) -> None:
    window.open(live.url + live.invite("zoe-lefevre"))
    said = window.text("body")
    assert "Ada Byron" in said
    assert "Zoé Lefèvre" in said
    window.click("button")
    window.wait_for(BOX)
    window.run(LISTEN)
    assert window.url.startswith(f"{live.url}/doc/tree/")

    with Member(live, live.guest("mentor")) as mentor:
        window.click(BOX)
        hear(mentor, lambda: mentor.state["agenda:a0/state"] == "discussed")
        assert mentor.state["agenda:a0/@by"]["name"] == "Zoé Lefèvre"
        window.click(CODE)
        window.type(CODE, " + 40")
        hear(mentor, lambda: "40" in mentor.text(0))
        assert sorted(mentor.text(0)) == sorted("1 + 1 + 40")

        mentor.state["agenda:a1/state"] = "discussed"
        mentor.type(0, "  # forty-two")
        window.until(TICKED, BOX, 1)
        window.until(READ, CODE, "# forty-two")

    # What the student runs is drawn.
    window.until(KERNEL)
    window.type(CODE, RUN)
    window.wait_for(".jp-OutputArea-output")
    assert window.text(".jp-OutputArea-output") == "42"
    assert window.run(COMPLAINTS) == []
