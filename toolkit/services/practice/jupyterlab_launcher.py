"""Start of JupyterLab in a practice, for the mentor alone."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit.errors import InputError
from toolkit.i18n import _
from toolkit.practice import Practice

__all__ = ["LabLauncher", "prepare_lab"]

_SETTINGS = {
    # No dialog about news on the first start: it would cover the notebook.
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # A click on untrusted HTML must not run a command; by default it can (see CVE-2026-42557).
    "@jupyterlab/apputils-extension:sanitizer": {"allowCommandLinker": False},
    # A reopened notebook shows its widgets as they were last saved, before any cell is run again.
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}


@dataclass(frozen=True)
class LabLauncher:
    """A JupyterLab that is ready to start.

    Parameters
    ----------
    url : str
        The link, with a token that is new each time.
    command : tuple of str
        Command line that starts it.
    root : Path
        Working directory of the process.
    environment : dict of str to str
        Environment variables of the process.
    port_holder : socket
        Keeps other starts from choosing the same port; see `close`.
    """

    url: str
    command: tuple[str, ...]
    root: Path
    environment: dict[str, str]
    port_holder: socket.socket

    def close(self) -> None:
        """Free the port, if JupyterLab is not started."""
        self.port_holder.close()

    def become(self) -> NoReturn:
        """Replace this process by JupyterLab, so that it receives Ctrl-C and signals itself."""
        # Elsewhere a bound socket would keep JupyterLab itself from the port.
        self.port_holder.set_inheritable(sys.platform == "linux")
        os.chdir(self.root)
        os.execve(self.command[0], self.command, self.environment)  # noqa: S606 - a list, no shell


def prepare_lab(practice: Practice, path: Path | None = None, port: int | None = None) -> LabLauncher:
    """Prepare a JupyterLab on 127.0.0.1 with the practice as its root.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    path : Path, optional
        Notebook or folder of the practice to show first.
    port : int, optional
        Port to listen on; a free one from 8888 on if left out.

    Raises
    ------
    InputError
        The path is not in the practice, or the port is taken.
    """
    place = ""
    if path is not None:
        place = f"/tree/{quote(os.fsencode(_place(practice.root, path)))}"
    settings = practice.private / "lab"
    atomic_write(settings / "overrides.json", json.dumps(_SETTINGS, indent=1).encode())
    token = secrets.token_urlsafe(24)
    holder = _hold_port([port] if port else range(8888, 8988))
    chosen = holder.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "toolkit._internal.jupyterlab_main",
        "--no-browser",
        # Ctrl-C stops it without a question, as our last line on the screen says.
        "-y",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={chosen}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={practice.root}",
        f"--LabApp.app_settings_dir={settings}",
        # The mentor works alone here: `mentor live` is the way to share a notebook.
        "--YDocExtension.disable_rtc=True",
    ]
    if os.geteuid() == 0:
        command.append("--allow-root")
    # Pass the token in the environment: every user of the machine can read a command line.
    environment = {
        **os.environ,
        "JUPYTER_TOKEN": token,
        # Students' notebooks run in the sandbox whatever kernel they name; the mentor's run without it.
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "mentoring-provisioner",
        "MENTORING_TABLES": str(practice.root / "students"),
    }
    url = f"http://127.0.0.1:{chosen}/lab{place}?token={token}"
    return LabLauncher(url, tuple(command), practice.root, environment, holder)


def _place(root: Path, path: Path) -> Path:
    """Return a path relative to the practice's root."""
    with disk_errors(path):
        if not path.exists():
            raise InputError(_("There is no {path}.").format(path=path), _("Check the path, then try again."))
        # First without following links, since a workspace may be the mentor's link to a shared folder. Then
        # with links resolved, since the practice may be reached through a link.
        for resolve in (os.path.normpath, os.path.realpath):
            target, folder = Path(resolve(path.absolute())), Path(resolve(root.absolute()))
            if target.is_relative_to(folder):
                return target.relative_to(folder)
    raise InputError(
        _("{path} is not in the practice {root}.").format(path=path, root=root),
        _("Name a file of the practice."),
    )


def _hold_port(ports: Sequence[int]) -> socket.socket:
    """Return a socket that is bound to the first free port and does not listen.

    It is bound without SO_REUSEADDR, so that another start does not choose the port in the two seconds before
    JupyterLab listens; the option is set afterwards, so that JupyterLab itself may bind it.
    """
    # A port with old connections, which a restart leaves, is the second choice.
    for is_reusable in (False, True):
        for port in ports:
            holder = socket.socket()
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, is_reusable)
            try:
                holder.bind(("127.0.0.1", port))
            except OSError:
                holder.close()
                continue
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return holder
    name = str(ports[0]) if len(ports) == 1 else f"{ports[0]}–{ports[-1]}"
    raise InputError(_("Port {port} is taken.").format(port=name), _("Choose another: --port 9000"))
