"""The results that an exercise's notebook tells of: where they stand, and what to write there instead."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

__all__ = [
    "Check",
    "Docstring",
    "checks",
    "docstrings",
    "edited",
    "instrumented",
    "message_for",
    "plain",
    "rewritten_check",
    "rewritten_example",
    "said",
    "written",
]

#: `CALL` gives `VALUE`, in either language.
_SAID = re.compile(r"`([^`\n]+)` (?:gives|donne) `([^`\n]+)`")

#: From, to (bytes of the source), and what comes between them.
Edit = tuple[int, int, str]


@dataclass(frozen=True)
class Check:
    """An `assert VALUE == LITERAL, message` at the top of a cell."""

    node: ast.Assert
    begin: int
    end: int

    @property
    def _compared(self) -> ast.Compare:
        assert isinstance(self.node.test, ast.Compare)  # noqa: S101 - `checks` yields no others
        return self.node.test

    @property
    def value(self) -> ast.expr:
        """The expression that is looked at."""
        return self._compared.left

    @property
    def expected(self) -> object:
        """What the cell says that it is."""
        return ast.literal_eval(self._compared.comparators[0])


@dataclass(frozen=True)
class Docstring:
    """A docstring with examples in it, and where it begins in its cell (bytes)."""

    text: str
    begin: int


def checks(source: str) -> list[Check]:
    """Return the checks of a cell whose result can be written anew; none where it is no plain Python."""
    tree = _parsed(source)
    return [
        Check(node, *_place(source, node)) for node in (tree.body if tree else ()) if _is_plain_check(node)
    ]


def _is_plain_check(node: ast.stmt) -> TypeGuard[ast.Assert]:
    if not isinstance(node, ast.Assert) or not isinstance(node.test, ast.Compare):
        return False
    if len(node.test.ops) != 1 or not isinstance(node.test.ops[0], (ast.Eq, ast.Is)):
        return False
    return plain(ast.unparse(node.test.comparators[0])) is not None


def plain(text: str) -> tuple[object] | None:
    """Return, in a tuple, the plain data that a text writes; None where it writes none."""
    try:
        return (ast.literal_eval(text),)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def instrumented(source: str) -> str:
    """Return the cell with each check reporting its value instead."""
    return edited(
        source, [(c.begin, c.end, f"_mentoring_saw({ast.unparse(c.value)})") for c in checks(source)]
    )


def rewritten_check(check: Check, value: object) -> str:
    """Return the check's source with ``value`` as what is expected."""
    if value == check.expected and (value is None) == (check.expected is None):
        return ast.unparse(check.node)
    sign = "is" if value is None else "=="
    head = f"assert {ast.unparse(check.value)} {sign} {written(value)}"
    if check.node.msg is None:
        return head
    return f"{head}, {_message(check.node.msg, check.expected, value)}"


def _message(node: ast.expr, old: object, new: object) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    for part in parts:
        if isinstance(part, ast.Constant):
            told = [
                found for found in re.finditer(r"`([^`]*)`", str(part.value)) if plain(found[1]) == (old,)
            ]
            if told:
                # The last one: the call itself may stand before it.
                begin, end = told[-1].span(1)
                part.value = f"{str(part.value)[:begin]}{written(new, repr)}{str(part.value)[end:]}"
    usual = re.fullmatch(
        r"(.* → )(expected / attendu `.*`, )got / obtenu `", str(getattr(parts[0], "value", "")), re.DOTALL
    )
    if usual and [ast.unparse(part) for part in parts[1:]] == _TAIL:
        first, second = (json.dumps(text, ensure_ascii=False) for text in usual.groups())
        return f'(\n    {first}\n    {second}\n    f"got / obtenu `{{got!r}}`"\n)'
    return f"({ast.unparse(node)})"


_TAIL = [ast.unparse(part) for part in ast.parse('f"{got!r}`"', mode="eval").body.values]  # type: ignore[attr-defined]


def message_for(check: Check, got: str) -> str | None:
    """Return what the check says where its value reads ``got``; None where that takes more than the value."""
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


def docstrings(source: str) -> list[Docstring]:
    """Return the docstrings of a cell that have examples."""
    found = []
    for node in ast.walk(_parsed(source) or ast.Module([], [])):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            continue
        if ">>>" not in (ast.get_docstring(node, clean=False) or ""):
            continue
        begin, end = _place(source, node.body[0])
        # As it is written, quotes included: what is replaced is the source.
        text = source.encode()[begin:end].decode()
        opening = re.match(r"""[a-zA-Z]*("{3}|'{3}|"|')""", text)
        if opening:
            quote = opening[1]
            found.append(Docstring(text[opening.end() : -len(quote)], begin + len(opening[0].encode())))
    return found


def rewritten_example(docstring: Docstring, came: Iterable[tuple[int, bool, str, str]]) -> str:
    """Return the docstring's text with what came of each example in the place of what was expected."""
    import doctest  # brings the debugger and the tests along: only who writes tests waits for it

    lines = docstring.text.split("\n")
    examples = doctest.DocTestParser().get_examples(docstring.text)
    # By line: an example may be one that is skipped.
    new = {line: got for line, as_written, got, _error in came if not as_written}
    for example in reversed(examples):
        if example.lineno in new:
            begin = example.lineno + example.source.count("\n")
            end = begin + example.want.count("\n")
            got = [line or "<BLANKLINE>" for line in new[example.lineno].splitlines()]
            lines[begin:end] = [" " * example.indent + line for line in got]
    return "\n".join(lines)


def said(source: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield the calls that a statement tells the result of: call, result, where the result stands (bytes)."""
    for found in _SAID.finditer(source):
        tree = _parsed(found[1])
        # "`sorted` gives `a list`" is prose.
        if tree is None or not any(isinstance(node, ast.Call) for node in ast.walk(tree)):
            continue
        before = len(source[: found.start(2)].encode())
        yield found[1], found[2], before, before + len(found[2].encode())


def edited(source: str, edits: Iterable[Edit]) -> str:
    """Return the source with pieces of it replaced."""
    data = source.encode()
    for begin, end, text in sorted(edits, reverse=True):
        data = data[:begin] + text.encode() + data[end:]
    return data.decode()


def written(value: object, text: Callable[[str], str] | None = None) -> str:
    """Return plain data as the course writes it: texts in double quotes, sets in order.

    Parameters
    ----------
    text : callable, optional
        How a text is written: `repr` for messages, which show what Python shows.
    """
    if isinstance(value, str):
        return (text or _quoted)(value)
    items = value if isinstance(value, list | tuple | set | frozenset) else ()
    inner = [written(item, text) for item in items]
    if isinstance(value, list):
        return f"[{', '.join(inner)}]"
    if isinstance(value, tuple):
        return f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"
    if isinstance(value, set) and inner:
        return f"{{{', '.join(sorted(inner))}}}"
    if isinstance(value, dict):
        pairs = (f"{written(key, text)}: {written(item, text)}" for key, item in value.items())
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
