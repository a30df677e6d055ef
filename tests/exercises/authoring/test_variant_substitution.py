"""A seed chooses the names and numbers of a variant; they are replaced only as whole names and numbers."""

from __future__ import annotations

import pytest

from toolkit.domain.learning_path import Card
from toolkit.exercises.authoring.variant_substitution import apply_substitutions, choose_substitutions

CHOSEN = [{"x": "c", "y": "c"}, {"x": "b", "y": "d"}, {"x": "d", "y": "e"}]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("3", "4"),
        ("3, 3; 3.", "4, 4; 4."),
        ("33 3.0 x3 3x _3 1.3 [3]", "33 3.0 x3 3x _3 1.3 [4]"),
        ("-3 (3) `3` '3'", "-4 (4) `4` '4'"),
        ("4 and Ana, Anaïs", "3 and Bo, Anaïs"),
        ("Ana.lower() Ana Ruiz.", "Ana.lower() Cy."),
    ],
)
def test_a_key_is_replaced_where_it_is_a_word_of_its_own(before, after):
    picked = {"3": "4", "4": "3", "Ana": "Bo", "Ana Ruiz": "Cy"}
    assert apply_substitutions(before, picked) == after


def test_a_choice_is_the_seeds_alone():
    data = {"id": "a", "title": {"en": "A", "fr": "A"}, "skills": ["s"], "minutes": 9}
    card = Card.model_validate(data | {"variants": {"x": list("abcdef"), "y": list("abcdef")}})
    # Written down: another Python must not give another exercise.
    assert [choose_substitutions(card, seed) for seed in range(3)] == CHOSEN
    assert len({tuple(choose_substitutions(card, seed).values()) for seed in range(50)}) > 15
