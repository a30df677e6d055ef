"""Notebook outputs and texts are shown as their author saw them, or named; nothing is run or fetched."""

from __future__ import annotations

import base64

import pytest
from bs4 import BeautifulSoup

from toolkit._internal.html_sanitizer import FEEDBACK, REPORT
from toolkit._internal.notebook_markdown import markdown_to_html
from toolkit._internal.notebook_outputs import is_shown_whole, outputs_to_html
from toolkit.i18n import use_language

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='x()'><script>x()</script></svg>"


@pytest.fixture(autouse=True)
def _in_english():
    with use_language("en"):
        yield


def shown(*outputs: dict, policy=FEEDBACK) -> str:
    html = str(outputs_to_html(outputs, policy))
    page = BeautifulSoup(html, "html.parser")
    assert not page.find_all(["script", "iframe", "object", "embed", "svg", "meta", "base", "form", "style"])
    for element in page.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on")]
        assert str(element.get("src", "data:image/")).startswith("data:image/")
    return html


def bundle(mime: str, value: object = "x", **more: object) -> dict:
    return {"output_type": "display_data", "data": {mime: value, **more}, "metadata": {}}


def text(html: str) -> str:
    return BeautifulSoup(html, "html.parser").get_text(" ", strip=True)


def test_of_a_progress_line_the_last_state():
    stream = {"output_type": "stream", "name": "stderr", "text": "\r 10%"}
    html = shown(stream, {**stream, "text": ["\r 50%", "\r100%\n"]}, {**stream, "text": "abc\b\b\bdone\n"})
    assert html == "<pre>100%\ndone\n</pre>"


@pytest.mark.parametrize(
    ("output", "word"),
    [
        (
            bundle(
                "application/vnd.plotly.v1+json", {}, **{"text/html": "<div id=a></div><script>x</script>"}
            ),
            "Plotly",
        ),
        (bundle("text/html", "<div></div><script>Plotly.newPlot()</script>"), "Plotly"),
        (bundle("application/vnd.jupyter.widget-view+json", {}, **{"text/plain": "IntSlider()"}), "a widget"),
        (bundle("application/vnd.vegalite.v5+json", {}, **{"text/plain": "alt.Chart()"}), "Altair"),
        (bundle("application/javascript", "x()"), "a script"),
        (bundle("text/html", "<video src='http://e.org'></video>"), "a video"),
        (bundle("text/html", "<iframe src='http://e.org'></iframe>"), "a page of another site"),
        (bundle("application/pdf", "JVBE"), "a PDF file"),
        (bundle("application/x-of-somebody", "?"), "application/x-of-somebody"),
    ],
)
def test_what_cannot_be_shown_is_named_in_a_line(output, word):
    assert not is_shown_whole(output["data"])
    for policy in (FEEDBACK, REPORT):
        said = text(shown(output, policy=policy))
        assert said.startswith("(Not shown here: "), said
        assert word in said


def test_the_rest_of_an_output_is_shown_beside_the_line():
    said = text(shown(bundle("text/html", "<b>map</b><iframe src='http://e.org'></iframe>")))
    assert said.startswith("map (Not shown here: a page of another site")
    assert is_shown_whole({"text/html": "<table><tr><td>1</td></tr></table>"})


def test_an_image_or_a_table_needs_no_line():
    assert 'src="data:image/png;base64,' in shown(bundle("image/png", PNG, **{"text/plain": "<Figure>"}))
    svg = BeautifulSoup(shown(bundle("image/svg+xml", SVG)), "html.parser").img["src"]
    assert base64.b64decode(svg.partition(",")[2]).decode() == SVG, "an image element runs nothing of it"
    frame = "<style scoped>a{}</style><table><tr><td>1</td></tr></table>"
    assert text(shown(bundle("text/html", frame))) == "1"


def test_formulas_are_shown_as_typed_and_said_to_be():
    said = text(shown(bundle("text/latex", "$\\frac{a_1}{b}$", **{"text/plain": "<Math object>"})))
    assert said == "$\\frac{a_1}{b}$ (Formulas are shown as they were typed, in LaTeX.)"
    html = markdown_to_html("So $a_1 + a_2$ and\n\n$$x_i^2 < 3$$", {}, FEEDBACK)
    assert "<code>$a_1 + a_2$</code>" in html
    assert "<code>$$x_i^2 &lt; 3$$</code>" in html
    assert html.count("in LaTeX") == 1


