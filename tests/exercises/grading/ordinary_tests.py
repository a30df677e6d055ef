"""Tests in all styles of Python that teachers use, and one answer that is right for all of them."""

from __future__ import annotations

__all__ = ["ANSWER", "TESTS"]

ANSWER = """
def f(x, *more, k=1):
    return x * 2 * k
def pair(): return 1, 2
def seq(n): return list(range(n))
def d(): return {'a': 1, 'b': [1, 2]}
def gen(n):
    yield from range(n)
class P:
    def __init__(self, x): self.x = x
    def up(self): self.x += 1; return self
    def __repr__(self): return f'P({self.x})'
def add(a, b): return a + b
def say(n): print(n)
def sort(l): l.sort()
name = 'Ada'
nums = [3, 1, 2]
"""

TESTS = r"""
a = b = 3
assert f(a) == f(b) == 6
---
a, b = pair()
assert a == 1 and b == 2
---
a, *rest = seq(4)
assert rest == [1, 2, 3]
---
args = [2]
assert f(*args, **{'k': 3}) == 12
---
assert (f(2), f(3)) == (4, 6)
---
assert [f(2), f(3)] == [4, 6]
---
assert {f(2): 'x'} == {4: 'x'}
---
assert f(2) == (4 if True else 5)
---
for i, (x, want) in enumerate([(1, 2), (2, 4)]):
    assert f(x) == want, f'case {i}'
---
for x in seq(3):
    for y in seq(3):
        assert add(x, y) == x + y
---
for x in seq(4): assert x >= 0
---
n = 0
while True:
    if f(n) > 6:
        break
    n += 1
assert n == 4
---
p = P(3)
p.up()
p.x += 1
assert p.x == 5
assert str(p) == 'P(5)'
---
p = P(3); q = p.up().up(); assert q is p; assert q.x == 5
---
total = 0
for x in seq(5):
    total += f(x)
assert total == 20
---
out = []
for x in seq(3):
    out.append(f(x))
assert out == [0, 2, 4]
---
assert d()['b'][1:] == [2]
assert 'a' in d() and 'z' not in d()
assert d().get('z') is None
---
assert sorted(d()) == ['a', 'b']
assert list(d().items())[0] == ('a', 1)
---
import random
random.seed(1)
data = [random.random() for _ in range(10)]
copy = sorted(data)
sort(data)
assert data == copy
---
from functools import reduce
assert reduce(add, [1, 2, 3]) == 6
---
import itertools
assert list(itertools.islice(gen(10), 3)) == [0, 1, 2]
---
g = gen(2)
assert next(g) == 0
assert next(g) == 1
try:
    next(g)
except StopIteration:
    pass
else:
    raise AssertionError('not ended')
---
def square(n):
    return n * n
assert add(square(2), square(3)) == 13
---
def check(x):
    for y in (1, 2):
        if add(x, y) != x + y:
            return False
    return True
assert check(2)
assert all(check(n) for n in range(4))
---
def run(fn, cases):
    for args, want in cases:
        got = fn(*args)
        assert got == want, f'{args}: {got}'
run(add, [((1, 2), 3), ((0, 0), 0)])
---
cases = [((1, 2), 3), ((5, 5), 10)]
for args, want in cases:
    assert add(*args) == want
---
assert name == "Ada", "name"
assert len(nums) == 3 and max(nums) == 3
assert nums[-1] == 2
nums.sort()
assert nums == [1, 2, 3]
---
import io, sys
old = sys.stdout
sys.stdout = io.StringIO()
say(3)
text = sys.stdout.getvalue()
sys.stdout = old
assert text == '3\n'
---
import inspect
assert len(inspect.signature(add).parameters) == 2
---
assert callable(add)
assert add.__name__ == 'add'
---
expected = {n: 2 * n for n in range(4)}
assert {n: f(n) for n in range(4)} == expected
---
import math
assert math.sqrt(f(8)) == 4.0
assert f(math.pi) == math.pi * 2
---
x = 5
y = x + 1
assert f(y) == 12
del x
---
if f(2) == 4:
    pts = 3
else:
    pts = 0
pts
---
score = sum([f(2) == 4, f(3) == 6, f(4) == 8])
score
---
(f(2) == 4) + (f(3) == 6) + (f(4) == 8)
---
results = [f(n) for n in range(3)]
for n, r in enumerate(results):
    assert r == 2 * n
---
import numpy as np
a = np.arange(4)
assert (f(a) == a * 2).all()
assert f(a).sum() == 12
np.testing.assert_array_equal(f(a), [0, 2, 4, 6])
---
import numpy as np
m = np.eye(2)
assert np.array_equal(add(m, m), 2 * np.eye(2))
assert add(m, m).shape == (2, 2)
---
import pandas as pd
s = pd.Series([1, 2, 3])
assert f(s).tolist() == [2, 4, 6]
assert f(s).mean() == 4
df = pd.DataFrame({'a': [1, 2]})
assert (f(df)['a'] == [2, 4]).all()
assert f(df).loc[0, 'a'] == 2
---
import pandas as pd
df = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})
out = df.assign(c=f(df['a']))
assert list(out.columns) == ['a', 'b', 'c']
assert out['c'].sum() == 6
assert out.equals(pd.DataFrame({'a': [1, 2], 'b': ['x', 'y'], 'c': [2, 4]}))
---
value: int = f(2)
assert value == 4
---
assert f(2) == 4 or f(2) == 5
assert not (f(2) == 5 or f(2) == 6)
---
assert (n := f(2)) == 4
assert n == 4
---
assert f"{f(2)}" == "4"
assert "%d" % f(2) == "4"
assert "{}".format(f(2)) == "4"
---
assert set(map(f, [1, 2])) == {2, 4}
assert tuple(f(n) for n in range(3)) == (0, 2, 4)
---
assert isinstance(P(1), P)
assert type(P(1)) is P
assert type(f(2)) is int and isinstance(f(2), (int, float))
---
assert hasattr(P(1), 'x')
---
lines = "a\nb".split("\n")
assert add(lines, ['c']) == ['a', 'b', 'c']
---
global_x = [1]
def inner():
    return add(global_x, [2])
assert inner() == [1, 2]
---
try:
    add(1, 'a')
    assert False
except TypeError as e:
    assert 'unsupported' in str(e)
---
import pytest
with pytest.raises(TypeError) as info:
    add(1, 'a')
assert 'unsupported' in str(info.value)
---
with_context = []
from contextlib import suppress
with suppress(TypeError):
    with_context.append(add(1, 'a'))
assert with_context == []
---
assert [x for x in seq(6) if x % 2] == [1, 3, 5]
assert sum(x * x for x in seq(4)) == 14
assert any(x == 3 for x in seq(4))
---
from collections import Counter, defaultdict, namedtuple
c = Counter(seq(3))
assert c[1] == 1
Q = namedtuple('Q', 'x y')
assert add(Q(1, 2), (3,)) == (1, 2, 3)
---
from datetime import date, timedelta
assert add(date(2026, 1, 1), timedelta(days=1)) == date(2026, 1, 2)
---
from decimal import Decimal as D
assert f(D('1.1')) == D('2.2')
---
assert f(True) == 2
assert f(0) == 0 and not f(0)
assert f(1.5) == 3.0
assert f("ab") == "abab"
---
from math import *
assert sqrt(f(2)) == 2
---
def t1(): assert f(1) == 2
def t2(): assert f(2) == 4
t1()
t2()
---
tests = [(f, 1, 2), (f, 2, 4)]
for fn, x, want in tests:
    assert fn(x) == want
---
import copy
a = [[1], [2]]
b = copy.deepcopy(a)
sort(a)
assert a == b
""".strip().split("\n---\n")
