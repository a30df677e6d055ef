from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from toolkit.errors import InputError, NotFoundError
from toolkit.reports.run.template_placeholders import (
    escape_markdown,
    fill_placeholders,
    keep_cells_for,
    placeholder_values,
    web_address,
)


class Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)

    def handle_data(self, data):
        self.text += data


names = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf"]), min_size=1, max_size=60)
marks = st.text("abc019 \\`*_{}[]()<>#+-.!|$~&^=:/@\"';,%?", min_size=1, max_size=40)


@given(names | marks)
@example("<script>alert(1)</script>")
@example("[x](javascript:alert(1)) ![y](http://evil.example/z)")
@example("www.evil.example https://evil.example")
@example("# x")
@example("1. x")
@example("- x")
@example("---")
@example("&lt;b&gt; $x^2$ | a | b |")
def test_a_name_is_shown_as_it_is(name):
    for before, after in (("Hello ", ", good."), ("", " and more"), ("# ", "")):
        if not name.split():
            continue
        shown = Text(markdown2html_mistune(f"{before}{escape_markdown(name)}{after}"))
        assert shown.elements == (["h1", "a"] if before == "# " else ["p"])
        expected = f"{before.lstrip('# ')}{' '.join(name.split())}{after}"
        text = shown.text.strip().replace("\u2068", "").replace("\u2069", "")
        assert (text.removesuffix("¶") if before == "# " else text) == expected.strip()


def test_words_people_type_stay_readable():
    assert escape_markdown("18:30, l'école: M. Dupont-Aubry (3/4)") == (
        "\u206818:30, l'école: M. Dupont-Aubry \\(3/4\\)\u2069"
    )


def notebook(*sources):
    return new_notebook(cells=[new_markdown_cell(source) for source in sources])


def test_placeholders_are_filled_in_markdown_alone():
    nb = notebook("{{ name }}, {{minutes}} min\n\n{{questions}}", "{{ not a word }}, {x}, {{}}")
    nb.cells.append(new_code_cell("'{{name}}'"))
    fill_placeholders(nb, {"name": "*Ana*", "minutes": 30, "questions": ["one", "two"]})
    assert [cell.source for cell in nb.cells] == [
        "\\*Ana\\*, 30 min\n\n1. one\n2. two",
        "{{ not a word }}, {x}, {{}}",
        "'{{name}}'",
    ]


def test_a_word_that_there_is_not_is_named_with_its_neighbour():
    with pytest.raises(NotFoundError, match=r"\{\{given_nam\}\}.*given_name"):
        fill_placeholders(notebook("{{given_nam}}"), {"given_name": "Ana", "minutes": 30})


@pytest.mark.parametrize(
    "address",
    [
        "https://meet.example.org/room-1_2*3*?pwd=a&b=$x$#top",
        "http://localhost:8080/~ada/(call)",
        "https://example.org/%C3%A9",
    ],
)
def test_an_address_is_a_link_to_the_very_place(address):
    nb = notebook("The call: <{{ video }}>.")
    fill_placeholders(nb, {"video": address})
    html = markdown2html_mistune(nb.cells[0].source)
    links = re.findall('href="([^"]*)"', html)
    assert [unquote(unescape(link)) for link in links] == [unquote(address)]
    assert Text(html).elements == ["p", "a"]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "meet.example.org",
        "https://",
        "http://[x",
        "https://a\nb",
        "",
    ],
)
def test_what_is_no_web_address_is_no_link(address):
    with pytest.raises(InputError, match="is no web address"):
        fill_placeholders(notebook("<{{video}}>"), {"video": address})


@given(st.text(min_size=1, max_size=60) | marks)
@example('"><script>alert(1)</script>')
@example("> [x](javascript:alert(1)) <!-- ")
def test_nothing_gets_out_of_a_link(tail):
    try:
        nb = notebook("<{{video}}>")
        fill_placeholders(nb, {"video": f"https://example.org/{tail}"})
    except InputError:
        return
    html = markdown2html_mistune(nb.cells[0].source)
    assert Text(html).elements == ["p", "a"]
    assert re.findall('href="([^"]*)"', html)[0].startswith("https://example.org/")


def test_an_address_that_is_not_asked_for_as_a_link_is_none():
    nb = notebook("{{video}}")
    fill_placeholders(nb, {"video": web_address("https://example.org/x")})
    assert Text(markdown2html_mistune(nb.cells[0].source)).elements == ["p"]


def test_the_parts_of_a_parameter_are_words_too():
    parameters = {"session": {"id": "ana-1"}, "x": 1}
    assert placeholder_values(parameters) == {**parameters, "id": "ana-1"}


def test_cells_are_kept_for_the_reader():
    nb = notebook("en", "fr", "both", "warm")
    for cell, tag in zip(nb.cells, ("lang-en", "lang-fr", "other", "needs-warm-up"), strict=True):
        cell.metadata["tags"] = [tag]
    keep_cells_for(nb, "fr", {"warm_up": []})
    assert [cell.source for cell in nb.cells] == ["fr", "both"]
