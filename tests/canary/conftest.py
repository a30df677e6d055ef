"""The failure messages of the canaries."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.canary.upstream_table import rows


@pytest.fixture
def changed(request) -> Callable[[str], str]:
    """Return a function that makes the message about a change: ``changed("the answer")``."""
    asked = (request.node.path.name, request.node.originalname)
    row = next((row for row in rows() if (row.file, row.test) == asked), None)
    assert row is not None, f"docs/upstream.md has no row for {asked}"

    def sentence(what: str) -> str:
        return (
            f"{row.package} (locked: {row.version}), {row.place}: {what} has changed. "
            f"{row.leans} leans on this: {row.does}"
        )

    return sentence
