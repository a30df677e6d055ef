"""The grader compares values as plain Python does, whatever library or class they come from."""

from __future__ import annotations

import ast
import warnings
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exercises.grading.test_split_tests import said
from toolkit.exercises.grading.changed_literals import changed_literals
from toolkit.exercises.grading.comparison import Comparison
from toolkit.exercises.grading.parsed_test import ParsedTest
from toolkit.exercises.grading.split_tests import SplitTestRun
from toolkit.kernels.forkserver.value_comparison import compare_value
from toolkit.kernels.forkserver.value_encoder import encode_value
from toolkit.kernels.kernel_steps import KernelSteps
from toolkit.kernels.value_decoder import ComparedValue, DecodedValue, OpaqueValue, ValueComparisons

# Value, assertion: what plain Python says of it counts, whatever it is.
AS_PYTHON = [
    ("Fraction(1, 2)", "== 0.5"),
    ("Fraction(1, 3)", "== 0.3333"),
    ("Fraction(6, 3)", "== 2"),
    ("Decimal('0.5')", "== 0.5"),
    ("Decimal('0.1')", "== 0.1"),
    ("Decimal('3.00')", "== 3"),
    ("Decimal('2')", "< 3"),
    ("Decimal('sNaN')", "== 1"),
    ("[Decimal('1'), Fraction(1, 4)]", "== [1, 0.25]"),
    ("bytearray(b'ab')", "== b'ab'"),
    ("bytearray(b'ab')", "== 'ab'"),
    ("{'a': 1, 'b': 2}.keys()", "== {'a', 'b'}"),
    ("{'a': 1, 'b': 2}.keys()", "== {'a'}"),
    ("OrderedDict(a=1).keys()", "== {'a'}"),
    ("{'a': 1}.items()", "== {('a', 1)}"),
    ("{'a': 1}.values()", "== [1]"),
    ("{'a': 3}.keys()", "== ['a']"),
    ("UserList([1, 2])", "== [1, 2]"),
    ("UserList([1, 2])", "== (1, 2)"),
    ("UserDict(a=1)", "== {'a': 1}"),
    ("UserString('abc')", "== 'abc'"),
    ("deque([1, 2])", "== [1, 2]"),
    ("Counter('aab')", "== {'a': 2, 'b': 1}"),
    ("defaultdict(list, a=[1])", "== {'a': [1]}"),
    ("range(3)", "== [0, 1, 2]"),
    ("list(range(9000))", f"== {list(range(9000))}"),
    ("list(range(8999)) + [0]", f"== {list(range(9000))}"),
    ("10**5000", f"== 1{'0' * 3000}"),
    ("np.float32(0.1)", "== 0.1"),
    ("np.float32(0.1)", "< 0.2"),
    ("np.float64(0.1) * 3", "== 0.3"),
    ("np.int8(7)", "== 7"),
    ("np.int8(7)", "== 300"),
    ("np.bool_(True)", "== True"),
    ("np.bool_(True)", "is True"),
    ("np.str_('a')", "== 'a'"),
    ("np.complex64(1j)", "== 1j"),
    ("np.array([3])", "== 3"),
    ("np.array(3)", "== 3"),
    ("np.array([3])", "== 4"),
    ("np.array([[3.5]])", "== 3.5"),
    ("np.array([1, 2])", "== [1, 2]"),
    ("np.array([])", "== []"),
    ("list(np.array([1, 2]))", "== [1, 2]"),
    ("list(np.array([1.5, 2], dtype='f4'))", "== [1.5, 2]"),
    ("np.arange(3).tolist()", "== [0, 1, 2]"),
    ("np.datetime64('2024-01-31')", "== '2024-01-31'"),
    ("np.datetime64('2024-01-31')", "== '2024-02-01'"),
    ("np.timedelta64(3, 'D')", "== 3"),
    ("np.array([(1, 2)], dtype=[('a', 'i4'), ('b', 'i4')])", "== 1"),
    ("np.array([None])", "== None"),
    ("np.array([1, 2]).dtype", "== 'int64'"),
    ("np.array([1.0]).dtype", "== 'int64'"),
    ("np.array(['a'], dtype=object).dtype", "== 'object'"),
    ("np.zeros((2, 3)).shape", "== (2, 3)"),
    ("pd.DataFrame({'t': [1, 2]})['t'].dtype", "== 'int64'"),
    ("pd.Series(['a', 'b'], dtype='category').dtype", "== 'category'"),
    ("pd.Series(['a', 'b'], dtype='string').dtype", "== 'string'"),
    ("pd.Series([1, None], dtype='Int64').dtype", "== 'Int64'"),
    ("pd.Series([1, None], dtype='Int64').dtype", "== 'int64'"),
    ("pd.to_datetime(pd.Series(['2024-01-31'])).dtype", "== 'object'"),
    ("pd.Series([1, 2]).sum()", "== 3"),
    ("pd.Series([1.5]).mean()", "== 1.5"),
    ("dict(pd.Series({'a': 1, 'b': 2}))", "== {'a': 1, 'b': 2}"),
    ("pd.Series([1, 2]).to_dict()", "== {0: 1, 1: 2}"),
    ("datetime.date(2024, 1, 31)", "== '2024-01-31'"),
    ("(1, [2.0, {3}], {'x': b'y'})", "== (1, [2, {3}], {'x': b'y'})"),
    ("float('nan')", "== 0.0"),
    ("-0.0", "== 0"),
    ("[1, 2]", "in ([1, 2], [3])"),
    ("None", "in (None, 1)"),
    ("3", "in range"),
]


