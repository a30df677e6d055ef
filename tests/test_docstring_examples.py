"""The examples in the docstrings of the public names."""

from __future__ import annotations

import doctest

import pytest

import toolkit


@pytest.mark.parametrize("name", toolkit.__all__)
def test_public_name_has_working_example(name):
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(getattr(toolkit, name), name, globs={})
    assert "Examples\n" in example.docstring
    assert example.examples

    results = doctest.DocTestRunner().run(example)

    assert results.failed == 0
