"""Sandboxed kernels in a real JupyterLab: use, restart, and an end after exceeding a limit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Lab, open_notebook, write_notebook
from tests.patience import PATIENCE_MS

WHERE = "import os\nprint('here:', os.getcwd(), os.path.exists({place!r}), 'kept' in globals())"
# More than is allowed, in several processes: one alone would get a MemoryError and live.
TOO_MUCH = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        taken = bytearray(900 << 20)
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""


@pytest.fixture
def notebook(lab: Lab) -> str:
    folder = lab.folder / "sandboxed"
    folder.mkdir(exist_ok=True)
    path = write_notebook(folder / "work.ipynb", WHERE.format(place=str(lab.folder)), "kept = 1", TOO_MUCH)
    plain = json.loads(path.read_text())
    plain["metadata"]["kernelspec"] = {"name": "mentoring", "display_name": "Mentoring (sandboxed)"}
    path.write_text(json.dumps(plain))
    return str(Path("sandboxed") / path.name)


def run_cell(page: Page, number: int) -> None:
    """Run one cell as a person does: click into it, press the keys."""
    page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")


def output(page: Page, number: int):
    return page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-OutputArea-output")


def test_a_notebook_in_the_sandbox(page: Page, lab: Lab, notebook: str) -> None:
    open_notebook(page, lab, notebook)
    expect(page.get_by_title("Switch kernel").first).to_contain_text("Mentoring (sandboxed)")
    run_cell(page, 0)
    expect(output(page, 0)).to_contain_text("here: /workspace False False")
    run_cell(page, 1)
    run_cell(page, 0)
    expect(output(page, 0)).to_contain_text("here: /workspace False True")

    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    run_cell(page, 0)
    expect(output(page, 0)).to_contain_text("here: /workspace False False")

    run_cell(page, 2)
    # JupyterLab starts it again by itself, and says so.
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("restart", timeout=PATIENCE_MS)
    dialog.get_by_role("button", name="Ok").click()
    run_cell(page, 0)
    expect(output(page, 0)).to_contain_text(["Your code used more than", "here: /workspace False False"])
