"""Chooses and applies the text replacements of a variant."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from toolkit.domain.learning_path import Card

__all__ = ["apply_substitutions", "choose_substitutions"]


def choose_substitutions(card: Card, seed: int) -> dict[str, str]:
    """Return the replacement of each text in the card's variants; the same seed gives the same choice.

    Parameters
    ----------
    card : Card
        Card with the alternatives of each text.
    seed : int
        Seed of the random choice.

    Returns
    -------
    dict of str to str
        Replacement by original text.
    """
    # S311: the choice must be reproducible, not secret.
    chance = random.Random(f"{card.id}:{seed}")  # noqa: S311
    return {key: chance.choice(others) for key, others in card.variants.items()}


def apply_substitutions(text: str, picked: Mapping[str, str]) -> str:
    """Return a text with each whole-word occurrence of a key of ``picked`` replaced, in one pass.

    A key does not match inside a longer name or number: "5" matches in neither "15", "5.0" nor "x5", but it
    matches in "5," and at the end of a sentence.

    Parameters
    ----------
    text : str
        Source of a cell, or a title.
    picked : mapping of str to str
        Replacement by original text, as `choose_substitutions` returns it.
    """
    if not picked:
        return text
    # Longest first, so that "12, 2" is matched before "12".
    keys = "|".join(re.escape(key) for key in sorted(picked, key=len, reverse=True))
    return re.sub(rf"(?<![\w.])(?:{keys})(?!\w|\.\w)", lambda found: picked[found[0]], text)
