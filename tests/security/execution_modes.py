# ruff: noqa: E501 - attacks are quoted as they are
"""The three ways to run an attack: the two faces of the sandbox, and outside of it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.security.attack_targets import ATTACKS, World
from toolkit.kernels import Limits

__all__ = ["DirectFace", "Outcome", "ProtocolFace", "source"]

SMALL = Limits(
    cell_seconds=30,
    memory_bytes=300 << 20,
    processes=64,
    file_bytes=24 << 20,
    disk_bytes=40 << 20,
    files=1000,
    output_bytes=200_000,
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a cell.

    Parameters
    ----------
    text : str
        Everything it wrote, and its error.
    status : str
        ok, error, interrupted, ended.
    ended : str
        How the kernel ended, as the face knows it: the kind of end, or "dead".
    seconds : float
        How long it took.
    """

    text: str
    status: str
    ended: str = ""
    seconds: float = 0.0

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def attempts(self, word: str) -> list[str]:
        return [line for line in self.lines if line.startswith(word)]

    def refused(self, least: int = 1, *, may_end: bool = False) -> Outcome:
        """Assert that every attempt was refused, that there were some, and that nothing leaked."""
        assert not self.attempts("REACHED"), self.attempts("REACHED")
        assert not self.attempts("BROKEN"), self.attempts("BROKEN")
        assert "mentoring-secret-" not in self.text
        assert self.status == "ok" or may_end, f"{self.status} {self.ended}: {self.text[-2000:]}"
        assert len(self.attempts("REFUSED")) >= least, self.text[-2000:]
        return self


def source(attack: str, given: Mapping[str, Any]) -> str:
    """Return an attack, or plain code, as a cell."""
    path = ATTACKS / f"{attack}.py"
    body = path.read_text() if "\n" not in attack and path.is_file() else attack
    prelude = (ATTACKS / "attack.py").read_text()
    return (
        f"import sys, types\nattack = types.ModuleType('attack')\n"
        f"exec(compile({prelude!r}, 'attack.py', 'exec'), vars(attack))\n"
        f"attack.GIVEN.update({json.dumps(given)!s})\nsys.modules['attack'] = attack\n".replace(
            ": true", ": True"
        ).replace(": null", ": None")
        + f"exec(compile({body!r}, 'cell.py', 'exec'))\n"
    )


class Kernel:
    """One kernel of a face."""

    def run(self, code: str, seconds: float = 30.0, **given: Any) -> Outcome:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Face:
    """A way to run code."""

    name = ""
    sibling: Kernel | None = None
    stack: contextlib.ExitStack

    def __init__(self, world: World) -> None:
        self.world = world

    def start(self, workspace: Path | None, *, writable: bool, limits: Limits, **more: Any) -> Kernel:
        raise NotImplementedError

    @contextlib.contextmanager
    def open(
        self, workspace: Path | None = None, *, writable: bool = False, limits: Limits = SMALL, **more: Any
    ) -> Iterator[Kernel]:
        os.environ["LATER_TOKEN"] = self.world.secret("environment")
        kernel = self.start(workspace, writable=writable, limits=limits, **more)
        try:
            yield kernel
        finally:
            kernel.close()

    def run(
        self,
        code: str,
        seconds: float = 30.0,
        *,
        workspace: Path | None = None,
        writable: bool = False,
        network: bool = False,
        limits: Limits = SMALL,
        variables: Mapping[str, str] | None = None,
        **given: Any,
    ) -> Outcome:
        """Run one attack in a kernel of its own."""
        more: dict[str, Any] = {"variables": variables} if variables else {}
        more |= {"network": True} if network else {}
        with self.open(workspace, writable=writable, limits=limits, **more) as kernel:
            return kernel.run(code, seconds, **given)


class _DirectKernel(Kernel):
    def __init__(self, face: DirectFace, shell: Any) -> None:
        self.face = face
        self.shell = shell

    def run(self, code: str, seconds: float = 30.0, **given: Any) -> Outcome:
        began = time.monotonic()
        reply = self.shell.run(source(code, self.face.world.given | given), seconds=seconds)
        return Outcome(
            "".join(map(_text, reply.outputs)),
            reply.status,
            reply.ended.kind if reply.ended else "",
            time.monotonic() - began,
        )

    def close(self) -> None:
        self.shell.close()


class DirectFace(Face):
    """`toolkit.kernels.SandboxedShell`."""

    name = "direct"

    def start(self, workspace: Path | None, *, writable: bool, limits: Limits, **more: Any) -> Kernel:
        from toolkit.kernels.sandboxed_shell import SandboxedShell

        shell = SandboxedShell.open(workspace, writable=writable, limits=limits, preload=("numpy",), **more)
        return _DirectKernel(self, shell)


