"""Two people join a session by their links, and work in one notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import EXPOSE
from tests.live.live_server import Live, serving
from tests.patience import PATIENCE_MS

CELL = ".jp-Notebook .jp-CodeCell .cm-content"
# A word of JupyterLab's about a page that it takes for another one's.
HARMLESS = ("Comm not found", "ResizeObserver")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("joined")) as running:
        yield running


@pytest.fixture
def join(browser: Browser, live: Live) -> Iterator:
    """Open a guest's link in a browser of its own, and press the button."""
    contexts = []

    def one(guest: str) -> Page:
        context = browser.new_context(viewport={"width": 1000, "height": 700}, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(EXPOSE)
        page.set_default_timeout(PATIENCE_MS)
        page.complaints = []  # type: ignore[attr-defined]
        page.on("console", lambda line: line.type == "error" and page.complaints.append(line.text))  # type: ignore[attr-defined]
        page.on("response", lambda r: r.status >= 400 and page.complaints.append(f"{r.status} {r.url}"))  # type: ignore[attr-defined]
        page.goto(live.url + live.invite(guest))
        page.get_by_role("button", name="Join").click()
        page.locator(CELL).first.wait_for()
        return page

    yield one
    for context in contexts:
        context.close()


def test_two_people_work_in_one_notebook(join, live: Live) -> None:
    student = join("zoe-lefevre")
    # It stays that of the folder where JupyterLab lists it after the notebook is open: the page opens the
    # notebook all the same, when it is loaded again, too.
    place = re.escape(f"{live.url}/doc/tree/sessions/first")
    expect(student).to_have_url(re.compile(f"^{place}(/session[.]ipynb)?$"))
    mentor = join("mentor")
    for page in (student, mentor):
        expect(page.locator(".jp-SideBar")).not_to_have_count(0)
        page.wait_for_function("() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel")
    student.locator(CELL).first.click()
    student.keyboard.press("End")
    student.keyboard.type(" + 40")
    expect(mentor.locator(CELL).first).to_have_text("1 + 1 + 40")
    expect(mentor.get_by_text("Zoé Lefèvre").filter(visible=True).first).to_be_visible()
    mentor.locator(CELL).first.click()
    mentor.keyboard.press("Control+Enter")
    for page in (student, mentor):
        expect(page.locator(".jp-OutputArea-output").first).to_have_text("42")
    assert len(live.guest().get("/api/kernels").json()) == 1
    kernels = [
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id")
        for page in (student, mentor)
    ]
    assert kernels[0] == kernels[1]
    # Whoever comes back by the link that was used, or by a reload, is in.
    student.reload()
    expect(student.locator(CELL).first).to_have_text("1 + 1 + 40")
    for page in (student, mentor):
        assert not [line for line in page.complaints if not line.startswith(HARMLESS)], page.complaints


@pytest.mark.parametrize("width", [380, 1000])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_link_fits(browser: Browser, live: Live, scheme: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 600}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text))
    page.goto(live.url + live.invite("zoe-lefevre"))
    button = page.get_by_role("button", name="Join")
    expect(button).to_be_focused()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert dark == ("rgb(26, 25, 23)" if scheme == "dark" else "rgb(253, 252, 249)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/doc/tree/**")
    assert not [line for line in complaints if "Content Security Policy" in line]
    context.close()
