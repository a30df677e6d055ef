"""A proxy to a server whose connections a test can cut and restore."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread


class Wire:
    """Forwards connections from a port of its own to another port of this machine.

    Parameters
    ----------
    port : int
        Where the server listens.
    """

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._ends: set[socket.socket] = set()
        self._cut = self.was_cut = False
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        """End every connection, and refuse new ones."""
        with self._lock:
            self._cut = self.was_cut = True
            for end in self._ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Accept connections again."""
        self._cut = False

    def close(self) -> None:
        """Stop accepting connections for good."""
        self.cut()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._server.accept()
                if self._cut:
                    near.close()
                    continue
                try:
                    far = socket.create_connection(self._to)
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._ends |= {near, far}
                thread = Thread(target=self._carry, args=(near, far))
                thread.start()
                self._threads.append(thread)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        back = Thread(target=_pump, args=(far, near))
        back.start()
        _pump(near, far)
        back.join()
        with self._lock:
            self._ends -= {near, far}
        near.close()
        far.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wires(url: str, n: int) -> Iterator[list[Wire]]:
    """Start ``n`` proxies to the server at ``url``."""
    laid = [Wire(int(url.rpartition(":")[2])) for _number in range(n)]
    try:
        yield laid
    finally:
        for wire in laid:
            wire.close()
