"""The progress notebook: a student's snapshot as a notebook, and the same as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.durable import write_durably
from toolkit.i18n import _, use_language
from toolkit.reports.export import render
from toolkit.reports.notebook import find_template, run_template
from toolkit.reports.snapshot import Snapshot

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["NAME", "TEMPLATE", "write"]

NAME = "progress"
TEMPLATE = "reports/progress.ipynb"


def write(snapshot: Snapshot, folder: Path, templates: Path | None = None) -> tuple[Path, Path]:
    """Write `progress.ipynb` and `progress.html` into the student's workspace; return both paths.

    Parameters
    ----------
    folder : Path
        The workspace.
    templates : Path, optional
        The folder `templates` of the practice, which shadows ours.

    Raises
    ------
    ExecutionError
        If the template fails; the last good files stay.
    StorageError
        If the disk refuses.
    """

    def finish(nb: NotebookNode) -> None:
        student = snapshot.student
        with use_language(student.language):
            nb.metadata["title"] = _("Progress of {name}").format(name=student.name)
        nb.metadata["mentoring"] = {"kind": "progress", "student": student.id, "language": student.language}
        # Before either file is written: where the page cannot be made, both stay as they were.
        pages.append(render(nb, NAME, templates=templates))

    pages: list[str] = []
    notebook = run_template(
        find_template(TEMPLATE, templates),
        {"snapshot": snapshot.model_dump(mode="json")},
        folder / f"{NAME}.ipynb",
        language=snapshot.student.language,
        finish=finish,
        within=folder,
    )
    page = folder / f"{NAME}.html"
    write_durably(page, pages[0].encode(), within=folder)
    return notebook, page
