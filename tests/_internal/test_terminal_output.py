"""Tests of the final state of terminal output."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_output

from toolkit._internal.terminal_output import apply_control_characters, join_stream_outputs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("as it is\n", "as it is\n"),
        ("  0%\r 50%\r100%\n", "100%\n"),
        ("abc\rX", "Xbc"),
        ("a\x08b", "b"),
        ("\x08a", "a"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("long line\r\x1b[2Kshort\n", "short\n"),
        ("long line\r\x1b[Kshort\n", "short\n"),
        ("\x1b[32m 10%\x1b[0m\r\x1b[32m100%\x1b[0m\ndone", "\x1b[32m100%\n\x1b[0mdone"),
        ("\x1b[31mred\x1b[0m\rR", "R\x1b[31med\x1b[0m"),
        ("a\n\rb\n", "a\nb\n"),
        ("", ""),
    ],
)
def test_it_is_what_is_left_on_the_screen(text, expected):
    assert apply_control_characters(text) == expected


def test_colours_that_never_end_cost_no_more_than_others():
    text = "\x1b[31m\x1b[1mx\r" * 20_000
    assert len(apply_control_characters(text)) < 100


def test_a_flush_ends_no_line():
    outputs = [
        new_output("stream", text=" 10%"),
        new_output("stream", text="\r100%\n"),
        new_output("stream", name="stderr", text="careful"),
        new_output("stream", text="more"),
        new_output("display_data", {"text/plain": "shown"}),
        new_output("stream", text=["a\n", "b"]),
    ]
    found = join_stream_outputs(outputs)
    assert [one.get("text") for one in found] == [" 10%\r100%\n", "careful", "more", None, "a\nb"]
    assert outputs[0].text == " 10%"
    assert type(found[0]) is type(outputs[0])
