"""`python -m toolkit.live.server SETTINGS`: runs the server of one session until a signal ends it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import ValidationError

from toolkit._internal.lazy_imports import without_slow_formats
from toolkit.errors import MentoringError, UnreadableError
from toolkit.i18n import _
from toolkit.live.process.server_environment import isolated_server_environment
from toolkit.live.session_settings import LiveSettings

__all__ = ["main", "read_settings"]


def read_settings(path: Path) -> LiveSettings:
    """Return the settings in the JSON file ``path``.

    Raises
    ------
    UnreadableError
        If the file cannot be read, or does not hold valid settings.
    """
    try:
        return LiveSettings.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise UnreadableError(
            _("{path} does not hold a session's settings: {reason}").format(path=path, reason=error)
        ) from error


def main(arguments: list[str]) -> int:
    """Run the server; return an exit code."""
    try:
        if len(arguments) != 1:
            raise UnreadableError(_("One argument is needed: the file with the session's settings."))
        settings = read_settings(Path(arguments[0]))
        # Jupyter reads these variables when it is imported.
        variables = isolated_server_environment(settings.state)
        os.environ.clear()
        os.environ.update(variables)
        import jupyter_core.paths

        # No configuration of the machine or of this Python environment is read either.
        own = [variables["JUPYTER_CONFIG_DIR"]]
        jupyter_core.paths.SYSTEM_CONFIG_PATH[:] = own
        jupyter_core.paths.ENV_CONFIG_PATH[:] = own
        from toolkit.live.server.app import LiveServerApp

        LiveServerApp.of(settings).serve()
    except MentoringError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    with without_slow_formats():
        sys.exit(main(sys.argv[1:]))
