"""Literals that are like another one and differ from it, to find values that are equal to anything."""

from __future__ import annotations

import random
import string
from typing import Any

__all__ = ["changed_literals", "is_literal"]

_LETTERS = string.ascii_letters + string.digits
_MAX_TRIES = 40
"""Tries for each literal: of some, such as True, there are few like it."""


def is_literal(value: object) -> bool:
    """Return whether a value is one that a literal of Python gives."""
    if isinstance(value, dict):
        return type(value) is dict and all(map(is_literal, [*value.keys(), *value.values()]))
    if type(value) in {list, tuple, set, frozenset}:
        return all(map(is_literal, value))  # type: ignore[call-overload]
    return value is None or type(value) in {bool, int, float, complex, str, bytes}


def changed_literals(literal: Any, count: int) -> list[Any]:  # noqa: ANN401
    """Return values of the same form, none of them equal to the literal or to another one.

    Each call draws new ones. They differ clearly, in a number or in letters: none is a number that is almost
    the same, the same letters in another case, or the same items in another order.

    Parameters
    ----------
    literal : object
        Value of a literal of Python.
    count : int
        How many are wanted; fewer are returned if there are not as many.
    """
    source = random.SystemRandom()
    found: list[Any] = []
    for _try in range(count * _MAX_TRIES):
        changed = _changed(literal, source)
        if changed != literal and changed not in found:
            found.append(changed)
            if len(found) == count:
                break
    return found


def _changed(value: Any, source: random.Random) -> Any:  # noqa: ANN401
    if isinstance(value, bool) or value is None:
        return source.choice([not value, source.randrange(2, 100), _word(source)])
    if isinstance(value, int):
        return value + source.choice((-1, 1)) * source.randrange(1, 3 * abs(value) + 20)
    if isinstance(value, float | complex):
        factor = source.choice((-1, 1)) * source.uniform(1.2, 9)
        return value * factor if value else factor
    if isinstance(value, str):
        return _changed_text(value, source)
    if isinstance(value, bytes):
        return _changed_text(value.decode("latin-1"), source).encode("latin-1")
    return _changed_items(value, source)


def _changed_text(text: str, source: random.Random) -> str:
    letters = list(text)
    places = [place for place, letter in enumerate(letters) if not letter.isspace()]
    if not places:
        return text + _word(source)
    for place in source.sample(places, source.randrange(1, len(places) + 1)):
        others = [letter for letter in _LETTERS if letter.casefold() != letters[place].casefold()]
        letters[place] = source.choice(others)
    return "".join(letters)


def _changed_items(value: Any, source: random.Random) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        pairs = list(value.items())
        if not pairs:
            return {_word(source): source.randrange(100)}
        place = source.randrange(len(pairs))
        pairs[place] = (pairs[place][0], _changed(pairs[place][1], source))
        return dict(pairs)
    items = list(value)
    if items:
        place = source.randrange(len(items))
        items[place] = _changed(items[place], source)
    else:
        items.append(source.randrange(100))
    return type(value)(items)


def _word(source: random.Random) -> str:
    return "".join(source.choices(_LETTERS, k=source.randrange(1, 9)))
