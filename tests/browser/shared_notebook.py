"""Two people in one shared notebook: a server, two browser contexts, and the content of the shared map."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.browser.conftest import Lab, start_lab, write_notebook
from tests.patience import PATIENCE_MS, PATIENCE_S
from toolkit.live.server.jupyter_config import OUR_LABEXTENSIONS
from toolkit.widgets import Agenda, Record

NOTEBOOK = "session.ipynb"
NAMES = {"mentor": "Ada Byron", "zoe": "Zoé Lefèvre"}
FOUR = (
    "got = median([4, 1, 3, 2])\n"
    "assert got == 2.5, f'`median([4, 1, 3, 2])` should give `2.5`, yours gave `{got}`'"
)
EXERCISE = {
    "id": "median",
    "title": "The median",
    "skills": ["Lists"],
    "minutes": 12,
    "tests": [
        {"name": name, "source": source, "points": 1.0, "outcome": "not run", "message": ""}
        for name, source in (("of three", "assert median([3, 1, 2]) == 2"), ("of four", FOUR))
    ],
    "hints": [],
    "hint_count": 2,
    "checked_at": None,
    "handed_in": "",
    "handed_in_at": None,
}
TASK = "### The median\n\nWrite `median(numbers)`: the middle one, or the mean of the two in the middle."
ITEMS = {
    "agenda:a0": {"id": "a0", "text": "Check-in", "minutes": 5, "order": 0},
    "agenda:a1": {"id": "a1", "text": "Recursion", "minutes": 10, "order": 1},
    "agenda:a2": {"id": "a2", "text": "Read `median`", "minutes": 15, "order": 2},
    "check:loops": {"id": "loops", "title": "Loops", "milestone": "Basics", "mastery": "learning"},
    "check:dicts": {
        "id": "dicts",
        "title": "Dictionaries",
        "milestone": "Basics",
        "mastery": "shown",
        "order": 1,
    },
    "action:x1": {"id": "x1", "text": "Read chapter 2", "owner": "student", "due": "2026-12-01"},
    "action:x2": {"id": "x2", "text": "Write to Ada", "owner": "student", "order": 1},
    "exercise:median": EXERCISE,
    "timer": {"started_at": None, "minutes": 30, "item": None, "item_started_at": None},
}
CELLS = (
    "from toolkit.widgets import *\nAgenda(Record.here())",
    "print(6 * 7)",
    "import ipywidgets\nipywidgets.IntSlider(value=7)",
    "print(7 * 7)",
    "def median(numbers):\n    return sorted(numbers)[len(numbers) // 2]",
    *["# more"] * 17,
)


def flat(items: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {f"{name}/{field}": value for name, entry in items.items() for field, value in entry.items()}


@dataclass
class Table:
    """A session's server, and the pages of its participants."""

    lab: Lab
    browser: Browser

    def map(self) -> dict[str, Any]:
        with urllib.request.urlopen(
            f"{self.lab.url}/test/map?token={self.lab.token}", timeout=PATIENCE_S
        ) as answer:
            content: dict[str, Any] = json.load(answer)
            return content

    def tell(self, **body: Any) -> None:
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.lab.url}/test/map?token={self.lab.token}", data)
        urllib.request.urlopen(request, timeout=PATIENCE_S).close()

    def begin(self, items: dict[str, dict[str, Any]] = ITEMS) -> None:
        """Restore the record to its initial state."""
        self.tell(clear=True, map=flat(items), answers=True, error="")

    def until(self, check: Callable[[dict[str, Any]], Any]) -> None:
        """Wait until ``check`` of the map is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not check(found := self.map()):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)

    def context(self, person: str, **options: Any) -> BrowserContext:
        options.setdefault("viewport", {"width": 1280, "height": 900})
        context = self.browser.new_context(locale="en-GB", **options)
        context.add_cookies([{"name": "person", "value": person, "url": self.lab.url}])
        return context

    def sit(self, context: BrowserContext, url: str = "") -> Page:
        """Open the notebook and wait for the agenda; an address other than the server's own can be given."""
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.complaints = []  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
        # Without the notebook: JupyterLab would open it once more, a second later, in the middle of a test.
        page.goto(f"{url or self.lab.url}/lab?reset")
        panel(page).locator(".mt-agenda .mt-row").first.wait_for(timeout=PATIENCE_MS)
        return page


def panel(page: Page) -> Locator:
    return page.locator(".mt-panel")


@contextmanager
def shared_table(browser: Browser, folder: Path, home: Path, language: str = "en") -> Iterator[Table]:
    """Start a server with a session's notebook in ``folder``."""
    write_notebook(folder / NOTEBOOK, *CELLS)
    draw_outputs(folder, language)
    told = {
        "settings": {
            "session": "zoe-1",
            "root": str(folder),
            "notebook": NOTEBOOK,
            "state": str(home),
            "guests": [
                {"id": person, "role": "mentor" if person == "mentor" else "student", "name": name}
                for person, name in NAMES.items()
            ],
            "language": language,
        },
        "map": flat(ITEMS),
    }
    session = home / "told.json"
    session.write_text(json.dumps(told), encoding="utf-8")
    options = (
        "--ServerApp.identity_provider_class=tests.browser.shared_notebook_server.CookieIdentity",
        '--ServerApp.jpserver_extensions={"tests.browser.shared_notebook_server": True}',
        f"--SQLiteYStore.db_path={home / 'updates.db'}",
        f"--LabApp.extra_labextensions_path={OUR_LABEXTENSIONS}",
    )
    variables = {
        "MENTORING_TEST_SESSION": str(session),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with start_lab(folder, home, shared=True, options=options, variables=variables) as lab:
        table = Table(lab, browser)
        table.map()  # the room is made, and filled
        yield table


def draw_outputs(folder: Path, language: str) -> None:
    """Give the first cell an output as the kernel would, although nobody trusted the notebook; add a task."""
    session = {
        "id": "s",
        "student": "Zoé",
        "language": language,
        "starts_at": "2026-11-24T18:00Z",
        "minutes": 30,
    }
    Record.create(folder / "record.json", {"session": session, "exercise:median": EXERCISE})
    path = folder / NOTEBOOK
    notebook = json.loads(path.read_text("utf-8"))
    data, _metadata = Agenda(Record(folder / "record.json"))._repr_mimebundle_()
    output = {"output_type": "execute_result", "execution_count": 1, "data": data, "metadata": {}}
    notebook["cells"][0]["outputs"] = [output]
    stamp = {"mentoring": {"exercise": "median"}}
    task = {"cell_type": "markdown", "id": "task", "metadata": stamp, "source": TASK}
    notebook["cells"].append(task)
    path.write_text(json.dumps(notebook), encoding="utf-8")


__all__ = ["ITEMS", "NAMES", "NOTEBOOK", "Table", "panel", "shared_table"]
