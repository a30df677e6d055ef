"""The configuration of Jupyter for one session.

See docs/decisions/0008-built-front-end.md.
"""

from __future__ import annotations

import json
import secrets
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from traitlets.config import Config

from toolkit._internal.atomic_io import atomic_write
from toolkit.live.session_settings import UPDATES_FILE, LiveSettings
from toolkit.live.sync.ystore import open_ystore

__all__ = ["EXTENSIONS", "LABEXTENSIONS", "OUR_LABEXTENSIONS", "build_config"]

EXTENSIONS = {"jupyterlab": True, "jupyter_server_ydoc": True, "jupyter_server_fileid": True}
"""The server extensions that are loaded. Other installed ones are not even imported."""

LABEXTENSIONS = (
    "@jupyter/collaboration-extension",
    "@jupyter/docprovider-extension",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
    "jupyterlab_pygments",
    "@mentoring-toolkit/lab",
)
"""The labextensions that a browser loads; the last one is ours."""

OUR_LABEXTENSIONS = Path(str(files("toolkit"))) / "lab" / "built"
"""The folder of our labextension, inside the package: every JupyterLab loads the environment's."""

DISABLED_PLUGINS = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/apputils-extension:workspaces",
    "@jupyterlab/console-extension",
    "@jupyterlab/debugger-extension",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/fileeditor-extension:language-server",
    "@jupyterlab/hub-extension",
    "@jupyterlab/launcher-extension",
    "@jupyterlab/inspector-extension:consoles",
    "@jupyterlab/lsp-extension",
    "@jupyterlab/notebook-extension:language-server",
    "@jupyterlab/pluginmanager-extension",
    "@jupyterlab/running-extension",
    "@jupyterlab/terminal-extension",
    "@jupyterlab/tooltip-extension:consoles",
    "@jupyterlab/workspaces-extension",
    "@jupyter/collaboration-extension:shared-link",
)
"""JupyterLab plugins without a use in a session: their handlers are refused."""

_OVERRIDES: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # A click on untrusted HTML must not run a command; by default it may (CVE-2026-42557 used this).
    "@jupyterlab/apputils-extension:sanitizer": {"allowCommandLinker": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": True, "maxNumberRecents": 0},
}

_SAVE_DELAY_S = 0.2  # from a change to the write of the notebook's file
_PING_INTERVAL_S = 20  # also the time without an answer after which a browser counts as disconnected
_FILE_POLL_INTERVAL_S = 1.0  # between two checks of the notebook's file for changes by other programs


def build_config(settings: LiveSettings, settings_dir: Path) -> Config:
    """Return Jupyter's configuration: every file that Jupyter writes lies in the session's state folder.

    Parameters
    ----------
    settings : LiveSettings
        The session's settings.
    settings_dir : Path
        The folder for the overrides of JupyterLab's default settings, written here.
    """
    atomic_write(settings_dir / "overrides.json", json.dumps(_OVERRIDES, indent=1).encode())
    config = Config()
    _configure_server(config.ServerApp, settings)
    _configure_files(config, settings.state)
    _configure_lab(config.LabApp, settings.state / "jupyter", settings_dir)
    return config


def _configure_server(server: Config, settings: LiveSettings) -> None:
    server.root_dir = str(settings.root)
    server.ip = "127.0.0.1"
    server.port = settings.port
    server.port_retries = 0
    server.allow_root = True
    server.open_browser = False
    server.terminals_enabled = False
    server.reraise_server_extension_failures = True
    server.quit_button = False
    # A proxy may forward another host name than the public one, so the public origin is allowed here.
    public = urlsplit(settings.public_url)
    server.allow_origin = f"{public.scheme}://{public.netloc}" if public.netloc else ""
    server.allow_origin_pat = ""
    server.allow_credentials = False
    server.allow_remote_access = False
    server.allow_unauthenticated_access = False
    server.disable_check_xsrf = False
    server.trust_xheaders = settings.public_url.startswith("https://")
    server.cookie_secret = secrets.token_bytes(32)  # nothing is signed with it: tickets are random
    server.websocket_ping_interval = server.websocket_ping_timeout = _PING_INTERVAL_S
    server.max_body_size = 16 * 1024 * 1024
    if settings.certfile is not None:
        server.certfile = str(settings.certfile)
        server.keyfile = str(settings.keyfile) if settings.keyfile is not None else ""


def _configure_files(config: Config, state: Path) -> None:
    jupyter = state / "jupyter"
    config.ContentsManager.allow_hidden = False
    config.FileContentsManager.delete_to_trash = False
    config.NotebookNotary.data_dir = str(jupyter / "data")
    config.NotebookNotary.db_file = str(jupyter / "signatures.db")
    config.BaseFileIdManager.db_path = str(state / "fileid.db")
    config.ArbitraryFileIdManager.db_path = str(state / "fileid.db")
    extension = config.YDocExtension
    extension.ystore_class = open_ystore(state / UPDATES_FILE)
    extension.disable_rtc = False
    extension.server_side_execution = False
    extension.document_save_delay = _SAVE_DELAY_S
    extension.document_cleanup_delay = None
    extension.file_poll_interval = _FILE_POLL_INTERVAL_S
    extension.file_stop_poll_on_errors_after = None
    extension.session_store_path = str(state / "collaboration.json")


def _configure_lab(lab: Config, jupyter: Path, settings_dir: Path) -> None:
    lab.app_dir = str(Path(sys.prefix) / "share" / "jupyter" / "lab")
    lab.app_settings_dir = str(settings_dir)
    lab.user_settings_dir = str(jupyter / "user-settings")
    lab.workspaces_dir = str(jupyter / "workspaces")
    lab.labextensions_path = [str(Path(sys.prefix) / "share" / "jupyter" / "labextensions")]
    lab.extra_labextensions_path = [str(OUR_LABEXTENSIONS)]
    lab.extension_manager = "readonly"
    lab.news_url = None
    lab.lock_all_plugins = True
