"""Checks of the parameters that a dependency's function accepts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def takes(function: Callable[..., Any], *names: str) -> bool:
    """Return whether a function has parameters of these names, in this order, or accepts any."""
    known = list(inspect.signature(function).parameters.values())
    found = [one.name for one in known if one.name in names]
    anything = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in known)
    return found == list(names) or (anything and found == [name for name in names if name in found])


def mentions(thing: Any, *words: str) -> bool:
    """Return whether the source of a function or class contains all these words."""
    source = inspect.getsource(thing)
    return all(word in source for word in words)