def comparison(source: str) -> Comparison:
    """Return the comparison of an assertion with a literal."""
    compared = ast.parse(source).body[0].test
    expected = ast.literal_eval(compared.comparators[0])
    return Comparison(ast.unparse(compared.left), type(compared.ops[0]), expected, hidden=False)


@pytest.mark.parametrize(("value", "assertion"), AS_PYTHON, ids=lambda text: text[:60])
def test_a_value_passes_where_a_plain_assertion_does(value, assertion):
    """A value is equal if the library that it comes from says so."""
    names = {}
    exec(
        "import datetime\nimport numpy as np\nimport pandas as pd\nfrom collections import *\n"
        "from decimal import Decimal\nfrom fractions import Fraction",
        names,
    )
    names["got"] = eval(value, names)
    if assertion == "in range":
        assertion = "in (0, 3)"
    source = f"assert got {assertion}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(source, names)
            right = True
        except Exception:  # noqa: BLE001 - whatever it is, the assertion fails
            right = False
    check = comparison(source)
    assert check.is_satisfied(said(names["got"])) is right


@pytest.mark.parametrize(
    ("value", "expected", "sentence"),
    [
        (Decimal(3), "3", "`f()` → expected `3`, got `Decimal('3')`"),
        (OpaqueValue("3"), "3", "`f()` → expected `3 (int)`, got `3 (OpaqueValue)`"),
        ([*range(5000), 0], str(list(range(5001))), "`f()[5000]` → expected `5000`, got `0`"),
        ({"a": ["b" * 400, 1]}, str({"a": ["b" * 400, 2]}), "`f()['a'][1]` → expected `2`, got `1`"),
    ],
)
def test_what_differs_is_said_where_two_texts_look_alike(value, expected, sentence):
    check = comparison(f"assert f() == {expected}")
    assert check.sentence(DecodedValue(value, exact=True)) == sentence


class Equal:
    """Says that it equals anything."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return True


class EqualNumber(int):
    """A number that compares as equal to a wrong value."""

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return True


class Money:
    """A class as an exercise requires it: equal to a number of the same amount."""

    __hash__ = None

    def __init__(self, amount: float) -> None:
        self.amount = amount

    def __eq__(self, other: object) -> bool:
        return getattr(other, "amount", other) == self.amount

    def __lt__(self, other: object) -> bool:
        return self.amount < getattr(other, "amount", other)

    def __gt__(self, other: object) -> bool:
        return self.amount > getattr(other, "amount", other)

    def __repr__(self) -> str:
        return f"Money({self.amount})"


class Name(str):
    """A text that is equal to itself in capitals."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.casefold() == other.casefold()


