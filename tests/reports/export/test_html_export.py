from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from toolkit.errors import ExecutionError, UnreadableError
from toolkit.reports import to_html
from toolkit.reports.export.html_export import HtmlExporter, render_page
from toolkit.reports.render.sanitizer import clean_html

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action='https://evil.example'><button>x</button></form>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<img src='https://evil.example/x.png'>",
    "<img src='data:text/html;base64,PHNjcmlwdD4='>",
    "<img srcset='https://evil.example/x.png 1x'>",
    "<p style='background:url(https://evil.example/x)'>x</p>",
    "<p style='position:fixed;inset:0;background-color:red'>x</p>",
    "<base href='https://evil.example'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_nothing_runs_fetches_or_covers(payload):
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(clean_html(payload), "html.parser")
    for element in soup.find_all():
        assert element.name in {"img", "p", "a", "table"}
        for name, value in element.attrs.items():
            assert not name.startswith("on")
            assert "evil.example" not in str(value) or (element.name, name) == ("a", "href")
            assert "javascript" not in str(value)
            assert "position" not in str(value)
            assert not str(value).startswith("data:text")


def test_what_is_harmless_stays():
    kept = (
        '<p style="text-align: left;"><img src="data:image/svg+xml;base64,PHN2Zy8+" alt="" width="16">'
        '<bdi>x</bdi> <a href="https://example.org">y</a></p>'
    )
    assert clean_html(kept) == kept


@pytest.fixture
def notebook(tmp_path):
    def write(*cells, **metadata):
        path = tmp_path / "n.ipynb"
        nb = new_notebook(cells=list(cells), metadata=metadata)
        path.write_text(nbformat.writes(nb), encoding="utf-8")
        return path

    return write


def shown(**data):
    return new_output("display_data", {key.replace("_", "/", 1): value for key, value in data.items()})


def test_a_page_is_whole_and_quiet(notebook, capfd):
    widget = {"model_id": "x", "version_major": 2, "version_minor": 0}
    page = to_html(
        notebook(
            new_markdown_cell("# Title\n\n" + "\n\n".join(PAYLOADS)),
            new_code_cell("secret = 1", metadata={"tags": ["parameters"]}),
            new_code_cell(
                "hidden()", metadata={"tags": ["hide-input"]}, outputs=[shown(text_html="<b>seen</b>")]
            ),
            new_code_cell(
                "visible()",
                outputs=[
                    new_output(
                        "display_data",
                        {"application/vnd.jupyter.widget-view+json": widget, "text/html": "static form"},
                    ),
                    new_output("display_data", {"application/javascript": "alert(2)"}),
                    new_output("stream", text="<i>printed</i>"),
                    new_output("error", ename="E", evalue="<u>v</u>", traceback=["<u>trace</u>"]),
                ],
            ),
            title="A <title>",
            mentoring={"language": "fr"},
            widgets={"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}},
        )
    )
    assert page.startswith("<!DOCTYPE html>")
    assert '<html lang="fr">' in page
    assert capfd.readouterr() == ("", "")
    assert "<title>A &lt;title&gt;</title>" in page
    for gone in ("<script", "require", "mathjax", "cdnjs", "unpkg", "secret", "hidden()", "alert(2)"):
        assert gone not in page.lower().replace("&lt;script", ""), gone
    for there in ("<b>seen</b>", "visible", "static form", "&lt;i&gt;printed", "&lt;u&gt;trace"):
        assert there in page, there
    assert "default-src 'none'" in page


def test_a_language_that_there_is_not(notebook):
    page = to_html(notebook(new_markdown_cell("x"), mentoring={"language": '"><script>'}))
    assert '<html lang="en">' in page
    assert "<title>n</title>" in page


def test_the_mentors_page_template_shadows_ours(notebook, tmp_path):
    own = tmp_path / "templates" / "nbconvert" / "mentoring"
    own.mkdir(parents=True)
    (own / "conf.json").write_text('{"base_template": "lab"}')
    (own / "index.html.j2").write_text("mine")
    assert to_html(notebook(), templates=tmp_path / "templates") == "mine"


def test_what_is_no_notebook(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_text("x")
    with pytest.raises(UnreadableError):
        to_html(path)


def test_one_press_for_many_languages(tmp_path):
    press = HtmlExporter()
    made = {
        language: press.page(new_notebook(metadata={"mentoring": {"language": language}}), "x")
        for language in ("fr", "en", "fr")
    }
    assert '<html lang="fr">' in made["fr"]
    assert '<html lang="en">' in made["en"]


def test_a_broken_template_of_the_mentors_is_named(tmp_path):
    own = tmp_path / "nbconvert" / "mentoring" / "index.html.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{% block")
    with pytest.raises(ExecutionError, match=r"could not be made.*nbconvert"):
        HtmlExporter(tmp_path).page(new_notebook(), "x")


def test_a_picture_without_words_is_decoration():
    picture = new_output("display_data", {"image/png": "iVBORw0KGgo="})
    page = HtmlExporter().page(new_notebook(cells=[new_code_cell("x", outputs=[picture])]), "x")
    assert '<img alt=""' in page


def test_of_progress_only_the_last_step_is_shown():
    outputs = [new_output("stream", text=text) for text in ("  0%", "\r 50%", "\r100%\n")]
    nb = new_notebook(cells=[new_code_cell("1", outputs=outputs)])
    page = render_page(nb, "x")
    assert "<pre>100%\n</pre>" in page
    assert " 50%\n" not in page
    assert nb.cells[0].outputs == outputs


def test_what_a_page_cannot_show_is_named_and_costs_nothing_else():
    other = {"other": {"image/png": "iVBORw0KGgo="}}
    gone = new_markdown_cell("![x](attachment:gone.png)", attachments=other)
    plotly = {"application/vnd.plotly.v1+json": {}, "text/html": "<div></div><script>"}
    damaged = [
        *({"output_type": "stream"}, {"output_type": "odd"}, {}),
        {"output_type": "display_data", "data": {"image/png": {"a": 1}}, "metadata": 3},
    ]
    code = new_code_cell("1")
    code.outputs = [
        new_output("display_data", plotly),
        new_output("display_data", {"text/latex": "$x^2$", "text/plain": "<Latex>"}),
        *map(nbformat.from_dict, damaged),
        new_output("stream", text="after"),
    ]
    nb = new_notebook()
    nb.cells = [gone, code, new_markdown_cell("__init__, $5 and $6")]
    page = render_page(nb, "x")
    said = ("gone.png is missing", "a Plotly figure", "$x^2$", "in LaTeX", "after", "__init__, $5 and $6")
    for text in said:
        assert text in page, text


def test_no_metadata_of_an_output_get_into_a_tag():
    image = {"image/png": "iVBORw0KGgo="}
    sizes = {"image/png": {"width": "1 onerror=ran()", "height": 20}}
    frame = {"text/html": {"isolated": True}}
    outputs = [
        new_output("display_data", image, metadata={**sizes, "filenames": {"image/png": "http://e.org"}}),
        new_output("display_data", {"text/html": "<b>x</b>"}, metadata=frame),
    ]
    page = render_page(new_notebook(cells=[new_code_cell("1", outputs=outputs)]), "x")
    assert "onerror" not in page
    assert "iframe" not in page
    assert "e.org" not in page
    assert "height=20" in page
