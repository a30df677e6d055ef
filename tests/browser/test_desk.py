"""The mentor's desk in a real JupyterLab: its changes reach the shared session and are saved."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Lab, open_notebook, restart_and_run_all, run_all_cells
from tests.patience import PATIENCE_MS
from toolkit.domain.session import SessionState
from toolkit.practice import Practice
from toolkit.services.sessions import desk_notebooks, session_lifecycle
from toolkit.store import NoteDraft, NoteSide
from toolkit.workspace.session_record import Record
from toolkit.workspace.submission_outbox import Outbox

ID = "zoe-lefevre-3"
SECRET = "Tired today; dd shorter exercises."


@dataclass(frozen=True)
class Call:
    practice: Practice
    record: Record
    notebook: str

    def stored(self, what):
        with self.practice.store.read() as tx:
            return what(tx)


@pytest.fixture
def call(lab: Lab, built_demo: Path, request: pytest.FixtureRequest) -> Call:
    """The demo's next session, live, and the path of its desk's notebook from the lab's folder."""
    practice = Practice(Path(shutil.copytree(built_demo, lab.folder / request.node.name)))
    session, notebook = session_lifecycle.start_session(practice, ID)
    written = desk_notebooks.write_session_desk(practice, session).path
    return Call(practice, Record(notebook.with_name("record.json")), str(written.relative_to(lab.folder)))


@pytest.fixture
def part(page: Page, lab: Lab, call: Call) -> Locator:
    """The desk element on the page."""
    # Tall, so that JupyterLab draws all of it.
    page.set_viewport_size({"width": 1000, "height": 2600})
    open_notebook(page, lab, call.notebook)
    run_all_cells(page)
    part = page.locator(".mt-desk")
    expect(part.get_by_role("heading", level=3)).to_have_text("Zoé Lefèvre", timeout=PATIENCE_MS)
    return part


def fold(part: Locator, name: str) -> Locator:
    """Return one section of the desk, by its heading."""
    return part.locator("details.mt-part").filter(has=part.page.get_by_role("heading", name=name, exact=True))


def test_what_happens_on_the_table_shows_by_itself(part: Locator, call: Call) -> None:
    expect(fold(part, "Shared session")).to_contain_text("0 of 8 discussed")
    expect(part.get_by_text("Nothing is running on the agenda.")).to_be_visible()
    items = call.record.items()
    first, second = [key for key in items if key.startswith("agenda:")][:2]
    call.record.put(
        {
            first: items[first].model_copy(update={"state": "discussed"}),
            "timer": items["timer"].model_copy(update={"item": items[second].id}),
        }
    )
    expect(fold(part, "Shared session")).to_contain_text("1 of 8 discussed")
    expect(part.locator(".mt-now-text")).to_have_text(items[second].text)

    # A hint that was asked for waits at the top, whatever is folded.
    asked = part.locator(".mt-asked")
    expect(asked).to_be_hidden()
    outbox = Outbox(call.practice.workspace("zoe-lefevre"))
    outbox.ask("savings-jar", 2)
    fold(part, "Hints").locator("summary").first.click()
    expect(asked).to_contain_text("Zoé Lefèvre asks for hint 2 of 3")
    asked.get_by_role("button", name="Read it first").press("Enter")
    expect(fold(part, "Hints").get_by_role("button", name="Give hint 2 of 3")).to_be_focused()
    asked.get_by_role("button", name="Give hint 2 of 3").press("Enter")
    expect(asked.get_by_role("button")).to_have_count(0)
    expect(asked.locator(".mt-result")).to_have_text("Hint 2 is in the shared session.")
    expect(asked.locator(".mt-result")).to_be_focused()
    assert len(call.record.get("exercise:savings-jar").hints) == 2
    assert outbox.requests() == []


