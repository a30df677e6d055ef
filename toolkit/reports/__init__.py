"""The papermill side: one student's snapshot to a notebook, and a notebook to a page.

Each name is loaded when it is first asked for: a template's kernel needs `Page` alone, and waits neither for
papermill nor for nbconvert.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.reports.builder import build
    from toolkit.reports.export import to_html
    from toolkit.reports.notebook import find_template, run_template
    from toolkit.reports.page import Page
    from toolkit.reports.recap import RecapPage
    from toolkit.reports.snapshot import Snapshot
    from toolkit.reports.warmup import warm_up

__all__ = ["Page", "RecapPage", "Snapshot", "build", "find_template", "run_template", "to_html", "warm_up"]

_PLACES = {
    "Page": "page",
    "RecapPage": "recap",
    "Snapshot": "snapshot",
    "build": "builder",
    "find_template": "notebook",
    "run_template": "notebook",
    "to_html": "export",
    "warm_up": "warmup",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name not in _PLACES:
        raise AttributeError(f"module 'toolkit.reports' has no attribute {name!r}")
    return getattr(import_module(f"toolkit.reports.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
