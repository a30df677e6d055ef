"""Files that are there, whole, before anyone is told so."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.errors import StorageError
from toolkit.i18n import _

__all__ = ["disk_errors", "write_durably"]


def write_durably(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write ``data`` to ``path`` so that a reader, or a power cut, meets the old file or the new, never half.

    Raises
    ------
    StorageError
        If the disk is full, or the folder may not be written.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                # mkstemp gives 0600; a notebook is an ordinary file.
                os.fchmod(stream.fileno(), 0o644 & ~_umask())
                stream.writelines([data] if isinstance(data, bytes) else data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _umask() -> int:
    # There is no call that only reads it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


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