class _ProtocolKernel(Kernel):
    def __init__(self, face: ProtocolFace, manager: Any, client: Any, own: Any) -> None:
        self.face = face
        self.manager = manager
        self.client = client
        self.own = own

    def run(self, code: str, seconds: float = 30.0, **given: Any) -> Outcome:
        began = time.monotonic()
        request = self.client.execute(source(code, self.face.world.given | given))
        said: list[str] = []
        status, idle, replied = "", False, False
        deadline = began + seconds
        interrupted = False
        while not (idle and replied):
            if time.monotonic() > deadline:
                if interrupted:
                    self.manager.shutdown_kernel(now=True)
                    return Outcome("".join(said), "ended", "time", time.monotonic() - began)
                interrupted = True
                self.manager.interrupt_kernel()
                deadline = time.monotonic() + 3
            if not replied:
                with contextlib.suppress(queue.Empty):
                    message = self.client.get_shell_msg(timeout=0)
                    if message["parent_header"].get("msg_id") == request:
                        replied, status = True, message["content"]["status"]
            try:
                message = self.client.get_iopub_msg(timeout=0.05)
            except queue.Empty:
                if not self.manager.is_alive():
                    return Outcome("".join(said), "ended", "dead", time.monotonic() - began)
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status":
                idle |= message["content"]["execution_state"] == "idle"
            elif sum(map(len, said)) < 4_000_000:
                said.append(_text({"output_type": message["msg_type"], **message["content"]}))
        if interrupted:
            status = "interrupted"
        return Outcome("".join(said), status, "", time.monotonic() - began)

    def close(self) -> None:
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        if self.own is not None:
            shutil.rmtree(self.own, ignore_errors=True)


class ProtocolFace(Face):
    """A `KernelManager` as any Jupyter tool has it."""

    name = "protocol"

    def start(self, workspace: Path | None, *, writable: bool, limits: Limits, **more: Any) -> Kernel:
        from jupyter_client.manager import KernelManager

        own = None if workspace else Path(tempfile.mkdtemp(dir=self.world.temporary))
        folder = workspace or own
        manager = KernelManager(kernel_name="mentoring")
        self.limit(manager, limits, preload=("numpy",))
        environment = {**os.environ, **more.get("variables", {})}
        manager.start_kernel(cwd=str(folder), env=environment)
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=30)
        except BaseException:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            raise
        return _ProtocolKernel(self, manager, client, own)

    def limit(self, manager: Any, limits: Limits, preload: tuple[str, ...]) -> None:
        """Ask for small limits as a kernelspec can; it can only set the memory limit."""
        manager.kernel_spec.metadata["kernel_provisioner"]["config"] = {
            "memory_bytes": limits.memory_bytes,
            "preload": list(preload),
        }


def _text(output: Mapping[str, Any]) -> str:
    kind = output.get("output_type") or output.get("msg_type")
    if kind == "stream":
        return str(output["text"])
    if kind == "error":
        return (
            "\n"
            + _ANSI.sub("", "\n".join(output["traceback"]))
            + f"\n{output['ename']}: {output['evalue']}\n"
        )
    if kind in {"execute_result", "display_data"}:
        return str(output["data"].get("text/plain", "")) + "\n"
    return ""


_OUTSIDE = """
import json, os, socket, subprocess, sys
given = json.loads(sys.stdin.read())
victim = subprocess.Popen([sys.executable, "-c", given.pop("victim_code")], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "VICTIM_SECRET": given.pop("victim_secret")})
given |= {"address": int(victim.stdout.readline()), "victim": victim.pid, "host_pid": victim.pid}
code = given.pop("code").replace('"PLACE OF GIVEN"', repr(given))
# What a careless server would leave open for its children.
left = [os.open(given["folders"]["practice folder"], os.O_RDONLY), os.open(given["files"]["key"], os.O_RDONLY)]
left += [socket.socket().detach(), socket.socket(socket.AF_UNIX).detach()]
sys.exit(subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, pass_fds=left).returncode)
"""


def outside(world: World, attack: str, workspace: Path, **given: Any) -> Outcome:
    """Run an attack without a sandbox, where it can do no harm: with mounts and process ids of its own."""
    from tests.security.attack_targets import _HOST_PROCESS

    code = source(attack, {"all": "PLACE OF GIVEN"})
    code = code.replace('{"all": "PLACE OF GIVEN"}', '"PLACE OF GIVEN"')
    everything = world.given | given
    everything |= {"code": code, "victim_code": _HOST_PROCESS, "victim_secret": world.secret("process")}
    script = ATTACKS.parent / "outside.sh"
    done = subprocess.run(
        [
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--propagation",
            "private",
            "sh",
            str(script),
            str(world.root / "layers"),
            sys.executable,
            "-c",
            _OUTSIDE,
        ],
        input=json.dumps(everything),
        capture_output=True,
        text=True,
        cwd=workspace,
        timeout=120,
        check=False,
    )
    return Outcome(done.stdout + done.stderr, "ok" if done.returncode == 0 else "error")
