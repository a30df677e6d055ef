"""`mentor review`, and `mentor grade --question`."""

from __future__ import annotations

import json


def test_it_lists_what_waits_and_says_how_to_open_the_notebook(on_demo, demo_practice):
    code, out, err = on_demo("review")
    assert (code, err) == (0, "")
    notebook = demo_practice.root / "desk" / "review.ipynb"
    assert "ben-okafor\tname-badges" in out
    assert "mentor open practice/desk/review.ipynb" in out
    assert notebook.exists()
    assert not list((demo_practice.root / "students").rglob("review*"))
    (line,) = json.loads(on_demo("review", "ben", "--json")[1])
    assert line["state"] == "waiting"
    code, out, _err = on_demo("review", "aicha-benali", "bakery-till")
    assert (code, "review.aicha-benali.bakery-till.ipynb" in out) == (0, True)
    assert on_demo("review", "aicha-benali")[1] == "Nothing waits for you.\n"
    code, _out, err = on_demo("review", "nobody")
    assert (code, "nobody" in err) == (2, True)


def test_a_question_is_regraded_only_where_that_was_asked_for(on_demo):
    code, _out, err = on_demo("grade", "--question", "test-total")
    assert (code, "--again" in err) == (2, True)
    code, _out, err = on_demo("grade", "--again", "--question", "test-tota")
    assert (code, "test-total" in err) == (2, True)
