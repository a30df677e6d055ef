"""Jupyter's contents manager for the workspace, which follows no links."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import nbformat
from anyio.to_thread import run_sync
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager
from tornado.web import HTTPError

from toolkit._internal.atomic_io import atomic_write
from toolkit._internal.nofollow_open import open_file, open_folder_below
from toolkit.errors import StorageError
from toolkit.live.server.notebook_reader import read_notebook
from toolkit.live.server.shared_notebook_file import SharedNotebookFile
from toolkit.live.snapshots.notebook_check import describe_notebook_fault
from toolkit.live.snapshots.quarantine import MAX_SHARED_NOTEBOOK_BYTES, QuarantineReason, quarantine_path
from toolkit.live.sync.write_journal import WriteJournal

__all__ = ["WorkspaceContents"]

_EPOCH = datetime.fromtimestamp(0, UTC)
_MISSING_NOTEBOOK = {
    "type": "notebook",
    "format": "json",
    "mimetype": None,
    "writable": True,
    "created": _EPOCH,
    "last_modified": _EPOCH,
    "hash": None,
    "hash_algorithm": None,
}
"""The model of a notebook without a file; the next save tries to create it."""


class WorkspaceContents(AsyncFileContentsManager):
    """Contents manager that follows no link: the student's code can create one at any moment.

    A path with a link or a special file on it is refused. Since it can be swapped between that check and its
    use, files are also opened and written by descriptors that follow no links.
    """

    kept: dict[str, SharedNotebookFile]
    """The shared notebooks, by path."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as its base
        super().__init__(*args, **kwargs)
        self.kept = {}

    def keep(self, path: str, note: Path) -> SharedNotebookFile:
        """Register a shared notebook.

        Parameters
        ----------
        path : str
            Its path below the server's root.
        note : Path
            The file for the journal of its writes.
        """
        return self.kept.setdefault(path, SharedNotebookFile(WriteJournal(note)))

    def _get_os_path(self, path: str) -> str:
        found = str(super()._get_os_path(path))
        root = Path(self.root_dir).absolute()
        relative = Path(found).relative_to(root)
        if ".." in Path(path).parts:
            raise HTTPError(404)
        place = root
        for part in relative.parts:
            place /= part
            try:
                mode = place.lstat().st_mode
            except OSError:
                break
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise HTTPError(404)
        return found

    async def is_hidden(self, path: str) -> bool:
        """Return True if a part of ``path`` begins with a dot, or is hidden by the system."""
        if any(part.startswith(".") for part in path.strip("/").split("/")):
            return True
        return bool(await super().is_hidden(path))

    async def get(self, path: str, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the model of a file or folder.

        A shared notebook always has one: the last known content replaces a missing or damaged file.

        Parameters
        ----------
        path : str
            The path below the server's root.
        args, kwargs
            Passed on to Jupyter's manager.

        Raises
        ------
        HTTPError
            404, if the path is hidden, a link, or missing; 409, if another program is writing the notebook.
        """
        last = await self._repair(path)
        if last is not None:
            return {**_MISSING_NOTEBOOK, "name": Path(path).name, "path": path, "content": last}
        if await self.is_hidden(path):
            raise HTTPError(404)
        kept = self.kept.get(path)
        if kept is not None and kwargs.get("content", True):
            kwargs["require_hash"] = True
        model = dict(await super().get(path, *args, **kwargs))
        if kept is not None and kept.live and kept.is_own and model.get("content") is not None:
            # The file is older than the open document, and must not replace it.
            model["content"] = await kept.last() if kept.last is not None else model["content"]
        return model

    async def _repair(self, path: str) -> dict[str, Any] | None:
        """Check a shared notebook's file and replace a damaged one; return its content if that fails."""
        kept = self.kept.get(path)
        if kept is None or kept.last is None or kept.mending:
            return None
        root = Path(self.root_dir).absolute()
        seen = await run_sync(_fingerprint, root, root / path)
        if seen is not None and seen == kept.seen:
            return None
        kept.mending = True
        try:
            fault = await run_sync(_check_file, root, root / path, kept)
            if fault is None:
                kept.seen = seen
                return None
            if kept.live and seen is not None and not kept.is_settled(seen):
                raise HTTPError(409)
            last = await kept.last()
            return None if last is None else await self._restore(path, kept, fault, last)
        finally:
            kept.mending = False

    async def _restore(
        self, path: str, kept: SharedNotebookFile, fault: QuarantineReason, last: dict[str, Any]
    ) -> dict[str, Any] | None:
        root = Path(self.root_dir).absolute()
        report = kept.aside or (lambda _name, _fault: None)
        try:
            name = await run_sync(quarantine_path, root, root / path)
            if name:
                report(name, fault)
            await self.save({"type": "notebook", "format": "json", "content": last}, path)
            if not name:
                report(name, fault)
        except (OSError, StorageError, HTTPError) as error:
            # The folder is not writable, or the disk is full: the next request tries again.
            self.log.warning("%s cannot be restored: %s", path, error)
            return last
        return None

    async def _dir_model(self, path: str, content: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        model = dict(await super()._dir_model(path, content=False))
        if content:
            names = await run_sync(os.listdir, self._get_os_path(path))
            model["content"] = []
            model["format"] = "json"
            for name in sorted(filter(self.should_list, names)):
                with suppress(HTTPError):  # only the refused entry is left out
                    model["content"].append(await self.get(f"{path}/{name}", content=False))
        return model

    @contextmanager
    def open(self, os_path: str, mode: str = "r", **kwargs: Any) -> Iterator[IO[Any]]:  # noqa: ANN401
        """Open a regular file for reading, without following links.

        Parameters
        ----------
        os_path : str
            The absolute path.
        mode : str
            A mode for reading.
        kwargs
            Passed on to `os.fdopen`.

        Raises
        ------
        HTTPError
            403, for a mode that writes; 404, if it is not a regular file.
        """
        if set(mode) & set("wax+"):
            raise HTTPError(403)
        with self.perm_to_403(os_path):
            descriptor = _open_regular_file(Path(self.root_dir).absolute(), Path(os_path))
        with os.fdopen(descriptor, mode, **kwargs) as file:
            yield file

    async def _read_notebook(
        self,
        os_path: str,
        as_version: int = 4,
        capture_validation_error: dict[str, Any] | None = None,
        raw: bool = False,  # noqa: FBT001, FBT002 - as its base
    ) -> Any:  # noqa: ANN401
        answer: Any = await self._read_file(os_path, "text", raw)
        options = {"as_version": as_version, "capture_validation_error": capture_validation_error}
        try:
            nb = await run_sync(partial(read_notebook, answer[0], **options))
        except Exception as error:
            raise HTTPError(400, f"Unreadable Notebook: {os_path} {error!r}") from error
        return (nb, answer[2]) if raw else nb

    async def _save_notebook(
        self,
        os_path: str,
        nb: Any,  # noqa: ANN401
        capture_validation_error: dict[str, Any] | None = None,
    ) -> None:
        written = partial(
            nbformat.writes, version=nbformat.NO_CONVERT, capture_validation_error=capture_validation_error
        )
        text = await run_sync(written, nb)
        data = f"{text.rstrip()}\n".encode()
        kept = self.kept.get(Path(os_path).relative_to(Path(self.root_dir).absolute()).as_posix())
        try:
            if kept is None:
                await self._replace(os_path, data)
            else:
                await kept.write(data, partial(self._replace, os_path, data))
        except StorageError as error:
            raise HTTPError(500, "%s", error) from error

    async def _save_file(self, os_path: str, content: str, format: str | None) -> None:  # noqa: A002
        if format != "text":
            raise HTTPError(400)
        try:
            await self._replace(os_path, content.encode())
        except StorageError as error:
            raise HTTPError(500, "%s", error) from error

    async def _replace(self, os_path: str, data: bytes) -> None:
        # In a thread: a slow disk must not delay other messages.
        await run_sync(partial(atomic_write, Path(os_path), data, within=Path(self.root_dir).absolute()))

    async def _save_directory(self, os_path: str, model: Any, path: str = "") -> None:  # noqa: ANN401, ARG002
        raise HTTPError(403)

    async def delete_file(self, path: str) -> None:  # noqa: ARG002
        """Refuse."""
        raise HTTPError(403)

    async def rename_file(self, old_path: str, new_path: str) -> None:  # noqa: ARG002
        """Refuse.

        Parameters
        ----------
        old_path, new_path : str
            The paths, not used.

        Raises
        ------
        HTTPError
            403, always.
        """
        raise HTTPError(403)

    async def copy(self, from_path: str, to_path: str | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Refuse.

        Parameters
        ----------
        from_path, to_path : str
            The paths, not used.

        Raises
        ------
        HTTPError
            403, always.
        """
        raise HTTPError(403)


def _fingerprint(root: Path, path: Path) -> tuple[int, ...] | None:
    """Return inode, mtime (ns), ctime (ns) and size (bytes) of a regular file; None if missing."""
    try:
        descriptor = _open_regular_file(root, path)
    except HTTPError:
        return None
    try:
        status = os.fstat(descriptor)
        return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
    finally:
        os.close(descriptor)


def _check_file(root: Path, path: Path, kept: SharedNotebookFile) -> QuarantineReason | None:
    """Return the fault that keeps a file from being shared; note if the server itself wrote the file."""
    kept.is_own = False
    try:
        descriptor = _open_regular_file(root, path)
    except HTTPError:
        return "place"
    with os.fdopen(descriptor, "rb") as file:
        max_bytes = max(MAX_SHARED_NOTEBOOK_BYTES, kept.handwriting.largest)
        data = file.read(max_bytes + 1)
    kept.is_own = kept.handwriting.knows(data)
    # A page can edit a document so that the server's own file of it is not a valid notebook.
    return None if kept.is_own and kept.live else describe_notebook_fault(data, max_bytes)


def _open_regular_file(root: Path, path: Path) -> int:
    """Return a descriptor of the regular file ``path`` below ``root``, opened without following links."""
    *folders, name = path.relative_to(root).parts
    try:
        folder = open_folder_below(root, folders)
        try:
            descriptor = open_file(name, folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise HTTPError(404) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise HTTPError(404)
    return descriptor
