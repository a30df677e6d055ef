"""The progress report: a student's snapshot as a notebook and as an HTML page."""

from __future__ import annotations

import json
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import i18n
from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit.i18n import _, use_language
from toolkit.reports.export.html_export import HtmlExporter
from toolkit.reports.run.template_runner import find_template, run_template
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["REPORT_NAME", "REPORT_TEMPLATE", "ProgressReportWriter", "write_progress_report"]

REPORT_NAME = "progress"
REPORT_TEMPLATE = "reports/progress.ipynb"

_CODE_SUFFIXES = {".py", ".css", ".js", ".mplstyle"}


class ProgressReportWriter:
    """Writer of progress reports, for many reports with the same template; thread-safe.

    Parameters
    ----------
    templates : Path, optional
        The folder `templates` of the practice; its files take precedence over the toolkit's.
    timeout : float
        Time limit for one cell of the template, seconds.

    Raises
    ------
    NotFoundError
        If the installation is incomplete.
    """

    def __init__(self, templates: Path | None = None, timeout: float = 120.0) -> None:
        self.template = find_template(REPORT_TEMPLATE, templates)
        self.timeout = timeout
        self._press = HtmlExporter(templates)

    @cached_property
    def digest(self) -> str:
        """Hash of the common inputs of all reports: template, style, code and translations."""
        total = sha256()
        package = Path(__file__).parents[1]
        style = [path for folder in self._press.folders for path in sorted(folder.rglob("*"))]
        words = sorted(i18n.LOCALE_DIR.rglob("*.mo"))
        # The code and not its version: during development the version stays the same for weeks.
        for path in [
            self.template,
            *style,
            *sorted(path for path in package.rglob("*.*") if path.suffix in _CODE_SUFFIXES),
            *words,
        ]:
            if path.is_file():
                with disk_errors(path):
                    total.update(sha256(path.read_bytes()).digest())
        return total.hexdigest()

    def made_from(self, snapshot: StudentSnapshot) -> str:
        """Return the hash of all inputs of a report.

        The time of the snapshot is left out: the snapshot's other fields contain everything that depends on
        the day.
        """
        said = snapshot.model_dump(mode="json", exclude={"generated_at"})
        return sha256(f"{self.digest}{json.dumps(said, sort_keys=True)}".encode()).hexdigest()

    def write(self, snapshot: StudentSnapshot, folder: Path) -> tuple[Path, Path]:
        """Write `progress.ipynb` and `progress.html` into the student's workspace; return both paths.

        Parameters
        ----------
        snapshot : StudentSnapshot
            The student's snapshot.
        folder : Path
            The student's workspace.

        Raises
        ------
        ExecutionError
            If the template fails; the earlier files stay.
        StorageError
            If the disk refuses.
        """

        def finish(nb: NotebookNode) -> None:
            student = snapshot.student
            with use_language(student.language):
                nb.metadata["title"] = _("Progress of {name}").format(name=student.name)
            nb.metadata["mentoring"] = {
                "kind": REPORT_NAME,
                "student": student.id,
                "language": student.language,
                "made_from": self.made_from(snapshot),
            }
            # Before either file is written: if the page cannot be made, both files stay as they were.
            pages.append(self._press.page(nb, REPORT_NAME))

        pages: list[str] = []
        notebook = run_template(
            self.template,
            {"snapshot": snapshot.model_dump(mode="json")},
            folder / f"{REPORT_NAME}.ipynb",
            language=snapshot.student.language,
            meanwhile=self._press.prepare,
            finish=finish,
            timeout=self.timeout,
            within=folder,
        )
        page = folder / f"{REPORT_NAME}.html"
        atomic_write(page, pages[0].encode(), within=folder)
        return notebook, page


def write_progress_report(
    snapshot: StudentSnapshot, folder: Path, templates: Path | None = None
) -> tuple[Path, Path]:
    """Write one progress report, as `ProgressReportWriter.write` does.

    Parameters
    ----------
    snapshot : StudentSnapshot
        The student's snapshot.
    folder : Path
        The student's workspace.
    templates : Path, optional
        The folder `templates` of the practice; its files take precedence over the toolkit's.

    Raises
    ------
    ExecutionError
        If the template fails; the earlier files stay.
    NotFoundError
        If the installation is incomplete.
    StorageError
        If the disk refuses.
    """
    return ProgressReportWriter(templates).write(snapshot, folder)
