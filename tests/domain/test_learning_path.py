"""Validation of the variants that a card declares."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from toolkit.domain.learning_path import Card
from toolkit.i18n import use_language

CARD = {"id": "a", "title": {"en": "A", "fr": "A"}, "skills": ["s"], "minutes": 9}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"variants": {"3": []}}, "'3' has no alternative"),
        ({"variants": {"3": ["4", "3"]}}, "an alternative of '3' is the same text"),
        ({"variants": {"3": [""]}}, "or empty"),
        ({"variants": {" ": ["4"]}}, "a text to be replaced is empty"),
        ({"variants": {3: ["4"]}}, "valid string"),
        ({"variants": {"3": "45"}}, "valid tuple"),
        ({"variant_of": "b"}, "belong together"),
        ({"seed": 4}, "belong together"),
        ({"variant_of": "b", "seed": -1}, "greater than or equal to 0"),
    ],
)
def test_a_card_with_variants_that_cannot_be(more, said):
    with use_language("en"), pytest.raises(ValidationError, match=said):
        Card.model_validate(CARD | more)


def test_a_card_may_have_variants_or_be_one():
    card = Card.model_validate(CARD | {"variants": {"3": ["4", "5"], "Ana": ["Bo"]}})
    assert card.variants == {"3": ("4", "5"), "Ana": ("Bo",)}
    assert Card.model_validate(CARD | {"variant_of": "b", "seed": 0}).seed == 0
    assert Card.model_validate(CARD).variants == {}
