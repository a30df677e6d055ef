"""A real Jupyter server with the collaboration extension and a bridge; a test can kill and restart it.

    python collaboration_server.py SETTINGS PORT

Everything is imported once; each line on standard input starts a server in a fork. It says "pid N", "ready",
and "ended" when it has.
"""

from __future__ import annotations

import asyncio
import os
import sys

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.serverapp import ServerApp
from jupyter_server_fileid import extension as fileid  # noqa: F401 - not in each fork anew
from jupyter_server_ydoc import app as ydoc  # noqa: F401 - the same
from traitlets.config import Config

from toolkit.live.session_settings import LiveSettings
from toolkit.live.sync.document_sync import DocumentRecordSync
from toolkit.live.sync.ystore import open_ystore

# Found by their configuration files; they would only make the start slow.
UNNEEDED = (
    "jupyter_lsp",
    "jupyter_server_terminals",
    "jupyterlab",
    "nbdime",
    "nbgrader.server_extensions.assignment_list",
    "nbgrader.server_extensions.course_list",
    "nbgrader.server_extensions.formgrader",
    "nbgrader.server_extensions.validate_assignment",
    "notebook",
    "notebook_shim",
)


class Known(IdentityProvider):
    """Accepts any identity that a request names."""

    def get_user(self, handler):
        name = handler.get_argument("who", "")
        return User(username=name) if name else None


def serve(settings: LiveSettings, port: int) -> None:
    state = settings.state
    config = Config()
    config.ServerApp.update(
        ip="127.0.0.1",
        port=port,
        port_retries=0,
        open_browser=False,
        allow_root=True,
        root_dir=str(settings.root),
        disable_check_xsrf=True,
        identity_provider_class=Known,
        log_level="CRITICAL",
        jpserver_extensions={**dict.fromkeys(UNNEEDED, False), "jupyter_server_ydoc": True},
    )
    config.ExtensionApp.log_level = "CRITICAL"
    config.IdentityProvider.token = ""
    config.YDocExtension.ystore_class = open_ystore(state / "updates.db")
    config.BaseFileIdManager.update(db_path=str(state / "ids.db"))
    config.YDocExtension.update(
        document_save_delay=0.2,
        document_cleanup_delay=None,
        session_store_path=str(state / "sessions.json"),
    )
    app = ServerApp.instance(config=config)
    app.initialize(argv=[])
    tasks = []

    async def attach() -> None:
        (extension,) = app.extension_manager.extension_apps["jupyter_server_ydoc"]
        document = await extension.get_document(
            path=settings.notebook, content_type="notebook", file_format="json", copy=False, create=True
        )
        index = app.web_app.settings["file_id_manager"].get_id(settings.notebook)
        room = await extension.ywebsocket_server.get_room(f"json:notebook:{index}")
        room.ystore.follow(document.ydoc)
        bridge = DocumentRecordSync(document, settings, room.ystore.flush)
        room.on_message = bridge.causes.has_missing_dependencies
        await bridge.start()
        tasks.append(bridge)
        print("ready", flush=True)

    app.io_loop.add_callback(lambda: tasks.append(asyncio.ensure_future(attach())))
    app.start()


def main() -> None:
    settings = LiveSettings.model_validate_json(sys.argv[1])
    for _line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                serve(settings, int(sys.argv[2]))
                code = 0
            finally:
                os._exit(code)
        print(f"pid {pid}", flush=True)
        os.waitpid(pid, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
