# ruff: noqa: E501 - tests and answers are quoted as authors and students write them
"""Tests of less usual forms: the right answer passes, the wrong one fails, and a forgery is warned of."""

from __future__ import annotations

import ast

import pytest

from tests.exercises.grading.test_split_tests import _points, judge
from toolkit.exercises.grading.split_tests import is_proof
from toolkit.exercises.grading.syntax_queries import assigned_names

TWICE = "def f(x):\n    return 2 * x"
THRICE = "def f(x):\n    return 3 * x"
RAISES = "def f(x):\n    raise ValueError(x)"
LIST = "def f(n):\n    return [i * i for i in range(n)]"
MAP = "def f(n):\n    return map(lambda i: i * i, range(n))"
ONES = "def f(n):\n    return [1] * n"

CASES = {
    "points of a function at the end": (
        "def points():\n    n = 0\n    for x in (1, 2, 3):\n        n += f(x) == 2*x\n    return n\npoints()",
        TWICE,
        THRICE,
    ),
    "points after a call in try": (
        "score = 0\ntry:\n    f(3)\n    score += 3\nexcept Exception:\n    pass\nscore",
        TWICE,
        RAISES,
    ),
    "a flag after a call in try": (
        "ok = False\ntry:\n    got = f(3)\n    ok = True\nexcept Exception:\n    pass\nassert ok",
        TWICE,
        RAISES,
    ),
    "a flag that must not be reached": (
        "there = False\ntry:\n    f(-1)\n    there = True\nexcept ValueError:\n    pass\nassert not there",
        RAISES,
        TWICE,
    ),
    "points under a condition in try": (
        "score = 0\ntry:\n    if 1 < 2:\n        got = f(3)\n        score += 3\nexcept ValueError:\n    pass\nscore",
        TWICE,
        RAISES,
    ),
    "a flag under a condition in try": (
        "ok = False\ntry:\n    if 1 < 2:\n        got = f(3)\n        ok = True\nexcept ValueError:\n    pass\nassert ok",
        TWICE,
        RAISES,
    ),
    "two functions of one name": (
        "def test():\n    assert f(2) == 4\ntest()\ndef test():\n    assert f(0) == 0\ntest()",
        TWICE,
        THRICE,
    ),
    "an ordered dict": (
        "from collections import OrderedDict\nassert f() == OrderedDict([('b', 1), ('a', 2)])",
        "from collections import OrderedDict\ndef f():\n    return OrderedDict([('b', 1), ('a', 2)])",
        "from collections import OrderedDict\ndef f():\n    return OrderedDict([('a', 2), ('b', 1)])",
    ),
    "a counter": (
        "from collections import Counter\nassert f('aab') - Counter('a') == Counter('ab')",
        "from collections import Counter\ndef f(s):\n    return Counter(s)",
        "def f(s):\n    return {}",
    ),
    "a frame sorted in place": (
        (
            "import pandas as pd\nwant = pd.DataFrame({'a': [2, 1]})\nwant.sort_values('a', inplace=True)\n"
            "pd.testing.assert_frame_equal(f(), want)"
        ),
        "import pandas as pd\ndef f():\n    return pd.DataFrame({'a': [2, 1]}).sort_values('a')",
        "import pandas as pd\ndef f():\n    return pd.DataFrame({'a': [2, 1]})",
    ),
    "a name that a lambda reads later": (
        "n = 2\ng = lambda x: f(x) * n\nn = 3\nassert g(1) == 6",
        TWICE,
        THRICE,
    ),
    "a dict in a dict": (
        "base = {'a': 1}\nassert f(2) == {**base, 'b': 2}",
        "def f(x):\n    return {'a': 1, 'b': x}",
        "def f(x):\n    return {'b': x}",
    ),
    "a list in a list": ("assert [*range(2), f(1)] == [0, 1, 2]", TWICE, THRICE),
    "a negative number": ("for n in (-3, 2):\n    assert f(n**2) == 2 * n**2", TWICE, THRICE),
    "a backslash within an f-string": (
        "s = 'a\\\\b'\nassert f(f'{s}') == 'a\\\\ba\\\\b'",
        TWICE,
        THRICE,
    ),
    "a global that the answer changes": (
        "count = 0\nstep()\nassert count == 1",
        "count = 5\ndef step():\n    global count\n    count += 1",
        "count = 5\ndef step():\n    pass",
    ),
    "a global that the answer reads": (
        "rate = 0.5\nassert price(10) == 5",
        "rate = 1\ndef price(x):\n    return x * rate",
        "rate = 1\ndef price(x):\n    return x",
    ),
    "a type of numpy": (
        "import numpy as np\nassert isinstance(f([1.0, 2.0]), np.floating)",
        "import numpy as np\ndef f(x):\n    return np.mean(x)",
        "def f(x):\n    return 'a'",
    ),
    "a list that grows by a tuple": ("out = [1]\nout += (2,)\nassert f(1) == len(out)", TWICE, THRICE),
    "a walrus in a loop": ("n = 0\nwhile (n := n + 1) < 4:\n    assert f(n) == 2 * n", TWICE, THRICE),
    "an iterator: joined": ("assert ','.join(map(str, f(3))) == '0,1,4'", MAP, ONES),
    "an iterator: with zip": ("assert all(a == b for a, b in zip(f(3), [0, 1, 4]))", MAP, ONES),
    "an iterator: sorted": ("assert sorted(f(3), reverse=True) == [4, 1, 0]", MAP, ONES),
    "an iterator: in": ("assert 4 in f(3)", MAP, ONES),
    "an iterator: looked at first": (
        "result = f(3)\nassert result is not None\nassert list(result) == [0, 1, 4]",
        MAP,
        ONES,
    ),
    "an iterator: largest": ("assert max(f(3), default=0) == 4", MAP, ONES),
    "a helper that asks for closeness": (
        "import math\ndef close(a, b):\n    return math.isclose(a, b)\nassert close(f(1.5), 3.0)",
        TWICE,
        THRICE,
    ),
}


