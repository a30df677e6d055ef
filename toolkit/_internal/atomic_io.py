"""Durable and atomic file operations, safe in folders that other people can write to."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from toolkit._internal.file_lock import try_lock
from toolkit._internal.nofollow_open import open_file, open_folder, open_folder_below
from toolkit.errors import StorageError
from toolkit.i18n import _

__all__ = [
    "atomic_write",
    "disk_errors",
    "is_disk_error",
    "make_folder",
    "no_space_error",
    "partial_files",
    "read_regular_file",
    "remove_partial_files",
    "storage_error",
]

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_DISK = {*_NO_SPACE, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


def atomic_write(path: Path, data: bytes | Iterable[bytes], within: Path | None = None) -> None:
    """Write a file atomically and durably: after a crash the old or the new content is there, never a part.

    The data is on disk when the function returns. An existing file keeps its permissions; a link in its place
    is replaced, not followed.

    Parameters
    ----------
    path : Path
        The file; missing parent folders are created.
    data : bytes or iterable of bytes
        The content, whole or in pieces.
    within : Path, optional
        A folder above ``path`` that other people can write to (a student's workspace): no link below it is
        followed.

    Raises
    ------
    StorageError
        If the disk is full, the folder is not writable, or a link or a file replaces a folder below
        ``within``.
    """
    with disk_errors(path), _open_folder(path.parent, within) as folder:
        temporary, descriptor = _open_temporary(path.name, folder)
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


_TEMPORARY_NAME = re.compile(r"\..+\.[0-9a-f]{16}")


def _open_temporary(name: str, folder: int) -> tuple[str, int]:
    """Create a temporary file, locked as long as it is open; return its name and its descriptor."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    while True:
        temporary = f".{name[:40]}.{secrets.token_hex(8)}"
        # The system applies the umask to this mode; reading the umask would change it for all threads.
        descriptor = os.open(temporary, flags, 0o644, dir_fd=folder)
        with suppress(OSError):  # not every file system has locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Another process may have taken it for a partial file before it was locked.
        if os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        os.close(descriptor)


def partial_files(folder: Path) -> list[Path]:
    """Return the temporary files of `atomic_write` in a folder that no process is writing any more.

    Parameters
    ----------
    folder : Path
        The folder; it may be missing.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    with disk_errors(folder), suppress(FileNotFoundError):
        names = sorted(path for path in folder.iterdir() if _TEMPORARY_NAME.fullmatch(path.name))
        return [path for path in names if _is_left(path, remove=False)]
    return []


def remove_partial_files(folder: Path) -> None:
    """Remove the temporary files of interrupted `atomic_write` calls from a folder.

    Parameters
    ----------
    folder : Path
        The folder; it may be missing.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    for path in partial_files(folder):
        with disk_errors(path):
            _is_left(path, remove=True)


def _is_left(path: Path, *, remove: bool) -> bool:
    """Return whether a temporary file is locked by no process; remove it while it is not."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            return False  # a link or a socket is none of ours
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not try_lock(descriptor, 0):
            return False
        if remove:
            path.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)


def read_regular_file(path: Path, largest: int, within: Path) -> bytes | None:
    """Return the content of a regular file that other people can write.

    Parameters
    ----------
    path : Path
        The file, below ``within``.
    largest : int
        Maximum size, bytes.
    within : Path
        A folder above ``path`` that other people can write to (a student's workspace): no link below it is
        followed.

    Returns
    -------
    bytes or None
        None if the file is missing, larger, not a regular file, or behind a link.
    """
    parts = path.relative_to(within).parts
    if ".." in parts:
        return None
    try:
        folder = open_folder_below(within, parts[:-1])
        try:
            handle = open_file(parts[-1], folder)
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
    """Create a folder and its missing parents without following a link below ``within``.

    Parameters
    ----------
    path : Path
        The folder, below ``within``.
    within : Path
        A folder that other people can write to (a student's workspace).

    Raises
    ------
    StorageError
        If the disk refuses, or a link or a file replaces one of the folders.
    """
    with disk_errors(path), _open_folder(path, within):
        pass


def _mode(name: str, folder: int) -> int | None:
    """Return the permissions of the existing regular file; None if there is none."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return stat.S_IMODE(status.st_mode) & 0o777 if stat.S_ISREG(status.st_mode) else None


@contextmanager
def _open_folder(folder: Path, within: Path | None) -> Iterator[int]:
    """Open ``folder``, creating it if missing, and yield its descriptor.

    Operations relative to the descriptor cannot be redirected by a later change of the path.
    """
    start = folder if within is None else within
    parts = folder.relative_to(start).parts
    if ".." in parts:
        raise _not_a_folder_error(folder)
    start.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(start, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for number, part in enumerate(parts, 1):
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=descriptor)
                os.fsync(descriptor)
            try:
                below = open_folder(part, descriptor)
            except OSError as error:
                if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                    raise _not_a_folder_error(start.joinpath(*parts[:number])) from error
                raise
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _not_a_folder_error(folder: Path) -> StorageError:
    return StorageError(
        _("{path} is a link or a file, where a folder should be; it was not followed.").format(path=folder),
        _("Move it away, then try again."),
    )


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Convert an `OSError` of the block about ``path`` into a `StorageError` that names the next step."""
    try:
        yield
    except OSError as error:
        raise storage_error(path, error) from error


def is_disk_error(error: OSError) -> bool:
    """Return whether an error is the disk's own, whatever the file: it is full, read-only, shut or broken."""
    return _error_number(error) in _DISK or _is_without_temporary_folder(error)


def storage_error(path: Path | str, error: OSError) -> StorageError:
    """Return the error for an operation that the disk refused.

    Parameters
    ----------
    path : Path or str
        The file or folder concerned, or words for it.
    error : OSError
        The system's error; also that of `shutil.copytree`, which holds one for each file.
    """
    number = _error_number(error)
    if _is_without_temporary_folder(error):
        return StorageError(
            _("No folder for temporary files can be written, or none has space left."),
            _("Nothing that was there is lost. Free some space, or name another folder in TMPDIR."),
        )
    if isinstance(error, PermissionError):
        return StorageError(
            _("No permission to use {path}.").format(path=error.filename or path),
            _("Give yourself the right to it (chmod u+rwX), or choose another folder."),
        )
    if number in _NO_SPACE:
        return no_space_error(path)
    if number == errno.EROFS:
        return StorageError(
            _("{path} cannot be written: its disk is read-only.").format(path=path),
            _("It can be read. To change something, make the disk writable, or work on a copy elsewhere."),
        )
    reason = os.strerror(number) if number else error
    return StorageError(
        _("{path} cannot be used: {reason}.").format(path=path, reason=reason),
        _("Check the path, then try again."),
    )


def no_space_error(path: Path | str) -> StorageError:
    """Return the error for a disk that has no space left for ``path``."""
    return StorageError(
        _("There is no space left for {path}.").format(path=path),
        _("Nothing that was there is lost. Free some space, then try again."),
    )


def _is_without_temporary_folder(error: OSError) -> bool:
    # `tempfile` tries several folders, and does not say why it found none that will do.
    return error.errno == errno.ENOENT and "temporary directory" in str(error)


def _error_number(error: OSError) -> int | None:
    if isinstance(error, shutil.Error):
        # Its argument is a list of (source, target, text) for each file.
        for text in (str(entry[-1]) for entry in error.args[0]):
            found = re.search(r"\[Errno (\d+)\]", text)
            if found:
                return int(found[1])
    return error.errno
