"""Keeps `jsonschema`, in processes of this project, from importing two slow format checkers.

nbformat validates with fastjsonschema unless ``NBFORMAT_VALIDATOR`` names another validator, but imports
jsonschema in any case. jsonschema imports every installed checker of its optional formats; one of them builds
a grammar for more than a second. No schema of a notebook or of Jupyter contains such a format.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_slow_formats"]

_SLOW_MODULES = ("rfc3987_syntax", "isoduration")


@contextmanager
def without_slow_formats() -> Iterator[None]:
    """Hide the checkers of international addresses (IRIs) and of durations while the block runs.

    If the block imports jsonschema, jsonschema omits these checkers, as if they were not installed. Checkers
    that are already imported stay, and at the end `sys.modules` is as it was before the block.
    """
    hidden = [name for name in _SLOW_MODULES if name not in sys.modules]
    for name in hidden:
        # The import system raises ModuleNotFoundError for a module whose entry is None.
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
