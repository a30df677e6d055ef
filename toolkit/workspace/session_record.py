"""The record file of a session: durable, shared between kernels, believed only after a check."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple, NoReturn, Self
from weakref import WeakMethod

from toolkit._internal.file_lock import taken
from toolkit.domain.entry_codec import merge, parse_entry, plain
from toolkit.domain.record_entries import RECORD_NAME, Entry
from toolkit.errors import (
    DuplicateError,
    InputError,
    MentoringError,
    NotFoundError,
    PracticeBusyError,
    SchemaError,
    StorageError,
    UnreadableError,
)
from toolkit.i18n import _

__all__ = ["Record", "Stamp", "parse_entry"]

SCHEMA = 1
_LARGEST = 8 * 1024 * 1024  # bytes; a real record has some ten thousand
_PATIENCE = 5.0  # seconds that another kernel may hold the folder


class Stamp(NamedTuple):
    """A state of the record's file.

    Parameters
    ----------
    mtime : int
        When it was written, nanoseconds.
    """

    mtime: int
    inode: int
    size: int


class Record:
    """The JSON file beside a session notebook.

    Several kernels may have the same record open: each write takes in what the others wrote, key by key,
    and is on the disk before it returns. A file that is damaged or newer than this toolkit is never touched.

    Parameters
    ----------
    path : str or Path
        The file, usually ``record.json``.
    within : Path, optional
        A folder above it that others write to, a student's workspace: no link below it is followed.
    patience : float
        Seconds that another program may hold the folder before a write is given up.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from toolkit import Record
    >>> folder = TemporaryDirectory()
    >>> record = Record.create(Path(folder.name, "record.json"), {"notes": {"text": "Recursion"}})
    >>> _ = record.put({"timer": {"minutes": 45}})
    >>> sorted(record.items())
    ['notes', 'timer']
    >>> record.get("notes").text
    'Recursion'
    >>> folder.cleanup()
    """

    def __init__(
        self, path: str | os.PathLike[str], *, within: Path | None = None, patience: float = _PATIENCE
    ) -> None:
        self.path = Path(path).absolute()
        self._within = self.path.parent if within is None else within.absolute()
        self._patience = patience
        self.lock = RLock()
        """Held by the widgets while they change: front-end messages may come in a thread of their own."""
        self._listeners: list[WeakMethod[Callable[[dict[str, Entry]], None]]] = []

    def __repr__(self) -> str:
        return f"Record({str(self.path)!r})"

    @classmethod
    def here(cls) -> Self:
        """Return the record in the kernel's working directory.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        record = cls(Path.cwd() / RECORD_NAME)
        if not record.path.exists():
            record._missing()
        return record

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], items: Mapping[str, object], *, within: Path | None = None
    ) -> Self:
        """Write a new record with ``items`` and return it.

        Parameters
        ----------
        within : Path, optional
            As of the class.

        Raises
        ------
        DuplicateError
            If the file is there already; it stays as it is.
        InputError
            If an item does not fit its key.
        StorageError
            If the disk refuses.
        """
        record = cls(path, within=within)
        entries = {key: parse_entry(key, value) for key, value in items.items()}
        with record._locked() as folder:
            if os.path.lexists(record.path):
                raise DuplicateError(
                    _("There is a record at {path} already.").format(path=record.path),
                    _("Choose another folder, or go on with that one."),
                )
            record._write(folder, entries)
        return record

    def get(self, key: str) -> Entry | None:
        """Return the value of ``key``, or None where it has none."""
        return self._read().get(key)

    def items(self, prefix: str = "") -> dict[str, Entry]:
        """Return every item whose key begins with ``prefix``, in the order that people gave them.

        Raises
        ------
        NotFoundError
            If the file is not there.
        UnreadableError
            If it is damaged.
        SchemaError
            If a newer toolkit wrote it.
        """
        found = {key: value for key, value in self._read().items() if key.startswith(prefix)}
        return dict(sorted(found.items(), key=lambda item: (getattr(item[1], "order", 0.0), item[0])))

    def put(
        self, changes: Mapping[str, object | None], since: Mapping[str, Entry] | None = None
    ) -> dict[str, Entry]:
        """Write ``changes`` and return all items as they are on the disk now.

        Parameters
        ----------
        changes : mapping of key to value or None
            New values; None deletes.
        since : mapping of key to entry, optional
            The values that the changes were made from. Where given, only the fields that differ are
            written, so that a student's tick and a mentor's confirmation at the same instant both stay.

        Raises
        ------
        InputError
            If a value does not fit its key; nothing is written then.
        StorageError
            If the disk refuses (no permission, disk full); the file is as it was.
        """
        entries = {key: None if value is None else parse_entry(key, value) for key, value in changes.items()}
        with self.lock:
            with self._locked() as folder:
                merged = merge(self._read(), entries, since or {})
                self._write(folder, merged)
            for listener in list(self._listeners):
                told = listener()
                if told is None:
                    self._listeners.remove(listener)
                else:
                    told(merged)
        return merged

    def stamp(self) -> Stamp | None:
        """Return what tells this state of the file from every other; None where there is none.

        Taken before the file is read, it tells afterwards whether what was read is still all that there is.
        """
        try:
            status = self.path.stat(follow_symlinks=False)
        except OSError:
            return None
        return Stamp(status.st_mtime_ns, status.st_ino, status.st_size)

    def on_change(self, listener: Callable[[dict[str, Entry]], None]) -> None:
        """Call the bound method ``listener`` with all items after each `put`, as long as its object lives."""
        self._listeners.append(WeakMethod(listener))

    def believed(self, data: bytes | None = None) -> tuple[dict[str, Entry], tuple[str, ...], bytes]:
        """Return what can be believed of the file, for whoever did not write it.

        Parameters
        ----------
        data : bytes, optional
            The file, where it was read already.

        Returns
        -------
        entries : dict of str to Entry
            The items that fit their keys.
        problems : tuple of str
            A sentence for each thing that does not, or for the whole file.
        data : bytes
            The file as it was; empty where it could not be read.
        """
        given, data = data, data or b""
        try:
            data = self._bytes() if given is None else given
            items = self._items(data)
        except MentoringError as error:
            return {}, (error.message,), data
        entries, problems = {}, []
        for key, value in items.items():
            try:
                entries[key] = parse_entry(key, value)
            except InputError as error:
                problems.append(error.message)
        return entries, tuple(problems), data

    def _read(self) -> dict[str, Entry]:
        items = self._items(self._bytes())
        try:
            return {key: parse_entry(key, value) for key, value in items.items()}
        except InputError as error:
            self._damaged(error.message.rstrip("."), error)

    def _bytes(self) -> bytes:
        name = self.path.name
        try:
            # A folder that others write to may hold a link to elsewhere, or a pipe that never ends.
            folder = self._folder()
            try:
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
                handle = os.open(name, flags, dir_fd=folder)
            finally:
                os.close(folder)
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                os.close(handle)
                self._damaged(_("it is no plain file of a usual size"))
            with os.fdopen(handle, "rb") as file:
                return file.read(_LARGEST + 1)
        except FileNotFoundError:
            self._missing()
        except OSError as error:
            if error.errno == errno.ELOOP:
                self._damaged(_("it is a link"))
            raise StorageError(
                _("{name} cannot be read: {reason}.").format(name=name, reason=_reason(error)),
                _("It lies in {folder}.").format(folder=self.path.parent),
            ) from error

    def _items(self, content: bytes) -> dict[str, Any]:
        try:
            data = json.loads(content)
        except (ValueError, RecursionError) as error:
            self._damaged(_("it is not JSON ({reason})").format(reason=error), error)
        if not isinstance(data, dict) or not isinstance(data.get("schema"), int):
            self._damaged(_("it does not say which schema it has"))
        if data["schema"] > SCHEMA:
            raise SchemaError(
                _("{name} was written by a newer toolkit (schema {schema}).").format(
                    name=self.path.name, schema=data["schema"]
                ),
                _("Update this one: pip install --upgrade mentoring-toolkit. The file stays as it is."),
            )
        items = data.get("items")
        if not isinstance(items, dict):
            self._damaged(_("it has no items"))
        return items

    def _write(self, folder: int, entries: Mapping[str, Entry]) -> None:
        data = {"schema": SCHEMA, "items": {key: plain(entry) for key, entry in entries.items()}}
        content = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"
        if len(content) > _LARGEST:
            raise InputError(_("{name} would become too large to be read again.").format(name=self.path.name))
        # One name is enough: whoever holds the folder's lock is alone, and a leftover is overwritten.
        draft = f".{self.path.name}.draft"
        try:
            mode = stat.S_IMODE(os.stat(self.path.name, dir_fd=folder, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            mode = None
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(os.open(draft, flags, 0o666, dir_fd=folder), "wb") as file:
                if mode is not None:
                    os.fchmod(file.fileno(), mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.path.name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
        except OSError as error:
            with suppress(OSError):  # it was never there, or the disk is beyond that
                os.unlink(draft, dir_fd=folder)
            self._refused(error)

    def _folder(self) -> int:
        """Open the record's folder itself, whatever is put in its place meanwhile."""
        folder = os.open(self._within, os.O_RDONLY | os.O_DIRECTORY)
        for part in self.path.parent.relative_to(self._within).parts:
            try:
                below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            finally:
                os.close(folder)
            folder = below
        return folder

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the folder: the file itself is replaced at each write, so a lock on it would be lost."""
        try:
            folder = self._folder()
        except OSError as error:
            self._refused(error)
        try:
            if not taken(folder, self._patience):
                raise PracticeBusyError(
                    _("{name} is being written by another program.").format(name=self.path.name),
                    _("Wait a moment and try again."),
                )
            yield folder
        finally:
            os.close(folder)

    def _missing(self) -> NoReturn:
        raise NotFoundError(
            _("There is no {name} in {folder}.").format(name=self.path.name, folder=self.path.parent),
            hint=_("A session notebook lies beside its record; 'mentor session plan' makes both."),
        )

    def _damaged(self, reason: str, cause: Exception | None = None) -> NoReturn:
        raise UnreadableError(
            _("{name} is damaged: {reason}.").format(name=self.path.name, reason=reason),
            _("It stays as it is, in {folder}. Put back an earlier copy, or mend it by hand.").format(
                folder=self.path.parent
            ),
        ) from cause

    def _refused(self, error: OSError) -> NoReturn:
        raise StorageError(
            _("{name} cannot be written: {reason}.").format(name=self.path.name, reason=_reason(error)),
            _("It lies in {folder} and is as it was.").format(folder=self.path.parent),
        ) from error


def _reason(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return _("the disk is full")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return _("no permission")
        case errno.EFBIG:
            return _("no file may be that large here")
        case errno.ENOENT | errno.ENOTDIR:
            return _("its folder is not there")
        case _:
            return os.strerror(error.errno or 0)
