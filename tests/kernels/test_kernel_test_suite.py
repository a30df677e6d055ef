# ruff: noqa: RUF012 - the suite reads class attributes
"""Jupyter's own tests of kernels, with the samples that ipykernel passes."""

from __future__ import annotations

import jupyter_kernel_test as suite
import pytest

from tests.kernels.kernel_conversation import OURS


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """The suite starts its kernel in the current folder; a sandbox must not get the project's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("suite"))
        yield


class TestSuite(suite.KernelTests):
    kernel_name = OURS
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('test', file=sys.stderr)"
    completion_samples = [{"text": "zi", "matches": {"zip"}}]
    complete_code_samples = ["1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n"]
    incomplete_code_samples = ["print('''hello", "def f(x):\n  x*2"]
    invalid_code_samples = ["import = 7q"]
    code_page_something = "zip?"
    code_generate_error = "raise"
    code_execute_result = [
        {"code": "1+2+3", "result": "6"},
        {"code": "[n*n for n in range(1, 4)]", "result": "[1, 4, 9]"},
    ]
    code_display_data = [
        {
            "code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))",
            "mime": "text/html",
        },
        {
            "code": "from IPython.display import Math, display; display(Math('\\\\frac{1}{2}'))",
            "mime": "text/latex",
        },
    ]
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail", "search")
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"


class TestWelcome(suite.IopubWelcomeTests):
    kernel_name = OURS
    support_iopub_welcome = True