@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize(("test", "right", "wrong"), CASES.values(), ids=CASES)
def test_the_right_answer_passes_and_the_wrong_one_fails(test, right, wrong):
    if ":=" in test:
        with pytest.raises(ValueError, match="n := n"):
            judge(test, right)
        return
    judged = judge(test, right, solution=right)
    assert _points(judged) == 3, (judged.said, judged.runner.error, judged.sent)
    assert _points(judge(test, wrong, solution=right)) < 3


FORGED = {
    "sorted as the reference": "data = [3, 1, 2]\nassert f(data) == sorted(data)",
    "sum as the reference": "for data in ([1, 2], [5]):\n    assert f(data) == sum(data)",
    "a function of numpy as the reference": (
        "import numpy as np\nx = np.array([1.0, 2.0])\nassert np.isclose(f(x), np.mean(x))"
    ),
    "the norm of a difference": (
        "import numpy as np\nx = np.arange(4.0)\nassert np.linalg.norm(f(x) - 2 * x) < 1e-9"
    ),
    "an imported function": "from operator import eq\nassert eq(f(2), 4)",
    "an imported class": "from pathlib import Path\nf('out.txt')\nassert Path('out.txt').exists()",
    "a question to pandas": "import pandas as pd\nassert pd.isna(f(0))",
    "cases that the kernel holds": "for one in [{'in': 3, 'out': 9}]:\n    assert f(one['in']) == one['out']",
    "expected values that are printed": "want = [9, 17]\ngot = [f(3), f(4)]\nprint(want)\nassert got == want",
    "a reference in the test": (
        "def reference(n):\n    return n * n + 1\nfor n in range(3):\n    assert f(n) == reference(n)"
    ),
    "a copy for a mutation check": (
        "import copy\ndata = [3, 1]\nbefore = copy.deepcopy(data)\nf(data)\nassert data == before"
    ),
    "an expected warning": "import pytest\nwith pytest.warns(UserWarning):\n    f(-1)\nassert f(1) == 2",
    "a name of the answer's imports": "assert f(3) == sqrt(3)",
}


@pytest.mark.parametrize("test", FORGED.values(), ids=FORGED)
def test_the_author_is_warned_of_what_student_code_could_replace(test):
    assert not is_proof(test, frozenset(assigned_names(ast.parse(TWICE))))


@pytest.mark.parametrize(
    "test",
    [
        "data = [3, 1, 2]\nf(data)\nassert data == [1, 2, 3]",
        "assert sorted(f([2, 1])) == [1, 2]",
        "assert len(f(3)) == 3",
        "for n, want in [(1, 2), (2, 4)]:\n    assert f(n) == want",
        "def check(function, n, want):\n    assert function(n) == want\ncheck(f, 2, 4)",
        "import numpy as np\nassert np.allclose(f(np.array([1.0])), [2.0])",
        "assert abs(f(1.5) - 3) < 1e-6",
    ],
)
def test_ordinary_checks_are_proofs(test):
    assert is_proof(test, frozenset({"f"}))
