"""Reports: from a student's snapshot to a notebook (papermill), and from a notebook to a page (nbconvert).

Each name is imported on first access: a template's kernel needs only `Page`, and waits neither for papermill
nor for nbconvert.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.reports.export.html_export import to_html
    from toolkit.reports.export.recap_document import RecapPage
    from toolkit.reports.render.progress_page import Page
    from toolkit.reports.run.template_runner import find_template, run_template
    from toolkit.reports.snapshot.snapshot_builder import build_snapshot
    from toolkit.reports.snapshot.student_snapshot import StudentSnapshot
    from toolkit.reports.snapshot.warm_up_skills import warm_up_questions

__all__ = [
    "Page",
    "RecapPage",
    "StudentSnapshot",
    "build_snapshot",
    "find_template",
    "run_template",
    "to_html",
    "warm_up_questions",
]

_MODULES = {
    "Page": "render.progress_page",
    "RecapPage": "export.recap_document",
    "StudentSnapshot": "snapshot.student_snapshot",
    "build_snapshot": "snapshot.snapshot_builder",
    "find_template": "run.template_runner",
    "run_template": "run.template_runner",
    "to_html": "export.html_export",
    "warm_up_questions": "snapshot.warm_up_skills",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type depends on the name
    if name not in _MODULES:
        raise AttributeError(f"module 'toolkit.reports' has no attribute {name!r}")
    return getattr(import_module(f"toolkit.reports.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