@pytest.mark.parametrize(
    "damaged",
    [
        {},
        {"output_type": "stream"},
        {"output_type": "stream", "text": None},
        {"output_type": "error", "traceback": 5},
        {"output_type": "display_data"},
        {"output_type": "display_data", "data": []},
        bundle("image/png", {"a": 1}),
        bundle("image/png", "%%%"),
        bundle("image/svg+xml", 7),
        bundle("text/html", {"a": 1}),
        bundle("text/markdown", None),
        bundle("application/json", float("nan")),
        "no output",
    ],
)
def test_a_damaged_output_costs_no_other(damaged):
    after = {"output_type": "stream", "name": "stdout", "text": "after"}
    assert shown(damaged, bundle("text/plain", "-"), after).endswith("<pre>after</pre>")


def test_what_is_cut_is_said_to_be():
    said = text(shown({"output_type": "stream", "name": "stdout", "text": "x" * 100_000}))
    assert said.endswith("(The rest of this output is left out: it is very long.)")
    assert markdown_to_html("x" * 100_000, {}, FEEDBACK).count("left out") == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("![a](attachment:a.png)", "(The picture a.png is missing: it was not handed in.)"),
        ("![é](attachment:é%20b.png)", "(The picture é b.png is missing: it was not handed in.)"),
        ("<img src='attachment:a.png'>", "(The picture a.png is missing: it was not handed in.)"),
        ("![a](photo.png)", "(The picture photo.png is missing: it was not handed in.)"),
        ("<img alt='plan'>", "(The picture plan is missing: it was not handed in.)"),
        (
            "![a](https://e.org/p.png)",
            "(A picture from another site is not loaded here: https://e.org/p.png)",
        ),
        ("![a](attachment:odd)", "(A picture that cannot be shown: odd)"),
        ("![a](attachment:empty)", "(The picture empty is missing: it was not handed in.)"),
        ("![a](attachment:number)", "(The picture number is missing: it was not handed in.)"),
    ],
)
def test_a_picture_that_is_not_there_is_named(source, said):
    attached = {"odd": {"image/heic": "x"}, "empty": {}, "number": 5}
    for policy in (FEEDBACK, REPORT):
        assert text(markdown_to_html(f"See {source} here", attached, policy)) == f"See {said} here"


@pytest.mark.parametrize("name", ["a.png", "é b.png", "a&amp;b.png"])
@pytest.mark.parametrize("data", [PNG, [PNG[:20], PNG[20:]]], ids=["text", "lines"])
def test_a_pasted_picture_is_shown(name, data):
    plain = name.replace("&amp;", "&")
    for source in (f"![x](<attachment:{name}>)", f'<img src="attachment:{name}">'):
        html = markdown_to_html(source, {plain: {"image/png": data}}, FEEDBACK)
        (image,) = BeautifulSoup(html, "html.parser").find_all("img")
        assert image["src"] == f"data:image/png;base64,{PNG}"


@pytest.mark.parametrize("attachments", [None, 5, [1], {"a": None}])
def test_attachments_that_are_none_cost_nothing(attachments):
    assert "(The picture a is missing" in markdown_to_html("![x](attachment:a) $x$", attachments, FEEDBACK)


@pytest.mark.parametrize(
    "typed",
    ["__init__", "$5 and $10", "*args, **kwargs", "f(*args) and g(*rest)", "snake_case_name", "US$5, not 6$"],
)
def test_code_and_money_in_markdown_stay_as_typed(typed):
    assert text(markdown_to_html(f"We say {typed}.", {}, FEEDBACK)) == f"We say {typed}."
    if "*" not in typed:
        assert text(markdown_to_html(f"**{typed}**", {}, FEEDBACK)) == typed


def test_markdown_is_markdown():
    html = markdown_to_html("__two words__, *one*, ~~no~~\n\n- [x] done\n- [ ] open", {}, FEEDBACK)
    assert "<strong>two words</strong>, <em>one</em>, <del>no</del>" in html
    assert text(html).endswith("☑ done ☐ open")


@pytest.mark.parametrize("character", ["[", ">", "*", "`", "$a ", "- ", "<div>", "![", "| a "])
def test_no_text_costs_the_page(character):
    assert markdown_to_html(character * 4000, {}, FEEDBACK)