def test_hint_note_and_evidence_outlive_the_kernel(page: Page, part: Locator, call: Call) -> None:
    hints = fold(part, "Hints")
    to_come = hints.locator(".mt-next-hint .mt-hint-text")
    text = to_come.inner_text()
    hints.get_by_role("button", name="Give hint 2 of 3").press("Enter")
    expect(hints.get_by_role("status")).to_have_text("Hint 2 is in the shared session.")
    given = call.record.get("exercise:savings-jar").hints
    assert [re.sub("`", "", hint) for hint in given][1] == text
    expect(hints.get_by_role("button", name="Give hint 3 of 3")).to_be_focused()

    note = part.get_by_role("textbox", name="Private notes")
    # "d d" deletes a cell of the notebook where a view lets its keys through.
    note.press_sequentially(SECRET)
    expect(fold(part, "Private notes")).to_contain_text("Saved ")
    page.mouse.move(1, 1)
    note.blur()
    assert note.evaluate("node => getComputedStyle(node).filter") == "blur(6px)"
    note.focus()
    assert note.evaluate("node => getComputedStyle(node).filter") == "none"

    seen = fold(part, "Evidence")
    seen.get_by_role("button", name="Seen, aided: Loops with while").click()
    seen.get_by_role("button", name="Seen, unaided: Loops with while").click()
    expect(seen.get_by_text("2 seen")).to_be_visible()
    seen.get_by_role("button", name="Undo: Loops with while, Seen, aided").press("Enter")
    expect(seen.get_by_text("1 seen")).to_be_visible()
    seen.get_by_label("Another skill of the path").select_option(label="Lists")
    expect(seen.get_by_role("button", name="Seen, aided: Lists")).to_be_focused()

    assert call.stored(lambda tx: tx.drafts.for_session(ID)) == NoteDraft(SECRET)
    assert call.stored(
        lambda tx: [(o.skill, o.aided) for o in tx.observations.for_student("zoe-lefevre")]
    ) == [("while-loops", False)]
    restart_and_run_all(page)
    expect(note).to_have_value(SECRET, timeout=PATIENCE_MS)
    expect(seen.get_by_text("1 seen")).to_be_visible()
    assert [text for text in page.complaints if "blob:" in text or "mt-" in text] == []


def test_the_close_out(page: Page, part: Locator, call: Call) -> None:
    part.get_by_role("textbox", name="Private notes").fill(SECRET)
    part.get_by_role("button", name="Go to the close-out").click()
    closing = fold(part, "Close-out")
    closing.get_by_role("button", name="Show what will be kept").press("Enter")
    expect(closing.get_by_text("Agenda: 0 of 8 discussed.")).to_be_visible()
    closing.get_by_role("textbox", name="A few words of your own").fill("Well done.")
    closing.get_by_role("button", name="Close the session").click()
    page.keyboard.press("Escape")
    expect(closing.get_by_role("button", name="Close the session")).to_be_focused()
    page.keyboard.press("Enter")
    expect(closing.get_by_role("button", name="Close now")).to_be_focused()

    # The table changes while the question is asked: it is asked again.
    call.record.put({"action:new": {"id": "new", "text": "Draw the loop"}})
    page.keyboard.press("Enter")
    expect(closing.get_by_role("status").last).to_contain_text(
        "The shared session has changed since you looked."
    )
    expect(closing.get_by_text("Draw the loop")).to_be_visible()
    shown = closing.locator(".mt-draft").first.locator("div").all_inner_texts()
    closing.get_by_role("button", name="Close the session").click()
    closing.get_by_role("button", name="Close now").click()
    expect(closing.get_by_text("The progress notebook is written.")).to_be_visible(timeout=PATIENCE_MS)
    expect(part.locator(".mt-now-text")).to_have_text("The session is closed.")

    session = call.stored(lambda tx: tx.sessions.get(ID))
    assert session.state is SessionState.REPORTED
    assert session.recap.startswith("Well done.\n\n**")
    # Line by line as it was shown before the close.
    assert shown == [line.strip("*") for line in session.recap.splitlines() if line]
    notes = call.stored(lambda tx: tx.notes.for_student("zoe-lefevre", NoteSide.MENTOR))
    assert notes[-1].text == SECRET
    actions = call.stored(lambda tx: tx.actions.for_student("zoe-lefevre"))
    assert "Draw the loop" in {action.text for action in actions}
    expect(part.get_by_role("textbox", name="Private notes")).to_have_value("")
    assert [text for text in page.complaints if "blob:" in text or "mt-" in text] == []
