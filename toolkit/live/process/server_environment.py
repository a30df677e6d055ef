"""The variables that a session's server runs under; nothing of Jupyter's is imported here."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["environment"]


def environment(state: Path) -> dict[str, str]:
    """Return the variables under which no setting of this user or machine reaches the server."""
    jupyter = state / "jupyter"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    return kept | {
        "JUPYTER_CONFIG_DIR": str(jupyter / "config"),
        "JUPYTER_CONFIG_PATH": "",
        "JUPYTER_DATA_DIR": str(jupyter / "data"),
        "JUPYTER_RUNTIME_DIR": str(jupyter / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(jupyter / "ipython"),
    }
