"""Detects which layers of the sandbox work on this machine."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from toolkit.errors import InputError
from toolkit.i18n import _
from toolkit.kernels import bubblewrap
from toolkit.kernels.forkserver import landlock

__all__ = [
    "UNSAFE",
    "Containment",
    "SandboxLayer",
    "check_out_of_reach",
    "containment",
    "is_unsafe",
    "missing_layer_hint",
    "sandbox_layers",
]

UNSAFE = "unsafe"
_VARIABLE = "MENTORING_KERNELS"


def check_out_of_reach(folder: Path) -> None:
    """Check that student code cannot read a folder, for it is in none that the sandbox shows.

    Parameters
    ----------
    folder : Path
        The folder of a practice, with solutions and hidden tests.

    Raises
    ------
    InputError
        The folder is among those of the system's or Python's programs.
    """
    if not is_unsafe() and _visible_folders().contains(folder):
        raise InputError(
            _("Student code could read {path}: the sandbox shows the programs' folders.").format(path=folder),
            _("Move the practice elsewhere, for example to your home folder."),
        )


@cache
def _visible_folders() -> bubblewrap.VisibleFolders:
    return bubblewrap.visible_folders(Path(sys.executable))


@dataclass(frozen=True)
class SandboxLayer:
    """One layer of protection between student code and the machine.

    Parameters
    ----------
    name : str
        Name of the layer, in the current language.
    holds : bool
        True if it works on this machine.
    text : str
        Details, in the current language.
    mend : str
        How to fix it, often a command line; empty if it works.
    needed : bool
        True if student code is refused without it.
    """

    name: str
    holds: bool
    text: str
    mend: str = ""
    needed: bool = True


@dataclass(frozen=True)
class Containment:
    """Protection of this machine against student code.

    Parameters
    ----------
    sandboxed : bool
        True if code runs in the sandbox.
    unsafe : bool
        True if the environment asks for kernels without a sandbox.
    summary : str
        One sentence for the user, in the current language.
    """

    sandboxed: bool
    unsafe: bool
    summary: str


def is_unsafe() -> bool:
    """Whether the environment asks for kernels without a sandbox."""
    return os.environ.get(_VARIABLE) == UNSAFE


def containment() -> Containment:
    """Return the protection that `toolkit.kernels.execute` has on this machine."""
    if is_unsafe():
        return Containment(
            sandboxed=False,
            unsafe=True,
            summary=_(
                "Unsafe: code runs in a stock kernel with your own rights, as {variable} asks; "
                "nothing contains it. Grade only the work of people you trust."
            ).format(variable=f"{_VARIABLE}={UNSAFE}"),
        )
    absent = [layer for layer in sandbox_layers() if layer.needed and not layer.holds]
    if absent:
        return Containment(
            sandboxed=False,
            unsafe=False,
            summary=_("There is no sandbox here, so student code is refused: {what}").format(
                what="; ".join(f"{layer.name}: {layer.text}" for layer in absent)
            ),
        )
    return Containment(
        sandboxed=True,
        unsafe=False,
        summary=_("Student code runs in a sandbox: it sees its own workspace and Python, and no network."),
    )


def sandbox_layers() -> Iterator[SandboxLayer]:
    """Yield every layer of the sandbox with its state on this machine."""
    linux = sys.platform == "linux"
    machine = platform.machine()
    fits = linux and machine in {"x86_64", "aarch64"}
    yield SandboxLayer(
        _("System"),
        fits,
        f"{platform.system()} {platform.release()} ({machine})",
        "" if fits else _("Use Linux on x86_64 or aarch64: a virtual machine, WSL 2 or a server."),
    )
    if not linux:
        return
    program = bubblewrap.find_bubblewrap()
    version = ".".join(map(str, bubblewrap.bubblewrap_version(program) or ())) if program else ""
    yield SandboxLayer(
        _("bubblewrap"),
        program is not None,
        f"{version} ({program})" if program else _("not found"),
        "" if program else "apt-get install bubblewrap",
    )
    refused = _namespace_error(program) if program else ""
    if program:
        yield SandboxLayer(
            _("Namespaces"),
            not refused,
            refused or _("user, process, mount, network and IPC namespaces can be made"),
            _namespace_fix() if refused else "",
        )
    yield SandboxLayer(
        _("System call filter"),
        _has_seccomp(),
        _("seccomp is there") if _has_seccomp() else _("this kernel has no seccomp"),
    )
    abi = landlock.landlock_abi()
    yield SandboxLayer(
        _("Landlock"),
        abi >= 2,
        _("version {n}").format(n=abi) if abi else _("not in this kernel; the other layers hold without it"),
        "" if abi >= 2 else _("A Linux of 5.19 or later, started with lsm=landlock,…"),
        needed=False,
    )


def missing_layer_hint() -> str:
    """Return how to fix the first missing layer for which student code is refused."""
    for layer in sandbox_layers():
        if layer.needed and not layer.holds:
            return layer.mend
    return _("`mentor doctor` says what holds on this machine.")


@cache
def _namespace_error(program: Path) -> str:
    """Return the error of bubblewrap when it creates its namespaces; empty if none."""
    line = [str(program), "--unshare-all", "--uid", "0", "--gid", "0", "--cap-add", "CAP_SYS_ADMIN"]
    line += ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    try:
        tried = subprocess.run(line, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return (
        ""
        if tried.returncode == 0
        else tried.stderr.strip().splitlines()[-1]
        if tried.stderr.strip()
        else "?"
    )


def _namespace_fix() -> str:
    def contains(path: str, value: str) -> bool:
        try:
            return Path(path).read_text().strip() == value
        except OSError:
            return False

    if contains("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"):
        return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    if contains("/proc/sys/kernel/unprivileged_userns_clone", "0"):
        return "sudo sysctl -w kernel.unprivileged_userns_clone=1"
    if contains("/proc/sys/user/max_user_namespaces", "0"):
        return "sudo sysctl -w user.max_user_namespaces=15000"
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return _(
            "In a container: docker run --security-opt seccomp=unconfined "
            "--security-opt systempaths=unconfined …"
        )
    return _("The system's administrator can allow user namespaces.")


def _has_seccomp() -> bool:
    prctl = ctypes.CDLL(None).prctl
    return int(prctl(21, 0, 0, 0, 0)) >= 0
