"""Files that are there, whole, before anyone is told so."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from toolkit.errors import StorageError
from toolkit.i18n import _

__all__ = ["disk_errors", "make_folder", "read_plain", "sweep", "write_durably"]


def write_durably(path: Path, data: bytes | Iterable[bytes], within: Path | None = None) -> None:
    """Write ``data`` to ``path`` so that a reader, or a power cut, meets the old file or the new, never half.

    A file that is there keeps its permissions; a link in its place is replaced, not followed.

    Parameters
    ----------
    within : Path, optional
        A folder above ``path`` that others write to, a student's workspace: no link below it is followed.

    Raises
    ------
    StorageError
        If the disk is full, the folder may not be written, or a link leads out of ``within``.
    """
    with disk_errors(path), _opened(path.parent, within) as folder:
        temporary = f".{path.name[:40]}.{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        # The system takes the umask off the mode; asking for the umask would change it for every thread.
        descriptor = os.open(temporary, flags, 0o644, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                mode = _mode(path.name, folder)
                if mode is not None:
                    os.fchmod(stream.fileno(), mode)
                stream.writelines([data] if isinstance(data, bytes) else data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)
            raise
        os.fsync(folder)


_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}")


def sweep(folder: Path) -> None:
    """Remove what `write_durably` had half written into a folder when it was killed.

    Whoever calls it is the only one who writes there.

    Raises
    ------
    StorageError
        The disk said no.
    """
    with disk_errors(folder), suppress(FileNotFoundError):
        for path in folder.iterdir():
            if _TEMPORARY.fullmatch(path.name) and path.is_file():
                path.unlink()


def read_plain(path: Path, largest: int, within: Path) -> bytes | None:
    """Return what is in a file that others may write; None where there is no plain file of a usual size.

    Parameters
    ----------
    largest : int
        The usual size, bytes.
    within : Path
        A folder above ``path`` that others write to, a student's workspace: no link below it is followed.
    """
    parts = path.relative_to(within).parts
    if ".." in parts:
        return None
    try:
        folder = os.open(within, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts[:-1]:
                below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = below
            handle = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError:
        return None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(largest + 1)
    return data if len(data) <= largest else None


def make_folder(path: Path, within: Path) -> None:
    """Make the folder ``path``, and those above it, without following a link below ``within``.

    Raises
    ------
    StorageError
        If the disk refuses, or there is a link or a file on the way.
    """
    with disk_errors(path), _opened(path, within):
        pass


def _mode(name: str, folder: int) -> int | None:
    """Return the permissions of the plain file that is there already."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return stat.S_IMODE(status.st_mode) & 0o777 if stat.S_ISREG(status.st_mode) else None


@contextmanager
def _opened(folder: Path, within: Path | None) -> Iterator[int]:
    """Open ``folder``, made if need be; what is done in it by this descriptor is done in that very folder."""
    start = folder if within is None else within
    parts = folder.relative_to(start).parts
    if ".." in parts:
        raise _refused(folder)
    start.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(start, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for number, part in enumerate(parts, 1):
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=descriptor)
                os.fsync(descriptor)
            try:
                below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            except OSError as error:
                if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                    raise _refused(start.joinpath(*parts[:number])) from error
                raise
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _refused(folder: Path) -> StorageError:
    return StorageError(
        _("{path} is a link or a file, where a folder should be; it was not followed.").format(path=folder),
        _("Move it away, then try again."),
    )


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about ``path`` into a `StorageError` that names the next step."""
    try:
        yield
    except PermissionError as error:
        raise StorageError(
            _("No permission to use {path}.").format(path=error.filename or path),
            _("Give yourself the right to it (chmod u+rwX), or choose another folder."),
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise StorageError(
                _("There is no space left for {path}.").format(path=path),
                _("Nothing that was there is lost. Free some space, then try again."),
            ) from error
        raise StorageError(
            _("{path} cannot be used: {reason}.").format(path=path, reason=error.strerror or error),
            _("Check the path, then try again."),
        ) from error
