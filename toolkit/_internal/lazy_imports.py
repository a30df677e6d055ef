"""The grammar of international addresses, built when the first of them is checked.

`jsonschema` imports it in every process that reads a notebook, and to build it takes more than a second, more
than all the rest. No schema of a notebook or of Jupyter has such an address in it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["put_off"]

_NAME = "rfc3987_syntax"


class _Later(ModuleType):
    """Stands for the module until something of it is used."""

    def is_valid_syntax(self, *asked: object) -> bool:
        """Do what the function of this name does."""
        valid: bool = self._real().is_valid_syntax(*asked)
        return valid

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        return getattr(self._real(), name)

    def _real(self) -> ModuleType:
        if sys.modules.get(_NAME) is self:
            del sys.modules[_NAME]
        return import_module(_NAME)


def put_off() -> None:
    """Let the grammar be built when it is used, unless it is built already or is not here."""
    spec = None if _NAME in sys.modules else find_spec(_NAME)
    if spec is not None:
        later = _Later(_NAME)
        later.__spec__ = spec
        # Whoever imports a name looks for it.
        later.__path__ = spec.submodule_search_locations or []
        sys.modules[_NAME] = later
