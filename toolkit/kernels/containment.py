"""How the code that runs here is contained: asked of the machine, not assumed."""

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

from toolkit.i18n import _
from toolkit.kernels import bubblewrap
from toolkit.kernels.forkserver import landlock

__all__ = ["UNSAFE", "Containment", "Layer", "containment", "layers", "missing", "unsafe"]

UNSAFE = "unsafe"
_VARIABLE = "MENTORING_KERNELS"


@dataclass(frozen=True)
class Layer:
    """One of the things that stand between student code and the machine.

    Parameters
    ----------
    name, text, mend : str
        What it is, what was found, and the line that mends it, in the reader's language; nothing to mend
        where it holds.
    needed : bool
        Whether student code is refused without it.
    """

    name: str
    holds: bool
    text: str
    mend: str = ""
    needed: bool = True


@dataclass(frozen=True)
class Containment:
    """What stands between the code and the machine.

    Parameters
    ----------
    sandboxed : bool
        Whether code runs in the sandbox.
    unsafe : bool
        Whether somebody asked for it to run without one.
    summary : str
        One sentence for people, in the current language.
    """

    sandboxed: bool
    unsafe: bool
    summary: str


def unsafe() -> bool:
    """Whether the environment asks for kernels without a sandbox."""
    return os.environ.get(_VARIABLE) == UNSAFE


def containment() -> Containment:
    """Return how code run by `toolkit.kernels.execute` is contained on this machine."""
    if unsafe():
        return Containment(
            sandboxed=False,
            unsafe=True,
            summary=_(
                "Unsafe: code runs in a stock kernel with your own rights, as {variable} asks; "
                "nothing contains it. Grade only the work of people you trust."
            ).format(variable=f"{_VARIABLE}={UNSAFE}"),
        )
    absent = [layer for layer in layers() if layer.needed and not layer.holds]
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


def layers() -> Iterator[Layer]:
    """Yield every layer of the sandbox, as it is found on this machine."""
    linux = sys.platform == "linux"
    machine = platform.machine()
    fits = linux and machine in {"x86_64", "aarch64"}
    yield Layer(
        _("System"),
        fits,
        f"{platform.system()} {platform.release()} ({machine})",
        "" if fits else _("Use Linux on x86_64 or aarch64: a virtual machine, WSL 2 or a server."),
    )
    if not linux:
        return
    program = bubblewrap.bubblewrap()
    version = ".".join(map(str, bubblewrap.version(program) or ())) if program else ""
    yield Layer(
        _("bubblewrap"),
        program is not None,
        f"{version} ({program})" if program else _("not found"),
        "" if program else "apt-get install bubblewrap",
    )
    refused = _namespaces_refused(program) if program else ""
    if program:
        yield Layer(
            _("Namespaces"),
            not refused,
            refused or _("user, process, mount, network and IPC namespaces can be made"),
            _mend_namespaces() if refused else "",
        )
    yield Layer(
        _("System call filter"),
        _has_seccomp(),
        _("seccomp is there") if _has_seccomp() else _("this kernel has no seccomp"),
    )
    abi = landlock.abi()
    yield Layer(
        _("Landlock"),
        abi >= 2,
        _("version {n}").format(n=abi) if abi else _("not in this kernel; the other layers hold without it"),
        "" if abi >= 2 else _("A Linux of 5.19 or later, started with lsm=landlock,…"),
        needed=False,
    )


def missing() -> str:
    """Return the one line that mends what student code is refused for."""
    for layer in layers():
        if layer.needed and not layer.holds:
            return layer.mend
    return _("`mentor doctor` says what holds on this machine.")


@cache
def _namespaces_refused(program: Path) -> str:
    """Return why bubblewrap cannot make its namespaces, empty where it can."""
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


def _mend_namespaces() -> str:
    def reads(path: str, value: str) -> bool:
        try:
            return Path(path).read_text().strip() == value
        except OSError:
            return False

    if reads("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"):
        return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    if reads("/proc/sys/kernel/unprivileged_userns_clone", "0"):
        return "sudo sysctl -w kernel.unprivileged_userns_clone=1"
    if reads("/proc/sys/user/max_user_namespaces", "0"):
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
