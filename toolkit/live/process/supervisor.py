"""Supervisor of a session's server in the mentor's process: starts, restarts and stops it."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from contextvars import copy_context
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from toolkit.errors import ExecutionError, InputError, MentoringError, StateError, StorageError
from toolkit.i18n import _, ngettext
from toolkit.kernels.broker_client import BROKER_VARIABLE
from toolkit.kernels.containment import containment, is_unsafe
from toolkit.kernels.fork_servers import no_sandbox_error
from toolkit.kernels.kernel_handle import resolve_workspace
from toolkit.kernels.limits import Limits
from toolkit.live.process.disk_quota import DiskQuota
from toolkit.live.process.kernel_broker import KernelBroker
from toolkit.live.process.listen_address import bind_socket, create_ssl_context, is_loopback, is_wildcard
from toolkit.live.process.process_log import ProcessLog
from toolkit.live.process.relay import Relay
from toolkit.live.process.sandbox import SandboxedServerProcess, spawn_server
from toolkit.live.session_settings import LiveSettings

__all__ = ["LiveServerSupervisor"]

_QUICK_EXIT_S = 10.0  # an end within this time after the start counts as quick
_MAX_QUICK_EXITS = 5
_SERVED_EXIT_WEIGHT = 0.2
"""The weight of a quick end if the server answered requests before: it can start, then."""
_MAX_PAUSE_S = 4.0  # between two starts
_QUOTA_CHECK_INTERVAL_S = 5.0
_KILL_TIMEOUT_S = 0.5


class LiveServerSupervisor:
    """Keeps a session's server running on one address until it is stopped.

    The address belongs to this process, so that a server that died is replaced without changing anybody's
    link; connected pages reconnect. A server's kernels end with it, and the server ends with this process,
    even if the process is killed. All methods are thread-safe.

    Parameters
    ----------
    settings : LiveSettings
        The session's settings; ``listener``, ``port``, ``broker`` and both files for TLS are set or used
        here.
    host : str
        The public host.
    port : int
        The public port; 0 for any free one.
    insecure : bool
        True if a host that others can reach may be used without TLS.
    command : sequence of str, optional
        A program that reads the path of the settings as its last argument, instead of our server.
    limits : Limits, optional
        The limits of each kernel.
    growth : DiskQuota, optional
        The disk quota of the writable folders; if it is exceeded, the server is ended for good.

    Raises
    ------
    InputError
        If the address cannot be used or is not safe, or a folder is missing.
    ExecutionError
        If there is no sandbox here.
    StorageError
        If the log cannot be written.
    """

    def __init__(
        self,
        settings: LiveSettings,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        insecure: bool = False,
        command: Sequence[str] | None = None,
        limits: Limits | None = None,
        growth: DiskQuota | None = None,
    ) -> None:
        self.settings = settings
        self.host = host
        self.restarts = 0
        self._limits = limits
        self._command = list(command or [sys.executable, "-s", "-P", "-m", "toolkit.live.server"])
        if not is_unsafe() and not containment().sandboxed:
            raise no_sandbox_error()
        self._mounts = _mounts(settings)
        tls_context = create_ssl_context(settings)
        if tls_context is None and not insecure and not is_loopback(host):
            raise InputError(
                _("Others can reach {host}, and what they send would not be encrypted.").format(host=host),
                _("Give a certificate (--certfile and --keyfile), or say that it may be so (--insecure)."),
            )
        if is_wildcard(host) and not settings.public_url:
            raise InputError(
                _("At {host} it listens on every address of this machine, and links need one.").format(
                    host=host or "0.0.0.0"  # noqa: S104
                ),
                _("Say which one people are to use: --public-url https://NAME:PORT, with --port PORT."),
            )
        with ExitStack() as stack:
            listener = stack.enter_context(bind_socket(host, port))
            self.port = int(listener.getsockname()[1])
            self._output_log = ProcessLog(settings.state / "output.log")
            stack.callback(self._output_log.close)
            self._relay = Relay(listener, tls_context)
            stack.pop_all()
        scheme = "http" if tls_context is None else "https"
        # Cookies ignore the port: the desk uses 127.0.0.1, so this address must not.
        name = "localhost" if host == "127.0.0.1" or is_wildcard(host) else host
        self.url = f"{scheme}://{f'[{name}]' if ':' in name else name}:{self.port}"
        self._lock = threading.Lock()
        self._server: SandboxedServerProcess | None = None
        self._failure: MentoringError | None = None
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._is_ready = False
        context = copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._supervise,), name="mentoring server", daemon=True
        )
        self._quota = growth or DiskQuota(self._mounts.values())
        self._quota_thread = threading.Thread(
            target=copy_context().run, args=(self._watch_quota,), name="mentoring growth", daemon=True
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        """The path of the log with the servers' output."""
        return self._output_log.path

    @property
    def notice(self) -> str:
        """A warning for the mentor if the server runs without a sandbox; empty otherwise."""
        return containment().summary if is_unsafe() else ""

    @property
    def pid(self) -> int | None:
        """The process id of the running server or of its sandbox's init process; None if none runs."""
        with self._lock:
            return self._server.pid if self._server is not None else None

    def start(self) -> None:
        """Accept connections and start the server, without waiting for it.

        Raises
        ------
        StateError
            If it was started before.
        """
        if self._thread.ident is not None or self._stopping.is_set():
            raise StateError(_("This session's server was started before."), _("Make a new one."))
        self._relay.start()
        self._thread.start()
        self._quota_thread.start()

    def wait_until_ready(self, seconds: float = 30.0) -> None:
        """Wait until the server answers.

        Parameters
        ----------
        seconds : float
            Maximum time, s.

        Raises
        ------
        ExecutionError
            If it does not answer in time, or keeps ending.
        """
        deadline = time.monotonic() + seconds
        while not self._is_answering(deadline - time.monotonic()):
            if self._ended.is_set():
                self.wait()
                raise ExecutionError(_("The session's server was stopped."))
            if time.monotonic() >= deadline:
                raise ExecutionError(
                    _("The session's server did not answer within {n} s. {why}")
                    .format(n=round(seconds), why=self._output_log.last_words)
                    .rstrip(),
                    _("Its whole log: {path}").format(path=self.log),
                )
            self._ended.wait(0.02)
        self._is_ready = True

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the supervisor has stopped; return True if it has.

        Parameters
        ----------
        seconds : float, optional
            Maximum time, s; if missing, without a limit.

        Raises
        ------
        ExecutionError
            If the server kept ending, and is not started again.
        StorageError
            If the server exceeded the disk quota.
        """
        ended = self._ended.wait(seconds)
        if self._failure is not None:
            raise self._failure
        return ended

    def stop(self, deadline: float = 15.0) -> None:
        """Stop the server: ask it, wait, then kill it. All of its processes have ended when this returns.

        Parameters
        ----------
        deadline : float
            Maximum time, s.
        """
        until = time.monotonic() + deadline
        self._stopping.set()
        # Before it answers it may not handle SIGTERM yet, and has nothing to save.
        if self._send_signal(signal.SIGTERM if self._is_ready or self._is_answering(0.2) else signal.SIGKILL):
            self._ended.wait(max(0.0, until - _KILL_TIMEOUT_S - time.monotonic()))
        self._send_signal(signal.SIGKILL)
        if self._thread.ident is not None:
            self._thread.join(max(_KILL_TIMEOUT_S, until - time.monotonic()) + _KILL_TIMEOUT_S)
        self._ended.set()
        if self._quota_thread.ident is not None:
            self._quota_thread.join(_KILL_TIMEOUT_S)
        self._relay.close()
        self._output_log.close()

    def _send_signal(self, number: signal.Signals) -> bool:
        """Send a signal to the server; return True if one runs."""
        with self._lock:
            if self._server is not None:
                self._server.signal(number)
            return self._server is not None

    def _is_answering(self, seconds: float) -> bool:
        with suppress(OSError), self._relay.connect(max(0.1, seconds)) as connection:
            connection.sendall(b"GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if connection.recv(16).startswith(b"HTTP/1."):
                self._relay.answered = True
                return True
        return False

    def _supervise(self) -> None:
        weighted_exits = 0.0
        exits = 0
        try:
            while not self._stopping.is_set():
                started_at = time.monotonic()
                self._relay.answered = False
                self._run_once()
                if self._stopping.is_set():
                    return
                self.restarts += 1
                if time.monotonic() - started_at >= _QUICK_EXIT_S:
                    weighted_exits, exits = 0.0, 0
                else:
                    weighted_exits += _SERVED_EXIT_WEIGHT if self._relay.answered else 1
                    exits += 1
                if weighted_exits >= _MAX_QUICK_EXITS:
                    raise self._too_many_exits(exits)
                self._stopping.wait(min(0.1 * (2**weighted_exits - 1), _MAX_PAUSE_S))
        except (MentoringError, OSError) as error:
            self._failure = (
                error
                if isinstance(error, MentoringError)
                else ExecutionError(_("The session's server could not be started: {why}").format(why=error))
            )
            # No server will answer connections any more.
            self._relay.close()
        finally:
            self._ended.set()

    def _watch_quota(self) -> None:
        """End the server when its folders exceed the quota: the disk is the mentor's."""
        while not self._ended.wait(_QUOTA_CHECK_INTERVAL_S):
            if self._quota.exceeded():
                self._failure = StorageError(
                    _("The session's server was ended: it, or its kernels, had written {n} GB.").format(
                        n=round(self._quota.most_bytes / 1e9)
                    ),
                    _("Look into {folder}, take away what is too much, then share the session again.").format(
                        folder=self.settings.root
                    ),
                )
                self._stopping.set()
                self._send_signal(signal.SIGKILL)
                return

    def _run_once(self) -> None:
        """Start a server, and wait until it and its kernels have ended."""
        broker = None
        if not is_unsafe():
            place = self.settings.root.absolute()
            broker = KernelBroker(
                place,
                self._mounts[place],
                language=self.settings.language,
                limits=self._limits,
                folders=[copy.folder for copy in self.settings.copies],
            )
        with ExitStack() as stack:
            if broker is not None:
                stack.callback(broker.close)
            server = self._spawn_server(broker)
            stack.callback(server.close)
            if broker is not None:
                broker.start()
            with self._lock:
                self._server = server
            if self._stopping.is_set():
                server.signal(signal.SIGKILL)
            server.wait()
            with self._lock:
                self._server = None
        self._output_log.finish(1.0)

    def _spawn_server(self, broker: KernelBroker | None) -> SandboxedServerProcess:
        broker_end = broker.theirs.fileno() if broker is not None else -1
        inner = self._relay.inner.fileno()
        # The relay terminates TLS, so only this address tells the server the public scheme.
        is_local_http = self.url.startswith("http:") and is_loopback(self.host)
        address = self.settings.public_url or ("" if is_local_http else self.url)
        overrides = {
            "listener": inner,
            "port": self.port,
            "broker": broker_end,
            "public_url": address,
            "certfile": None,
            "keyfile": None,
        }
        with _unnamed_file() as file, self._output_log.follow() as output:
            file.write(self.settings.model_copy(update=overrides).model_dump_json().encode())
            passed = [inner, file.fileno(), *([broker_end] if broker is not None else [])]
            return spawn_server(
                [*self._command, f"/dev/fd/{file.fileno()}"],
                lend=self._mounts,
                passed=passed,
                variables={BROKER_VARIABLE: str(broker_end)} if broker is not None else {},
                output=output.fileno(),
            )

    def _too_many_exits(self, exits: int) -> ExecutionError:
        return ExecutionError(
            ngettext(
                "The session's server ended {n} time soon after its start. {why}",
                "The session's server ended {n} times in a row soon after its start. {why}",
                exits,
            )
            .format(n=exits, why=self._output_log.last_words)
            .rstrip(),
            _("Its whole log: {path}").format(path=self.log),
        )


def _unnamed_file() -> FileIO:
    if sys.platform == "linux":
        return FileIO(os.memfd_create("settings"), "w")
    number, path = tempfile.mkstemp()
    Path(path).unlink()
    return FileIO(number, "w")


def _mounts(settings: LiveSettings) -> dict[Path, Path]:
    """Return the folders that a server can write to: from their paths in the sandbox to their real paths."""
    root = resolve_workspace(settings.root, writable=True)
    state = resolve_workspace(settings.state, writable=True)
    if root.is_relative_to(state) or state.is_relative_to(root):
        raise InputError(
            _("{state} is for the session's server alone, and {root} is the student's.").format(
                state=state, root=root
            ),
            _("Neither may lie in the other."),
        )
    places = {settings.root.absolute(): root, settings.state.absolute(): state}
    for copy in settings.copies:
        # Each is a mount of its own: a mount point cannot be renamed and replaced by a link.
        real = resolve_workspace(root / copy.folder, writable=True)
        if real != root / copy.folder:
            raise InputError(_("{path} is no folder of the session's own.").format(path=root / copy.folder))
        places[settings.root.absolute() / copy.folder] = real
    return places
