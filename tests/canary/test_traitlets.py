"""traitlets: whether a trait accepts a value."""

from __future__ import annotations

import pytest
from traitlets import HasTraits, Int, TraitError

pytestmark = pytest.mark.canary


def test_a_trait_can_be_asked_without_being_set(changed):
    class One(HasTraits):
        n = Int(1)

    one = One()
    trait = one.traits()["n"]
    assert trait._validate(one, 2) == 2, changed("the answer of `_validate`")
    with pytest.raises(TraitError):
        trait._validate(one, "a")
    assert one.n == 1, changed("`_validate`, which now sets the value,")
