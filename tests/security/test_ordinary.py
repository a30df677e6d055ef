"""The same attacks again, with an ordinary user's rights."""

from __future__ import annotations

from pathlib import Path

from tests.security.ordinary import again


def test_as_an_ordinary_user():
    again(Path(__file__).parent, least=150)
