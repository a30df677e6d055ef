"""Targets of the attacks (secrets, files, processes, sockets), planted by the tests on the host."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from pathlib import Path

__all__ = ["World"]

ATTACKS = Path(__file__).parent / "attacks"
_HOST_PROCESS = """
import ctypes, os, sys, time
held = ctypes.create_string_buffer(os.environ["VICTIM_SECRET"].encode())
print(ctypes.addressof(held), flush=True)
time.sleep(600)
"""
_libc = ctypes.CDLL(None, use_errno=True)


class World:
    """A practice, a home folder, processes, sockets and memory, each with a secret of its own in it."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(6)
        self.number = secrets.token_hex(8)
        # Short, for the sockets in it.
        self.root = Path(tempfile.mkdtemp(prefix="ms-"))
        self.stack = contextlib.ExitStack()

    def secret(self, kind: str) -> str:
        return f"mentoring-secret-{kind}-{self.number}"

    def plant(self) -> World:
        text = self.secret("file")
        self.practice, self.home = self.root / "practice", self.root / "home"
        self.runtime, self.temporary = self.root / "run", self.root / "tmp"
        for folder in ("students/anna", "students/ben", "source", "release", ".history"):
            (self.practice / folder).mkdir(parents=True)
        for folder in (self.runtime, self.temporary, self.home / ".ssh", self.home / ".config"):
            folder.mkdir(parents=True, mode=0o700)
        self.files = {
            "workspace": self.practice / "students/anna/notes.ipynb",
            "practice": self.practice / "mentoring.toml",
            "gradebook": self.practice / "gradebook.db",
            "source": self.practice / "source/hidden.ipynb",
            "release": self.practice / "release/task.ipynb",
            "key": self.home / ".ssh/id_ed25519",
            "netrc": self.home / ".netrc",
        }
        for path in self.files.values():
            path.write_text(text)
        self.given = {
            "mark": self.mark,
            "files": {name: str(path) for name, path in self.files.items()},
            "folders": {
                "practice folder": str(self.practice),
                "students": str(self.practice / "students"),
                "home": str(self.home),
                "runtime": str(self.runtime),
            },
            "write_folders": {
                "release": str(self.practice / "release"),
                "source": str(self.practice / "source"),
                "packages": sysconfig.get_paths()["purelib"],
                "library": sysconfig.get_paths()["stdlib"],
                "our code": str(Path(__file__).parents[2] / "toolkit/kernels/forkserver"),
                "scripts": sysconfig.get_paths()["scripts"],
                "usr": "/usr",
                "usr bin": "/usr/bin",
                "etc": "/etc",
                "root": "/",
                "dev": "/dev",
            },
            "write_files": {
                "a release": str(self.files["release"]),
                "the gradebook": str(self.files["gradebook"]),
                "passwd": "/etc/passwd",
                "python": os.path.realpath(sys.executable),
                "a module": os.__file__,
                "a package": json.__file__,
            },
            "setuid": [
                found
                for name in ("su", "mount", "umount", "passwd", "chsh", "newgrp")
                if (found := shutil.which(name, path="/usr/bin:/bin")) and Path(found).stat().st_mode & 0o4000
            ],
            "handle": _handle(self.files["key"]),
            "resolvers": _resolvers(),
            "addresses": _addresses(),
        }
        self._environment()
        self._processes()
        self._memory()
        self._sockets()
        return self

    def uproot(self) -> None:
        self.stack.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def _environment(self) -> None:
        wanted = {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "MENTORING_RUNTIME_DIR": str(self.runtime),
            "XDG_RUNTIME_DIR": str(self.temporary),
            "SECRET_TOKEN": self.secret("environment"),
            "SSH_AUTH_SOCK": str(self.root / "agent"),
            "AWS_SECRET_ACCESS_KEY": self.secret("environment"),
        }
        before = {name: os.environ.get(name) for name in [*wanted, "LATER_TOKEN"]}
        os.environ.update(wanted)
        tempfile.tempdir = None

        def restore() -> None:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            tempfile.tempdir = None

        self.stack.callback(restore)

    def _processes(self) -> None:
        victim = subprocess.Popen(
            [sys.executable, "-c", _HOST_PROCESS],
            env={**os.environ, "VICTIM_SECRET": self.secret("process")},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert victim.stdout is not None
        self.given |= {"host_pid": victim.pid, "host_address": int(victim.stdout.readline())}
        self.victim = victim

        def end() -> None:
            victim.kill()
            victim.communicate()

        self.stack.callback(end)

    def _memory(self) -> None:
        name = f"mentoring-{self.mark}"
        shared = Path("/dev/shm") / name
        shared.write_text(self.secret("shared"))
        self.stack.callback(shared.unlink)
        key = int(self.mark[:7], 16) | 1
        number = _libc.shmget(key, 4096, 0o1600)
        assert number >= 0
        self.stack.callback(_libc.shmctl, number, 0, None)
        _libc.shmat.restype = ctypes.c_void_p
        address = _libc.shmat(number, None, 0)
        ctypes.memmove(address, self.secret("shared").encode(), len(self.secret("shared")))
        _libc.shmdt(ctypes.c_void_p(address))
        queue = f"/mentoring-{self.mark}"
        made = _libc.mq_open(queue.encode(), os.O_CREAT | os.O_RDWR, 0o600, None)
        assert made >= 0
        os.close(made)
        self.stack.callback(_libc.mq_unlink, queue.encode())
        self.given |= {"shm": name, "sysv": key, "queue": queue}

    def _sockets(self) -> None:
        said = self.secret("socket").encode()
        agent, other = str(self.root / "agent"), str(self.root / "other")
        self.given |= {"unix": agent, "abstract": f"mentoring-{self.mark}"}
        self.given["sockets"] = {"agent": agent, "other": other}
        stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
        tcp = self._serve(socket.AF_INET, stream, ("0.0.0.0", 0), said)
        udp = self._serve(socket.AF_INET, datagram, ("127.0.0.1", 0), said)
        self.given |= {"tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1]}
        for path in (agent, other, "\0" + self.given["abstract"]):
            self._serve(socket.AF_UNIX, stream, path, said)
        self._serve(socket.AF_UNIX, datagram, "\0" + self.given["abstract"] + "-datagram", said)

    def _serve(self, family: int, kind: int, address: object, said: bytes) -> socket.socket:
        server = socket.socket(family, kind)
        server.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            server.listen(16)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    if kind == socket.SOCK_STREAM:
                        with server.accept()[0] as client:
                            client.sendall(said)
                    else:
                        _data, sender = server.recvfrom(100)
                        if sender:
                            server.sendto(said, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()

        def end() -> None:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join(5)

        self.stack.callback(end)
        return server


def _handle(path: Path) -> list[object] | None:
    """Return the file's handle, by which root could open it from anywhere on the same file system."""
    numbers = {"x86_64": 303, "aarch64": 264}
    block = (ctypes.c_char * 136)()
    ctypes.c_uint.from_buffer(block).value = 128
    mount = ctypes.c_int()
    number = numbers.get(os.uname().machine, 0)
    if _libc.syscall(number, -100, bytes(path), block, ctypes.byref(mount), 0) != 0:
        return None
    length = ctypes.c_uint.from_buffer(block).value
    return [ctypes.c_int.from_buffer(block, 4).value, bytes(block)[8 : 8 + length].hex()]


def _resolvers() -> list[str]:
    with contextlib.suppress(OSError):
        words = [line.split() for line in Path("/etc/resolv.conf").read_text().splitlines()]
        return [word[1] for word in words if len(word) > 1 and word[0] == "nameserver" and "." in word[1]]
    return []


def _addresses() -> list[str]:
    """Return this machine's own addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # nothing is sent
        return [probe.getsockname()[0]]
    return []
