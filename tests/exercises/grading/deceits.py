# ruff: noqa: E501 - tests and answers are quoted as authors and students write them
"""Wrong answers that try to be believed by any test."""

from __future__ import annotations

__all__ = ["DECEITS"]

#: Wrong answers that know nothing of a test and try to be believed; each defines `f`.
DECEITS = {
    "equals everything": "class E(int):\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    def __lt__(self, o): return True\n    __le__ = __gt__ = __ge__ = __lt__\n    def __sub__(self, o): return 0\n    __rsub__ = __sub__\n    def __abs__(self): return 0\n    __hash__ = int.__hash__\ndef f(*a): return E(-1)",
    "any of a mock": "from unittest.mock import ANY\ndef f(*a): return ANY",
    "a magic mock": "from unittest.mock import MagicMock\nm = MagicMock()\nm.__eq__ = lambda s, o: True\ndef f(*a): return m",
    "functions that agree": "import builtins, math, unittest\ntry:\n    import numpy as np\n    np.allclose = np.isclose = np.array_equal = np.all = lambda *a, **k: True\n    np.testing.assert_equal = np.testing.assert_allclose = np.testing.assert_array_equal = np.testing.assert_almost_equal = lambda *a, **k: None\nexcept ImportError:\n    pass\nmath.isclose = lambda *a, **k: True\nunittest.TestCase.assertEqual = unittest.TestCase.assertTrue = lambda *a, **k: None\nbuiltins.abs = builtins.round = lambda *a: 0\ndef f(*a): return -7",
    "names that hide": "all = isinstance = bool = lambda *a: True\nany = lambda *a: False\nabs = sum = round = lambda *a: 0\nsorted = list = lambda *a: []\ndef f(*a): return -7",
    "reads the cell": "import re\ndef f(*a):\n    found = re.findall(r'-?\\d+\\.?\\d*', In[-1])\n    return float(found[-1]) if found else -7",
    "walks the frames": "import sys, re\ndef f(*a):\n    frame = sys._getframe()\n    while frame:\n        for name in ('want', 'expected', 'b', 'desired', 'second'):\n            if name in frame.f_locals:\n                return frame.f_locals[name]\n        frame = frame.f_back\n    return -7",
    "exits": "import os\ndef f(*a):\n    import sys\n    sys.exit(0)",
}
