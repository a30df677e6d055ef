"""The mentor's process that a session's server lives by: it starts it, starts it again, and stops it."""

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
from toolkit.kernels.broker_client import BROKER
from toolkit.kernels.containment import containment, unsafe
from toolkit.kernels.fork_servers import no_sandbox
from toolkit.kernels.kernel_handle import lendable
from toolkit.kernels.limits import Limits
from toolkit.live.process.disk_quota import Growth
from toolkit.live.process.kernel_broker import Broker
from toolkit.live.process.listen_address import bound, is_everywhere, is_loopback, tls
from toolkit.live.process.process_log import Journal
from toolkit.live.process.relay import Relay
from toolkit.live.process.sandbox import Server, spawn
from toolkit.live.session_settings import LiveSettings

__all__ = ["LiveProcess"]

_QUICK_SECONDS = 10.0
_MOST_QUICK = 5
_SERVED = 0.2
"""What an end soon after the start counts where people were served meanwhile: it can be started, then."""
_LONGEST_PAUSE = 4.0
_GROWTH_SECONDS = 5.0
_KILL_SECONDS = 0.5


class LiveProcess:
    """A session's server, kept alive on one address until it is stopped.

    The address is this process's own, so that a server that died is replaced behind it and nobody's link
    changes; who is connected then connects again. Kernels of a server that died end with it. If this process
    ends, however it does, the server and its kernels do. All of it may be called from any thread.

    Parameters
    ----------
    settings : LiveSettings
        Of the session; ``listener``, ``port``, ``broker`` and the two files for TLS are filled in, or used,
        here.
    host, port : str, int
        Where people come in; 0 for any port that is free.
    insecure : bool
        Whether a host that others reach may do without TLS.
    command : sequence of str, optional
        A program that reads the path of the settings as its last argument, instead of ours.
    limits : Limits, optional
        Of each kernel.
    growth : Growth, optional
        How much may be written to the two folders, before the server is ended for good.

    Raises
    ------
    InputError
        The address cannot be used or is not safe, or one of the folders is not there.
    ExecutionError
        There is no sandbox here.
    StorageError
        The log cannot be written.
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
        growth: Growth | None = None,
    ) -> None:
        self.settings = settings
        self.host = host
        self.restarts = 0
        self._limits = limits
        self._command = list(command or [sys.executable, "-s", "-P", "-m", "toolkit.live.server"])
        if not unsafe() and not containment().sandboxed:
            raise no_sandbox()
        self._lend = _lend(settings)
        encrypted = tls(settings)
        if encrypted is None and not insecure and not is_loopback(host):
            raise InputError(
                _("Others can reach {host}, and what they send would not be encrypted.").format(host=host),
                _("Give a certificate (--certfile and --keyfile), or say that it may be so (--insecure)."),
            )
        if is_everywhere(host) and not settings.public_url:
            raise InputError(
                _("At {host} it listens on every address of this machine, and links need one.").format(
                    host=host or "0.0.0.0"  # noqa: S104
                ),
                _("Say which one people are to use: --public-url https://NAME:PORT, with --port PORT."),
            )
        with ExitStack() as stack:
            door = stack.enter_context(bound(host, port))
            self.port = int(door.getsockname()[1])
            self._journal = Journal(settings.state / "output.log")
            stack.callback(self._journal.close)
            self._relay = Relay(door, encrypted)
            stack.pop_all()
        scheme = "http" if encrypted is None else "https"
        # A browser keeps cookies by host, whatever the port: the desk is on 127.0.0.1, so this is not.
        name = "localhost" if host == "127.0.0.1" or is_everywhere(host) else host
        self.url = f"{scheme}://{f'[{name}]' if ':' in name else name}:{self.port}"
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._failure: MentoringError | None = None
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._is_ready = False
        context = copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._supervise,), name="mentoring server", daemon=True
        )
        self._growth = growth or Growth(self._lend.values())
        self._watcher = threading.Thread(
            target=copy_context().run, args=(self._watch,), name="mentoring growth", daemon=True
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
        """Where what the servers print is kept."""
        return self._journal.path

    @property
    def notice(self) -> str:
        """A sentence for the mentor where nothing contains the server; empty where it is in its sandbox."""
        return containment().summary if unsafe() else ""

    @property
    def pid(self) -> int | None:
        """The process id of the server that runs just now, or of its keeper; None where none does."""
        with self._lock:
            return self._server.pid if self._server is not None else None

    def start(self) -> None:
        """Let people in and start the server; this does not wait for it.

        Raises
        ------
        StateError
            It was started before.
        """
        if self._thread.ident is not None or self._stopping.is_set():
            raise StateError(_("This session's server was started before."), _("Make a new one."))
        self._relay.start()
        self._thread.start()
        self._watcher.start()

    def wait_until_ready(self, seconds: float = 30.0) -> None:
        """Wait until the server answers.

        Raises
        ------
        ExecutionError
            It does not in ``seconds``, or it keeps ending.
        """
        deadline = time.monotonic() + seconds
        while not self._answers(deadline - time.monotonic()):
            if self._ended.is_set():
                self.wait()
                raise ExecutionError(_("The session's server was stopped."))
            if time.monotonic() >= deadline:
                raise ExecutionError(
                    _("The session's server did not answer within {n} s. {why}")
                    .format(n=round(seconds), why=self._journal.last_words)
                    .rstrip(),
                    _("Its whole log: {path}").format(path=self.log),
                )
            self._ended.wait(0.02)
        self._is_ready = True

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is stopped; return whether it is.

        Raises
        ------
        ExecutionError
            The server kept ending, and is not started any more.
        StorageError
            It was ended for what it had written.
        """
        ended = self._ended.wait(seconds)
        if self._failure is not None:
            raise self._failure
        return ended

    def stop(self, deadline: float = 15.0) -> None:
        """Stop the server: ask it, wait, kill it. All that it started is gone when this returns.

        Parameters
        ----------
        deadline : float
            How long it may take, s.
        """
        until = time.monotonic() + deadline
        self._stopping.set()
        # Before it answers it may not hear it, and has nothing to save either.
        if self._signal(signal.SIGTERM if self._is_ready or self._answers(0.2) else signal.SIGKILL):
            self._ended.wait(max(0.0, until - _KILL_SECONDS - time.monotonic()))
        self._signal(signal.SIGKILL)
        if self._thread.ident is not None:
            self._thread.join(max(_KILL_SECONDS, until - time.monotonic()) + _KILL_SECONDS)
        self._ended.set()
        if self._watcher.ident is not None:
            self._watcher.join(_KILL_SECONDS)
        self._relay.close()
        self._journal.close()

    def _signal(self, number: signal.Signals) -> bool:
        """Send a signal to the server; return whether there is one."""
        with self._lock:
            if self._server is not None:
                self._server.signal(number)
            return self._server is not None

    def _answers(self, seconds: float) -> bool:
        with suppress(OSError), self._relay.connect(max(0.1, seconds)) as connection:
            connection.sendall(b"GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if connection.recv(16).startswith(b"HTTP/1."):
                self._relay.answered = True
                return True
        return False

    def _supervise(self) -> None:
        quick = 0.0
        times = 0
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                self._relay.answered = False
                self._run_once()
                if self._stopping.is_set():
                    return
                self.restarts += 1
                if time.monotonic() - began >= _QUICK_SECONDS:
                    quick, times = 0.0, 0
                else:
                    quick += _SERVED if self._relay.answered else 1
                    times += 1
                if quick >= _MOST_QUICK:
                    raise self._gave_up(times)
                self._stopping.wait(min(0.1 * (2**quick - 1), _LONGEST_PAUSE))
        except (MentoringError, OSError) as error:
            self._failure = (
                error
                if isinstance(error, MentoringError)
                else ExecutionError(_("The session's server could not be started: {why}").format(why=error))
            )
            # Nobody is left to wait for those who knock.
            self._relay.close()
        finally:
            self._ended.set()

    def _watch(self) -> None:
        """End the server when its folders grow without end: the disk is the mentor's."""
        while not self._ended.wait(_GROWTH_SECONDS):
            if self._growth.is_too_much():
                self._failure = StorageError(
                    _("The session's server was ended: it, or its kernels, had written {n} GB.").format(
                        n=round(self._growth.most_bytes / 1e9)
                    ),
                    _("Look into {folder}, take away what is too much, then share the session again.").format(
                        folder=self.settings.root
                    ),
                )
                self._stopping.set()
                self._signal(signal.SIGKILL)
                return

    def _run_once(self) -> None:
        """Start a server, and wait until it has ended with its kernels."""
        broker = None
        if not unsafe():
            place = self.settings.root.absolute()
            broker = Broker(
                place,
                self._lend[place],
                language=self.settings.language,
                limits=self._limits,
                folders=[copy.folder for copy in self.settings.copies],
            )
        with ExitStack() as stack:
            if broker is not None:
                stack.callback(broker.close)
            server = self._spawned(broker)
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
        self._journal.finish(1.0)

    def _spawned(self, broker: Broker | None) -> Server:
        theirs = broker.theirs.fileno() if broker is not None else -1
        inner = self._relay.inner.fileno()
        # TLS has ended before the server, so that it is told in another way how people reach it.
        plain = self.url.startswith("http:") and is_loopback(self.host)
        address = self.settings.public_url or ("" if plain else self.url)
        told = {
            "listener": inner,
            "port": self.port,
            "broker": theirs,
            "public_url": address,
            "certfile": None,
            "keyfile": None,
        }
        with _unnamed_file() as file, self._journal.follow() as output:
            file.write(self.settings.model_copy(update=told).model_dump_json().encode())
            passed = [inner, file.fileno(), *([theirs] if broker is not None else [])]
            return spawn(
                [*self._command, f"/dev/fd/{file.fileno()}"],
                lend=self._lend,
                passed=passed,
                variables={BROKER: str(theirs)} if broker is not None else {},
                output=output.fileno(),
            )

    def _gave_up(self, times: int) -> ExecutionError:
        return ExecutionError(
            ngettext(
                "The session's server ended {n} time soon after its start. {why}",
                "The session's server ended {n} times in a row soon after its start. {why}",
                times,
            )
            .format(n=times, why=self._journal.last_words)
            .rstrip(),
            _("Its whole log: {path}").format(path=self.log),
        )


def _unnamed_file() -> FileIO:
    if sys.platform == "linux":
        return FileIO(os.memfd_create("settings"), "w")
    number, path = tempfile.mkstemp()
    Path(path).unlink()
    return FileIO(number, "w")


def _lend(settings: LiveSettings) -> dict[Path, Path]:
    """Return the folders that a server may write to: their places, and where they really lie."""
    root = lendable(settings.root, writable=True)
    state = lendable(settings.state, writable=True)
    if root.is_relative_to(state) or state.is_relative_to(root):
        raise InputError(
            _("{state} is for the session's server alone, and {root} is the student's.").format(
                state=state, root=root
            ),
            _("Neither may lie in the other."),
        )
    places = {settings.root.absolute(): root, settings.state.absolute(): state}
    for copy in settings.copies:
        # Each by itself: what is mounted cannot be put out of the way, and a link to elsewhere in its place.
        real = lendable(root / copy.folder, writable=True)
        if real != root / copy.folder:
            raise InputError(_("{path} is no folder of the session's own.").format(path=root / copy.folder))
        places[settings.root.absolute() / copy.folder] = real
    return places
