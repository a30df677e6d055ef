"""The server of a session: JupyterLab for its notebooks and its invited guests.

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
from toolkit.live.access.invitations import InvitationBook
from toolkit.live.access.rate_limit import GuessLimiter
from toolkit.live.process.log_redaction import log_request, rotating_log_handler
from toolkit.live.process.peer_address import RelayedHTTPServer
from toolkit.live.server.authorizer import GuestAuthorizer
from toolkit.live.server.contents import WorkspaceContents
from toolkit.live.server.identity import GuestIdentityProvider
from toolkit.live.server.jupyter_config import EXTENSIONS, build_config
from toolkit.live.server.kernel_manager import KERNEL_NAME, SandboxedKernelManager, SandboxedKernelSpecManager
from toolkit.live.server.kernel_websocket import GuestKernelConnection
from toolkit.live.server.no_checkpoints import NoCheckpoints
from toolkit.live.server.page_config import page_config
from toolkit.live.server.recovery import recover_notebook
from toolkit.live.server.route_allowlist import ALLOWED_ROUTES, REFUSED_ROUTES, restrict_routes
from toolkit.live.server.session_context import LiveContext
from toolkit.live.server.shared_notebook_file import SharedNotebookFile
from toolkit.live.session_settings import UPDATES_FILE, LiveSettings
from toolkit.live.snapshots.quarantine import QuarantineLog
from toolkit.live.sync.document_sync import DocumentRecordSync
from toolkit.live.sync.server_history import ServerHistory

__all__ = ["STOP_SECONDS", "LiveServerApp"]

STOP_SECONDS = 10.0
"""Maximum time from the signal to the end of the process, even with connected guests.

