"""nbconvert: how pages are made."""

from __future__ import annotations

import pytest
from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath, MathInlineParser
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary


def test_steps_of_progress_all_stay(changed):
    texts = ("FIRST\rSECOND", "\rTHIRD\n")
    outputs = [new_output("stream", text=text) for text in texts]
    page, _resources = HTMLExporter().from_notebook_node(
        new_notebook(cells=[new_code_cell("", outputs=outputs)])
    )
    for step in ("FIRST", "SECOND", "THIRD"):
        assert step in page, changed("the treatment of carriage returns")
    assert page.count("jp-RenderedText jp-OutputArea-output") == 2, changed(
        "the number of blocks of a stream"
    )


def test_colours_become_classes_and_other_codes_go(changed):
    assert ansi2html("\x1b[31ma\x1b[0m\x1b[2Kb") == '<span class="ansi-red-fg">a</span>b', changed(
        "ansi2html"
    )


def test_the_html_exporter_reads_its_page_once_more(changed):
    for word in ("_init_resources", "WidgetsDataTypeFilter", "Highlight2HTML", "BeautifulSoup"):
        assert mentions(HTMLExporter.from_notebook_node, word), changed(
            f"the exporter, which has no {word} any more,"
        )
    assert mentions(TemplateExporter.from_notebook_node, "self.template.render"), changed(
        "the template's exporter"
    )
    assert hasattr(HTMLExporter(), "register_filter"), changed("register_filter")
    assert mentions(WidgetsDataTypeFilter, "notebook_metadata"), changed("WidgetsDataTypeFilter")
    assert mentions(HTMLExporter.from_notebook_node, "self._nb_metadata"), changed("_nb_metadata")


def test_it_validates_once_where_it_is_told_to_be_optimistic(changed):
    assert HTMLExporter().has_trait("optimistic_validation"), changed("optimistic_validation")
    for name in ("_preprocess", "default_filters"):
        assert callable(getattr(HTMLExporter, name)), changed(f"the exporter's {name}")
    assert isinstance(HTMLExporter.environment, property), changed("the property `environment`")
    assert NotebookExporter().file_extension == ".ipynb", changed("NotebookExporter")


def test_its_markdown_and_its_highlighter(changed):
    renderer = IPythonRenderer(escape=False, attachments={}, exclude_anchor_links=True)
    assert MarkdownWithMath(renderer=renderer).render("*a* $b$").strip() == "<p><em>a</em> $b$</p>", changed(
        "the markdown"
    )
    assert 'class="k"' in Highlight2HTML(pygments_lexer="ipython3")("return 1"), changed("the highlighter")
    for name in ("block_math", "inline_math", "latex_environment", "_embed_image_or_attachment"):
        assert hasattr(IPythonRenderer, name), changed(f"the renderer's {name}")
    assert {"inline_math_tex", "emphasis"} <= MathInlineParser.SPECIFICATION.keys(), changed(
        "the parser's rules"
    )
    assert takes(MarkdownWithMath.__init__, "renderer", "inline"), changed("the markdown's parser")
    assert takes(IPythonRenderer.__init__, "escape", "exclude_anchor_links", "attachments"), changed(
        "the renderer"
    )
