"""The environment variables of a session's server; imports nothing of Jupyter."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["isolated_server_environment"]


def isolated_server_environment(state: Path) -> dict[str, str]:
    """Return the variables that keep Jupyter settings of the user and the machine out of the server."""
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
