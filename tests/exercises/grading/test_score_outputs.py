"""The outputs of a test cell are ordered so that nbgrader reads the right points or failure from them."""

from __future__ import annotations

import pytest

from toolkit.exercises.grading.score_outputs import order_outputs


def value(text: str | None):
    data = {"image/png": ""} if text is None else {"text/plain": text}
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}


FAILED = {"output_type": "error", "ename": "AssertionError", "evalue": "no", "traceback": []}
SAID = {"output_type": "stream", "name": "stdout", "text": "hello"}


def test_part_of_the_points_is_left_as_it_is():
    assert order_outputs([SAID, value("1.5")], 2) == [SAID, value("1.5")]
    assert order_outputs([SAID], 2) == [SAID]


def test_the_last_value_is_the_tests_own():
    assert order_outputs([value("2"), SAID, value("0")], 2) == [SAID, value("0")]


def test_a_failure_comes_first_and_no_value_with_it():
    assert order_outputs([value("2"), SAID, FAILED], 2) == [FAILED, SAID]


@pytest.mark.parametrize("text", ["-1", "nan", "passed", "", "   mark\n0  12"])
def test_what_is_no_number_is_left_to_nbgrader(text):
    assert order_outputs([value(text)], 2) == [value(text)]


@pytest.mark.parametrize("text", ["3", "inf", None])
def test_what_nbgrader_would_give_up_at_is_a_failure(text):
    (failure,) = order_outputs([value(text)], 2)
    assert failure["output_type"] == "error"
    assert "from 0 to 2" in failure["evalue"]
