"""Tests are taken apart: what they expect stays with the grader."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.exercises.grading.split_tests import ASKS, SplitTestRun, split_test
from toolkit.kernels.forkserver.value_encoder import encode_value
from toolkit.kernels.value_decoder import DecodedValue, OpaqueValue

WHOLE = """got = f(2)
assert got == 7, (
    "`f(2)` → "
    f"got `{got!r}`"
)
assert 3 < g(), "too small"  # a remark
### BEGIN HIDDEN TESTS
assert f(3) is None and f(4) in (1, 2)
### END HIDDEN TESTS"""


def said(value: object) -> DecodedValue:
    return DecodedValue.decoded(encode_value(value))


def test_kernel_code_holds_no_expected_values():
    """What runs in the kernel knows nothing of what is expected."""
    found = split_test(WHOLE)
    assert found.whole
    assert found.source.split("\n") == [
        "got = f(2)",
        f"{ASKS}(0, got)",
        *[""] * 3,
        f"{ASKS}(1, g())",
        "### BEGIN HIDDEN TESTS",
        f"{ASKS}(2, f(3)); {ASKS}(3, f(4))",
        "### END HIDDEN TESTS",
    ]
    assert [check.expected for check in found.checks] == [7, 3, None, (1, 2)]
    assert [check.hidden for check in found.checks] == [False, False, True, True]


@pytest.mark.parametrize(
    "source",
    [
        "assert np.allclose(f(2), 7)",
        "for n in range(3):\n    assert f(n) == n",
        "expected = 7\nassert f(2) == expected",
        "def check():\n    assert f(2) == 7\ncheck()",
        "f(2)",
        "assert f(2)",
        "assert f(2) == 7; g()",
        "if f(2) != 7:\n    raise ValueError",
        "%matplotlib inline\nassert f(2) == 7",
        "assert 0 < f(2) < 9",
        "assert f(2) is 7000",
        "assert f(2) == 7 or g() == 3",
    ],
)
def test_what_cannot_be_taken_apart_stays_and_is_known(source):
    found = split_test(source)
    assert not found.whole
    assert found.source == source
    assert not found.checks


@pytest.mark.parametrize(
    ("source", "value", "holds"),
    [
        ("assert f() == 7", 7, True),
        ("assert f() == 7", 7.0, True),
        ("assert f() == 1", True, True),
        ("assert 7 == f()", 7, True),
        ("assert f() == 7", "7", False),
        ("assert f() != 7", 8, True),
        ("assert f() is True", 1, False),
        ("assert f() is True", True, True),
        ("assert f() is not None", None, False),
        ("assert 3 < f()", 4, True),
        ("assert 3 < f()", "4", False),
        ("assert f() in {1, 2}", 2, True),
        ("assert f() in {1, 2}", [2], False),
        ("assert f() not in 'abc'", "d", True),
        ("assert f() == {'a': [1, (2, -3.5)]}", {"a": [1, (2, -3.5)]}, True),
        ("assert f() == [1]", (1,), False),
        ("assert f() == set()", set(), True),
    ],
)
def test_the_comparison_is_pythons_own(source, value, holds):
    (check,) = split_test(source).checks
    assert check.is_satisfied(said(value)) is holds


class Equal:
    """Says that it equals anything."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "7"


class EqualNumber(int):
    """A number that lies."""

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __format__(self, _spec: str) -> str:
        return "7"


@pytest.mark.parametrize("value", [Equal(), [Equal()], EqualNumber(8), {"a": Equal()}])
def test_no_object_answers_for_itself(value):
    for source in ("assert f() == 7", "assert f() == [7]", "assert f() == {'a': 7}"):
        assert not split_test(source).checks[0].is_satisfied(said(value))


def test_what_is_said_of_a_failure():
    checks = split_test(WHOLE).checks
    assert checks[0].sentence(said(8)) == "`f(2)` → got `8`"
    assert checks[1].sentence(said(1)) == "too small"
    assert checks[2].sentence(said(1)) == "A hidden check did not hold."
    (plain,) = split_test("assert f(2) == 'x'").checks
    assert plain.sentence(said("y" * 1000)).startswith("`f(2)` → expected `'x'`, got `'yyy")
    assert len(plain.sentence(said("y" * 1000))) < 400
    (strange,) = split_test("assert f(2) == 1, f'{len(got)}'").checks
    assert strange.sentence(said(Equal())) == "`f(2)` → expected `1`, got `7`"
    assert "…" in plain.sentence(said(10**5000))


class Unwritable:
    """Calls itself by half a character."""

    def __repr__(self) -> str:
        return "\ud83d"


def test_what_is_said_can_be_written():
    (plain,) = split_test("assert f(2) == 'x', f'got {got} of {f(2)}'").checks
    assert plain.sentence(said(Unwritable())).encode()
    (told,) = split_test("got = f(2)\nassert got == 'x', f'got {got}'").checks
    assert told.sentence(said("\ud83d")) == "got \\ud83d"


def test_values_are_heard_once_and_in_order():
    test = SplitTestRun(split_test("assert f(1) == 1\nassert f(2) == 2"))
    assert test.answer(0, said(1))
    assert not test.complete
    assert test.answer(1, said(2))
    assert test.complete
    assert not test.answer(1, said(2))
    assert not test.complete

    forger = SplitTestRun(split_test("assert f(1) == 1\nassert f(2) == 2"))
    assert not forger.answer(1, said(2))
    assert not forger.complete

    guesser = SplitTestRun(split_test("assert f(1) == 1"))
    assert not guesser.answer(0, said(3))
    assert not guesser.answer(0, said(1))
    assert guesser.failure


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.complex_numbers(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
        | st.frozensets(st.integers() | st.text(max_size=5), max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_data_comes_back_as_it_was(value):
    found = said(value)
    assert found.plain == value
    assert type(found.plain) is type(value)
    assert found.exact


@given(st.text(max_size=200))
def test_any_text_has_a_plan_that_still_is_python(text):
    found = split_test(text)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        assert found.source == text
    else:
        ast.parse(found.source)


def test_too_much_and_too_strange_is_opaque():
    loop: list[object] = []
    loop.append(loop)
    for value in (list(range(10**6)), loop, object(), lambda: 0, "x" * 10**7):
        assert isinstance(said(value).plain, OpaqueValue)
