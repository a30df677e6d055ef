"""A stock Jupyter server on the socket that it is given; it also runs any code that it receives.

It represents a session's server that a student has taken over. It is started as a program, with the path of
the settings.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import socket
import sys
import traceback
from pathlib import Path

from jupyter_server.serverapp import ServerApp
from tornado.web import RequestHandler

from toolkit.live.session_settings import LiveSettings


class Run(RequestHandler):
    """Runs code in the server's own process."""

    def check_xsrf_cookie(self) -> None:
        """Accept a request from anybody."""

    async def post(self) -> None:
        self.write(
            json.dumps(await asyncio.to_thread(ran, self.request.body.decode(), self.settings["live"]))
        )


def ran(code: str, settings: LiveSettings) -> dict[str, str]:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(code, {"settings": settings})
    except BaseException:  # noqa: BLE001 - an attack may raise anything
        return {"printed": printed.getvalue(), "error": traceback.format_exc()}
    return {"printed": printed.getvalue(), "error": ""}


class StandIn(ServerApp):
    """Jupyter's server, on a listening socket that another process has bound."""

    def _find_http_port(self) -> None:
        """The port is already known."""

    def _bind_http_server(self) -> None:
        listener = socket.socket(fileno=live.listener)
        listener.setblocking(False)
        self.http_server.add_socket(listener)

    def find_server_extensions(self) -> None:
        """Find none: the search would take a second."""


if __name__ == "__main__":
    live = LiveSettings.model_validate_json(Path(sys.argv[-1]).read_text())
    app = StandIn()
    app.initialize(
        argv=[
            f"--ServerApp.root_dir={live.root}",
            "--IdentityProvider.token=",
            "--ServerApp.open_browser=False",
            "--ServerApp.disable_check_xsrf=True",
            "--ServerApp.allow_remote_access=True",
            "--ServerApp.allow_root=True",
            "--MultiKernelManager.default_kernel_name=mentoring",
        ]
    )
    app.web_app.settings["live"] = live
    app.web_app.add_handlers(".*", [("/run", Run)])
    app.start()
