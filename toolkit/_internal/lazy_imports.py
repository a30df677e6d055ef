"""Lazy import of `rfc3987_syntax`, the grammar of international addresses (IRIs).

`jsonschema` imports it in every process that reads a notebook, and building the grammar takes more than a
second. No schema of a notebook or of Jupyter contains such an address.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["defer_rfc3987"]

_MODULE_NAME = "rfc3987_syntax"


class _LazyModule(ModuleType):
    """Placeholder that imports the real module on first access to one of its names."""

    def is_valid_syntax(self, *asked: object) -> bool:
        """Call the function of this name in the real module."""
        valid: bool = self._real().is_valid_syntax(*asked)
        return valid

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the type depends on the name
        return getattr(self._real(), name)

    def _real(self) -> ModuleType:
        if sys.modules.get(_MODULE_NAME) is self:
            del sys.modules[_MODULE_NAME]
        return import_module(_MODULE_NAME)


def defer_rfc3987() -> None:
    """Install the placeholder, unless the module is already imported or is not installed."""
    spec = None if _MODULE_NAME in sys.modules else find_spec(_MODULE_NAME)
    if spec is not None:
        placeholder = _LazyModule(_MODULE_NAME)
        placeholder.__spec__ = spec
        # The import system reads it when a submodule is imported.
        placeholder.__path__ = spec.submodule_search_locations or []
        sys.modules[_MODULE_NAME] = placeholder
