# ruff: noqa: E501 - attacks are quoted as they are
"""Deceitful answers of students. All are wrong; only a successful deceit could get a point.

Each runs in the answer cell, after the wrong answer (under the names of both exercises) and, if needed, after
code that finds the grader's internals, as a student could write it after a little reading.
"""

from __future__ import annotations

from tests.exercises.hostile_submissions.forged_replies import CHANNEL, FORGED

__all__ = ["CHEATS"]

# `answer` is looked up each time that a test asks for a value.
_ANSWER = """
import ast, builtins, gc, inspect, re, sys
shell = get_ipython()
def answer(*numbers):
    return -1
total = spread = lambda *numbers: answer(*numbers)
"""

_EQUAL = """
class Equal(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __rsub__(self, other): return 0
    __sub__ = __rsub__
    __hash__ = int.__hash__
"""

_STRIP = """
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
"""

_PLAIN: dict[str, str] = {
    "calls the tests itself": "try:\n    assert total([1, 2]) == 3\nexcept AssertionError:\n    pass\nprint('test-sum passed')",
    "equal to everything": _EQUAL + "def answer(*n): return Equal(-1)",
    "any of a mock": "from unittest.mock import ANY\ndef answer(*n): return ANY",
    "text that lies": (
        "class Text(str):\n    def __eq__(self, o): return True\n    def __hash__(self): return 0\n"
        "def answer(*n): return Text('x')"
    ),
    "a class that lies": (
        "class Liar:\n    __class__ = property(lambda self: int)\n    def __eq__(self, o): return True\n"
        "    def __float__(self): return 0.375\n    def __repr__(self): return '3'\n"
        "def answer(*n): return Liar()"
    ),
    "an array that lies": (
        "import numpy as np\nclass Array(np.ndarray):\n    def __eq__(self, o): return True\n"
        "    def __array_ufunc__(self, f, *a, **k): return np.array(True)\n"
        "def answer(*n): return np.zeros(()).view(Array)"
    ),
    "compile": (
        "was = compile\ndef strip(source, *a, **k):\n"
        "    return was(re.sub(r'(?m)^( *)assert .*', r'\\1pass', source) if isinstance(source, str) else source, *a, **k)\n"
        "builtins.compile = strip"
    ),
    "exec": "builtins.exec = lambda *a, **k: None",
    "eval": "builtins.eval = lambda *a, **k: True",
    "another AssertionError": "builtins.AssertionError = type('AssertionError', (BaseException,), {})",
    "names of the tests": "range = zip = enumerate = lambda *a: []\nint = abs = lambda *a: 99\nprint = None",
    "numpy says yes": "import numpy\nnumpy.allclose = lambda *a, **k: True",
    "float is close": "import numpy\nnumpy.isclose = numpy.all = lambda *a, **k: True",
    "a transformer of trees": _STRIP + "shell.ast_transformers.append(Strip())",
    "a transformer of text": (
        "shell.input_transformers_post.append("
        "lambda lines: [re.sub(r'^( *)assert .*', r'\\1pass', line) for line in lines])"
    ),
    "a transformer that cleans": (
        "shell.input_transformers_cleanup.append("
        "lambda lines: [re.sub(r'^( *)assert .*', r'\\1pass', line) for line in lines])"
    ),
    "before each cell": (
        "def before(info):\n    found = re.findall(r'got == (\\S+),', info.raw_cell)\n"
        "    globals()['answer'] = lambda *n: int(found.pop(0)) if found else -1\n"
        "shell.events.register('pre_run_cell', before)"
    ),
    "after each cell": (
        "def after(result):\n    result.error_in_exec = result.error_before_exec = None\n"
        "shell.events.register('post_run_cell', after)"
    ),
    "showtraceback": "shell.showtraceback = shell._showtraceback = lambda *a, **k: None",
    "custom exceptions": "shell.set_custom_exc((BaseException,), lambda *a, **k: None)",
    "run_cell": (
        "from IPython.core.interactiveshell import ExecutionResult\n"
        "shell.run_cell = lambda *a, **k: ExecutionResult(None)\n"
        "async def run(*a, **k): return ExecutionResult(None)\nshell.run_cell_async = run"
    ),
    "run_ast_nodes": "async def run(*a, **k): return False\nshell.run_ast_nodes = run",
    "run_code": "async def run(*a, **k): return False\nshell.run_code = run",
    "do_execute": (
        "async def run(*a, **k): return {'status': 'ok', 'execution_count': 9}\nshell.kernel.do_execute = run"
    ),
    "an optimising compiler": (
        "real = shell.compile\nclass Compiler(type(real)):\n    def __call__(self, tree, name, mode):\n"
        "        return builtins.compile(tree, name, mode, dont_inherit=True, optimize=2)\n"
        "shell.compile = Compiler()"
    ),
    "ast.parse": _STRIP + "was = ast.parse\nast.parse = lambda *a, **k: Strip().visit(was(*a, **k))",
    "displayhook": (
        "def hook(value): pass\nsys.displayhook = hook\n"
        "shell.displayhook.__class__.__call__ = lambda self, value: None"
    ),
    "a namespace that lies": _EQUAL
    + (
        "class Names(dict):\n    def __getitem__(self, name):\n"
        "        return Equal(-1) if name == 'got' else dict.__getitem__(self, name)\n"
        "shell.user_ns = Names(shell.user_ns)"
    ),
    "settrace": _EQUAL
    + (
        "def trace(frame, event, arg):\n    if frame.f_code.co_name.startswith('<'):\n"
        "        frame.f_globals['got'] = frame.f_globals['expected'] = Equal(-1)\n    return trace\n"
        "def answer(*n):\n    sys.settrace(trace)\n    return Equal(-1)"
    ),
    "setprofile": _EQUAL
    + (
        "def profile(frame, event, arg):\n    if event == 'call' and frame.f_code.co_name.startswith('<'):\n"
        "        frame.f_globals['got'] = Equal(-1)\n"
        "def answer(*n):\n    sys.setprofile(profile)"
    ),
    "jumps over the line": (
        "def trace(frame, event, arg):\n    if event == 'line' and frame.f_code.co_name.startswith('<'):\n"
        "        try:\n            frame.f_lineno += 2\n        except ValueError:\n            pass\n    return trace\n"
        "def answer(*n):\n    frame = sys._getframe(1)\n    while frame:\n        frame.f_trace = trace\n"
        "        frame = frame.f_back\n    sys.settrace(trace)"
    ),
    "walks to the trees": (
        "def answer(*n):\n    frame = sys._getframe()\n    while frame:\n"
        "        for node in frame.f_locals.get('nodelist') or []:\n"
        "            if isinstance(node, ast.Assert): node.test = ast.copy_location(ast.Constant(True), node.test)\n"
        "        frame = frame.f_back"
    ),
    "finds the trees": (
        "def answer(*n):\n    for node in gc.get_objects():\n"
        "        if type(node) is ast.Assert: node.test = ast.copy_location(ast.Constant(True), node.test)"
    ),
    "finds the constants": (
        "def answer(*n):\n    frame = sys._getframe()\n    while frame:\n"
        "        if 'raw_cell' in frame.f_locals:\n"
        "            found = re.findall(r'got == (\\S+),', frame.f_locals['raw_cell'])\n"
        "            count = globals().setdefault('count', {})\n"
        "            at = count[len(In)] = count.get(len(In), -1) + 1\n"
        "            return int(found[at])\n"
        "        frame = frame.f_back\n    return -1"
    ),
    "reads In": (
        "def answer(*n):\n    found = re.findall(r'got == (\\S+),', In[-1])\n"
        "    return int(found.pop(0 if len(found) < 2 or n == ([1, 2],) else 1))"
    ),
    "reads linecache": (
        "import linecache\ndef answer(*n):\n"
        "    text = [''.join(v[2]) for v in linecache.cache.values() if len(v) > 2 and repr(*n)[:-1] in ''.join(v[2])]\n"
        "    return int(re.search(re.escape(repr(*n)) + r'.*\\n.*== (\\S+),', text[-1])[1])"
    ),
    "at the end": "import atexit, os\natexit.register(print, 'test-sum passed')\ndef answer(*n): sys.exit()",
    "a thread that waits": _EQUAL
    + (
        "import threading\nsys.setswitchinterval(1e-6)\ndef wait():\n    while True:\n"
        "        globals()['got'] = Equal(-1)\n"
        "threading.Thread(target=wait, daemon=True).start()"
    ),
    "prints a result": (
        'print(\'{"done": 5, "reply": {"status": "ok"}}\')\n'
        'def answer(*n):\n    print(\'{"points": 2, "max_points": 2}\\ntest-sum: 2/2\')\n'
        "    import os; os.write(1, b'\\0\\0\\0\\2{}')"
    ),
    "reads the exercise": (
        "import pathlib\nfound = []\nfor place in ('COURSE', '/tmp', '/root'):\n"
        "    try:\n        found += pathlib.Path(place).rglob('*.ipynb')\n    except OSError:\n        pass\n"
        "def answer(*n):\n    text = [path.read_text() for path in found if 'HIDDEN' in path.read_text()][0]\n"
        "    return eval(re.search(r'got == (\\d+)', text)[1])"
    ),
    "writes the gradebook": (
        "import sqlite3\ndef answer(*n):\n    sqlite3.connect('COURSE/gradebook.db').execute('create table t (x)')"
    ),
    "leaves": "def answer(*n): raise SystemExit(0)",
    "is interrupted": "def answer(*n): raise KeyboardInterrupt",
    "ends the generator": "def answer(*n): raise StopAsyncIteration",
    "an error without a trace": (
        "class Quiet(Exception):\n    def _render_traceback_(self): return []\n    def __str__(self): return 1\n"
        "def answer(*n): raise Quiet"
    ),
}

CHEATS = {name: f"{_ANSWER}\n{source}" for name, source in _PLAIN.items()}
CHEATS |= {name: f"{_ANSWER}\n{CHANNEL}\n{source}" for name, source in FORGED.items()}
