"""Markdown of a notebook as HTML that runs and fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from markupsafe import Markup, escape
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath, MathInlineParser

from toolkit._internal.html_sanitizer import HtmlPolicy, sanitize
from toolkit._internal.notebook_pictures import notice, picture_html
from toolkit.i18n import _

__all__ = ["MAX_TEXT_CHARS", "markdown_to_html"]

MAX_TEXT_CHARS = 20_000
"""Number of characters of one cell or output that a page shows."""


def markdown_to_html(source: str, attachments: object, policy: HtmlPolicy) -> Markup:
    """Return Markdown of a notebook as safe HTML; if it cannot be read, as it was typed.

    Formulas are shown as they were typed, since a page without scripts cannot set them.

    Parameters
    ----------
    source : str
        Untrusted Markdown.
    attachments : object
        The cell's attachments; untrusted.
    policy : HtmlPolicy
        The tags, attributes and styles that stay.
    """
    pictures: Mapping[str, Any] = attachments if isinstance(attachments, dict) else {}
    text = source[:MAX_TEXT_CHARS]
    renderer = _Renderer(escape=False, exclude_anchor_links=True)
    try:
        html = MarkdownWithMath(renderer=renderer, inline=_InlineParser()).render(text)
        shown = sanitize(html, policy, lambda address, alt: picture_html(address, alt, pictures))
    except Exception:  # noqa: BLE001 - no text of one cell may cost the page, whatever error it causes
        shown = Markup("<pre>{}</pre>").format(text)
        shown += _paragraph(_("(This text cannot be read as Markdown; it is shown as it was typed.)"))
    if renderer.formulas:
        shown += _paragraph(_("(Formulas are shown as they were typed, in LaTeX.)"))
    if len(source) > MAX_TEXT_CHARS:
        shown += _paragraph(_("(The rest of this text is left out: it is very long.)"))
    return shown


def _paragraph(text: str) -> Markup:
    return Markup("<p>{}</p>").format(notice(text))


class _InlineParser(MathInlineParser):
    """The parser of nbconvert, for which `$5 and $10` is no formula and `__init__` is not emphasised.

    As in Pandoc, no blank follows the first dollar sign of a formula or precedes the last, and no digit
    follows the last; nor does a letter or a digit precede the first.
    """

    SPECIFICATION: ClassVar[dict[str, str]] = {
        **MathInlineParser.SPECIFICATION,
        "inline_math_tex": (
            r"(?s:(?<![$\\\w])\$(?P<math_inline_tex>(?=\S)(?:[^$\\]|\\.){1,2000}?(?<!\s))\$(?![$\d]))"
        ),
        # Since mistune 3.3 one match has successive marks of both kinds, which would hide a name in `**`.
        "emphasis": MathInlineParser.SPECIFICATION["emphasis"].replace("[*_]+", r"\*+|_+"),
        "dunder": r"(?<![\w_])__[^\W_]\w*?__(?![\w_])",
    }
    DEFAULT_RULES = ("dunder", *MathInlineParser.DEFAULT_RULES)

    def parse_dunder(self, m: re.Match[str], state: Any) -> int:  # noqa: ANN401 - differs between versions
        """Keep a name such as `__init__` as it is."""
        state.append_token({"type": "inline_html", "raw": m[0]})
        return m.end()


class _Renderer(IPythonRenderer):
    """The renderer of nbconvert, which leaves formulas as code and images to `picture_html`."""

    formulas = 0

    def block_math(self, body: str) -> str:
        """Return a formula in its own paragraph."""
        return self._formula(f"$${body}$$")

    def inline_math(self, body: str) -> str:
        """Return a formula in a sentence."""
        return self._formula(f"${body}$")

    def latex_environment(self, name: str, body: str) -> str:
        """Return a LaTeX environment."""
        return self._formula(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def task_list_item(self, text: str, *, checked: bool = False) -> str:
        """Return an item of a list of tasks; a page has no checkbox."""
        box = "\N{BALLOT BOX WITH CHECK}" if checked else "\N{BALLOT BOX}"
        opening = "<p>" if text.startswith("<p>") else ""
        return f"<li>{opening}{box} {text.removeprefix(opening)}</li>\n"

    def _formula(self, source: str) -> str:
        self.formulas += 1
        return f"<code>{escape(source)}</code>"

    def _embed_image_or_attachment(self, src: str) -> str:
        return src
