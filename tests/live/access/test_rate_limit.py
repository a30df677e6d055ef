"""How many wrong links are looked at."""

from __future__ import annotations

from toolkit.live.access.rate_limit import Guesses


def test_one_address_is_stopped_and_others_are_not():
    now = [0.0]
    guesses = Guesses(each=3, together=100, seconds=60, now=lambda: now[0])
    for _ in range(3):
        assert not guesses.too_many("a")
        guesses.add("a")
    assert guesses.too_many("a")
    assert not guesses.too_many("b")
    now[0] = 60.1
    assert not guesses.too_many("a")


def test_all_together_are_stopped():
    now = [0.0]
    guesses = Guesses(each=3, together=10, seconds=60, now=lambda: now[0])
    for number in range(10):
        guesses.add(str(number))
    assert guesses.too_many("somebody else")
    now[0] = 61
    assert not guesses.too_many("somebody else")


def test_a_flood_of_addresses_takes_little():
    guesses = Guesses(each=3, together=10, seconds=60, now=lambda: 0.0)
    for number in range(30_000):
        guesses.add(str(number))
    assert len(guesses._by_address) <= 10_000
