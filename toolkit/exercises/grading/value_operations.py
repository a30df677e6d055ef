"""Operations on plain values in the grader's process, and the errors of a test's code.

A result that would be too large is refused, because the values are the student's.
"""

from __future__ import annotations

import ast
import builtins
import operator
import warnings
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from toolkit.kernels.value_decoder import OpaqueValue

__all__ = [
    "UNARY_OPERATORS",
    "CheckFailedError",
    "OpaqueError",
    "TestCodeError",
    "check_length",
    "compute",
    "compute_binary",
    "compute_in_place",
    "compute_text",
    "is_immutable",
    "qualified_names",
]

_MAX_ITEMS = 1_000_000
_MAX_BITS = 100_000
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
    ast.MatMult: operator.matmul,
}
_IN_PLACE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.iadd,
    ast.Sub: operator.isub,
    ast.BitOr: operator.ior,
    ast.BitAnd: operator.iand,
    ast.BitXor: operator.ixor,
}
UNARY_OPERATORS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
}
"""The operators with one operand."""


class TestCodeError(Exception):
    """An error raised by the code of a test.

    Parameters
    ----------
    classes : tuple of str
        Names of its class and of that class's bases, each with its module.
    text : str
        Its message.
    in_kernel : bool
        True if it was raised in the kernel.
    """

    __test__ = False  # not for pytest

    def __init__(self, classes: tuple[str, ...], text: str, *, in_kernel: bool = False) -> None:
        super().__init__(text)
        self.classes = classes
        self.text = text
        self.in_kernel = in_kernel

    @classmethod
    def of(cls, error: BaseException) -> TestCodeError:
        """Return the same for an error of the grader's process."""
        return cls(qualified_names(type(error)), str(error))

    @property
    def name(self) -> str:
        """Name of its class."""
        return self.classes[0].rpartition(".")[2]

    def is_one_of(self, names: Iterable[str]) -> bool:
        """Return whether the error is of a class with one of these names; Python's names are Python's own."""
        return any(
            f"builtins.{name}" in self.classes
            if hasattr(builtins, name)
            else any(one.rpartition(".")[2] == name for one in self.classes)
            for name in names
        )


class CheckFailedError(TestCodeError):
    """A check of the test does not hold.

    Parameters
    ----------
    text : str
        The message; empty if the default applies.
    """

    def __init__(self, text: str) -> None:
        super().__init__(qualified_names(AssertionError), text)


class OpaqueError(Exception):
    """An operation needs a value that only the kernel knows.

    Parameters
    ----------
    value : OpaqueValue
        The value.
    """

    def __init__(self, value: OpaqueValue) -> None:
        super().__init__(value.text)
        self.value = value


def qualified_names(kind: type) -> tuple[str, ...]:
    """Return the names of a class and of its bases, each with its module."""
    return tuple(f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__)


def compute(function: Callable[..., Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401
    """Return the result of a function of Python or of a library.

    Parameters
    ----------
    function : callable
        The function.
    given, named
        Its arguments.

    Raises
    ------
    OpaqueError
        A value is one that only the kernel knows.
    TestCodeError
        The function raises an error.
    """
    for value in (*given, *named.values()):
        if isinstance(value, OpaqueValue):
            raise OpaqueError(value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy's, about what it cannot compare
        try:
            return function(*given, **named)
        except (TestCodeError, OpaqueError):
            raise
        except Exception as error:
            raise TestCodeError.of(error) from error


def compute_text(function: Callable[..., str], *given: object) -> str:
    """Return the text of a value; "…" for an int with more digits than Python's limit for str.

    Parameters
    ----------
    function : callable
        `str`, `repr`, `ascii` or `format`.
    given
        Its arguments; the value may be one that only the kernel knows.

    Raises
    ------
    TestCodeError
        The format does not suit the value.
    """
    try:
        return function(*given)
    except (ValueError, TypeError) as error:
        if isinstance(given[0], int) and "digits" in str(error):
            return "…"
        raise TestCodeError.of(error) from error


def compute_binary(kind: ast.operator, left: Any, right: Any) -> Any:  # noqa: ANN401
    """Return the result of an arithmetic operation.

    Parameters
    ----------
    kind : ast.operator
        The operator.
    left, right : object
        Its operands.

    Raises
    ------
    OpaqueError
        A value is one that only the kernel knows.
    TestCodeError
        The operation raises an error, or its result is too large.
    """
    _check_size(kind, left, right)
    return compute(_BINARY[type(kind)], left, right)


def compute_in_place(kind: ast.operator, left: Any, right: Any) -> Any:  # noqa: ANN401
    """Return the result of an augmented assignment; a list, set or dict is changed, as in Python.

    Parameters
    ----------
    kind : ast.operator
        The operator.
    left, right : object
        Its operands.

    Raises
    ------
    OpaqueError
        A value is one that only the kernel knows.
    TestCodeError
        The operation raises an error, or its result is too large.
    """
    _check_size(kind, left, right)
    return compute(_IN_PLACE.get(type(kind), _BINARY[type(kind)]), left, right)


def _check_size(kind: ast.operator, left: Any, right: Any) -> None:  # noqa: ANN401
    if isinstance(kind, ast.Pow) and isinstance(left, int) and isinstance(right, int) and right > 0:
        if left.bit_length() * right > _MAX_BITS:
            _refuse()
    elif isinstance(kind, ast.Mult | ast.LShift):
        for count, other in ((left, right), (right, left)):
            size = len(other) if isinstance(other, list | tuple | str | bytes) else 0
            shifted = isinstance(kind, ast.LShift) and isinstance(count, int) and abs(count) > _MAX_BITS
            if shifted or (isinstance(count, int) and count * size > _MAX_ITEMS):
                _refuse()


def is_immutable(value: object) -> bool:
    """Return whether code that gets a value can change nothing of it."""
    if isinstance(value, tuple | frozenset):
        return all(map(is_immutable, value))
    return value is None or isinstance(value, bool | int | float | complex | str | bytes | range)


def check_length(value: object) -> None:
    """Refuse a range that is too long to be taken item by item.

    Raises
    ------
    TestCodeError
        It is too long.
    """
    if isinstance(value, range) and len(value) > _MAX_ITEMS:
        _refuse()


def _refuse() -> NoReturn:
    raise TestCodeError(qualified_names(OverflowError), "the result is too large")
