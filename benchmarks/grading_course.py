"""The course of the grading benchmark: three small assignments, and any number of submissions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["ASSIGNMENTS", "DATA", "answers", "write_source"]

# The parts of each assignment: the question, the solution, the wrong answers of students, and the tests.
# Every third submission has one of the wrong answers, so that failures are compared, too.
Part = tuple[str, str, str, str]

TEXT: tuple[Part, ...] = (
    (
        "word_count(text): how often each word occurs, small and capital letters alike.",
        (
            "def word_count(text):\n    counts = {}\n    for word in text.lower().split():\n"
            "        counts[word] = counts.get(word, 0) + 1\n    return counts"
        ),
        "def word_count(text):\n    return {word: text.count(word) for word in text.split()}",
        (
            "assert word_count('a b A') == {'a': 2, 'b': 1}, 'small and capital letters are alike'\n"
            "### BEGIN HIDDEN TESTS\nassert word_count('') == {}\n### END HIDDEN TESTS"
        ),
    ),
    (
        "is_palindrome(text): whether it reads the same backwards; spaces do not count.",
        (
            "def is_palindrome(text):\n    letters = [c for c in text.lower() if c.isalpha()]\n"
            "    return letters == letters[::-1]"
        ),
        "def is_palindrome(text):\n    return text == text[::-1]",
        "assert is_palindrome('Never odd or even')\nassert not is_palindrome('almost')",
    ),
    (
        "caesar(text, shift): each letter moved on in the alphabet.",
        (
            "def caesar(text, shift):\n    moved = ''\n    for c in text:\n"
            "        moved += chr((ord(c) - 97 + shift) % 26 + 97) if c.islower() else c\n    return moved"
        ),
        "def caesar(text, shift):\n    return ''.join(chr(ord(c) + shift) for c in text)",
        "assert caesar('abc', 1) == 'bcd'\nassert caesar('xyz', 3) == 'abc'",
    ),
    (
        "longest(words): the longest word; an empty list is an error.",
        (
            "def longest(words):\n    if not words:\n        raise ValueError('no words')\n"
            "    print('looking at', len(words))\n    return max(words, key=len)"
        ),
        "def longest(words):\n    return sorted(words)[-1]",
        (
            "assert longest(['a', 'ccc', 'dd']) == 'ccc'\ntry:\n    longest([])\n"
            "except ValueError:\n    pass\nelse:\n    raise AssertionError('no longest word')"
        ),
    ),
    (
        "Account: pay in, and a balance.",
        (
            "class Account:\n    def __init__(self):\n        self.balance = 0\n\n"
            "    def pay_in(self, amount):\n        self.balance += amount\n        return self.balance"
        ),
        "class Account:\n    balance = 0\n\n    def pay_in(self, amount):\n        balance = amount",
        "account = Account()\naccount.pay_in(5)\nassert account.balance == 5",
    ),
)

NUMPY: tuple[Part, ...] = (
    (
        "standardise(x): mean 0, deviation 1.",
        (
            "import numpy as np\nimport pandas as pd\n\n\ndef standardise(x):\n"
            "    return (x - x.mean()) / x.std()"
        ),
        "import numpy as np\nimport pandas as pd\n\n\ndef standardise(x):\n    return x / x.max()",
        "z = standardise(np.arange(10.0))\nassert np.allclose(z.mean(), 0)\nassert np.allclose(z.std(), 1)",
    ),
    (
        "load(): the table in marks.csv, without the rows that have a gap.",
        "def load():\n    return pd.read_csv('marks.csv').dropna()",
        "def load():\n    return pd.read_csv('marks.csv')",
        "table = load()\nassert len(table) == 38\ntable.describe()",
    ),
    (
        "by_group(table): the mean mark of each group.",
        "def by_group(table):\n    return table.groupby('group')['mark'].mean()",
        "def by_group(table):\n    return table['mark'].mean()",
        (
            "found = by_group(load())\nassert list(found.index) == ['a', 'b']\n"
            "### BEGIN HIDDEN TESTS\nassert round(float(found['a']), 1) == 4.7\n### END HIDDEN TESTS"
        ),
    ),
    (
        "Show the first rows.",
        "load().head(3)",
        "load().tail(3)",
        "assert load().columns.tolist() == ['name', 'group', 'mark']",
    ),
)

PLOTS: tuple[Part, ...] = (
    (
        "curve(): a figure with one line, the sine from 0 to 10.",
        (
            "import matplotlib.pyplot as plt\nimport numpy as np\n\n\ndef curve():\n"
            "    x = np.linspace(0, 10, 200)\n    figure, axes = plt.subplots()\n"
            "    axes.plot(x, np.sin(x))\n    axes.set_title('sine')\n    return figure\n\n\ncurve();"
        ),
        (
            "import matplotlib.pyplot as plt\nimport numpy as np\n\n\ndef curve():\n"
            "    figure, axes = plt.subplots()\n    axes.plot([0, 10], [0, 1])\n"
            "    return figure\n\n\ncurve();"
        ),
        (
            "axes = curve().axes[0]\nassert len(axes.lines[0].get_xdata()) == 200, 'too coarse'\n"
            "plt.close('all')"
        ),
    ),
    (
        "bars(names, values): a bar for each.",
        (
            "def bars(names, values):\n    figure, axes = plt.subplots()\n    axes.bar(names, values)\n"
            "    return figure\n\n\nbars(['a', 'b', 'c'], [3, 1, 2]);"
        ),
        (
            "def bars(names, values):\n    figure, axes = plt.subplots()\n    axes.plot(values)\n"
            "    return figure\n\n\nbars(['a', 'b', 'c'], [3, 1, 2]);"
        ),
        "axes = bars(['x', 'y'], [1, 2]).axes[0]\nassert len(axes.patches) == 2\nplt.close('all')",
    ),
)

ASSIGNMENTS: dict[str, tuple[Part, ...]] = {"text": TEXT, "numpy": NUMPY, "plots": PLOTS}

DATA = {
    "numpy": {
        "marks.csv": "name,group,mark\n"
        + "".join(f"s{n},{'ab'[n % 2]},{'' if n in {7, 21} else n % 11}\n" for n in range(40))
    }
}


def write_source(root: Path, name: str) -> None:
    """Write an assignment's source folder."""
    folder = root / "source" / name
    folder.mkdir(parents=True)
    cells = [_markdown("title", f"# {name}")]
    for number, (asked, solution, _wrong, test) in enumerate(ASSIGNMENTS[name]):
        cells.append(_markdown(f"asked-{number}", asked))
        solved = f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
        cells.append(_code(f"answer-{number}", solved, solution=True))
        cells.append(_code(f"test-{number}", test, points=number + 1))
    cells.append(_markdown("why", "Why does it work?", points=2))
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nb = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    (folder / f"{name}.ipynb").write_text(json.dumps(nb))
    for file, text in DATA.get(name, {}).items():
        (folder / file).write_text(text)


def answers(name: str, number: int) -> dict[str, str]:
    """Return the answers of one student, by cell; two of three students have only right answers."""
    parts = ASSIGNMENTS[name]
    slip = (number // 3) % len(parts) if number % 3 == 2 else None
    written = {
        f"answer-{place}": f"# student {number}\n{wrong if place == slip else right}"
        for place, (_asked, right, wrong, _test) in enumerate(parts)
    }
    if number % 2:
        written["why"] = f"Because of number {number}."
    return written


def _code(name: str, source: str, *, solution: bool = False, points: int | None = None) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "outputs": [],
        **_marked(name, source, solution=solution, points=points),
    }


def _markdown(name: str, source: str, *, points: int | None = None) -> dict[str, Any]:
    if points is None:
        return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}
    return {"cell_type": "markdown", **_marked(name, source, solution=True, points=points)}


def _marked(name: str, source: str, *, solution: bool, points: int | None) -> dict[str, Any]:
    marks = {
        "grade": points is not None,
        "grade_id": name,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
        **({} if points is None else {"points": points}),
    }
    return {"id": name, "metadata": {"nbgrader": marks}, "source": source}
