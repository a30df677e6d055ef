"""nbgrader's own feedback page, with nothing in it that runs or is fetched.

nbgrader's template puts students' HTML into the page as it is and loads MathJax from another site. Here its
exporter gets a notebook whose texts and outputs are safe already, and its page a content security policy.
"""

from __future__ import annotations

import re
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode, from_dict

from toolkit._internal.html_sanitizer import REPORT, sanitize
from toolkit.exercises.nbgrader_worker import safe_html

__all__ = ["safe_exporter_class"]

_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    'style-src \'unsafe-inline\'">\n<meta name="referrer" content="no-referrer">'
)
_HEAD = re.compile(r"<head\b[^>]*>|\A(?:\s*<!DOCTYPE[^>]*>)?(?!.*<head\b)", re.IGNORECASE | re.DOTALL)
# The page is the text of a parsed tree: `<` begins a tag and nothing else.
_ACTIVE = re.compile(
    r"<script\b[^>]*>.*?</script>|<(?:link|base)\b[^>]*>|<!--.*?-->", re.IGNORECASE | re.DOTALL
)
_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.IGNORECASE | re.DOTALL)
_FETCHED = re.compile(r"""@import[^;]*;|url\((?!\s*["']?data:)[^)]*\)""", re.IGNORECASE)


class _BytecodeCache(jinja2.BytecodeCache):
    """In-memory cache of compiled templates: compiling nbgrader's template takes 0.2 s per page."""

    def __init__(self) -> None:
        self._bytecode: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._bytecode:
            bucket.bytecode_from_string(self._bytecode[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._bytecode[bucket.key] = bucket.bytecode_to_string()


_BYTECODE_CACHE = _BytecodeCache()


def safe_exporter_class(configured: type[HTMLExporter]) -> type[HTMLExporter]:
    """Return a subclass of the course's exporter whose pages run and fetch nothing.

    Parameters
    ----------
    configured : type
        The exporter of nbgrader's configuration; another template of the course stays in use.
    """
    return type(configured.__name__, (_SafePages, configured), {})


class _SafePages(HTMLExporter):
    """The part of the exporter that is different from nbconvert's."""

    @property
    def environment(self) -> jinja2.Environment:
        """The template environment, with the shared bytecode cache."""
        environment: jinja2.Environment = super().environment
        environment.bytecode_cache = _BYTECODE_CACHE
        return environment

    def default_filters(self) -> Any:  # noqa: ANN401 - nbconvert has no types
        """Return nbconvert's filters, with safe ones in place of those that return HTML of people."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "markdown2html", _safe_text
        yield "clean_html", lambda html: str(sanitize(str(html), REPORT))

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
            Further options of nbconvert's method.
        """
        page, resources = super().from_notebook_node(nb, resources, **options)
        page = _ACTIVE.sub("", str(page))
        # Bootstrap's stylesheet names files of fonts that lie beside it in nbgrader's package.
        page = _STYLE.sub(lambda style: _FETCHED.sub("none", style[0]), page)
        return _HEAD.sub(lambda head: f"{head[0]}\n{_POLICY}", page, count=1), resources

    def _preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        # After the course's preprocessors, so that the template gets only what is made here.
        nb, resources = super()._preprocess(nb, resources)  # type: ignore[no-untyped-call]
        for cell in nb.cells:
            _make_safe(cell)
        nb.metadata = from_dict({k: v for k, v in nb.metadata.items() if k == "language_info"})  # type: ignore[no-untyped-call]
        return nb, resources


def _make_safe(cell: NotebookNode) -> None:
    # All other metadata are the student's, and nbconvert's templates put some of them into tags.
    cell.metadata = from_dict({k: v for k, v in cell.metadata.items() if k == "nbgrader"})  # type: ignore[no-untyped-call]
    about = cell.metadata.get("nbgrader", {})
    if about.get("comment"):
        about["comment"] = safe_html.render_comment(str(about["comment"]))
    if cell.cell_type == "code":
        shown = safe_html.render_outputs(cell)
        output = {"output_type": "display_data", "data": {"text/html": shown}, "metadata": {}}
        cell.outputs = from_dict([output] if shown else [])  # type: ignore[no-untyped-call]
        return
    source = safe_html.render_source(cell)
    # The templates show a raw cell only if the page's format is its own.
    cell.cell_type = "markdown"
    cell.source = source


def _safe_text(text: str) -> str:
    """Return the HTML of a text that is safe already; any other text is escaped."""
    return str(text) if isinstance(text, Markup) else str(safe_html.render_comment(text))