Saving takes 0.1 s on an idle machine; the rest is for a busy one.
"""

_CHECK_INTERVAL_S = 1.0  # also the time that a guest stays connected after the ticket has ended
_PING_INTERVAL_S = 10
_FORBIDDEN_EXTENSION = "jupyter_server_nbmodel"


class LiveServerApp(ServerApp):
    """Jupyter's server, without the parts that a session does not need."""

    context = Instance(LiveContext)
    log_file = Instance(logging.Handler)
    rules: frozenset[tuple[str, str]] | set[tuple[str, str]] = frozenset()
    """The handlers that Jupyter and its extensions registered, by pattern and name."""
    _document_sync: DocumentRecordSync | None = None
    _rooms: tuple[Any, ...] = ()
    _periodic_check: PeriodicCallback | None = None
    _notebook_being_shared = ""

    @classmethod
    def of(cls, settings: LiveSettings) -> LiveServerApp:
        """Return the server of a session, ready to start.

        Raises
        ------
        StateError
            If an extension is installed that runs code without checking who may.
        StorageError
            If the state folder cannot be used.
        """
        _refuse_server_side_execution()
        for name in ("config", "data", "runtime"):
            (settings.state / "jupyter" / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        server = cls.instance(
            config=_with_classes(build_config(settings, settings.state / "jupyter" / "settings")),
            jpserver_extensions=dict(EXTENSIONS),
            log_file=rotating_log_handler(settings.state / "logs" / "server.log"),
            context=LiveContext(
                settings,
                InvitationBook(settings.state),
                GuessLimiter(),
                lambda: server.driver,
                ServerHistory(settings.state / "lineage.json"),
            ),
        )
        server.no_browser_open_file = True
        server.info_file = str(settings.state / "jupyter" / "runtime" / "server.json")
        server.initialize(argv=[], find_extensions=False, new_httpserver=False)
        server.rules = restrict_routes(server.web_app)
        for pattern, handler in sorted(server.rules - ALLOWED_ROUTES.keys() - REFUSED_ROUTES):
            server.log.warning("Refused, since it is in no list of handlers: %s (%s)", pattern, handler)
        return server

    @property
    def driver(self) -> str | None:
        """The driver's role; None if nobody drives."""
        return self._document_sync.driver if self._document_sync is not None else None

    def load_config_file(self, *_args: object, **_kwargs: object) -> None:
        """Read no configuration file: the session's settings are the only configuration.

        Parameters
        ----------
        _args, _kwargs
            Jupyter's arguments, not used.
        """

    def init_logging(self) -> None:
        """Write the log to the state folder, with secrets redacted."""
        super().init_logging()
        self.log.handlers[:] = [self.log_file]
        logging.getLogger().handlers[:] = [self.log_file]

    def init_server_extensions(self) -> None:
        """Redirect the extensions' logs to the same file; each would write to the terminal by itself."""
        super().init_server_extensions()
        for app in self.extension_manager.extension_apps.values():
            for one in app:
                one.log.handlers[:] = [self.log_file]
                one.log.propagate = False

    def init_webapp(self) -> None:
        """Create the web application, with the state that the handlers share."""
        self.tornado_settings.update(
            live=self.context,
            log_function=log_request,
            page_config_hook=page_config,
            xsrf_cookie_kwargs={"path": "/", "samesite": "Lax", "secure": self.context.https},
            headers={"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"},
            # In milliseconds. Jupyter's timeout runs from the first ping on, before an answer is possible.
            ws_ping_interval=1000 * _PING_INTERVAL_S,
            ws_ping_timeout=2500 * _PING_INTERVAL_S,
            websocket_max_message_size=64 * 1024 * 1024,
        )
        super().init_webapp()
        self.web_app.settings["local_hostnames"] = sorted(self.context.hosts)

    def init_signal(self) -> None:
        """Stop within the deadline at SIGTERM and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop_signal)

    def serve(self) -> None:
        """Listen, and serve until a signal ends the process.

        Raises
        ------
        StateError
            If the port is taken.
        """
        self._http_server = RelayedHTTPServer(
            self.web_app,
            ssl_options=self.ssl_options,
            xheaders=self.trust_xheaders,
            max_body_size=self.max_body_size,
            max_buffer_size=self.max_buffer_size,
        )
        self._http_server.trusted = frozenset(map(str, self.context.settings.trusted_proxies))
        listener = _listener(self.context.settings)
        self.io_loop.add_callback(self._start_session, listener)
        self.start()

    async def _start_session(self, listener: socket.socket) -> None:
        """Share the documents and start their synchronisation with the record, then accept connections."""
        try:
            await self._share()
        except Exception as error:
            self.log.exception("A notebook cannot be shared")
            reason = _("{path} cannot be shared: {reason}").format(
                path=self._notebook_being_shared or self.context.settings.notebook,
                reason=getattr(error, "log_message", None) or error,
            )
            sys.stderr.write(f"{reason}\n")
            self._exit(StateError.exit_code)
        self._periodic_check = PeriodicCallback(self._look, 1000 * _CHECK_INTERVAL_S)
        self._periodic_check.start()
        self._http_server.add_socket(listener)

    async def _share(self) -> None:
        settings = self.context.settings
        self.context.lineage.append_server(
            SERVER_SESSION, YDOC_SERVER_VERSION, anew=not (settings.state / UPDATES_FILE).exists()
        )
        shared = [await self._shared(notebook) for notebook in settings.notebooks]
        self._rooms = tuple(room for room, _document, _kept in shared)

        room, document, board = shared[0]

        async def keep() -> None:
            for _room, _document, kept in shared:
                await kept.flush()
            # Only the board's file must be written: a student can make the own folder unwritable. Their
            # edits are in the store, and the others' work is not affected.
            if board.failure is not None:
                raise board.failure

        self._document_sync = DocumentRecordSync(document, settings, keep)
        # The room drops an update with missing dependencies, so its author is known when it is applied.
        room.on_message = self._document_sync.causes.has_missing_dependencies
        await self._document_sync.start()

    async def _shared(self, notebook: str) -> tuple[Any, YNotebook, SharedNotebookFile]:
        """Create the room of a notebook, with the changes that the last server had stored."""
        self._notebook_being_shared = notebook  # named in the error message
        extension = self.extension_manager.extension_points["jupyter_server_ydoc"].app
        index = self.web_app.settings["file_id_manager"].index(notebook)
        kept = self._contents.keep(notebook, self.context.settings.state / f"written-{index}.json")
        store = extension.ystore_class(path=f".notebook:{index}.y", log=self.log)
        kept.aside = partial(QuarantineLog(self.context.settings.state).note, notebook)
        await recover_notebook(
            store, self._contents, notebook, self.context.settings.state / f"afresh-{index}.ipynb"
        )
        kept.note_loads(extension.file_loaders[index])
        document = await extension.get_document(
            path=notebook, content_type="notebook", file_format="json", copy=False, create=True
        )
        room = await extension.ywebsocket_server.get_room(f"json:notebook:{index}")
        room.ystore.follow(document.ydoc)
        kept.room = room
        await kept.flush()
        kept.first, kept.last, kept.live = room.ystore.flush, document.aget, True
        return room, document, kept

    @property
    def _contents(self) -> WorkspaceContents:
        return cast("WorkspaceContents", self.contents_manager)

    def _look(self) -> None:
        """Close connections whose ticket has ended, and retry a failed save."""
        for connection in list(self.context.sockets):
            if self.context.holder(connection.ticket) is None:
                connection.close(1008, "ended")
        for room, notebook in zip(self._rooms, self.context.settings.notebooks, strict=True):
            if self._contents.kept[notebook].failure is not None:
                # The room itself saves only after a change.
                room._save_to_disc()  # noqa: SLF001 - no public method saves now

    def _on_stop_signal(self, number: int, _frame: FrameType | None) -> None:
        # The default action of SIGALRM ends even a process that is blocked in a call.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS)
        self.log.info("Signal %d: stopping", number)
        self.io_loop.add_callback_from_signal(self._shut_down)

    async def _shut_down(self) -> None:
        """Save, close the connections and exit; Jupyter's own shutdown waits for its clients for ever."""
        self.http_server.stop()
        for connection in list(self.context.sockets):
            with suppress(Exception):
                connection.close(1001, "stopping")
        for step in (self._stop_document_sync, self._save, self._shut_down_kernels):
            try:
                await asyncio.wait_for(step(), STOP_SECONDS / 3.5)
            except Exception:
                self.log.exception("While stopping: %s", step.__name__)
        self._exit(0)

    def _exit(self, code: int) -> NoReturn:
        self.remove_server_info_file()
        self.log_file.flush()
        sys.stderr.flush()
        os._exit(code)

    async def _save(self) -> None:
        # A room that is saving already returns None.
        saves = (room._save_to_disc() for room in self._rooms)  # noqa: SLF001 - no public method saves now
        await asyncio.gather(*(save for save in saves if save is not None))

    async def _stop_document_sync(self) -> None:
        if self._document_sync is not None:
            await self._document_sync.stop()

    async def _shut_down_kernels(self) -> None:
        for kernel in self.kernel_manager.list_kernel_ids():
            await self.kernel_manager.shutdown_kernel(kernel, now=True)


def _listener(settings: LiveSettings) -> socket.socket:
    """Return the given socket, or a new one on the loopback address."""
    if settings.listener >= 0:
        listener = socket.socket(fileno=settings.listener)
        listener.setblocking(False)  # noqa: FBT003 - the only argument
        return listener
    try:
        return bind_sockets(settings.port, "127.0.0.1")[0]
    except OSError as error:
        raise StateError(_("Port {port} is taken.").format(port=settings.port)) from error


def _with_classes(config: Config) -> Config:
    server = config.ServerApp
    server.identity_provider_class = GuestIdentityProvider
    server.authorizer_class = GuestAuthorizer
    server.kernel_websocket_connection_class = GuestKernelConnection
    server.kernel_manager_class = SandboxedKernelManager
    server.kernel_spec_manager_class = SandboxedKernelSpecManager
    server.contents_manager_class = WorkspaceContents
    config.ContentsManager.checkpoints_class = NoCheckpoints
    config.IdentityProvider.token = ""
    config.MappingKernelManager.default_kernel_name = KERNEL_NAME
    config.MappingKernelManager.cull_idle_timeout = 0
    return config


def _refuse_server_side_execution() -> None:
    if importlib.util.find_spec(_FORBIDDEN_EXTENSION) is not None:
        raise StateError(
            _("{name} is installed: it runs cells without asking who may.").format(
                name="jupyter-server-nbmodel"
            ),
            _("Remove it (pip uninstall jupyter-server-nbmodel), then start the session again."),
        )
