"""JupyterLab on a practice, for the mentor alone."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from toolkit._internal.atomic_io import disk_errors, write_durably
from toolkit.errors import InputError
from toolkit.i18n import _
from toolkit.practice import Practice

__all__ = ["Lab", "prepare"]

_SETTINGS = {
    # No question about news on the first start: it would cover the notebook.
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # A click on untrusted HTML must run no command; by default it may (CVE-2026-42557 was such a click).
    "@jupyterlab/apputils-extension:sanitizer": {"allowCommandLinker": False},
    # A reopened notebook shows its widgets as they were last saved, before any cell is run again.
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that is ready to start.

    Parameters
    ----------
    url : str
        The link; holds the token, which is new each time.
    command : tuple of str
        What starts it.
    """

    url: str
    command: tuple[str, ...]
    root: Path
    environment: dict[str, str]

    def become(self) -> NoReturn:
        """Turn this process into it, so that Ctrl-C and signals are its own."""
        os.chdir(self.root)
        os.execve(self.command[0], self.command, self.environment)  # noqa: S606 - a list, no shell


def prepare(practice: Practice, path: Path | None = None, port: int | None = None) -> Lab:
    """Return a JupyterLab on 127.0.0.1 with the practice as its root.

    Parameters
    ----------
    path : Path, optional
        What to show first: a notebook or a folder of the practice.
    port : int, optional
        A free one from 8888 on if left out.

    Raises
    ------
    InputError
        If the path is not in the practice, or the port is taken.
    """
    place = ""
    if path is not None:
        place = f"/tree/{quote(os.fsencode(_place(practice.root, path)))}"
    settings = practice.private / "lab"
    write_durably(settings / "overrides.json", json.dumps(_SETTINGS, indent=1).encode())
    token = secrets.token_urlsafe(24)
    chosen = _free_port(port)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        # Ctrl-C stops it at once, as the last line on the screen says.
        "-y",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={chosen}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={practice.root}",
        f"--LabApp.app_settings_dir={settings}",
        # Here the mentor is alone: two people share a notebook by `mentor live`.
        "--YDocExtension.disable_rtc=True",
    ]
    if os.geteuid() == 0:
        command.append("--allow-root")
    # The token goes by the environment: a command line can be read by every user of the machine.
    environment = {
        **os.environ,
        "JUPYTER_TOKEN": token,
        # A student's notebook runs in the sandbox whatever kernel it names; the mentor's own run as ever.
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "mentoring-provisioner",
        "MENTORING_TABLES": str(practice.root / "students"),
    }
    return Lab(
        f"http://127.0.0.1:{chosen}/lab{place}?token={token}", tuple(command), practice.root, environment
    )


def _place(root: Path, path: Path) -> Path:
    """Return ``path`` as seen from the practice's ``root``."""
    with disk_errors(path):
        if not path.exists():
            raise InputError(_("There is no {path}.").format(path=path), _("Check the path, then try again."))
        # As it is written, without its "..": a workspace may be a link of the mentor's to a shared folder.
        # Failing that, as it is: the practice may have been reached by another name.
        for whole in (os.path.normpath, os.path.realpath):
            target, folder = Path(whole(path.absolute())), Path(whole(root.absolute()))
            if target.is_relative_to(folder):
                return target.relative_to(folder)
    raise InputError(
        _("{path} is not in the practice {root}.").format(path=path, root=root),
        _("Name a file of the practice."),
    )


def _free_port(wanted: int | None) -> int:
    for port in [wanted] if wanted else range(8888, 8988):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise InputError(
        _("Port {port} is taken.").format(port=wanted or "8888–8987"), _("Choose another: --port 9000")
    )
