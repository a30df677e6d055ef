"""From a notebook to one HTML file that opens anywhere, offline, and prints."""

from __future__ import annotations

import logging
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from toolkit._internal.resources import resource
from toolkit._internal.terminal_output import joined, settled
from toolkit.errors import ExecutionError
from toolkit.i18n import LANGUAGES, _
from toolkit.reports.run.template_runner import read_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Press", "render", "to_html"]

_NO_INPUT = {"hide-input"}
_NO_CELL = {"parameters", "remove-cell"}
_SHOWN = [
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/plain",
]


def to_html(notebook: Path, *, templates: Path | None = None) -> str:
    """Return ``notebook`` as a page that needs nothing from elsewhere and runs nothing.

    Cells tagged ``hide-input`` show their output alone, cells tagged ``remove-cell`` nothing.

    Parameters
    ----------
    templates : Path, optional
        The folder `templates` of the practice: its ``nbconvert/mentoring`` shadows ours.

    Raises
    ------
    UnreadableError
        If it is no notebook.
    """
    return render(read_notebook(notebook), notebook.stem, templates=templates)


def render(
    nb: NotebookNode, name: str, *, templates: Path | None = None, template: str = "index.html.j2"
) -> str:
    """Return a notebook that is not on disk yet as a page, as `to_html` does.

    Parameters
    ----------
    template : str
        The file of `nbconvert/mentoring` that it is put into.
    """
    return Press(templates, template).page(nb, name)


class Press:
    """Makes pages of notebooks, many with the same templates; threads may share it.

    Parameters
    ----------
    templates : Path, optional
        The folder `templates` of the practice: its ``nbconvert/mentoring`` shadows ours.
    template : str
        The file of `nbconvert/mentoring` that they are put into.
    """

    def __init__(self, templates: Path | None = None, template: str = "index.html.j2") -> None:
        self._templates = templates
        self._template = template
        self._lock = Lock()

    @cached_property
    def folders(self) -> list[Path]:
        """Where nbconvert looks, first things first."""
        folders = [self._templates, resource("templates")]
        return [folder / "nbconvert" for folder in folders if folder is not None]

    def prepare(self) -> None:
        """Make a page of next to nothing, once: what only the first page takes is a quarter of a second."""
        from nbformat import v4

        if "_exporter" not in vars(self):
            nothing = v4.new_notebook(cells=[v4.new_markdown_cell("*")])  # type: ignore[no-untyped-call]
            self.page(nothing, "")

    def page(self, nb: NotebookNode, name: str) -> str:
        """Return a notebook as a page.

        Parameters
        ----------
        name : str
            The page's title where the notebook has none.

        Raises
        ------
        ExecutionError
            A template of the practice for nbconvert fails.
        """
        from jinja2 import TemplateError

        about: dict[str, Any] = nb.metadata.get("mentoring", {})
        language = about.get("language") if about.get("language") in LANGUAGES else "en"
        still = _still(nb)
        try:
            with self._lock:
                self._exporter.language_code = language
                page, _resources = self._exporter.from_notebook_node(still, {"metadata": {"name": name}})
        except TemplateError as error:
            raise ExecutionError(
                _("The page could not be made: {reason}").format(reason=error),
                _("Mend the template: {folder}").format(folder=self.folders[0]),
            ) from error
        return str(page)

    @cached_property
    def _exporter(self) -> Any:  # noqa: ANN401 - nbconvert has no types
        # nbconvert takes half a second to import, and a tenth to read its templates.
        from nbconvert.preprocessors import TagRemovePreprocessor

        from toolkit.reports.export.page_exporter import PageExporter
        from toolkit.reports.render.sanitizer import clean_html

        exporter = PageExporter(  # type: ignore[no-untyped-call]
            template_name="mentoring",
            template_file=self._template,
            extra_template_basedirs=[str(folder) for folder in self.folders if folder.is_dir()],
            sanitize_html=True,
            exclude_anchor_links=True,
            exclude_input_prompt=True,
            exclude_output_prompt=True,
            # Once, and not after each of its thirteen steps.
            optimistic_validation=True,
            filters={"clean_html": clean_html},
            log=_quiet(),
        )
        by_tag = TagRemovePreprocessor(  # type: ignore[no-untyped-call]
            remove_input_tags=_NO_INPUT, remove_cell_tags=_NO_CELL
        )
        exporter.register_preprocessor(by_tag, enabled=True)  # type: ignore[no-untyped-call]
        exporter.config.NbConvertBase.display_data_priority = _SHOWN
        return exporter


def _quiet() -> logging.Logger:
    # What nbconvert remarks about a notebook (an image without a description) helps nobody in a terminal.
    log = logging.Logger("nbconvert")
    log.addHandler(logging.NullHandler())
    return log


def _still(nb: NotebookNode) -> NotebookNode:
    """Return a copy without what only a script could show, and of what a terminal overwrites only the end."""
    nb = deepcopy(nb)
    for cell in nb.cells:
        if "outputs" in cell:
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = settled(output.text)
            if "data" in output:
                output.data = {kind: value for kind, value in output.data.items() if kind in _SHOWN}
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if output.get("data", True)]
    return nb
