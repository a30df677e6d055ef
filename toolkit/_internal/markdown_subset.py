r"""The Markdown of texts that people write in a form: recaps and comments.

Such a text is about code as often as not, and its author has seen no preview. So a mark that also occurs in
code is none here: ``__init__``, ``snake_case``, ``*args``, ``2*3*4`` and ``$5 and $10`` stay as they are
typed. These are read: paragraphs with their line ends, lists, headings, quotations, code in backticks,
``**strong**``, ``*emphasis*`` around whole words, links, and a backslash before a punctuation mark. HTML is
shown as text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

__all__ = ["as_plain_text", "escape_subset", "subset_to_html"]

_NO_WORD_BEFORE = r"""(?<![^\s(\[{"'«“])"""
_EMPHASIS = {
    "strong": _NO_WORD_BEFORE + r"\*\*(?P<strong_text>[^\s*](?:[^*]*[^\s*])?)\*\*(?![\w*])",
    "emphasis": _NO_WORD_BEFORE + r"\*(?P<emphasis_text>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])",
}
_CODE = r"(?P<ticks>(?<!`)`+(?!`))(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
_PUNCTUATION = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]"""

# Each of these begins an element if it is not escaped.
_SPECIAL = re.compile(
    rf"{_CODE}|(?P<pair>{_EMPHASIS['strong']}|{_EMPHASIS['emphasis']})"
    rf"|(?P<mark>\\(?={_PUNCTUATION}|$)|<(?=[A-Za-z/!?])|\[(?=[^\]]*\](?:[(:\[])))"
)
_LINE_START = re.compile(
    r"(?P<mark>#(?=#{0,5}(?:\s|$))|>|[-+*](?=\s|$)|(?=`{3})|(?=~{3})|[-=_*](?=[-=_*\s]*$))"
    r"|(?P<number>\d{1,9})(?=[.)](?:\s|$))"
)
_MARKED = re.compile(
    rf"{_CODE}|{_EMPHASIS['strong']}|{_EMPHASIS['emphasis']}|\\(?P<escaped>{_PUNCTUATION})", re.DOTALL
)
_FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_INDENT = "\N{NO-BREAK SPACE}"


def subset_to_html(text: str) -> str:
    """Return a text of this kind as HTML, which still needs sanitising because of the addresses of links.

    Parameters
    ----------
    text : str
        Text with the marks named above.
    """
    return str(_markdown()(text))


def escape_subset(line: str) -> str:
    r"""Return one line of plain text so that it is shown as typed; code in backticks stays code.

    Parameters
    ----------
    line : str
        Plain text; line ends become blanks.

    Examples
    --------
    >>> escape_subset("# __init__ and *args cost $5 and $10")
    '\\# __init__ and *args cost $5 and $10'
    >>> escape_subset("f(**a) is **new** in `x**y**z`")
    'f(**a) is \\*\\*new\\*\\* in `x**y**z`'
    """
    plain = " ".join(line.splitlines()).expandtabs(4)
    text = plain.lstrip(" ")
    escaped = _SPECIAL.sub(_escape, text)
    start = _LINE_START.match(text)
    if start and start["number"]:
        escaped = f"{start['number']}\\{escaped[start.end() :]}"
    elif start and not escaped.startswith("\\"):
        escaped = f"\\{escaped}"
    # Four blanks would begin a block of code.
    return _INDENT * (len(plain) - len(text)) + escaped


def as_plain_text(text: str) -> str:
    """Return a text of this kind for an e-mail: without the marks of emphasis, all else as typed.

    Parameters
    ----------
    text : str
        Text with the marks named above.
    """
    pieces, at = [], 0
    for fenced in _FENCED.finditer(text):
        pieces += [_MARKED.sub(_unmark, text[at : fenced.start()]), fenced[0]]
        at = fenced.end()
    pieces.append(_MARKED.sub(_unmark, text[at:]))
    return "".join(pieces).replace(_INDENT, " ")


def _escape(match: re.Match[str]) -> str:
    if match["pair"]:
        return match[0].replace("\\", r"\\").replace("*", r"\*").replace("`", r"\`").replace("<", r"\<")
    return f"\\{match['mark']}" if match["mark"] else match[0]


def _unmark(match: re.Match[str]) -> str:
    if match["code"] is not None:
        return match[0]
    inner = match["strong_text"] or match["emphasis_text"]
    return _MARKED.sub(_unmark, inner) if inner else match["escaped"]


@cache
def _markdown() -> Any:  # noqa: ANN401 - mistune is imported late, and its types differ between versions
    # Imported here: `domain` uses this module without it, and only a page needs it.
    import mistune

    # hard_wrap: without it, successive lines would be joined.
    markdown = mistune.create_markdown(escape=True, hard_wrap=True)
    # Without this rule mistune reads no emphasis at all.
    markdown.inline.rules.remove("emphasis")
    for kind, pattern in _EMPHASIS.items():
        markdown.inline.register(f"whole_word_{kind}", pattern, _emphasised(kind), before="link")
    return markdown


def _emphasised(kind: str) -> Any:  # noqa: ANN401 - see above
    def parse(inline: Any, match: re.Match[str], state: Any) -> int:  # noqa: ANN401 - see above
        within = state.copy()
        within.src = match[f"{kind}_text"]
        state.append_token({"type": kind, "children": inline.render(within)})
        return match.end()

    return parse
