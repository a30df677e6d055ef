"""Finds the results stated in an exercise's notebook (tests, docstrings, text) and rewrites them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

__all__ = [
    "DoctestDocstring",
    "LiteralAssertion",
    "apply_edits",
    "assertion_message",
    "find_assertions",
    "find_docstrings",
    "format_literal",
    "instrument_cell",
    "parse_literals",
    "rewrite_assertion",
    "rewrite_examples",
    "stated_results",
]

#: The text pattern "`CALL` gives `VALUE`", in either language.
_STATED_RESULT = re.compile(r"`([^`\n]+)` (?:gives|donne) `([^`\n]+)`")

#: Start and end offset in the source (bytes), and the replacement text.
TextEdit = tuple[int, int, str]


@dataclass(frozen=True)
class LiteralAssertion:
    """An `assert VALUE == LITERAL, message` at the top level of a cell.

    Parameters
    ----------
    node : ast.Assert
        The parsed statement.
    begin, end : int
        Its offsets in the cell's source (bytes).
    """

    node: ast.Assert
    begin: int
    end: int

    @property
    def _compared(self) -> ast.Compare:
        assert isinstance(self.node.test, ast.Compare)  # noqa: S101 - `find_assertions` yields no others
        return self.node.test

    @property
    def value(self) -> ast.expr:
        """The expression under test."""
        return self._compared.left

    @property
    def expected(self) -> object:
        """The expected value, evaluated."""
        return ast.literal_eval(self._compared.comparators[0])


@dataclass(frozen=True)
class DoctestDocstring:
    """A docstring that contains examples.

    Parameters
    ----------
    text : str
        Its source, without the quotes.
    begin : int
        Offset of ``text`` in the cell's source (bytes).
    """

    text: str
    begin: int


def find_assertions(source: str) -> list[LiteralAssertion]:
    """Return the checks of a cell whose expected value can be rewritten; empty if the cell is not Python."""
    tree = _parsed(source)
    return [
        LiteralAssertion(node, *_place(source, node))
        for node in (tree.body if tree else ())
        if _is_plain_check(node)
    ]


def _is_plain_check(node: ast.stmt) -> TypeGuard[ast.Assert]:
    if not isinstance(node, ast.Assert) or not isinstance(node.test, ast.Compare):
        return False
    if len(node.test.ops) != 1 or not isinstance(node.test.ops[0], (ast.Eq, ast.Is)):
        return False
    return parse_literals(ast.unparse(node.test.comparators[0])) is not None


def parse_literals(text: str) -> tuple[object] | None:
    """Return the value of a Python literal, in a tuple of one; None if the text is not a literal."""
    try:
        return (ast.literal_eval(text),)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def instrument_cell(source: str) -> str:
    """Return the cell's source with each check replaced by a call that records the checked value."""
    return apply_edits(
        source, [(c.begin, c.end, f"_mentoring_saw({ast.unparse(c.value)})") for c in find_assertions(source)]
    )


def rewrite_assertion(check: LiteralAssertion, value: object) -> str:
    """Return the check's source with another expected value, in its message too.

    Parameters
    ----------
    check : LiteralAssertion
        The check to rewrite.
    value : object
        New expected value, a Python literal's.
    """
    if value == check.expected and (value is None) == (check.expected is None):
        return ast.unparse(check.node)
    sign = "is" if value is None else "=="
    head = f"assert {ast.unparse(check.value)} {sign} {format_literal(value)}"
    if check.node.msg is None:
        return head
    return f"{head}, {_rewritten_message(check.node.msg, check.expected, value)}"


def _rewritten_message(node: ast.expr, old: object, new: object) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    for part in parts:
        if isinstance(part, ast.Constant):
            quoted = [
                found
                for found in re.finditer(r"`([^`]*)`", str(part.value))
                if parse_literals(found[1]) == (old,)
            ]
            if quoted:
                # The last match: an earlier one may be part of the quoted call.
                begin, end = quoted[-1].span(1)
                part.value = f"{str(part.value)[:begin]}{format_literal(new, repr)}{str(part.value)[end:]}"
    usual = re.fullmatch(
        r"(.* → )(expected / attendu `.*`, )got / obtenu `", str(getattr(parts[0], "value", "")), re.DOTALL
    )
    if usual and [ast.unparse(part) for part in parts[1:]] == _USUAL_TAIL:
        first, second = (json.dumps(text, ensure_ascii=False) for text in usual.groups())
        return f'(\n    {first}\n    {second}\n    f"got / obtenu `{{got!r}}`"\n)'
    return f"({ast.unparse(node)})"


_USUAL_TAIL = [ast.unparse(part) for part in ast.parse('f"{got!r}`"', mode="eval").body.values]  # type: ignore[attr-defined]


