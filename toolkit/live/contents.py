"""The files of the workspace, as the server reads and writes them."""

from __future__ import annotations

import os
import stat
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import nbformat
from anyio.to_thread import run_sync
from jupyter_server.services.contents.checkpoints import AsyncCheckpoints
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager
from tornado.web import HTTPError

from toolkit.durable import write_durably
from toolkit.errors import StorageError
from toolkit.live.handwriting import Handwriting

__all__ = ["Kept", "NoCheckpoints", "WorkspaceContents"]


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
    failure : StorageError, optional
        Why it could not be written the last time.
    """

    handwriting: Handwriting
    first: Callable[[], Awaitable[None]] | None = None
    failure: StorageError | None = None

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
        """Return the model of ``path``, 404 where it is hidden, a link, or not there."""
        if await self.is_hidden(path):
            raise HTTPError(404)
        return dict(await super().get(path, *args, **kwargs))

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


def _opened(root: Path, path: Path) -> int:
    """Return a descriptor of the plain file ``path`` below ``root``."""
    *folders, name = path.relative_to(root).parts
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        # Without waiting: a pipe has no end, and what it is shows only once it is open.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        raise HTTPError(404) from error
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise HTTPError(404)
    return descriptor
