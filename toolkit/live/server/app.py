"""The server of a session: JupyterLab for one notebook and those who are invited to it.

See docs/decisions/0007-the-shared-session.md.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any, NoReturn, cast

from jupyter_server.serverapp import ServerApp
from jupyter_server_ydoc.handlers import YDOC_SERVER_VERSION
from jupyter_server_ydoc.utils import SERVER_SESSION
from jupyter_ydoc import YNotebook
from tornado.ioloop import PeriodicCallback
from tornado.netutil import bind_sockets
from traitlets import Instance
from traitlets.config import Config

from toolkit.errors import StateError
from toolkit.i18n import _
from toolkit.live.access.invitations import Invitations
from toolkit.live.access.rate_limit import Guesses
from toolkit.live.process.log_redaction import log_file, log_request
from toolkit.live.process.peer_address import RelayedServer
from toolkit.live.server.authorizer import GuestAuthorizer
from toolkit.live.server.contents import Kept, NoCheckpoints, WorkspaceContents
from toolkit.live.server.identity import GuestIdentity
from toolkit.live.server.jupyter_config import EXTENSIONS, configuration
from toolkit.live.server.kernel_manager import KERNEL, SandboxedKernels, SandboxedKernelspec
from toolkit.live.server.kernel_websocket import GuestChannels
from toolkit.live.server.page_config_hook import page_config
from toolkit.live.server.recovery import recover
from toolkit.live.server.route_allowlist import ALLOWED, REFUSED, restrict
from toolkit.live.server.session_context import LiveContext
from toolkit.live.session_settings import UPDATES, LiveSettings
from toolkit.live.snapshots.quarantine import Asides
from toolkit.live.sync.document_sync import Bridge
from toolkit.live.sync.server_history import Lineage

__all__ = ["STOP_SECONDS", "LiveServer"]

STOP_SECONDS = 10.0
"""From the signal to the end at the latest, whoever is connected.