def assertion_message(check: LiteralAssertion, got: str) -> str | None:
    """Return the message of a failing check; None if the message depends on more than the value.

    Parameters
    ----------
    check : LiteralAssertion
        The check that fails.
    got : str
        `repr` of the actual value.
    """
    if not isinstance(check.node.msg, ast.JoinedStr):
        return str(check.node.msg.value) if isinstance(check.node.msg, ast.Constant) else None
    text = ""
    for part in check.node.msg.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        elif (
            isinstance(part, ast.FormattedValue)
            and ast.unparse(part.value) == ast.unparse(check.value)
            and part.conversion == ord("r")
            and part.format_spec is None
        ):
            text += got
        else:
            return None
    return text


def find_docstrings(source: str) -> list[DoctestDocstring]:
    """Return the docstrings of a cell that contain examples."""
    found = []
    for node in ast.walk(_parsed(source) or ast.Module([], [])):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            continue
        if ">>>" not in (ast.get_docstring(node, clean=False) or ""):
            continue
        begin, end = _place(source, node.body[0])
        # The source text, not the evaluated string: the edit replaces source bytes.
        text = source.encode()[begin:end].decode()
        opening = re.match(r"""[a-zA-Z]*("{3}|'{3}|"|')""", text)
        if opening:
            quote = opening[1]
            found.append(
                DoctestDocstring(text[opening.end() : -len(quote)], begin + len(opening[0].encode()))
            )
    return found


def rewrite_examples(docstring: DoctestDocstring, came: Iterable[tuple[int, bool, str, str]]) -> str:
    """Return the docstring's text with the actual output of each example as its expected output.

    Parameters
    ----------
    docstring : DoctestDocstring
        The docstring to rewrite.
    came : iterable of (int, bool, str, str)
        For each example: line number in the docstring, True if the output was as expected, output, error.
    """
    import doctest  # imports pdb and unittest, so only authoring commands pay for it

    lines = docstring.text.split("\n")
    examples = doctest.DocTestParser().get_examples(docstring.text)
    # By line number: skipped examples have no result.
    new = {line: got for line, as_written, got, _error in came if not as_written}
    for example in reversed(examples):
        if example.lineno in new:
            begin = example.lineno + example.source.count("\n")
            end = begin + example.want.count("\n")
            got = [line or "<BLANKLINE>" for line in new[example.lineno].splitlines()]
            lines[begin:end] = [" " * example.indent + line for line in got]
    return "\n".join(lines)


def stated_results(source: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield the calls whose result is stated in a text: call, result, start and end of the result (bytes)."""
    for found in _STATED_RESULT.finditer(source):
        tree = _parsed(found[1])
        # "`sorted` gives `a list`" is prose.
        if tree is None or not any(isinstance(node, ast.Call) for node in ast.walk(tree)):
            continue
        before = len(source[: found.start(2)].encode())
        yield found[1], found[2], before, before + len(found[2].encode())


def apply_edits(source: str, edits: Iterable[TextEdit]) -> str:
    """Return the source with some ranges replaced.

    Parameters
    ----------
    source : str
        Source of a cell.
    edits : iterable of TextEdit
        Start and end offset (bytes) and replacement; the ranges do not overlap.
    """
    data = source.encode()
    for begin, end, text in sorted(edits, reverse=True):
        data = data[:begin] + text.encode() + data[end:]
    return data.decode()


def format_literal(value: object, text: Callable[[str], str] | None = None) -> str:
    """Return a Python literal in the style of the course: double quotes, sorted sets.

    Parameters
    ----------
    value : object
        Value of a literal.
    text : callable, optional
        Formats a str; `repr` for messages, which show Python's own form. Double quotes if None.
    """
    if isinstance(value, str):
        return (text or _quoted)(value)
    items = value if isinstance(value, list | tuple | set | frozenset) else ()
    inner = [format_literal(item, text) for item in items]
    if isinstance(value, list):
        return f"[{', '.join(inner)}]"
    if isinstance(value, tuple):
        return f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"
    if isinstance(value, set) and inner:
        return f"{{{', '.join(sorted(inner))}}}"
    if isinstance(value, dict):
        pairs = (f"{format_literal(key, text)}: {format_literal(item, text)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    return repr(value)


def _quoted(text: str) -> str:
    return repr(text) if '"' in text or "\\" in repr(text) else f'"{text}"'


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None  # magics, or another language


def _place(source: str, node: ast.stmt) -> tuple[int, int]:
    lines = source.encode().split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    assert node.end_lineno is not None and node.end_col_offset is not None  # noqa: S101, PT018 - parsed
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
