"""The number of invalid links that may be tried is limited."""

from __future__ import annotations

from toolkit.live.access.rate_limit import GuessLimiter


def test_one_address_is_stopped_and_others_are_not():
    now = [0.0]
    guesses = GuessLimiter(each=3, together=100, seconds=60, now=lambda: now[0])
    for _ in range(3):
        assert not guesses.is_limited("a")
        guesses.add("a")
    assert guesses.is_limited("a")
    assert not guesses.is_limited("b")
    now[0] = 60.1
    assert not guesses.is_limited("a")


def test_all_together_are_stopped():
    now = [0.0]
    guesses = GuessLimiter(each=3, together=10, seconds=60, now=lambda: now[0])
    for number in range(10):
        guesses.add(str(number))
    assert guesses.is_limited("somebody else")
    now[0] = 61
    assert not guesses.is_limited("somebody else")


def test_a_flood_of_addresses_takes_little():
    guesses = GuessLimiter(each=3, together=10, seconds=60, now=lambda: 0.0)
    for number in range(30_000):
        guesses.add(str(number))
    assert len(guesses._by_address) <= 10_000


def test_a_browser_is_stopped_and_others_of_its_address_are_not():
    now = [0.0]
    guesses = GuessLimiter(each=3, together=100, seconds=60, now=lambda: now[0])
    for _ in range(3):
        guesses.add("a", "cookie")
    assert guesses.is_guessing("cookie")
    assert not guesses.is_guessing("another")
    assert not guesses.is_guessing("")
    now[0] = 60.1
    assert not guesses.is_guessing("cookie")
