"""Jupyter kernel provisioner, through which every Jupyter tool runs kernels in the sandbox."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool, Int, List, Unicode

from toolkit.i18n import _
from toolkit.kernels import broker_client
from toolkit.kernels.containment import containment, is_unsafe
from toolkit.kernels.environment import sandbox_environment
from toolkit.kernels.fast_ready_client import use_fast_ready_clients
from toolkit.kernels.fork_servers import PRELOADED_MODULES, ForkServerKey, runtime_folder
from toolkit.kernels.forkserver.sandbox_setup import WORKSPACE
from toolkit.kernels.interpreter import parse_kernel_command
from toolkit.kernels.kernel_exit import KernelExit
from toolkit.kernels.kernel_handle import KernelHandle, start_kernel
from toolkit.kernels.limits import Limits

__all__ = ["MentoringProvisioner"]

_PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
# Environment variable with the folder whose subfolders are the students' workspaces.
_WORKSPACES_VARIABLE = "MENTORING_TABLES"
_PROVISIONER_NAME = "mentoring-provisioner"
_SHUTDOWN_TIMEOUT_S = 2.0
# Variables that Jupyter sets for a kernel and that have no meaning in the sandbox.
_HOST_ONLY_VARIABLES = {"JPY_PARENT_PID", "JPY_INTERRUPT_EVENT", "PWD", "OLDPWD"}


class MentoringProvisioner(LocalProvisioner):
    """Starts kernels as forks of a fork server, each in its own sandbox.

    The kernel's working directory is mounted as `/workspace`, writable; if it is below the folder in
    `MENTORING_TABLES`, the student's whole workspace is mounted.

    As the default provisioner it handles every kernelspec, but sandboxes only the kernels started in a
    student's workspace. jupyter_client starts all others, and all kernels if the environment asks for unsafe
    ones. With a broker, the broker starts all kernels, in its workspace.
    """

    memory_bytes = Int(
        Limits().memory_bytes, config=True, help="Private memory of the kernel and all its processes, bytes."
    )
    network = Bool(
        default_value=False, config=True, help="Whether kernels reach the machine's network, all of it."
    )
    preload = List(
        Unicode(), list(PRELOADED_MODULES), config=True, help="Modules that are imported beforehand."
    )
    _started: KernelHandle | None = None
    _listeners: Sequence[socket.socket] = ()
    _code: int | None = None
    _farewell = ""
    _local = False
    _root: Path | None = None
    _limits = Limits()

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel."""
        return super().has_process if self._local else self._started is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - Jupyter's own
        """Prepare the arguments of `launch_kernel`."""
        sandboxed = (
            broker_client.broker_descriptor() is not None
            or self._is_named()
            or _student_workspace(_cwd(kwargs))
        )
        self._local = is_unsafe() or not sandboxed
        if is_unsafe():
            self.log.warning("%s", containment().summary)
        if self._local:
            return await super().pre_launch(**kwargs)
        # LocalProvisioner's implementation would choose TCP ports, on which a sandbox cannot listen.
        arguments = kwargs.pop("extra_arguments", [])
        kwargs["cmd"] = self._manager().format_kernel_cmd(extra_arguments=arguments)
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ANN401
        """Start a kernel.

        Parameters
        ----------
        cmd : list of str
            Command line of the kernelspec.
        **kwargs
            Jupyter's arguments; ``cwd``, ``env`` and ``network`` are used.

        Returns
        -------
        dict
            Connection info of the kernel.

        Raises
        ------
        ExecutionError
            There is no sandbox here, or the kernel is not a Python one.
        """
        if self._local:
            return await super().launch_kernel(cmd, **kwargs)
        python, arguments = parse_kernel_command(cmd)
        cwd = _cwd(kwargs)
        self._limits = Limits(memory_bytes=self.memory_bytes)
        self.cwd = cwd
        self._code = None
        info = self._connection()
        self._listen(info)
        network = bool(kwargs.get("network", self.network))
        extra = _requested_variables(kwargs.get("env") or {})
        if self._farewell:
            extra["MENTORING_FAREWELL"], self._farewell = self._farewell, ""
        listeners = [listener.fileno() for listener in self._listeners]
        session = self._manager().session
        session_info = {
            "key": session.key.decode(),
            "signature_scheme": session.signature_scheme,
            "arguments": arguments,
        }
        descriptor = broker_client.broker_descriptor()
        try:
            # In a thread: starting a fork server takes a second, and must not block the event loop.
            if descriptor is not None:
                started, self._root = await asyncio.to_thread(
                    broker_client.request_kernel,
                    descriptor,
                    listeners,
                    cwd=str(cwd) if kwargs.get("cwd") else "",
                    variables=extra,
                    **session_info,
                )
            else:
                workspace = _student_workspace(cwd)
                self._root = (workspace or cwd).resolve()
                started = await asyncio.to_thread(
                    start_kernel,
                    ForkServerKey(python, tuple(self.preload), network=network),
                    "kernel",
                    listeners,
                    workspace=self._root,
                    writable=True,
                    limits=self._limits,
                    variables=sandbox_environment(python, extra, network=network),
                    cwd=str(cwd.relative_to(workspace) if workspace else Path()),
                    extra=session_info,
                )
        finally:
            # From here on only the kernel has the listening sockets.
            self._close_listeners()
        self._started = started
        started.connection.setblocking(False)  # noqa: FBT003
        use_fast_ready_clients(self._manager())
        return info

    def _manager(self) -> KernelManager:
        assert isinstance(self.parent, KernelManager)  # noqa: S101 - only managers create provisioners
        return self.parent

    def _is_named(self) -> bool:
        named = self.kernel_spec.metadata.get("kernel_provisioner", {}).get("provisioner_name")
        return bool(named == _PROVISIONER_NAME)

    def _connection(self) -> KernelConnectionInfo:
        """Return the connection info, the same after a restart, so that clients can reconnect."""
        if not self.connection_info:
            folder = runtime_folder() / "k"
            folder.mkdir(mode=0o700, exist_ok=True)
            session = self._manager().session
            info: dict[str, Any] = {name: number for number, name in enumerate(_PORTS, start=1)}
            info["transport"] = "ipc"
            info["ip"] = str(folder / uuid.uuid4().hex[:12])
            info["key"] = session.key
            info["signature_scheme"] = session.signature_scheme
            self.connection_info = cast("KernelConnectionInfo", info)
        return self.connection_info

    def _listen(self, info: KernelConnectionInfo) -> None:
        listeners = []
        for path in self._sockets(info):
            path.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX)
            listeners.append(listener)
            listener.bind(str(path))
            # Clients can connect at once; their messages wait until the kernel runs.
            listener.listen(128)
        self._listeners = listeners

    def _sockets(self, info: KernelConnectionInfo) -> list[Path]:
        return [Path(f"{info['ip']}-{info[name]}") for name in _PORTS]  # type: ignore[literal-required]

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._listeners = ()

    async def poll(self) -> int | None:
        """Return None while the kernel runs, then its exit code."""
        if self._local:
            return await super().poll()
        if self._started is None:
            return 0
        if self._code is None:
            with suppress(BlockingIOError):
                self._remember(self._started.told())
        return self._code

    def _remember(self, message: dict[str, Any]) -> None:
        end = KernelExit.of(message) if "ended" in message else KernelExit("lost")
        self._code = end.value if end.kind == "exit" else -(end.value or int(signal.SIGKILL))
        if end.kind not in {"exit", "signal"}:
            self._farewell = _("The kernel before this one was ended. {why}").format(
                why=end.sentence(self._limits)
            )
            self.log.warning("%s: %s", self.kernel_id, self._farewell)

    async def wait(self) -> int | None:
        """Wait for the kernel's end."""
        if self._local:
            return await super().wait()
        while (code := await self.poll()) is None:
            await asyncio.sleep(0.005)
        if self._started is not None:
            self._started.close()
            self._started = None
        return code

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and the processes of its group."""
        if self._local:
            await super().send_signal(signum)
        elif self._started is not None:
            self._started.signal(signum)

    async def kill(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 - the base class's signature
        """End the kernel with all its processes."""
        if self._local:
            await super().kill(restart)
        else:
            await self.send_signal(signal.SIGKILL)
            await self._wait_for_end(_SHUTDOWN_TIMEOUT_S)

    async def terminate(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Ask the kernel to end."""
        if self._local:
            await super().terminate(restart)
        else:
            await self.send_signal(signal.SIGTERM)

    async def shutdown_requested(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Wait for the kernel's end; polls more often than the manager, which waits 0.1 s each time."""
        if not self._local:
            await self._wait_for_end(_SHUTDOWN_TIMEOUT_S)
        await super().shutdown_requested(restart)

    async def _wait_for_end(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self.poll() is None:
                    await asyncio.sleep(0.002)

    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Close the connection, and unless the kernel restarts remove its sockets."""
        if self._local:
            await super().cleanup(restart)
            return
        self._close_listeners()
        if self._started is not None:
            self._started.close()
            self._started = None
        if not restart and self.connection_info:
            for path in self._sockets(self.connection_info):
                path.unlink(missing_ok=True)

    def resolve_path(self, path_str: str) -> str | None:
        """Return the host path of a path in the sandbox."""
        if not self._local and self._root is not None:
            path = Path(path_str)
            if path.is_relative_to(WORKSPACE):
                path_str = str(self._root / path.relative_to(WORKSPACE))
        return super().resolve_path(path_str)

    async def get_provisioner_info(self) -> dict[str, Any]:
        """Return the provisioner's state, with the flag ``sandboxed``."""
        return {**await super().get_provisioner_info(), "sandboxed": not self._local}


def _cwd(kwargs: Mapping[str, Any]) -> Path:
    return Path(os.path.normpath(Path(kwargs.get("cwd") or Path.cwd()).absolute()))


def _student_workspace(cwd: Path) -> Path | None:
    """Return the student's workspace that contains ``cwd``; None if none does."""
    folder = os.environ.get(_WORKSPACES_VARIABLE)
    if not folder:
        return None
    # Paths are not resolved: a workspace may be the mentor's symbolic link to a shared folder.
    for root in (Path(folder), Path(folder).resolve()):
        if cwd.is_relative_to(root) and cwd != root:
            return root / cwd.relative_to(root).parts[0]
    return None


def _requested_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables set for this kernel: those that differ from this process's environment."""
    return {
        name: value
        for name, value in environment.items()
        if os.environ.get(name) != value and name not in _HOST_ONLY_VARIABLES
    }
