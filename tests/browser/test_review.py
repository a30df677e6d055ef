"""The review notebook in a real JupyterLab keeps its saved input after a reload."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Lab, open_notebook, restart_and_run_all, run_all_cells
from tests.patience import PATIENCE_MS
from toolkit.practice import Practice
from toolkit.services.grading import manual_review


@pytest.fixture
def notebook(lab: Lab, built_demo: Path, request: pytest.FixtureRequest) -> str:
    """The demo practice in the lab's folder, and the path of its review notebook from there."""
    practice = Practice(Path(shutil.copytree(built_demo, lab.folder / request.node.name)))
    return str(
        manual_review.write_review_notebook(practice, "ben-okafor", "name-badges").path.relative_to(
            lab.folder
        )
    )


def test_points_and_a_comment_by_keyboard_survive_a_reload(page: Page, lab: Lab, notebook: str) -> None:
    open_notebook(page, lab, notebook)
    run_all_cells(page)
    part = page.locator(".mt-review")
    expect(part.get_by_role("heading", level=3)).to_contain_text("Ben Okafor", timeout=PATIENCE_MS)
    points = part.get_by_role("spinbutton", name="Points, of 2 – question")
    comment = part.get_by_role("textbox", name="Comment for the student – question")

    points.focus()
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    expect(part.get_by_text("A number from 0 to 2.")).to_be_visible()
    part.get_by_role("button", name="Save").press("Enter")
    expect(points).to_be_focused()
    points.fill("1.5")
    page.keyboard.press("Tab")
    expect(comment).to_be_focused()
    # "d d" deletes a cell of the notebook where a view lets its keys through.
    page.keyboard.type("dd <b>good</b>")
    expect(part.locator(".mt-save-line [role=status]")).to_have_text("Not saved yet.")
    part.get_by_role("button", name="Save").press("Enter")
    expect(part.locator(".mt-save-line [role=status]")).to_contain_text("Saved ", timeout=PATIENCE_MS)
    expect(part.get_by_text("Everything is graded.")).to_be_visible()

    open_notebook(page, lab, notebook)
    restart_and_run_all(page)
    expect(points).to_have_value("1.5", timeout=PATIENCE_MS)
    expect(comment).to_have_value("dd <b>good</b>")
    assert [text for text in page.complaints if "blob:" in text or "mt-" in text] == []
