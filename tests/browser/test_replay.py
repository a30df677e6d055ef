"""The replay page in a real browser: by keyboard, on a phone, and with hostile student input."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page, expect

from toolkit.i18n import use_language
from toolkit.reports.export import replay_page

RUN = "document.documentElement.dataset.run = 'yes'"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f'<img src="x" onerror="{RUN}">',
    f'<svg onload="{RUN}"></svg>',
    f'</pre></section></main><script>{RUN}</script><iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f'<a href="javascript:{RUN}">here</a>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/"><style>main { display: none }</style>',
)
BEGAN = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def notebook(*cells) -> dict:
    return new_notebook(cells=list(cells))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    html = "".join(PAYLOADS)
    hostile = new_code_cell(
        html,
        id="hostile",
        metadata={"replay": {"before": html, "alone": True, "after": html}, "tags": [html]},
        outputs=[
            new_output("display_data", {"text/html": html, "application/javascript": RUN}),
            new_output(
                "display_data",
                {"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{RUN}\"/>"},
            ),
            new_output("display_data", {"text/markdown": html}),
            new_output("stream", text=html),
            new_output("error", ename=html, evalue=html, traceback=[html]),
        ],
    )
    steps = [
        replay_page.ReplayStep(BEGAN, "Before", notebook(new_markdown_cell("# Hello", id="a"))),
        replay_page.ReplayStep(
            BEGAN + timedelta(minutes=8), html, notebook(new_markdown_cell(html, id="a"), hostile)
        ),
        replay_page.ReplayStep(
            BEGAN + timedelta(minutes=20), "Close", notebook(new_markdown_cell("Bye", id="a"))
        ),
    ]
    with use_language("en"):
        text = replay_page.render_replay(steps, day=BEGAN.date(), name=html, granted=BEGAN, language="en")
    path = tmp_path_factory.mktemp("replay") / "replay.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, written: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 380, "height": 800})
    page = context.new_page()
    page.asked = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.asked.append(request.url))  # type: ignore[attr-defined]
    page.goto(written.as_uri())
    yield page
    context.close()


def shown(page: Page) -> list[str]:
    return page.evaluate(
        "() => [...document.querySelectorAll('.step')].filter(s => s.offsetHeight).map(s => s.id)"
    )


def test_one_chooses_an_item_by_keyboard_and_nothing_runs(page: Page, written: Path) -> None:
    assert shown(page) == ["step-3"], "how it ended, where nothing is chosen"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#step-1")).to_be_visible()
    assert shown(page) == ["step-1"]
    page.locator("#step-1").get_by_role("link", name="Next item").first.click()
    assert shown(page) == ["step-2"]
    expect(page.locator("#step-2 .is-changed")).to_be_visible()
    expect(page.locator("#step-2 .is-new")).to_contain_text("onerror")
    page.locator("summary").first.click()
    page.get_by_text("here").first.click()
    page.go_back()
    page.go_forward()

    assert page.evaluate("() => document.documentElement.dataset.run ?? ''") == ""
    assert page.locator("iframe, script, object, embed").count() == 0
    foreign = [url for url in page.asked if not url.startswith((written.as_uri(), "data:"))]  # type: ignore[attr-defined]
    assert foreign == []
    # It fits on a phone.
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 380


def test_on_paper_is_what_was_chosen(page: Page) -> None:
    page.goto(f"{page.url}#step-2")
    page.emulate_media(media="print")
    assert shown(page) == ["step-2"]
    expect(page.locator("nav")).to_be_visible()
    expect(page.locator("#step-2 .turn").first).to_be_hidden()
