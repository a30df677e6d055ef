"""The grader interprets the tests, so expected values never reach the student's code."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exercises.grading.agreement_cases import KINDS
from tests.exercises.grading.ordinary_tests import ANSWER, TESTS
from toolkit.exercises.course.cell_identification import read_globals
from toolkit.exercises.grading.parsed_test import ParsedTest
from toolkit.exercises.grading.split_tests import (
    SplitTestRun,
    bound_names,
    is_proof,
    judging_names,
)
from toolkit.exercises.grading.syntax_queries import assigned_names
from toolkit.kernels.forkserver.step_runner import StepRunner
from toolkit.kernels.forkserver.value_encoder import encode_value
from toolkit.kernels.kernel_steps import KernelSteps, decode_result
from toolkit.kernels.value_decoder import ComparedValue, DecodedValue, OpaqueValue


@dataclass
class Judged:
    """A test that was run, and the messages sent to the kernel for it."""

    run: SplitTestRun
    runner: StepRunner
    sent: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return self.run.complete and self.runner.error is None

    @property
    def text(self) -> str:
        return "\n".join(self.sent)

    @property
    def said(self) -> str:
        return self.run.failure[1]


def judge(test: str, answer: str, *, solution: str = "", own: frozenset[int] | None = None) -> Judged:
    """Run a test on an answer, kernel and grader in this process."""
    if own is None and solution:
        first = judge(test, answer, own=frozenset())
        if not first.run.opaque:
            return first
        own = _run(test, solution, frozenset(), learning=True).run.opaque
    return _run(test, answer, own or frozenset())


def _run(test: str, answer: str, own: frozenset[int], *, learning: bool = False) -> Judged:
    names: dict[str, object] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(answer, names)  # the answers are ours
        answered = frozenset(assigned_names(ast.parse(answer)))
        run = SplitTestRun(
            ParsedTest(test, read_globals(answer), answered),
            own,
            bound_names([answer, test]),
            learning=learning,
        )
        sent: list[str] = []

        def encoded(steps: KernelSteps) -> dict[str, object]:
            sent.extend([*(source for source, _line, _value in steps.statements), steps.expression])
            return json.loads(json.dumps(steps.encoded()))

        def exchange(result: dict[str, object]) -> dict[str, object]:
            return encoded(run.answer(decode_result(json.loads(json.dumps(result)))))

        runner = StepRunner(exchange, names, encoded(run.first()), "<test>")
        with contextlib.suppress(AssertionError):
            runner()
    return Judged(run, runner, sent)


RIGHT = [
    pytest.param(kind, answer, id=f"{kind.name}-{number}")
    for kind in KINDS
    for number, answer in enumerate((kind.solution, *kind.right))
]
WRONG = [
    pytest.param(kind, answer, id=f"{kind.name}-{number}")
    for kind in KINDS
    for number, answer in enumerate(kind.wrong)
]


def _points(judged: Judged) -> float:
    if not judged.passed:
        return 0.0
    return 3.0 if judged.run.score is None else float(judged.run.score)


@pytest.mark.parametrize(("kind", "answer"), RIGHT)
def test_right_answer_passes(kind, answer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    judged = judge(kind.test, answer, solution=kind.solution)
    assert _points(judged) == 3, (judged.said, judged.runner.error, judged.sent)


@pytest.mark.parametrize(("kind", "answer"), WRONG)
def test_wrong_answer_fails(kind, answer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    judged = judge(kind.test, answer, solution=kind.solution)
    assert _points(judged) < 3, judged.sent


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_author_is_warned_where_the_kernel_decides(kind):
    assert is_proof(kind.test, frozenset(assigned_names(ast.parse(kind.solution)))) is not kind.guarded


# The answer of `ordinary_tests`, each with one thing wrong in it.
WRONG_ANSWERS = [
    ANSWER.replace(right, wrong)
    for right, wrong in (
        ("return x * 2 * k", "return x * 3 * k"),
        ("return x * 2 * k", "return None"),
        ("return a + b", "return a"),
        ("return list(range(n))", "return []"),
        ("yield from range(n)", "yield from ()"),
        ("self.x += 1", "self.x += 2"),
        ("l.sort()", "pass"),
        ("name = 'Ada'", "name = 'Bo'"),
    )
]

SECRET = 924_817


@pytest.mark.parametrize(
    "test",
    [
        f"assert f(2) == {SECRET}, f'not {SECRET}'",
        f"assert abs(f(2) - {SECRET}) < 1e-6, 'no'",
        f"assert (f(2) == {SECRET}) is True",
        f"expected = {SECRET}\nassert f(2) == expected",
        f"for n, want in [(1, {SECRET}), (2, {SECRET})]:\n    assert f(n) == want, f'{{n}} is {{want}}'",
        f"def check(got, want):\n    assert got == want\ncheck(f(2), {SECRET})",
        f"import unittest\nt = unittest.TestCase()\nt.assertEqual(f(2), {SECRET})",
        f"import numpy as np\nnp.testing.assert_allclose(f(2), {SECRET})",
        f"import numpy as np\nassert np.isclose(f(2), {SECRET})",
        f"assert [f(n) for n in range(3)] == [{SECRET}] * 3",
        f"assert all(f(n) == {SECRET} for n in range(3))",
        f"points = 0\npoints += f(2) == {SECRET}\npoints",
        f"if f(2) != {SECRET}:\n    raise ValueError('{SECRET}')",
        f"import pandas as pd\npd.testing.assert_series_equal(pd.Series(f(2)), pd.Series([{SECRET}]))",
    ],
)
def test_what_is_expected_never_reaches_the_kernel(test):
    judged = judge(test, "def f(n):\n    return 1")
    assert not judged.passed or float(judged.run.score or 1) == 0
    assert str(SECRET) not in judged.text
    assert is_proof(test)


@pytest.mark.parametrize(
    "test",
    [
        "",
        "f(2)",
        "n = 3",
        "print(f(2))",
        "%matplotlib inline\nassert f(2) == 7",
        "await f(2)",
        "assert hasattr(f, 'a')",
        "check(f(2), 7)",
        "import sys\nsys.exit(f(2) != 7)",
        "class T:\n    def run(self):\n        assert f(2) == 7\nT().run()",
        "assert f(2) is f(3)",
        "from helpers import check\ncheck(f(2), 7)",
        "checks = []\nchecks.append(f(2) == 7)\nassert all(checks)",
        "results = {}\nresults['a'] = f(2) == 7\nassert all(results.values())",
        "got = f(2)\nchecks = []\nchecks.append(got == 7)\nassert checks == [True]",
        "from helpers import same\nsame(f(2), 7)\nassert f(3) == 9",
        "import helpers\nhelpers.same(f(2), 7)\nassert f(3) == 9",
    ],
)
def test_test_that_proves_nothing_is_known(test):
    assert not is_proof(test)


def test_values_without_a_literal_reach_student_code():
    loop = "for x in (np.array([1, 2]), np.int64(3)):\n    assert f(x) is None"
    test = f"import numpy as np\n{loop}\nassert seen == [3, 3]"
    assert judge(test, "seen = []\ndef f(x):\n    seen.append(x.sum())").passed


def test_a_loop_that_prepares_data_is_left_to_the_kernel():
    loop = "for i in range(300_000):\n    if i % 2:\n        data.append(i)"
    test = f"data = []\n{loop}\nassert f(data) == 150_000"
    assert judge(test, "def f(d):\n    return len(d)").passed
    assert is_proof(test)


def test_what_a_loop_collects_is_decided_by_the_grader():
    test = (
        "wrong = []\nfor n in range(5):\n    if f(n) != 2 * n:\n        wrong.append(n)\nassert wrong == []"
    )
    assert is_proof(test)
    assert judge(test, "def f(n):\n    return n + n").passed
    assert not judge(test, "def f(n):\n    return n").passed


def test_an_error_of_another_class_with_the_name_is_another():
    test = "import pytest\nwith pytest.raises(ValueError):\n    f(-1)"
    fake = "class ValueError(Exception):\n    __module__ = 'builtins'\nerror = ValueError\ndel ValueError\n"
    assert not judge(test, f"{fake}def f(n):\n    raise error()").passed
    assert judge(test, "class Own(ValueError): pass\ndef f(n):\n    raise Own()").passed


@pytest.mark.parametrize("amount", [3, 4])
def test_points_for_values_of_an_own_class_are_shown(amount):
    """Only the kernel can count these points; it displays the sum."""
    test = f"points = 0\npoints += 2 * (M(1) + M(2) == M({amount}))\npoints"
    own = (
        "class M:\n    def __init__(self, n): self.n = n\n    def __add__(self, o): return M(self.n + o.n)\n"
        "    def __eq__(self, o): return self.n == o.n"
    )
    judged = judge(test, own, solution=own)
    assert judged.passed
    assert judged.run.guarded
    assert any(source == "points" for source in judged.sent)


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        ("import math\nassert f() is math.inf or f() == math.inf", "import math\ndef f(): return math.inf"),
        ("assert f() is Ellipsis", "def f(): return ..."),
        ("expected = f\"{'x' * 500}\"\nassert f() == expected", "def f(): return 'x' * 500"),
        ("want = f'{3.14159:>8.2f}'\nassert f() == want", "def f(): return '    3.14'"),
        ("for kind in (int, float):\n    assert isinstance(f(kind(2)), kind)", "def f(n): return n + n"),
        ("for g in (f, h):\n    assert g(2) == 4", "def f(n): return n + n\nh = f"),
    ],
)
def test_right_answers_to_unusual_tests_pass(test, answer):
    assert judge(test, answer, solution=answer).passed


def test_what_python_would_refuse_fails_alone():
    assert judge("break", "f = 1").run.failure[0] == "SyntaxError"


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test[:40])
def test_ordinary_tests_pass_and_fail_as_plain_python_does(test):
    for answer in (ANSWER, *WRONG_ANSWERS):
        names: dict[str, object] = {"__name__": "__main__"}
        shown: object = None
        with contextlib.redirect_stdout(io.StringIO()):
            exec(answer, names)
            tree = ast.parse(test)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            try:
                exec(compile(tree, "<plain>", "exec"), names)
                if isinstance(last, ast.Expr):
                    shown = eval(compile(ast.Expression(last.value), "<plain>", "eval"), names)
                right = not isinstance(shown, int) or shown >= 3
            except BaseException:  # noqa: BLE001 - that of pytest is no `Exception`
                right = False
        judged = judge(test, answer, solution=ANSWER)
        assert (_points(judged) >= 3) is right, (answer, judged.said, judged.sent)


def test_a_helper_of_another_cell_is_known():
    test = "same(f(2), 7)\nassert f(3) == 9"
    assert is_proof(test)
    assert not is_proof(test, helpers=frozenset({"same"}))
    assert judging_names(["def same(a, b):\n    assert a == b", "def double(n):\n    return 2 * n"]) == {
        "same"
    }


def test_lists_that_student_code_gets_live_in_the_kernel():
    test = "data = [3, 1]\nf(data)\nassert data == [1, 3]"
    assert judge(test, "def f(d):\n    d.sort()").passed
    assert not judge(test, "def f(d):\n    sorted(d)").passed


def test_a_name_that_another_test_reads_is_known_to_the_kernel():
    program = ParsedTest("expected = 7\nassert f() == 7", frozenset({"expected"}))
    run = SplitTestRun(program)
    assert run.first().statements == (("expected = 7", 1, None),)


@pytest.mark.parametrize(
    ("test", "answer", "said"),
    [
        ("assert f(2) == 'x'", "def f(n):\n    return 1", "`f(2)` → expected `'x'`, got `1`"),
        ("got = f(2)\nassert got == 7, f'got {got!r}'", "def f(n):\n    return '8'", "got '8'"),
        ("got = f(2)\nassert got == 7, f'got {got:.2f}'", "def f(n):\n    return 1", "got 1.00"),
        ("assert f(2) == 1.0", "def f(n):\n    return '1.0'", "`f(2)` → expected `1.0`, got `'1.0'`"),
        (
            "assert abs(f(2) - 1) < 0.1",
            "def f(n):\n    return 3",
            "`abs(f(2) - 1) < 0.1` does not hold: `f(2)` → `3`",
        ),
        (
            "### BEGIN HIDDEN TESTS\nassert f(2) == 7",
            "def f(n):\n    return 1",
            "A hidden check did not hold.",
        ),
        ("for n in (1, 2):\n    assert f(n) == n", "f = lambda n: 1", "`f(2)` → expected `2`, got `1`"),
        ("assert f(2) == 7, 'no' + 1", "def f(n):\n    return 1", "`f(2)` → expected `7`, got `1`"),
    ],
)
def test_what_is_said_of_a_failure(test, answer, said):
    assert judge(test, answer).said == said


def test_what_is_said_can_be_written():
    odd = "class Odd:\n    def __repr__(self):\n        return '\\ud83d'\ndef f(n):\n    return Odd()"
    assert judge("assert f(2) == 'x'", odd).said.encode()
    assert judge("got = f(2)\nassert got == 'x', f'got {got}'", odd).said == "got \\ud83d"
    assert len(judge("assert f(2) == 'x'", "def f(n):\n    return 'y' * 1000").said) < 400
    assert "…" in judge("assert f(2) == 'x'", "def f(n):\n    return 10**5000").said


def test_an_error_of_the_answer_is_left_to_the_kernel():
    judged = judge("assert f(2) == 7", "def f(n):\n    raise KeyError('no')")
    assert isinstance(judged.runner.error, KeyError)
    assert judged.runner.trace().tb_frame.f_code.co_filename == "<test>"
    assert not judged.run.complete


@pytest.mark.parametrize(
    "answer",
    [
        "class E:\n    __hash__ = None\n    def __eq__(self, o): return True\ndef f(n): return E()",
        "class E(int):\n    def __eq__(self, o): return True\ndef f(n): return E(8)",
        "class E:\n    def __eq__(self, o): return True\ndef f(n): return [E()]",
    ],
)
@pytest.mark.parametrize("test", ["assert f(2) == 7", "assert f(2) == [7]", "assert f(2) in (7, [7])"])
def test_no_object_answers_for_itself(test, answer):
    assert not judge(test, answer, solution="def f(n):\n    return 7").passed


@pytest.mark.parametrize("result", [None, ComparedValue((True,)), DecodedValue.decoded(encode_value(1))])
def test_results_that_were_not_asked_for_end_the_test(result):
    run = SplitTestRun(ParsedTest("n = 3\nassert f(1) == 1\nassert f(2) == 2"))
    assert run.first().expression == "f(1)"
    good = isinstance(result, DecodedValue)
    assert run.answer(result).end == ("" if good else "failed")
    if good:
        assert run.answer(DecodedValue.decoded(encode_value(3))).end == "failed"
        assert run.failure[0]
    assert run.answer(DecodedValue.decoded(encode_value(1))).end == "failed"
    assert not run.complete


@pytest.mark.parametrize(
    "test",
    [
        "assert f() ** 10**9 == 1",
        "assert f() * 'x' == 1",
        "assert [0] * f() == 1",
        "assert 1 << f() == 1",
        "for n in range(f()):\n    assert n == n",
        "assert all(x == x for x in range(10**6) for y in range(10**6))",
    ],
)
def test_a_value_cannot_hold_up_the_grader(test):
    judged = judge(test, f"def f():\n    return {10**10}")
    assert not judged.passed


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


def said(value: object) -> DecodedValue:
    return DecodedValue.decoded(encode_value(value))


@given(plain)
def test_plain_data_comes_back_as_it_was(value):
    found = said(value)
    assert found.plain == value
    assert type(found.plain) is type(value)
    assert found.exact


@given(st.text(max_size=200))
def test_any_text_is_a_test_or_is_left_to_the_kernel(text):
    assert is_proof(text) in {True, False}


def test_too_much_and_too_strange_is_opaque():
    loop: list[object] = []
    loop.append(loop)
    for value in (list(range(10**6)), loop, object(), lambda: 0, "x" * 10**7):
        assert isinstance(said(value).plain, OpaqueValue)
