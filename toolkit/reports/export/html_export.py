"""Export of a notebook to one self-contained HTML file, for offline reading and printing."""

from __future__ import annotations

import logging
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from toolkit._internal.resources import resource_folder
from toolkit.errors import ExecutionError
from toolkit.i18n import LANGUAGES, _
from toolkit.reports.run.template_runner import read_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["HtmlExporter", "render_page", "to_html"]

_HIDDEN_INPUT_TAGS = {"hide-input"}
_REMOVED_CELL_TAGS = {"parameters", "remove-cell"}


def to_html(notebook: Path, *, templates: Path | None = None) -> str:
    """Return a notebook as a self-contained HTML page without scripts.

    Cells tagged ``hide-input`` show only their output, cells tagged ``remove-cell`` are left out.

    Parameters
    ----------
    notebook : Path
        The notebook file.
    templates : Path, optional
        The folder `templates` of the practice: its ``nbconvert/mentoring`` takes precedence over the
        toolkit's.

    Raises
    ------
    UnreadableError
        If the file is not a notebook.
    ExecutionError
        If one of the practice's nbconvert templates fails.
    """
    return render_page(read_notebook(notebook), notebook.stem, templates=templates)


def render_page(
    nb: NotebookNode, name: str, *, templates: Path | None = None, template: str = "index.html.j2"
) -> str:
    """Return a notebook in memory as a page, as `to_html` does.

    Parameters
    ----------
    nb : NotebookNode
        The notebook.
    name : str
        The page's title if the notebook has none.
    templates : Path, optional
        The folder `templates` of the practice: its ``nbconvert/mentoring`` takes precedence over the
        toolkit's.
    template : str
        Name of the Jinja template in `nbconvert/mentoring`.

    Raises
    ------
    ExecutionError
        If one of the practice's nbconvert templates fails.
    """
    return HtmlExporter(templates, template).page(nb, name)


class HtmlExporter:
    """Exporter of notebooks to HTML pages, for many notebooks with the same templates; thread-safe.

    Parameters
    ----------
    templates : Path, optional
        The folder `templates` of the practice: its ``nbconvert/mentoring`` takes precedence over the
        toolkit's.
    template : str
        Name of the Jinja template in `nbconvert/mentoring`.
    """

    def __init__(self, templates: Path | None = None, template: str = "index.html.j2") -> None:
        self._templates = templates
        self._template = template
        self._lock = Lock()

    @cached_property
    def folders(self) -> list[Path]:
        """The template folders of nbconvert, in order of precedence."""
        folders = [self._templates, resource_folder("templates")]
        return [folder / "nbconvert" for folder in folders if folder is not None]

    def prepare(self) -> None:
        """Export a minimal page once, so that the setup of the exporter (0.25 s) does not delay the first."""
        from nbformat import v4

        if "_exporter" not in vars(self):
            nothing = v4.new_notebook(cells=[v4.new_markdown_cell("*")])  # type: ignore[no-untyped-call]
            self.page(nothing, "")

    def page(self, nb: NotebookNode, name: str) -> str:
        """Return a notebook as a page.

        Parameters
        ----------
        nb : NotebookNode
            The notebook; it is not changed.
        name : str
            The page's title if the notebook has none.

        Raises
        ------
        ExecutionError
            If one of the practice's nbconvert templates fails.
        """
        from jinja2 import TemplateError

        about: dict[str, Any] = nb.metadata.get("mentoring", {})
        language = about.get("language") if about.get("language") in LANGUAGES else "en"
        still = _static_copy(nb)
        try:
            with self._lock:
                self._exporter.language_code = language
                page, _resources = self._exporter.from_notebook_node(still, {"metadata": {"name": name}})
        except TemplateError as error:
            raise ExecutionError(
                _("The page could not be made: {reason}").format(reason=error),
                _("Correct the template: {folder}").format(folder=self.folders[0]),
            ) from error
        return str(page)

    @cached_property
    def _exporter(self) -> Any:  # noqa: ANN401 - nbconvert has no types
        # Importing nbconvert takes 0.5 s, reading its templates 0.1 s.
        from nbconvert.preprocessors import TagRemovePreprocessor

        from toolkit.reports.export.page_exporter import PageExporter, safe_markdown
        from toolkit.reports.export.static_outputs import SHOWN_TYPES
        from toolkit.reports.render.sanitizer import clean_html

        exporter = PageExporter(  # type: ignore[no-untyped-call]
            template_name="mentoring",
            template_file=self._template,
            extra_template_basedirs=[str(folder) for folder in self.folders if folder.is_dir()],
            sanitize_html=True,
            exclude_anchor_links=True,
            exclude_input_prompt=True,
            exclude_output_prompt=True,
            # Validate once, not after each of the 13 preprocessors.
            optimistic_validation=True,
            # As `str`: a template that appends text to a `Markup` would escape that text.
            filters={"clean_html": lambda html: str(clean_html(html)), "markdown2html": safe_markdown},
            log=_silent_logger(),
        )
        by_tag = TagRemovePreprocessor(  # type: ignore[no-untyped-call]
            remove_input_tags=_HIDDEN_INPUT_TAGS, remove_cell_tags=_REMOVED_CELL_TAGS
        )
        exporter.register_preprocessor(by_tag, enabled=True)  # type: ignore[no-untyped-call]
        exporter.config.NbConvertBase.display_data_priority = SHOWN_TYPES
        return exporter


def _silent_logger() -> logging.Logger:
    # nbconvert's warnings about a notebook (an image without a description) do not help users in a terminal.
    log = logging.Logger("nbconvert")
    log.addHandler(logging.NullHandler())
    return log


def _static_copy(nb: NotebookNode) -> NotebookNode:
    """Return a copy whose outputs need no script, each text with its final terminal view."""
    from toolkit.reports.export.static_outputs import static_outputs

    nb = deepcopy(nb)
    for cell in nb.cells:
        if "outputs" in cell:
            cell.outputs = static_outputs(cell.outputs)
        pictures = cell.get("attachments")
        if pictures is not None:
            valid = pictures.items() if isinstance(pictures, dict) else ()
            cell.attachments = {name: bundle for name, bundle in valid if isinstance(bundle, dict)}
    return nb
