"""The static HTML form needs no kernel, and names in it are escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nbformat
import pytest
from nbconvert import HTMLExporter

from toolkit.widgets import ActionItems, Agenda, Checklist, ExerciseCard, Timer
from toolkit.widgets.static_html import element, text_with_code
from toolkit.widgets.view_source import stylesheet, view_module

EVIL = "</li><script>alert(1)</script><img src=x onerror=alert(1)>\" ' & `x`"
VIEWS = ("actions", "agenda", "checklist", "exercise", "timer")


def everything(text="Plain"):
    return [
        Agenda(items=[{"text": text}, {"text": text, "state": "discussed"}]),
        Checklist(items=[{"title": text, "milestone": text}]),
        Timer(minutes=20),
        ActionItems(items=[{"text": text, "plan": text, "due": "2026-11-24", "state": "done"}]),
        ExerciseCard(
            exercise={
                "title": text,
                "skills": [text],
                "tests": [{"name": text, "source": "", "outcome": "failed", "message": text}],
                "hints": [text],
            }
        ),
    ]


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _value in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag != "br":
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("number", range(5))
def test_the_static_form_is_escaped_and_well_formed(number):
    page = everything(EVIL)[number].to_html()
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert {"script", "img"}.isdisjoint(reader.tags)
    assert reader.attributes <= {"lang", "style", "aria-hidden", "scope", "datetime"}
    if number != 2:
        assert "<script>alert(1)</script>" in reader.text


def test_the_mime_bundle_has_all_three_forms():
    for widget in everything():
        data, _metadata = widget._repr_mimebundle_()
        assert set(data) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
        assert data["text/plain"].startswith(f"<{type(widget).__name__}: ")


def test_an_export_without_widget_state_shows_the_static_form():
    data, _metadata = everything("Recursion")[0]._repr_mimebundle_()
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data)])
    page, _resources = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert "Recursion" in page
    assert "<h3" in page


def test_empty_widgets_have_a_static_form():
    for widget in (Agenda(), Checklist(), ActionItems()):
        assert "<p>" in widget.to_html()


def test_elements_are_escaped_once():
    assert element("p", "<b>", element("i", "&"), title='"') == (
        '<p title="&quot;">&lt;b&gt;<i>&amp;</i></p>'
    )
    assert text_with_code("a `b` <`c") == "a <code>b</code> &lt;`c"


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_one_module_that_never_writes_html(name):
    text = view_module(name)
    assert "import {" not in text
    assert text.count("export ") == text.count("export default") == 1
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", ".send("):
        assert way not in text


@pytest.mark.parametrize("name", VIEWS)
def test_every_word_that_a_view_says_is_sent(name):
    text = view_module(name)
    widget = next(widget for widget in everything() if widget._esm == text)
    said = set(re.findall(r'(?:say|count)\("(\w+)"', text)) | set(re.findall(r"\bwords\.(\w+)", text))
    assert said <= set(widget.strings)


def test_the_stylesheet_has_jupyterlabs_colours_with_fallbacks():
    for use in re.findall(r"var\(--jp-[^()]*(?:\([^()]*\))?[^()]*\)", stylesheet()):
        assert "," in use, use
