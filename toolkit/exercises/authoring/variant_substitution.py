"""Which texts a variant replaces, and where."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from toolkit.domain.learning_path import Card

__all__ = ["choose", "replaced"]


def choose(card: Card, seed: int) -> dict[str, str]:
    """Return what stands for each text of the card's variants, by the seed alone."""
    # S311: nothing here is a secret; what counts is that it can be repeated.
    chance = random.Random(f"{card.id}:{seed}")  # noqa: S311
    return {key: chance.choice(others) for key, others in card.variants.items()}


def replaced(text: str, picked: Mapping[str, str]) -> str:
    """Return a text with each key of ``picked`` replaced, all at once, wherever it is a word of its own.

    A key is none inside of a longer name or number: "5" is in neither "15", "5.0" nor "x5", but it is
    in "5," and at the end of a sentence.
    """
    if not picked:
        return text
    # The longest first: "12, 2" is not "12".
    keys = "|".join(re.escape(key) for key in sorted(picked, key=len, reverse=True))
    return re.sub(rf"(?<![\w.])(?:{keys})(?!\w|\.\w)", lambda found: picked[found[0]], text)
