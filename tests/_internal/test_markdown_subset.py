"""Form texts are shown exactly as typed; only the Markdown of mentors is rendered."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st

from toolkit._internal.markdown_subset import as_plain_text, escape_subset, subset_to_html

AS_TYPED = [
    "__init__ and __name__",
    "*args, **kwargs",
    "f(*args) and g(**options) and h(*rest)",
    "$5 and $10",
    "snake_case_name and _private_",
    "2*3*4 and 2 * 3 * 4",
    "a < b & c > d &copy; &amp;",
    "<b>not bold</b> <https://example.org>",
    "C:\\_temp\\*.py",
    "[a](b) and ![c](d) and [e]: f",
]
texts = st.text(st.sampled_from("ab1 _*\\<>[]()#-+=.~!&;:$|'\"/xé"), max_size=16)


def words(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text().replace("\xa0", " ").split())


@given(text=texts, before=st.sampled_from(["- ", "> "]))
@example(text="# no heading", before="- ")
@example(text="1. no number", before="- ")
@example(text="    indented", before="> ")
@example(text="```", before="> ")
@example(text="---", before="> ")
def test_any_line_is_shown_as_typed(text, before):
    written = f"**Title**\n\n{before}{escape_subset(text)}\n"
    assert words(subset_to_html(written)) == " ".join(f"Title {text}".split())
    assert as_plain_text(escape_subset(text)) == text


@pytest.mark.parametrize("text", AS_TYPED)
def test_code_and_money_need_no_escape_where_they_are_marks_of_nothing(text):
    assert words(subset_to_html(escape_subset(text))) == text
    assert as_plain_text(escape_subset(text)) == text


@pytest.mark.parametrize("text", AS_TYPED[:6])
def test_a_mentor_may_type_them_too(text):
    assert words(subset_to_html(text)) == text
    assert as_plain_text(text) == text


def test_what_is_marked_up():
    html = subset_to_html(
        "**strong** and *one* in `*code*`\n\n# Heading\n\n- [a](https://e.org/a_b_c)\n- **`x`**\n\n> said"
    )
    page = BeautifulSoup(html, "html.parser")
    assert [element.text for element in page.find_all("strong")] == ["strong", "x"]
    assert [element.text for element in page.find_all("em")] == ["one"]
    assert [element.text for element in page.find_all("code")] == ["*code*", "x"]
    assert page.h1.text == "Heading"
    assert page.a["href"] == "https://e.org/a_b_c"
    assert page.blockquote.text.strip() == "said"


def test_an_e_mail_has_no_marks():
    text = "**Agreed**\n\n- *read* `a**b**c` and \\*x\\*\n\n```\n**kept**\n```"
    assert as_plain_text(text) == "Agreed\n\n- read `a**b**c` and *x*\n\n```\n**kept**\n```"


def test_code_in_backticks_stays_code():
    assert escape_subset("see `f(**a)` **now**") == "see `f(**a)` \\*\\*now\\*\\*"