class Bag(list):
    """A list in any order."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and sorted(self) == sorted(other)


class Point:
    """A point that is equal to a pair of coordinates that are close."""

    __hash__ = None

    def __init__(self, *places: float) -> None:
        self.places = places

    def __eq__(self, other: object) -> bool:
        return len(other) == 2 and all(abs(a - b) < 1e-6 for a, b in zip(self.places, other, strict=True))


class Either:
    """Answers every second comparison with True."""

    __hash__ = None
    count = 0

    def __eq__(self, other: object) -> bool:
        self.count += 1
        return self.count % 2 == 1


class Between:
    """Claims to be both less and greater than anything."""

    def __lt__(self, other: object) -> bool:
        return True

    def __gt__(self, other: object) -> bool:
        return True


OWN = [
    (Money(5), "== 5", True),
    (Money(5), "== 6", False),
    (Money(5.5), "== 5.5", True),
    (Money(5), "!= 6", True),
    (Money(5), "!= 5", False),
    (Money(3), "< 5", True),
    (Money(5), "< 5", False),
    (Money(7), "> 5", True),
    (Money(5), "in (4, 5)", True),
    (Money(5), "in (4, 6)", False),
    (Money(5), "not in (4, 6)", True),
    ([Money(5), Money(6)], "== [5, 6]", True),
    ([Money(5), Money(7)], "== [5, 6]", False),
    ({"a": Money(5)}, "== {'a': 5}", True),
    (Name("Ada"), "== 'ADA'", True),
    (Name("Ada"), "== 'Bob'", False),
    (Bag([3, 1, 2]), "== [1, 2, 3]", True),
    (Bag([3, 1]), "== [1, 2, 3]", False),
    (Point(0.1 + 0.2, 1), "== (0.3, 1)", True),
    (Point(0, 0), "== (0, 0)", True),
    (Point(0, 1), "== (0, 0)", False),
    (Equal(), "== 7", False),
    (Equal(), "in (7, 8)", False),
    (EqualNumber(8), "== 7", False),
    ([Equal()], "== [7]", False),
    (Either(), "== 7", False),
    (Between(), "< 5", False),
    (Between(), "> 5", False),
    (object(), "!= 7", True),
]


@pytest.mark.parametrize(("value", "assertion", "holds"), OWN)
def test_a_value_of_an_own_class_is_asked_itself_and_must_not_equal_anything(value, assertion, holds):
    run, steps = started(f"assert got {assertion}", frozenset({0}), value)
    while not steps.end:
        assert isinstance(steps.compared, ValueComparisons)
        # One at a time, so that its methods cannot tell which literal is meant.
        ((name, literal),) = steps.compared.compared
        steps = run.answer(ComparedValue(tuple(compare_value(value, [(name, encode_value(literal))]))))
    assert steps.end == ("passed" if holds else "failed")
    assert run.complete is holds
    assert bool(run.failure[0]) is not holds


def test_a_value_of_an_own_class_is_not_asked_where_the_solution_has_plain_data():
    """The comparison would show the expected value to the student's class."""
    run, steps = started("assert got == 5", frozenset(), Money(5))
    assert steps.end == "failed"
    assert run.opaque == {0}


@pytest.mark.parametrize("result", [ComparedValue(()), ComparedValue((True, False)), said(5), None])
def test_an_answer_that_was_not_asked_for_ends_the_test(result):
    run, _steps = started("assert got == 5", frozenset({0}), Money(5))
    assert run.answer(result).end == "failed"
    assert not run.complete


def started(test: str, own: frozenset[int], value: object) -> tuple[SplitTestRun, KernelSteps]:
    """Run a test until its first value has been sent."""
    run = SplitTestRun(ParsedTest(test), own)
    steps = run.first()
    while not steps.expression:
        steps = run.answer(None)
    return run, run.answer(said(value))


LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=10,
)


@given(LITERALS)
def test_changed_literals_differ(literal):
    found = changed_literals(literal, 7)
    assert found
    assert literal not in found
    assert all(one != other for place, one in enumerate(found) for other in found[:place])


def test_a_long_list_with_arrays_in_it_has_a_message():
    check = comparison(f"assert f() == {[[1, 2]] * 100}")
    assert "expected" in check.sentence(said([np.array([1, 3])] * 100))
