"""The files of the workspace, as the server reads and writes them."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import nbformat
from anyio.to_thread import run_sync
from jupyter_server.services.contents.checkpoints import AsyncCheckpoints
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager
from tornado.web import HTTPError

from toolkit._internal.atomic_io import write_durably
from toolkit.errors import StorageError
from toolkit.live.server.notebook_reader import read_notebook
from toolkit.live.snapshots.notebook_check import fault_of
from toolkit.live.snapshots.quarantine import LARGEST, Fault, put_aside
from toolkit.live.sync.write_journal import Handwriting

__all__ = ["Kept", "NoCheckpoints", "WorkspaceContents"]

_EPOCH = datetime.fromtimestamp(0, UTC)
_NOWHERE = {
    "type": "notebook",
    "format": "json",
    "mimetype": None,
    "writable": True,
    "created": _EPOCH,
    "last_modified": _EPOCH,
    "hash": None,
    "hash_algorithm": None,
}
"""The model of a notebook that has no file at the moment; a save then tries to make one."""


_WRITING = 1_000_000_000
"""Nanoseconds after which a program that writes to a file is done, and what is half a notebook is none."""


class NoCheckpoints(AsyncCheckpoints):
    """None: a session has snapshots of its own, and those are not the student's to delete."""

    async def create_checkpoint(self, contents_mgr: object, path: str) -> dict[str, Any]:  # noqa: ARG002
        """Refuse."""
        raise HTTPError(403)

    async def list_checkpoints(self, path: str) -> list[dict[str, Any]]:  # noqa: ARG002
        """Return one that stands for the snapshots, so that a save does not ask for the first."""
        return [{"id": "snapshots", "last_modified": "1970-01-01T00:00:00Z"}]

    async def restore_checkpoint(self, contents_mgr: object, checkpoint_id: str, path: str) -> None:  # noqa: ARG002
        """Refuse."""
        raise HTTPError(403)

    async def rename_checkpoint(self, checkpoint_id: str, old_path: str, new_path: str) -> None:
        """Do nothing."""

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Do nothing."""


@dataclass
class Kept:
    """A notebook that is shared, on its way to the disk.

    Parameters
    ----------
    handwriting : Handwriting
        Where it is noted what is written to it.
    first : callable, optional
        Awaited before it is written: what its file has is in the store of the shared document, too.
    last : callable, optional
        Returns what it was last, as far as the server knows: that is written where its file is none.
    live : bool
        Whether ``last`` returns what the pages have.
    aside : callable, optional
        Told where what is no notebook was put, and what is wrong with it.
    failure : StorageError, optional
        Why it could not be written the last time.
    """

    handwriting: Handwriting
    first: Callable[[], Awaitable[None]] | None = None
    last: Callable[[], Awaitable[dict[str, Any] | None]] | None = None
    aside: Callable[[str, Fault], None] | None = None
    failure: StorageError | None = None
    live: bool = False
    seen: tuple[int, ...] | None = None
    is_own: bool = False
    mending: bool = False

    async def write(self, data: bytes, write: Callable[[], Awaitable[None]]) -> None:
        """Have ``data`` written, which ``write`` does."""
        try:
            if self.first is not None:
                await self.first()
            self.handwriting.begin(data)
            await write()
        except StorageError as error:
            self.failure = error
            raise
        self.failure = None
        self.handwriting.there(data)


class WorkspaceContents(AsyncFileContentsManager):
    """Follows no link: the student's code may plant any, at any moment.

    Names are refused where a link or something special is on the way. For what is swapped between that look
    and the use, files are opened and written by descriptors that follow none.
    """

    kept: dict[str, Kept]
    """The shared notebooks, by path."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - what a manager is given
        super().__init__(*args, **kwargs)
        self.kept = {}

    def keep(self, path: str, note: Path) -> Kept:
        """Note in a file what is written to a notebook from now on."""
        return self.kept.setdefault(path, Kept(Handwriting(note)))

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
        """Whether a part of ``path`` begins with a dot, or is marked so by the system."""
        if any(part.startswith(".") for part in path.strip("/").split("/")):
            return True
        return bool(await super().is_hidden(path))

    async def get(self, path: str, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the model of ``path``, 404 where it is hidden, a link, or not there.

        A shared notebook is always there: what the server knows of it stands for a file that is none.
        """
        last = await self._mend(path)
        if last is not None:
            return {**_NOWHERE, "name": Path(path).name, "path": path, "content": last}
        if await self.is_hidden(path):
            raise HTTPError(404)
        model = dict(await super().get(path, *args, **kwargs))
        kept = self.kept.get(path)
        if kept is not None and kept.live and kept.is_own and model.get("content") is not None:
            # It is older than what the pages have by now, and never takes that away from them.
            model["content"] = await kept.last() if kept.last is not None else model["content"]
        return model

    async def _mend(self, path: str) -> dict[str, Any] | None:
        """See to it that a shared notebook's file is one; return its content where that cannot be had."""
        kept = self.kept.get(path)
        if kept is None or kept.last is None or kept.mending:
            return None
        root = Path(self.root_dir).absolute()
        seen = await run_sync(_stamp, root, root / path)
        if seen is not None and seen == kept.seen:
            return None
        kept.mending = True
        try:
            fault = await run_sync(_fault, root, root / path, kept)
            if fault is None:
                kept.seen = seen
                return None
            if kept.live and seen is not None and 0 <= time.time_ns() - seen[1] < _WRITING:
                raise HTTPError(409)
            last = await kept.last()
            return None if last is None else await self._put_back(path, kept, fault, last)
        finally:
            kept.mending = False

    async def _put_back(
        self, path: str, kept: Kept, fault: Fault, last: dict[str, Any]
    ) -> dict[str, Any] | None:
        root = Path(self.root_dir).absolute()
        tell = kept.aside or (lambda _name, _fault: None)
        try:
            name = await run_sync(put_aside, root, root / path)
            if name:
                tell(name, fault)
            await self.save({"type": "notebook", "format": "json", "content": last}, path)
            if not name:
                tell(name, fault)
        except (OSError, StorageError, HTTPError) as error:
            # Its folder is shut, or the disk is full: it is tried again at the next look.
            self.log.warning("%s cannot be put back: %s", path, error)
            return last
        return None

    async def _dir_model(self, path: str, content: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        model = dict(await super()._dir_model(path, content=False))
        if content:
            names = await run_sync(os.listdir, self._get_os_path(path))
            model["content"] = []
            model["format"] = "json"
            for name in sorted(filter(self.should_list, names)):
                with suppress(HTTPError):  # a link among them costs only itself
                    model["content"].append(await self.get(f"{path}/{name}", content=False))
        return model

    @contextmanager
    def open(self, os_path: str, mode: str = "r", **kwargs: Any) -> Iterator[IO[Any]]:  # noqa: ANN401
        """Open a plain file for reading; no link on the way is followed."""
        if set(mode) & set("wax+"):
            raise HTTPError(403)
        with self.perm_to_403(os_path):
            descriptor = _opened(Path(self.root_dir).absolute(), Path(os_path))
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
        # The disk may take its time; ticks do not wait for it.
        await run_sync(partial(write_durably, Path(os_path), data, within=Path(self.root_dir).absolute()))

    async def _save_directory(self, os_path: str, model: Any, path: str = "") -> None:  # noqa: ANN401, ARG002
        raise HTTPError(403)

    async def delete_file(self, path: str) -> None:  # noqa: ARG002
        """Refuse."""
        raise HTTPError(403)

    async def rename_file(self, old_path: str, new_path: str) -> None:  # noqa: ARG002
        """Refuse."""
        raise HTTPError(403)

    async def copy(self, from_path: str, to_path: str | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Refuse."""
        raise HTTPError(403)


def _stamp(root: Path, path: Path) -> tuple[int, ...] | None:
    """Return what tells this state of a plain file from every other; None where there is none."""
    try:
        descriptor = _opened(root, path)
    except HTTPError:
        return None
    try:
        status = os.fstat(descriptor)
        return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
    finally:
        os.close(descriptor)


def _fault(root: Path, path: Path, kept: Kept) -> Fault | None:
    """Return what keeps a file from being shared, and note whether it is the server's own."""
    kept.is_own = False
    try:
        descriptor = _opened(root, path)
    except HTTPError:
        return "place"
    with os.fdopen(descriptor, "rb") as file:
        largest = max(LARGEST, kept.handwriting.largest)
        data = file.read(largest + 1)
    kept.is_own = kept.handwriting.knows(data)
    # What a page has put into a document may make a file that cannot be read again.
    return None if kept.is_own and kept.live else fault_of(data, largest)


def _opened(root: Path, path: Path) -> int:
    """Return a descriptor of the plain file ``path`` below ``root``."""
    *folders, name = path.relative_to(root).parts
    folder = -1
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        for part in folders:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        # Without waiting: a pipe has no end, and what it is shows only once it is open.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        raise HTTPError(404) from error
    finally:
        if folder >= 0:
            os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise HTTPError(404)
    return descriptor
