"""The JavaScript files that JupyterLab and its extensions ship."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

_SHARE = Path(sys.prefix) / "share" / "jupyter"


@cache
def scripts(folder: str, text: str) -> tuple[str, ...]:
    """Return the scripts below a folder of share/jupyter that contain a text."""
    found = (path.read_text(encoding="utf-8") for path in sorted((_SHARE / folder).rglob("*.js")))
    return tuple(script for script in found if text in script)
