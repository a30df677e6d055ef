"""Code that prints the content of hidden tests, from the answer cell or from a cell after the tests."""

from __future__ import annotations

__all__ = ["AFTERWARDS", "TELLS"]

#: Cells behind the tests, which tell what the tests were, if they can.
AFTERWARDS = {
    "In": "print(In)",
    "history": "print(list(get_ipython().history_manager.get_range(output=False)))",
    "magic": "%history",
    "inspect": "import linecache\nprint([v[2] for v in linecache.cache.values() if len(v) > 2][-9:])",
    "seen": "print(seen)",
}

#: Answers that tell what they were asked, each in its own way.
TELLS = {
    "raises its arguments": "def total(numbers): raise KeyError(numbers)",
    "raises the cell": "def total(numbers): raise ValueError(In[-1])",
    "asserts the cell": "def total(numbers): raise AssertionError(In[-1])",
    "raises by name": "def total(numbers): raise type(repr(numbers), (Exception,), {})('x')",
    "on stderr": "import sys\ndef total(numbers): print(numbers, file=sys.stderr)",
    "on a display": "h = display('waits', display_id=True)\ndef total(numbers): h.update(numbers); return 13",
    "on a display, as a page": (
        "from IPython.display import HTML\nh = display('waits', display_id=True)\n"
        "def total(numbers): h.update(HTML(f'<b>{numbers}</b>')); return 13"
    ),
    "by a timer": (
        "import threading, os\ndef total(numbers):\n"
        "    threading.Timer(0.01, os.write, (1, In[-1].encode())).start(); return 13"
    ),
    "a line before": "print([1, 2, 3], 'before the tests')\ndef total(numbers): return 13",
}
