# ruff: noqa: E501 - tests and answers are quoted as authors and students write them
"""Kinds of tests as teachers write them, with right and wrong answers.

Plain Python decides whether an answer is right: it is, if the plain test passes.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """One kind of test.

    Parameters
    ----------
    name : str
        What the test does.
    test : str
        Its source, for one cell.
    solution : str
        The worked solution.
    right, wrong : tuple of str
        Answers.
    guarded : bool
        True if the kernel decides part of it, of which `mentor exercise check` warns.
    general : bool
        True if the deceits that know nothing of a test are tried on it.
    """

    name: str
    test: str
    solution: str
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    guarded: bool = False
    general: bool = True


_TWICE = "def f(x):\n    return 2 * x"
_TWICE_RIGHT = (
    "def f(x):\n    return x + x",
    "f = lambda x: x * 2",
    "import numpy as np\ndef f(x):\n    return np.multiply(x, 2)[()]",
)
_TWICE_WRONG = (
    "def f(x):\n    return 3 * x",
    "def f(x):\n    return None",
    "def f(x):\n    raise NotImplementedError()",
    "f = 3",
    "def f(x):\n    return str(2 * x)",
)


def _twice(name: str, test: str, *, guarded: bool = False, right: tuple[str, ...] = _TWICE_RIGHT) -> Kind:
    return Kind(name, test, _TWICE, right, _TWICE_WRONG, guarded)


_HALF = "def f(x):\n    return x / 2"
_HALF_RIGHT = (
    "def f(x):\n    return 0.5 * x",
    "import numpy as np\ndef f(x):\n    return np.float64(x) / 2",
    "def f(x):\n    return x / 2 + 1e-12",
)
_HALF_WRONG = ("def f(x):\n    return x // 2", "def f(x):\n    return x", "def f(x):\n    return 'x'")


def _half(name: str, test: str) -> Kind:
    return Kind(name, test, _HALF, _HALF_RIGHT, _HALF_WRONG)


_ARRAY = "import numpy as np\ndef f(x):\n    return np.array(x) * 2.0"
_ARRAY_RIGHT = (
    "import numpy as np\ndef f(x):\n    return np.asarray(x, dtype=float) * 2",
    "import numpy as np\ndef f(x):\n    return np.array([2.0 * one for one in x])",
)
_ARRAY_WRONG = (
    "import numpy as np\ndef f(x):\n    return np.array(x) * 3.0",
    "def f(x):\n    return None",
    "import numpy as np\ndef f(x):\n    return np.array(x)",
)


def _array(name: str, test: str) -> Kind:
    return Kind(name, test, _ARRAY, _ARRAY_RIGHT, _ARRAY_WRONG)


_TABLE = "import pandas as pd\ndef f(n):\n    return pd.DataFrame({'n': list(range(n)), 'square': [i * i for i in range(n)]})"
_TABLE_RIGHT = (
    "import pandas as pd\ndef f(n):\n    t = pd.DataFrame({'n': range(n)})\n    t['square'] = t['n'] ** 2\n    return t",
    "import pandas as pd\ndef f(n):\n    return pd.DataFrame([{'n': i, 'square': i * i} for i in range(n)])",
)
_TABLE_WRONG = (
    "import pandas as pd\ndef f(n):\n    return pd.DataFrame({'n': list(range(n)), 'square': list(range(n))})",
    "def f(n):\n    return None",
    "import pandas as pd\ndef f(n):\n    return pd.DataFrame({'n': list(range(n + 1)), 'square': [i * i for i in range(n + 1)]})",
)


def _table(name: str, test: str, *, guarded: bool = False) -> Kind:
    return Kind(name, test, _TABLE, _TABLE_RIGHT, _TABLE_WRONG, guarded)


_RAISES = "def f(x):\n    if x < 0:\n        raise ValueError('negative number')\n    return x"
_RAISES_RIGHT = (
    "class Negative(ValueError): pass\ndef f(x):\n    if x < 0:\n        raise Negative('a negative number')\n    return x",
)
_RAISES_WRONG = (
    "def f(x):\n    return x",
    "def f(x):\n    if x < 0:\n        raise KeyError('negative')\n    return x",
    "def f(x):\n    return abs(x)",
)


def _raises(name: str, test: str) -> Kind:
    return Kind(name, test, _RAISES, _RAISES_RIGHT, _RAISES_WRONG, general=False)


_MONEY = "class Money:\n    def __init__(self, amount):\n        self.amount = amount\n    def __eq__(self, other):\n        return self.amount == getattr(other, 'amount', other)\n    def __lt__(self, other):\n        return self.amount < getattr(other, 'amount', other)\n    def __add__(self, other):\n        return Money(self.amount + other.amount)\n    def __repr__(self):\n        return f'Money({self.amount})'\n    def __len__(self):\n        return self.amount"
_MONEY_RIGHT = (_MONEY.replace("class Money:", "class Money:\n    kind = 'coin'"),)
_MONEY_WRONG = (
    _MONEY.replace("self.amount + other.amount", "self.amount"),
    _MONEY.replace("self.amount + other.amount", "self.amount - other.amount"),
)


def _money(name: str, test: str, *, guarded: bool = False) -> Kind:
    return Kind(name, test, _MONEY, _MONEY_RIGHT, _MONEY_WRONG, guarded, general=False)


KINDS = (
    # Plain comparisons
    _twice("equals a number", "assert f(2) == 4\nassert f(21) == 42"),
    _twice("with a message", "got = f(2)\nassert got == 4, f'`f(2)` gives {got}'"),
    _twice("mirrored", "assert 4 == f(2)"),
    _twice("several by and", "assert f(2) == 4 and f(3) == 6"),
    _twice("or", "assert f(2) == 4 or f(2) == -4"),
    _twice("not", "assert not f(2) != 4"),
    _twice("a chain", "assert 3 < f(2) < 5"),
    _twice("is True of a comparison", "assert (f(2) == 4) is True", right=("def f(x):\n    return x + x",)),
    _twice("== True of a comparison", "assert (f(2) == 4) == True"),
    _twice("expected in a name", "expected = 4\nassert f(2) == expected"),
    _twice("expected in a list", "expected = [2, 4, 6]\nassert [f(1), f(2), f(3)] == expected"),
    _twice("arithmetic with the expected value", "assert f(2) - 4 == 0"),
    _twice("a difference in a name", "difference = f(2) - 4\nassert difference == 0"),
    _twice("the argument in a name", "n = 21\nassert f(n) == 2 * n"),
    _twice("the verdict in a name", "ok = f(2) == 4\nassert ok, 'no'"),
    _twice("bool", "assert bool(f(2) == 4)"),
    _twice(
        "isinstance", "assert isinstance(f(2), int)\nassert f(2) == 4", right=("def f(x):\n    return x + x",)
    ),
    _twice(
        "isinstance == True",
        "assert isinstance(f(2), int) == True\nassert f(2) == 4",
        right=("def f(x):\n    return x + x",),
    ),
    _twice("type is", "assert type(f(2)) is int\nassert f(2) == 4", right=("def f(x):\n    return x + x",)),
    _twice(
        "type equals", "assert type(f(2)) == int\nassert f(2) == 4", right=("def f(x):\n    return x + x",)
    ),
    _twice("in a set", "assert f(2) in {4, -4}"),
    _twice("a float equals", "assert f(0.5) == 1.0"),
    _twice("with parentheses over lines", "assert (\n    f(2)\n    == 4\n), (\n    'it is '\n    'wrong'\n)"),
    # Loops, conditions, helpers
    _twice(
        "a loop over pairs",
        "for n, want in [(1, 2), (2, 4), (30, 60)]:\n    assert f(n) == want, f'{n} gives {f(n)}'",
    ),
    _twice("a loop over a range", "for n in range(5):\n    assert f(n) == n + n"),
    _twice(
        "a loop over a dict", "cases = {1: 2, 2: 4}\nfor n, want in cases.items():\n    assert f(n) == want"
    ),
    _twice("a loop over zip", "for n, want in zip([1, 2], [2, 4]):\n    got = f(n)\n    assert got == want"),
    _twice("all of a comprehension", "assert all(f(n) == 2 * n for n in range(6))"),
    _twice("any of a comprehension", "assert not any(f(n) != 2 * n for n in range(6))"),
    _twice("a count of the wrong ones", "assert sum(f(n) != 2 * n for n in range(6)) == 0"),
    _twice("a list of the wrong ones", "wrong = [n for n in range(6) if f(n) != 2 * n]\nassert wrong == []"),
    _twice(
        "a helper",
        "def check(got, want):\n    assert got == want, f'{got} is not {want}'\ncheck(f(2), 4)\ncheck(f(3), 6)",
    ),
    _twice(
        "a helper, then an assertion",
        "def check(got, want):\n    if got != want:\n        raise AssertionError('no')\ncheck(f(2), 4)\nassert f(3) == 6",
    ),
    _twice(
        "a helper that is given the function",
        "def check(function, n, want):\n    assert function(n) == want\ncheck(f, 2, 4)",
    ),
    _twice(
        "a helper that returns the verdict",
        "def good(n):\n    return f(n) == 2 * n\nassert good(2)\nassert good(5)",
    ),
    _twice("if and raise", "if f(2) != 4:\n    raise ValueError('wrong')"),
    _twice("if and exit", "import sys\nif f(2) != 4:\n    sys.exit(1)"),
    _twice("if and else", "if f(2) == 4:\n    pass\nelse:\n    assert False, 'wrong'"),
    _twice("part of the points", "points = 0\npoints += 2 * (f(2) == 4)\npoints += f(3) == 6\nint(points)"),
    _twice(
        "part of the points, by conditions",
        "points = 0\nif f(2) == 4:\n    points += 2\nif f(3) == 6:\n    points += 1\npoints",
    ),
    _twice("a while loop", "n = 0\nwhile n < 4:\n    assert f(n) == 2 * n\n    n += 1"),
    _twice("a verdict by try", "try:\n    ok = f(2) == 4\nexcept Exception:\n    ok = False\nassert ok"),
    _twice(
        "a class of tests",
        "class Case:\n    def run(self):\n        assert f(2) == 4\nCase().run()",
        guarded=True,
    ),
    # unittest, numpy.testing
    _twice(
        "unittest",
        "import unittest\nt = unittest.TestCase()\nt.assertEqual(f(2), 4)\nt.assertEqual(f(3), 6, 'no')",
    ),
    _twice("unittest, in one", "from unittest import TestCase\nTestCase().assertEqual(f(2), 4)"),
    _twice(
        "unittest, then an assertion",
        "import unittest\nunittest.TestCase().assertTrue(f(2) == 4)\nassert f(3) == 6",
    ),
    _twice(
        "unittest, assertIn",
        "import unittest\nt = unittest.TestCase()\nt.assertIn(f(2), [4, 5])\nt.assertGreater(f(3), 5)\nt.assertLess(f(3), 7)",
    ),
    _twice("numpy assert_equal", "import numpy as np\nnp.testing.assert_equal(f(2), 4)"),
    _twice(
        "numpy, imported by name",
        "from numpy.testing import assert_equal\nassert_equal(f(2), 4)\nassert f(3) == 6",
    ),
    # Numbers that are close
    _half("abs of a difference", "assert abs(f(3) - 1.5) < 1e-6"),
    _half("abs, mirrored", "assert 1e-6 > abs(1.5 - f(3))"),
    _half("round", "assert round(f(3), 3) == 1.5"),
    _half("isclose", "import math\nassert math.isclose(f(3), 1.5, abs_tol=1e-9)"),
    _half("isclose is True", "from math import isclose\nassert isclose(f(3), 1.5, abs_tol=1e-9) is True"),
    _half("numpy isclose", "import numpy as np\nassert np.isclose(f(3), 1.5)"),
    _half("numpy allclose", "import numpy as np\nassert np.allclose([f(3), f(5)], [1.5, 2.5])"),
    _half("numpy allclose of one", "import numpy as np\nassert np.allclose(f(3), 1.5), 'halves'"),
    _half(
        "numpy assert_allclose",
        "import numpy as np\nnp.testing.assert_allclose(f(3), 1.5)\nassert f(4) > 1.9",
    ),
    _half(
        "numpy assert_almost_equal",
        "from numpy.testing import assert_almost_equal\nassert_almost_equal(f(3), 1.5)",
    ),
    _half("unittest assertAlmostEqual", "import unittest\nunittest.TestCase().assertAlmostEqual(f(3), 1.5)"),
    _half("between", "assert 1.4 <= f(3) <= 1.6"),
    _half("min and max", "assert max(abs(f(3) - 1.5), abs(f(5) - 2.5)) < 1e-9"),
    # Arrays
    _array("array_equal", "import numpy as np\nassert np.array_equal(f([1, 2]), np.array([2.0, 4.0]))"),
    _array("all of an array", "import numpy as np\nassert (f([1, 2]) == np.array([2.0, 4.0])).all()"),
    _array("np.all", "import numpy as np\nassert np.all(f([1, 2]) == [2, 4])"),
    _array(
        "allclose of arrays",
        "import numpy as np\nexpected = np.array([2.0, 4.0])\nassert np.allclose(f([1, 2]), expected)",
    ),
    _array("assert_array_equal", "import numpy as np\nnp.testing.assert_array_equal(f([1, 2]), [2, 4])"),
    _array(
        "assert_allclose with tolerance",
        "import numpy as np\nnp.testing.assert_allclose(f([1, 2]), np.array([2, 4]), rtol=1e-7, err_msg='no')\nassert f([1]).shape == (1,)",
    ),
    _array("shape", "assert f([1, 2]).shape == (2,)\nassert f([1, 2])[1] == 4"),
    _array("dtype", "assert f([1, 2]).dtype == 'float64'\nassert f([1, 2])[0] == 2"),
    _array(
        "dtype of numpy", "import numpy as np\nassert f([1, 2]).dtype == np.float64\nassert f([1])[0] == 2"
    ),
    _array("tolist", "assert f([1, 2]).tolist() == [2.0, 4.0]"),
    _array(
        "isinstance of an array",
        "import numpy as np\nassert isinstance(f([1]), np.ndarray)\nassert f([1])[0] == 2",
    ),
    _array("the sum", "assert f([1, 2]).sum() == 6"),
    _array(
        "linspace",
        "import numpy as np\nx = np.linspace(0, 1, 5)\nassert np.allclose(f(x), 2 * np.linspace(0, 1, 5))",
    ),
    _array(
        "the greatest difference",
        "import numpy as np\nassert np.max(np.abs(f([1, 2]) - np.array([2, 4]))) < 1e-9",
    ),
    # Tables
    _table(
        "assert_frame_equal",
        "import pandas as pd\npd.testing.assert_frame_equal(f(3), pd.DataFrame({'n': [0, 1, 2], 'square': [0, 1, 4]}))",
    ),
    _table(
        "assert_frame_equal, expected in a name",
        "import pandas as pd\nexpected = pd.DataFrame({'n': [0, 1, 2], 'square': [0, 1, 4]})\npd.testing.assert_frame_equal(f(3), expected)\nassert len(f(2)) == 2",
    ),
    _table(
        "equals",
        "import pandas as pd\nassert f(3).equals(pd.DataFrame({'n': [0, 1, 2], 'square': [0, 1, 4]}))",
    ),
    _table(
        "columns", "assert list(f(3).columns) == ['n', 'square']\nassert f(3)['square'].tolist() == [0, 1, 4]"
    ),
    _table("shape of a table", "assert f(3).shape == (3, 2)\nassert f(3)['square'].sum() == 5"),
    _table(
        "dtype of a column",
        "assert f(3)['n'].dtype == 'int64'\nassert f(3)['square'].max() == 4\nassert f(3).shape == (3, 2)",
    ),
    _table(
        "assert_series_equal",
        "import pandas as pd\npd.testing.assert_series_equal(f(3)['square'], pd.Series([0, 1, 4], name='square'))\nassert len(f(3)) == 3",
    ),
    _table("one cell by loc", "assert f(3).loc[2, 'square'] == 4\nassert len(f(3)) == 3"),
    # Errors
    _raises("pytest.raises", "import pytest\nwith pytest.raises(ValueError):\n    f(-1)\nassert f(3) == 3"),
    _raises(
        "pytest.raises with match",
        "import pytest\nwith pytest.raises(ValueError, match='negative'):\n    f(-1)",
    ),
    _raises("assertRaises", "import unittest\nunittest.TestCase().assertRaises(ValueError, f, -1)"),
    _raises(
        "assertRaises, with",
        "import unittest\nt = unittest.TestCase()\nwith t.assertRaises(ValueError):\n    f(-1)\nt.assertEqual(f(3), 3)",
    ),
    _raises(
        "assertRaisesRegex",
        "import unittest\nt = unittest.TestCase()\nt.assertRaisesRegex(ValueError, 'negative', f, -1)",
    ),
    _raises(
        "assertRaisesRegex, with",
        "import unittest\nwith unittest.TestCase().assertRaisesRegex(ValueError, 'neg.*'):\n    f(-1)",
    ),
    _raises(
        "numpy assert_raises", "import numpy as np\nwith np.testing.assert_raises(ValueError):\n    f(-1)"
    ),
    _raises("numpy assert_raises, called", "import numpy as np\nnp.testing.assert_raises(ValueError, f, -1)"),
    _raises(
        "try, except, else",
        "try:\n    f(-1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('no error')",
    ),
    _raises(
        "try, and a failure in it",
        "try:\n    f(-1)\n    assert False, 'no error'\nexcept ValueError:\n    pass",
    ),
    _raises(
        "a flag", "raised = False\ntry:\n    f(-1)\nexcept ValueError:\n    raised = True\nassert raised"
    ),
    # Classes of the student's own
    _money("own __eq__ against a literal", "assert Money(2) + Money(3) == 5"),
    _money(
        "own __lt__ against a literal",
        "assert Money(2) < 3\nassert not Money(4) < 3\nassert Money(2) + Money(3) == 5",
    ),
    _money(
        "own __eq__ of two",
        "assert Money(2) + Money(3) == Money(5)\nassert not Money(2) == Money(3)",
    ),
    _money("an attribute", "assert (Money(2) + Money(3)).amount == 5"),
    _money("len", "assert len(Money(2) + Money(3)) == 5"),
    _money("repr", "assert repr(Money(2) + Money(3)) == 'Money(5)'"),
    _money(
        "isinstance of an own class",
        "assert isinstance(Money(2) + Money(3), Money)\nassert (Money(2) + Money(3)).amount == 5",
        guarded=True,
    ),
    _money(
        "callable and hasattr",
        "assert callable(Money) and hasattr(Money, '__add__')\nassert (Money(2) + Money(3)).amount == 5",
        guarded=True,
    ),
    Kind(
        "hash and set",
        "assert len({Point(1, 2), Point(1, 2), Point(2, 1)}) == 2\nassert Point(1, 2).x == 1",
        "class Point:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n    def __eq__(self, o):\n        return (self.x, self.y) == (o.x, o.y)\n    def __hash__(self):\n        return hash((self.x, self.y))",
        (
            "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Point:\n    x: int\n    y: int",
            "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')",
        ),
        ("class Point:\n    def __init__(self, x, y):\n        self.x, self.y = x, y",),
        general=False,
    ),
    # Values of the libraries
    Kind(
        "Decimal",
        "from decimal import Decimal\nassert f('1.10') == Decimal('2.20')\nassert f('1') == 2",
        "from decimal import Decimal\ndef f(x):\n    return 2 * Decimal(x)",
        ("from decimal import Decimal\ndef f(x):\n    return Decimal(x) + Decimal(x)",),
        ("def f(x):\n    return 2 * float(x)", "def f(x):\n    return x"),
    ),
    Kind(
        "Fraction",
        "assert f(1, 2) == 0.5\nassert f(3, 4) == 0.75",
        "from fractions import Fraction\ndef f(a, b):\n    return Fraction(a, b)",
        ("def f(a, b):\n    return a / b",),
        ("def f(a, b):\n    return b / a",),
    ),
    Kind(
        "float32",
        "import numpy as np\nassert f(1) == np.float32(0.1)",
        "import numpy as np\ndef f(x):\n    return np.float32(0.1) * x",
        (),
        ("def f(x):\n    return 0.2",),
    ),
    Kind(
        "float32 against a literal",
        "assert f(1) == 0.1",
        "import numpy as np\ndef f(x):\n    return np.float32(0.1)",
        (),
        ("def f(x):\n    return 0.2",),
    ),
    Kind(
        "array of one number",
        "assert f(2) == 4",
        "import numpy as np\ndef f(x):\n    return np.array([2 * x])",
        ("def f(x):\n    return 2 * x",),
        ("import numpy as np\ndef f(x):\n    return np.array([2 * x, 1])",),
    ),
    Kind(
        "keys of a dict",
        "assert f().keys() == {'a', 'b'}",
        "def f():\n    return {'a': 1, 'b': 2}",
        ("def f():\n    return dict(b=0, a=0)",),
        ("def f():\n    return {'a': 1}",),
    ),
    Kind(
        "values of a dict",
        "assert list(f().values()) == [1, 2]\nassert sorted(f().items()) == [('a', 1), ('b', 2)]",
        "def f():\n    return {'a': 1, 'b': 2}",
        ("from collections import OrderedDict\ndef f():\n    return OrderedDict(a=1, b=2)",),
        ("def f():\n    return {'a': 2, 'b': 1}",),
    ),
    Kind(
        "Counter",
        "from collections import Counter\nassert f('aab') == Counter('aab')\nassert f('x') == {'x': 1}",
        "from collections import Counter\ndef f(s):\n    return Counter(s)",
        ("def f(s):\n    return {c: s.count(c) for c in s}",),
        ("def f(s):\n    return {c: 1 for c in s}",),
    ),
    Kind(
        "bytearray",
        "assert f() == b'ab'",
        "def f():\n    return bytearray(b'ab')",
        ("def f():\n    return b'ab'",),
        ("def f():\n    return 'ab'",),
    ),
    Kind(
        "UserList",
        "assert f() == [1, 2]",
        "from collections import UserList\ndef f():\n    return UserList([1, 2])",
        ("def f():\n    return [1, 2]",),
        ("def f():\n    return (1, 2)",),
    ),
    Kind(
        "namedtuple",
        "assert f() == (1, 2)\nassert f().x == 1",
        "from collections import namedtuple\ndef f():\n    return namedtuple('P', 'x y')(1, 2)",
        (
            "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    y: int\ndef f():\n    return P(1, 2)",
        ),
        ("from collections import namedtuple\ndef f():\n    return namedtuple('P', 'x y')(2, 1)",),
    ),
    Kind(
        "datetime64",
        "import numpy as np\nassert f() == np.datetime64('2026-03-02')",
        "import numpy as np\ndef f():\n    return np.datetime64('2026-03-02')",
        (),
        ("def f():\n    return '2026-03-02'",),
    ),
    Kind(
        "date",
        "from datetime import date\nassert f(2) == date(2026, 3, 2)",
        "from datetime import date\ndef f(d):\n    return date(2026, 3, d)",
        ("import datetime\ndef f(d):\n    return datetime.date.fromisoformat('2026-03-02')",),
        ("from datetime import date\ndef f(d):\n    return date(2026, 2, d)",),
    ),
    Kind(
        "timedelta",
        "from datetime import timedelta\nassert f() == timedelta(hours=1)",
        "from datetime import timedelta\ndef f():\n    return timedelta(minutes=60)",
        (),
        ("def f():\n    return 3600",),
    ),
    Kind(
        "Timestamp",
        "import pandas as pd\nassert f() == pd.Timestamp('2026-03-02')",
        "import pandas as pd\ndef f():\n    return pd.Timestamp(2026, 3, 2)",
        (),
        ("def f():\n    return '2026-03-02'",),
    ),
    Kind(
        "a path",
        "assert f().name == 'a.txt'\nassert str(f()) == '/tmp/a.txt'",
        "from pathlib import Path\ndef f():\n    return Path('/tmp') / 'a.txt'",
        ("from pathlib import PurePosixPath\ndef f():\n    return PurePosixPath('/tmp/a.txt')",),
        ("from pathlib import Path\ndef f():\n    return Path('/a.txt')",),
    ),
    Kind(
        "an enum",
        "assert f().value == 2\nassert f().name == 'RED'",
        "from enum import Enum\nclass C(Enum):\n    RED = 2\ndef f():\n    return C.RED",
        (),
        ("from enum import Enum\nclass C(Enum):\n    BLUE = 1\ndef f():\n    return C.BLUE",),
    ),
    Kind(
        "a complex number",
        "assert f() == 1 + 2j",
        "def f():\n    return complex(1, 2)",
        (),
        ("def f():\n    return 1",),
    ),
    Kind(
        "a long list",
        "assert f(9000) == list(range(9000))",
        "def f(n):\n    return list(range(n))",
        ("def f(n):\n    return [i for i in range(n)]",),
        ("def f(n):\n    return list(range(n - 1))", "def f(n):\n    return range(n)"),
    ),
    Kind(
        "None",
        "assert f() is None\nassert g() is not None",
        "def f():\n    pass\ndef g():\n    return 1",
        ("def f():\n    return None\ng = lambda: 0",),
        ("def f():\n    return 0\ndef g():\n    return 1",),
        general=False,
    ),
    Kind(
        "True",
        "assert f(2) is True\nassert f(3) is False",
        "def f(n):\n    return n % 2 == 0",
        ("def f(n):\n    return not n % 2",),
        ("def f(n):\n    return 1 - n % 2", "def f(n):\n    return True"),
    ),
    Kind(
        "truth",
        "assert f(2)\nassert not f(3)",
        "def f(n):\n    return n % 2 == 0",
        ("def f(n):\n    return 1 - n % 2", "def f(n):\n    return [] if n % 2 else [n]"),
        ("def f(n):\n    return True", "def f(n):\n    return n % 2"),
    ),
    Kind(
        "text",
        "assert f('ada') == 'Ada'\nassert f('ada').startswith('A')",
        "def f(s):\n    return s.title()",
        ("def f(s):\n    return s[0].upper() + s[1:]",),
        ("def f(s):\n    return s.upper()",),
    ),
    Kind(
        "text in text",
        "assert 'Ada' in f('Ada')\nassert f('Bo') == 'Hello Bo'",
        "def f(s):\n    return 'Hello ' + s",
        ("def f(s):\n    return f'Hello {s}'",),
        ("def f(s):\n    return 'Hello'",),
    ),
    Kind(
        "split text",
        "assert f('a b').split() == ['a', 'b']\nassert f('a b').lower().strip() == 'a b'",
        "def f(s):\n    return s",
        (),
        ("def f(s):\n    return s[::-1]",),
    ),
    Kind(
        "sorted",
        "assert sorted(f()) == [1, 2, 3]\nassert len(f()) == 3\nassert set(f()) == {1, 2, 3}",
        "def f():\n    return [3, 1, 2]",
        ("def f():\n    return {1, 2, 3}",),
        ("def f():\n    return [3, 1, 1]",),
    ),
    Kind(
        "sorted by a key",
        "assert sorted(f(), key=len) == ['a', 'bb']\nassert sorted(f(), key=lambda s: -len(s)) == ['bb', 'a']",
        "def f():\n    return ['bb', 'a']",
        (),
        ("def f():\n    return ['b', 'a']",),
    ),
    Kind(
        "in place",
        "data = [3, 1, 2]\nresult = f(data)\nassert data == [1, 2, 3]\nassert result is None",
        "def f(d):\n    d.sort()",
        ("def f(d):\n    d[:] = sorted(d)",),
        ("def f(d):\n    return sorted(d)", "def f(d):\n    d = sorted(d)"),
    ),
    Kind(
        "unchanged argument",
        "data = [3, 1, 2]\nassert f(data) == [1, 2, 3]\nassert data == [3, 1, 2]",
        "def f(d):\n    return sorted(d)",
        (),
        ("def f(d):\n    d.sort()\n    return d",),
    ),
    Kind(
        "in place, in a loop",
        "for data, want in [([2, 1], [1, 2]), ([3], [3])]:\n    f(data)\n    assert data == want",
        "def f(d):\n    d.sort()",
        ("def f(d):\n    d[:] = sorted(d)",),
        ("def f(d):\n    return sorted(d)",),
    ),
    Kind(
        "a generator",
        "assert list(f(3)) == [0, 1, 4]\nassert next(f(3)) == 0",
        "def f(n):\n    for i in range(n):\n        yield i * i",
        ("def f(n):\n    return (i * i for i in range(n))",),
        ("def f(n):\n    for i in range(n):\n        yield i",),
    ),
    Kind(
        "all of a generator",
        "assert all(x % 2 == 0 for x in f(4))\nassert len(list(f(4))) == 4",
        "def f(n):\n    for i in range(n):\n        yield 2 * i",
        ("def f(n):\n    return [0] * n",),
        ("def f(n):\n    return range(n)",),
    ),
    Kind(
        "a mapping of functions",
        "assert list(map(f, [1, 2])) == [2, 4]",
        _TWICE,
        (),
        ("def f(x):\n    return x",),
    ),
    Kind(
        "round trip",
        "for word in ['a', 'abc', '']:\n    assert decode(encode(word)) == word\nassert encode('abc') == 'cba'",
        "def encode(s):\n    return s[::-1]\ndef decode(s):\n    return s[::-1]",
        (),
        ("def encode(s):\n    return s\ndef decode(s):\n    return s",),
        general=False,
    ),
    Kind(
        "a name of the student's",
        "assert answer == 42\nassert name.lower() == 'ada'",
        "answer = 42\nname = 'Ada'",
        ("answer = 6 * 7\nname = 'ADA'",),
        ("answer = 41\nname = 'Ada'", "name = 'Ada'"),
        general=False,
    ),
    Kind(
        "a nested value",
        "assert f()['a'][0]['b'] == (1, 2)\nassert f() == {'a': [{'b': (1, 2)}]}",
        "def f():\n    return {'a': [{'b': (1, 2)}]}",
        (),
        ("def f():\n    return {'a': [{'b': [1, 2]}]}",),
    ),
    Kind(
        "an own sum",
        "assert sum([1, 2]) == 3\nassert sum([]) == 0",
        "def sum(numbers):\n    total = 0\n    for n in numbers:\n        total += n\n    return total",
        ("import math\ndef sum(numbers):\n    return int(math.fsum(numbers))",),
        ("def sum(numbers):\n    return 3",),
        general=False,
    ),
    Kind(
        "an own abs, in a while loop",
        "n = -2\nwhile n < 2:\n    assert abs(n) == (n if n > 0 else -n)\n    n += 1",
        "def abs(n):\n    return n if n > 0 else -n",
        (),
        ("def abs(n):\n    return n",),
        general=False,
    ),
    Kind(
        "random with a seed",
        "import random\nrandom.seed(3)\nfirst = f()\nrandom.seed(3)\nassert f() == first\nassert 1 <= first <= 6",
        "import random\ndef f():\n    return random.randint(1, 6)",
        ("import random\ndef f():\n    return random.choice(range(1, 7))",),
        ("def f():\n    return 7",),
    ),
    Kind(
        "what is printed",
        "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    f('Ada')\nassert out.getvalue() == 'Hello Ada\\n'",
        "def f(n):\n    print('Hello', n)",
        ("import sys\ndef f(n):\n    sys.stdout.write(f'Hello {n}\\n')",),
        ("def f(n):\n    print('Hello')",),
    ),
    Kind(
        "what is asked",
        "import builtins\nold = builtins.input\nbuiltins.input = lambda *a: '5'\ngot = f()\nbuiltins.input = old\nassert got == 5",
        "def f():\n    return int(input('n? '))",
        (),
        ("def f():\n    return input('n? ')",),
    ),
    Kind(
        "a file",
        "from pathlib import Path\nPath('in.txt').write_text('a\\nb\\n')\nassert f('in.txt') == 2",
        "def f(path):\n    with open(path) as file:\n        return len(file.readlines())",
        ("from pathlib import Path\ndef f(path):\n    return Path(path).read_text().count('\\n')",),
        ("def f(path):\n    return 1",),
    ),
    Kind(
        "a mock",
        "from unittest.mock import Mock\nspy = Mock(return_value=3)\nassert f(spy) == 4\nspy.assert_called_once_with(1)",
        "def f(g):\n    return g(1) + 1",
        (),
        ("def f(g):\n    return 4",),
        guarded=True,
        general=False,
    ),
    Kind(
        "recursion",
        "assert [f(n) for n in range(6)] == [1, 1, 2, 6, 24, 120]\nassert f(20) == 2432902008176640000",
        "def f(n):\n    return 1 if n < 2 else n * f(n - 1)",
        ("import math\nf = math.factorial",),
        ("def f(n):\n    return n",),
    ),
    Kind(
        "big numbers",
        "assert f(100) == 2**100\nassert f(0) == 1",
        "def f(n):\n    return 2**n",
        ("def f(n):\n    return 1 << n",),
        ("def f(n):\n    return 2.0**n + 1e20",),
    ),
    Kind(
        "infinity and nan",
        "import math\nassert math.isnan(f(0))\nassert f(1) == float('inf')",
        "def f(n):\n    return float('inf') if n else float('nan')",
        ("import math\ndef f(n):\n    return math.inf if n else math.nan",),
        ("def f(n):\n    return 0.0",),
    ),
)