Saving takes a tenth of a second on a quiet machine; on a busy one the last words have to reach the disk too.
"""

_LOOK_SECONDS = 1.0  # how long a guest who is shown out may still be connected
_PING_SECONDS = 10
_FORBIDDEN = "jupyter_server_nbmodel"


class LiveServer(ServerApp):
    """Jupyter's server, with everything left out that a session does not need."""

    context = Instance(LiveContext)
    log_file = Instance(logging.Handler)
    rules: frozenset[tuple[str, str]] | set[tuple[str, str]] = frozenset()
    """The handlers that Jupyter and its extensions have brought, by pattern and name."""
    _bridge: Bridge | None = None
    _rooms: tuple[Any, ...] = ()
    _watch: PeriodicCallback | None = None
    _sharing = ""

    @classmethod
    def of(cls, settings: LiveSettings) -> LiveServer:
        """Return the server of a session, ready to start.

        Raises
        ------
        StateError
            If an extension is installed that would run code for anybody.
        StorageError
            If the state folder cannot be used.
        """
        _refuse_server_side_execution()
        for name in ("config", "data", "runtime"):
            (settings.state / "jupyter" / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        server = cls.instance(
            config=_classes(configuration(settings, settings.state / "jupyter" / "settings")),
            jpserver_extensions=dict(EXTENSIONS),
            log_file=log_file(settings.state / "logs" / "server.log"),
            context=LiveContext(
                settings,
                Invitations(settings.state),
                Guesses(),
                lambda: server.driver,
                Lineage(settings.state / "lineage.json"),
            ),
        )
        server.no_browser_open_file = True
        server.info_file = str(settings.state / "jupyter" / "runtime" / "server.json")
        server.initialize(argv=[], find_extensions=False, new_httpserver=False)
        server.rules = restrict(server.web_app)
        for pattern, handler in sorted(server.rules - ALLOWED.keys() - REFUSED):
            server.log.warning("Refused, since nobody has decided about it: %s (%s)", pattern, handler)
        return server

    @property
    def driver(self) -> str | None:
        """The role of who drives, None while nobody does."""
        return self._bridge.driver if self._bridge is not None else None

    def load_config_file(self, *_args: object, **_kwargs: object) -> None:
        """Read none: what this server is, the session's settings say."""

    def init_logging(self) -> None:
        """Keep the log in the state folder, and nothing secret in it."""
        super().init_logging()
        self.log.handlers[:] = [self.log_file]
        logging.getLogger().handlers[:] = [self.log_file]

    def init_server_extensions(self) -> None:
        """Have the extensions log to the same file; each would write to the terminal by itself."""
        super().init_server_extensions()
        for app in self.extension_manager.extension_apps.values():
            for one in app:
                one.log.handlers[:] = [self.log_file]
                one.log.propagate = False

    def init_webapp(self) -> None:
        """Make the web application, with what the handlers share."""
        self.tornado_settings.update(
            live=self.context,
            log_function=log_request,
            page_config_hook=page_config,
            xsrf_cookie_kwargs={"path": "/", "samesite": "Lax", "secure": self.context.https},
            headers={"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"},
            # In milliseconds. Jupyter counts the silence from the first ping on, before it can be answered.
            ws_ping_interval=1000 * _PING_SECONDS,
            ws_ping_timeout=2500 * _PING_SECONDS,
            websocket_max_message_size=64 * 1024 * 1024,
        )
        super().init_webapp()
        self.web_app.settings["local_hostnames"] = sorted(self.context.hosts)

    def init_signal(self) -> None:
        """Stop within the deadline, at SIGTERM and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_soon)

    def serve(self) -> None:
        """Listen, and serve until a signal ends it.

        Raises
        ------
        StateError
            If its port is taken.
        """
        self._http_server = RelayedServer(
            self.web_app,
            ssl_options=self.ssl_options,
            xheaders=self.trust_xheaders,
            max_body_size=self.max_body_size,
            max_buffer_size=self.max_buffer_size,
        )
        self._http_server.trusted = frozenset(map(str, self.context.settings.trusted_proxies))
        listener = _listener(self.context.settings)
        self.io_loop.add_callback(self._begin, listener)
        self.start()

    async def _begin(self, listener: socket.socket) -> None:
        """Make the shared document and the bridge to the record, then let people in."""
        try:
            await self._share()
        except Exception as error:
            self.log.exception("There is nothing to share")
            reason = _("{path} cannot be shared: {reason}").format(
                path=self._sharing or self.context.settings.notebook,
                reason=getattr(error, "log_message", None) or error,
            )
            sys.stderr.write(f"{reason}\n")
            self._leave(StateError.exit_code)
        self._watch = PeriodicCallback(self._look, 1000 * _LOOK_SECONDS)
        self._watch.start()
        self._http_server.add_socket(listener)

    async def _share(self) -> None:
        settings = self.context.settings
        self.context.lineage.go_on(
            SERVER_SESSION, YDOC_SERVER_VERSION, anew=not (settings.state / UPDATES).exists()
        )
        shared = [await self._shared(notebook) for notebook in settings.notebooks]
        self._rooms = tuple(room for room, _document, _kept in shared)

        room, document, board = shared[0]

        async def keep() -> None:
            for one, _document, _kept in shared:
                await one.ystore.flush()
            # A copy's folder is its student's, who may shut it: what is typed there is in the store, and the
            # others' work is none the worse.
            if board.failure is not None:
                raise board.failure

        self._bridge = Bridge(document, settings, keep)
        # Who changes something there is asked of the connection that it came by.
        room.on_message = self._bridge.causes.lacks
        await self._bridge.start()

    async def _shared(self, notebook: str) -> tuple[Any, YNotebook, Kept]:
        """Make the room of a notebook, with all that the server before has kept of it."""
        self._sharing = notebook  # which of a group's cannot be is said
        extension = self.extension_manager.extension_points["jupyter_server_ydoc"].app
        index = self.web_app.settings["file_id_manager"].index(notebook)
        kept = self._contents.keep(notebook, self.context.settings.state / f"written-{index}.json")
        store = extension.ystore_class(path=f".notebook:{index}.y", log=self.log)
        kept.aside = partial(Asides(self.context.settings.state).note, notebook)
        await recover(store, self._contents, notebook, self.context.settings.state / f"afresh-{index}.ipynb")
        document = await extension.get_document(
            path=notebook, content_type="notebook", file_format="json", copy=False, create=True
        )
        room = await extension.ywebsocket_server.get_room(f"json:notebook:{index}")
        room.ystore.follow(document.ydoc)
        kept.first, kept.last, kept.live = room.ystore.flush, document.aget, True
        return room, document, kept

    @property
    def _contents(self) -> WorkspaceContents:
        return cast("WorkspaceContents", self.contents_manager)

    def _look(self) -> None:
        """Close the connections of those whose ticket has ended; save what could not be saved before."""
        for connection in list(self.context.sockets):
            if self.context.holder(connection.ticket) is None:
                connection.close(1008, "ended")
        for room, notebook in zip(self._rooms, self.context.settings.notebooks, strict=True):
            if self._contents.kept[notebook].failure is not None:
                # The room tries again only when something is changed.
                room._save_to_disc()  # noqa: SLF001 - there is no other way to save now

    def _stop_soon(self, number: int, _frame: FrameType | None) -> None:
        # The system ends the process then, even one that is caught in a call.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS)
        self.log.info("Signal %d: stopping", number)
        self.io_loop.add_callback_from_signal(self._end)

    async def _end(self) -> None:
        """Save, say goodbye, and go: not through Jupyter's own end, which waits for its clients for ever."""
        self.http_server.stop()
        for connection in list(self.context.sockets):
            with suppress(Exception):
                connection.close(1001, "stopping")
        for step in (self._close_bridge, self._save, self._end_kernels):
            try:
                await asyncio.wait_for(step(), STOP_SECONDS / 3.5)
            except Exception:
                self.log.exception("While stopping: %s", step.__name__)
        self._leave(0)

    def _leave(self, code: int) -> NoReturn:
        self.remove_server_info_file()
        self.log_file.flush()
        sys.stderr.flush()
        os._exit(code)

    async def _save(self) -> None:
        # None is for one that is being saved.
        saves = (room._save_to_disc() for room in self._rooms)  # noqa: SLF001 - there is no other way to save now
        await asyncio.gather(*(save for save in saves if save is not None))

    async def _close_bridge(self) -> None:
        if self._bridge is not None:
            await self._bridge.stop()

    async def _end_kernels(self) -> None:
        for kernel in self.kernel_manager.list_kernel_ids():
            await self.kernel_manager.shutdown_kernel(kernel, now=True)


def _listener(settings: LiveSettings) -> socket.socket:
    """Return the socket that was given, or a new one on this machine alone."""
    if settings.listener >= 0:
        given = socket.socket(fileno=settings.listener)
        given.setblocking(False)  # noqa: FBT003 - the only argument
        return given
    try:
        return bind_sockets(settings.port, "127.0.0.1")[0]
    except OSError as error:
        raise StateError(_("Port {port} is taken.").format(port=settings.port)) from error


def _classes(config: Config) -> Config:
    server = config.ServerApp
    server.identity_provider_class = GuestIdentity
    server.authorizer_class = GuestAuthorizer
    server.kernel_websocket_connection_class = GuestChannels
    server.kernel_manager_class = SandboxedKernels
    server.kernel_spec_manager_class = SandboxedKernelspec
    server.contents_manager_class = WorkspaceContents
    config.ContentsManager.checkpoints_class = NoCheckpoints
    config.IdentityProvider.token = ""
    config.MappingKernelManager.default_kernel_name = KERNEL
    config.MappingKernelManager.cull_idle_timeout = 0
    return config


def _refuse_server_side_execution() -> None:
    if importlib.util.find_spec(_FORBIDDEN) is not None:
        raise StateError(
            _("{name} is installed: it runs cells without asking who may.").format(
                name="jupyter-server-nbmodel"
            ),
            _("Remove it (pip uninstall jupyter-server-nbmodel), then start the session again."),
        )
