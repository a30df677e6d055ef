"""nbconvert's HTML exporter, without its second parse of the page."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode

from toolkit._internal.html_sanitizer import REPORT
from toolkit._internal.notebook_markdown import markdown_to_html

__all__ = ["PageExporter", "safe_markdown"]

_BARE_IMAGE = re.compile(r"<img(?![^>]*\salt=)")


@pass_context
def safe_markdown(context: Context, source: str) -> str:
    """Return the Markdown of a cell as HTML; nbconvert's own filter fails at a picture that is missing.

    Parameters
    ----------
    context : Context
        Context of the template, with the cell.
    source : str
        Markdown of the cell or of an output.
    """
    return str(markdown_to_html(source, context.get("cell", {}).get("attachments"), REPORT))


class PageExporter(HTMLExporter):
    """HTML exporter for reports.

    `HTMLExporter` parses the finished page again to give images a description and to put JupyterLab's cells
    into the tab order. Report pages have no such cells, and the images of the templates have descriptions.
    """

    def from_notebook_node(  # type: ignore[override]
        self,
        nb: NotebookNode,
        resources: dict[str, Any] | None = None,
        **options: Any,  # noqa: ANN401 - nbconvert's signature
    ) -> tuple[str, dict[str, Any]]:
        """Return the page, and nbconvert's resources.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        resources : dict, optional
            nbconvert's resources.
        **options
            Further options of `TemplateExporter.from_notebook_node`.
        """
        lexer = nb.metadata.get("language_info", {}).get("pygments_lexer", "ipython3")
        resources = self._init_resources(resources)  # type: ignore[no-untyped-call]
        filters: dict[str, Any] = {
            "highlight_code": Highlight2HTML(pygments_lexer=lexer, parent=self),  # type: ignore[no-untyped-call]
            "filter_data_type": WidgetsDataTypeFilter(  # type: ignore[no-untyped-call]
                notebook_metadata=self._nb_metadata, parent=self, resources=resources
            ),
        }
        for name, made in filters.items():
            self.register_filter(name, made)  # type: ignore[no-untyped-call]
        page, resources = TemplateExporter.from_notebook_node(self, nb, resources, **options)
        # Screen readers read out the whole address of an image without an alt attribute.
        return _BARE_IMAGE.sub('<img alt=""', str(page)), resources
