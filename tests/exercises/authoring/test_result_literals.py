"""Results in tests and in prose are found, and rewritten in the notation of the course."""

from __future__ import annotations

import pytest

from toolkit.exercises.authoring.result_literals import (
    apply_edits,
    find_assertions,
    format_literal,
    parse_literals,
    rewrite_assertion,
    stated_results,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("it's", '"it\'s"'),
        ('say "a"', "'say \"a\"'"),
        ("a\n", "'a\\n'"),
        ((1,), "(1,)"),
        ({"b", "a"}, '{"a", "b"}'),
        (set(), "set()"),
        ({"a": [None, 1.5]}, '{"a": [None, 1.5]}'),
    ],
)
def test_results_are_written_as_the_course_writes_them(value, text):
    assert format_literal(value) == text
    assert parse_literals(text) == (value,)


def test_a_result_may_become_none_and_be_it_no_more():
    (found,) = find_assertions("assert f(1) == 2, f'é `2` {f(1)!r}'")
    assert rewrite_assertion(found, None) == "assert f(1) is None, (f'é `None` {f(1)!r}')"
    (found,) = find_assertions("é = 1; assert f(1) is None")
    assert apply_edits(
        "é = 1; assert f(1) is None", [(found.begin, found.end, rewrite_assertion(found, 3))]
    ) == ("é = 1; assert f(1) == 3")
    assert (
        find_assertions("%matplotlib inline")
        == find_assertions("assert a == b")
        == find_assertions("assert 1 < 2")
        == []
    )


def test_prose_is_no_call():
    told = "`sorted` gives `a list`, `a b` gives `1`, é `f(1)` donne `2`; `f(1)` returns `3`"
    ((call, result, begin, end),) = stated_results(told)
    assert (call, result, apply_edits(told, [(begin, end, "5")])) == ("f(1)", "2", told.replace("`2`", "`5`"))
