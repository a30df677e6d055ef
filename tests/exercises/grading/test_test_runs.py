"""Tests of an exercise in a real kernel: side effects of an answer, beyond right or wrong."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from toolkit import kernels
from toolkit.exercises.grading.notebook_tests import split_tests_of

TEST = "assert f(2) == 4\nassert g(2) == 6"
CLASS_OF_TESTS = "class T:\n    def run(self):\n        assert f(2) == 4\nT().run()"
F = "def f(x):\n    return 2 * x"
G = "def g(x):\n    return 3 * x"


def run(*answers: str, test: str = TEST) -> kernels.Execution:
    cells = [
        new_code_cell(source, metadata={"nbgrader": _metadata(f"a{number}", 0)})
        for number, source in enumerate(answers)
    ]
    nb = new_notebook(cells=[*cells, new_code_cell(test, metadata={"nbgrader": _metadata("t", 3)})])
    return kernels.execute(nb, cwd=None, tests=split_tests_of(nb, {}))


def _metadata(name: str, points: int) -> dict[str, object]:
    kind = {"grade": points > 0, "solution": not points, "locked": points > 0, "task": False}
    return {"grade_id": name, "points": points, "schema_version": 3, **kind}


def errors(execution: kernels.Execution, cell: int = -1) -> list[str]:
    outputs = execution.notebook.cells[cell].outputs
    return [f"{o.ename}: {o.evalue}" for o in outputs if o.output_type == "error"]


@pytest.mark.parametrize(
    "end",
    [
        "import sys\nsys.exit(0)",
        "exit()",
        "quit()",
        "if __name__ == '__main__':\n    print(f(1))\n    raise SystemExit",
    ],
)
def test_the_end_of_a_script_ends_nothing(end):
    for _time in range(3):
        done = run(f"{F}\n{end}", G)
        assert errors(done) == []
        assert not done.stopped


def test_an_answer_that_ends_the_process_is_named():
    done = run(F, f"{G}\nimport os\nos._exit(0)")
    assert "Code cell 2" in done.stopped
    assert "Code cell 2" in errors(done)[0]


def test_exit_within_an_answer_fails_its_test_alone():
    done = run("import sys\ndef f(x):\n    sys.exit(0)", G)
    assert errors(done) == ["SystemExit: 0"]


@pytest.mark.parametrize("test", [TEST, CLASS_OF_TESTS])
def test_a_debugger_that_was_asked_for_is_no_tampering(test):
    right = run(f"%pdb on\n{F}", G, test=test)
    assert not right.tampered
    assert errors(right) == []
    wrong = run(f"%pdb on\n{G.replace('g(', 'f(')}", G, test=test)
    assert not wrong.tampered
    assert errors(wrong)[0].startswith("AssertionError")


def test_a_question_to_nobody_loses_no_definition():
    done = run(f"name = input('Your name: ')\nLIMIT = 3\n{F}\nprint(name)", G)
    assert errors(done) == []
    assert "nobody is there" in errors(done, 0)[0]
    assert done.unanswered == (0,)
    asked = run("def f(x):\n    return int(input())", G)
    assert "nobody is there" in errors(asked)[0]


def test_magics_leave_a_test_to_the_kernel_under_guard():
    magic = f"%matplotlib inline\n{TEST}"
    assert errors(run(F, G, test=magic)) == []
    assert errors(run(G.replace("g(", "f("), G, test=magic))
    blind = (
        "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, n): return ast.Pass()\n"
    )
    cheat = run(
        f"{blind}get_ipython().ast_transformers.append(Strip())\n{G.replace('g(', 'f(')}", G, test=magic
    )
    assert cheat.tampered


def test_functions_that_a_guarded_test_names_are_pythons_own():
    lies = "abs = lambda n: 2\nimport math\nmath.floor = lambda n: 4\ndef f(x):\n    return -9"
    test = "import math\nclass T:\n    def run(self):\n        assert math.floor(abs(f(2))) == 4\nT().run()"
    assert errors(run(lies, test=test))
    assert errors(run("def f(x):\n    return -4", test=test)) == []
