"""The record file of a session: durable, shared between processes, validated when it is read.

See docs/decisions/0003-the-record-of-a-session.md.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, NoReturn, Self
from weakref import WeakMethod

from toolkit._internal.file_lock import try_lock
from toolkit._internal.nofollow_open import FileFingerprint, open_file, open_folder_below
from toolkit.domain.entry_codec import entry_to_json, merge_entry, parse_entry
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

__all__ = ["FileFingerprint", "Record", "parse_entry"]

SCHEMA_VERSION = 1
_MAX_FILE_BYTES = 8 * 1024 * 1024  # a typical record has some ten thousand
_LOCK_TIMEOUT_S = 5.0


class Record:
    """The JSON file beside a session notebook.

    Several processes may have the same record open: each write merges with the writes of the others, key by
    key, and is on the disk before it returns. A file that is damaged, or written by a newer toolkit, is never
    changed.

    Parameters
    ----------
    path : str or Path
        The file, usually ``record.json``.
    within : Path, optional
        A folder above the file that others can write to, such as a student's workspace: no link below it is
        followed.
    patience : float
        Maximum time to wait for another process's lock, s.

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
        self, path: str | os.PathLike[str], *, within: Path | None = None, patience: float = _LOCK_TIMEOUT_S
    ) -> None:
        self.path = Path(path).absolute()
        self._within = self.path.parent if within is None else within.absolute()
        self._lock_timeout = patience
        self.lock = RLock()
        """Held by the widgets during a change: messages of the front end may arrive in another thread."""
        self._listeners: list[WeakMethod[Callable[[dict[str, Entry]], None]]] = []

    def __repr__(self) -> str:
        return f"Record({str(self.path)!r})"

    @classmethod
    def here(cls) -> Self:
        """Return the record in the kernel's working directory.

        Raises
        ------
        NotFoundError
            If it is missing.
        """
        record = cls(Path.cwd() / RECORD_NAME)
        if not record.path.exists():
            record._raise_missing()
        return record

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], items: Mapping[str, object], *, within: Path | None = None
    ) -> Self:
        """Write a new record and return it.

        Parameters
        ----------
        path : str or Path
            The file.
        items : mapping of str to object
            The items by their keys.
        within : Path, optional
            As for the class.

        Raises
        ------
        DuplicateError
            If the file exists already; it is not changed.
        InputError
            If an item is not valid for its key.
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
        """Return the value of ``key``; None if missing."""
        return self._read().get(key)

    def items(self, prefix: str = "") -> dict[str, Entry]:
        """Return the items whose keys begin with ``prefix``, in the order that people gave them.

        Raises
        ------
        NotFoundError
            If the file is missing.
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
        changes : mapping of str to object or None
            New values by their keys; None deletes.
        since : mapping of str to Entry, optional
            The values that the changes were made from. With them only the fields that differ are written, so
            that a student's tick and a mentor's confirmation at the same moment both stay.

        Raises
        ------
        InputError
            If a value is not valid for its key; nothing is written then.
        PracticeBusyError
            If another process holds the lock for too long.
        StorageError
            If the disk refuses (no permission, disk full); the file is not changed.
        """
        entries = {key: None if value is None else parse_entry(key, value) for key, value in changes.items()}
        with self.lock:
            with self._locked() as folder:
                merged = merge_entry(self._read(), entries, since or {})
                self._write(folder, merged)
            for listener in list(self._listeners):
                method = listener()
                if method is None:
                    self._listeners.remove(listener)
                else:
                    method(merged)
        return merged

    def fingerprint(self) -> FileFingerprint | None:
        """Return the file's fingerprint: mtime (ns), inode, size (bytes); None if missing.

        Taken before the file is read, it shows later if the file has changed since.
        """
        try:
            status = self.path.stat(follow_symlinks=False)
        except OSError:
            return None
        return FileFingerprint.of(status)

    def on_change(self, listener: Callable[[dict[str, Entry]], None]) -> None:
        """Call the bound method ``listener`` with all items after each `put`, while its object exists."""
        self._listeners.append(WeakMethod(listener))

    def load_validated(self, data: bytes | None = None) -> tuple[dict[str, Entry], tuple[str, ...], bytes]:
        """Return the valid items of the file, for a reader who did not write it.

        Parameters
        ----------
        data : bytes, optional
            The file's content, if it was read already.

        Returns
        -------
        entries : dict of str to Entry
            The items that are valid for their keys.
        problems : tuple of str
            A sentence for each invalid item, or for the whole file.
        data : bytes
            The file's content; empty if it could not be read.
        """
        given, data = data, data or b""
        try:
            data = self._read_bytes() if given is None else given
            items = self._parse_items(data)
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
        items = self._parse_items(self._read_bytes())
        try:
            return {key: parse_entry(key, value) for key, value in items.items()}
        except InputError as error:
            self._raise_damaged(error.message.rstrip("."), error)

    def _read_bytes(self) -> bytes:
        name = self.path.name
        try:
            # A folder that others can write to may hold a link, or a pipe that would block.
            folder = self._open_folder()
            try:
                handle = open_file(name, folder)
            finally:
                os.close(folder)
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_FILE_BYTES:
                os.close(handle)
                self._raise_damaged(_("it is no plain file of a usual size"))
            with os.fdopen(handle, "rb") as file:
                return file.read(_MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            self._raise_missing()
        except OSError as error:
            if error.errno == errno.ELOOP:
                self._raise_damaged(_("it is a link"))
            raise StorageError(
                _("{name} cannot be read: {reason}.").format(name=name, reason=_reason(error)),
                _("It lies in {folder}.").format(folder=self.path.parent),
            ) from error

    def _parse_items(self, content: bytes) -> dict[str, Any]:
        try:
            data = json.loads(content)
        except (ValueError, RecursionError) as error:
            self._raise_damaged(_("it is not JSON ({reason})").format(reason=error), error)
        if not isinstance(data, dict) or not isinstance(data.get("schema"), int):
            self._raise_damaged(_("it does not say which schema it has"))
        if data["schema"] > SCHEMA_VERSION:
            raise SchemaError(
                _("{name} was written by a newer toolkit (schema {schema}).").format(
                    name=self.path.name, schema=data["schema"]
                ),
                _("Update this one: pip install --upgrade mentoring-toolkit. The file stays as it is."),
            )
        items = data.get("items")
        if not isinstance(items, dict):
            self._raise_damaged(_("it has no items"))
        return items

    def _write(self, folder: int, entries: Mapping[str, Entry]) -> None:
        data = {
            "schema": SCHEMA_VERSION,
            "items": {key: entry_to_json(entry) for key, entry in entries.items()},
        }
        content = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"
        if len(content) > _MAX_FILE_BYTES:
            raise InputError(_("{name} would become too large to be read again.").format(name=self.path.name))
        # One name is enough: the lock's holder is the only writer, and a leftover is overwritten.
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
            with suppress(OSError):  # it was not created, or the disk refuses this as well
                os.unlink(draft, dir_fd=folder)
            self._raise_storage_error(error)

    def _open_folder(self) -> int:
        """Open the record's folder without following links, so that a swap of a folder has no effect."""
        return open_folder_below(self._within, self.path.parent.relative_to(self._within).parts)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Lock the folder: the file itself is replaced at each write, so a lock on it would be lost."""
        try:
            folder = self._open_folder()
        except OSError as error:
            self._raise_storage_error(error)
        try:
            if not try_lock(folder, self._lock_timeout):
                raise PracticeBusyError(
                    _("{name} is being written by another program.").format(name=self.path.name),
                    _("Wait a moment and try again."),
                )
            yield folder
        finally:
            os.close(folder)

    def _raise_missing(self) -> NoReturn:
        raise NotFoundError(
            _("There is no {name} in {folder}.").format(name=self.path.name, folder=self.path.parent),
            hint=_("A session notebook lies beside its record; 'mentor session plan' makes both."),
        )

    def _raise_damaged(self, reason: str, cause: Exception | None = None) -> NoReturn:
        raise UnreadableError(
            _("{name} is damaged: {reason}.").format(name=self.path.name, reason=reason),
            _("It stays as it is, in {folder}. Put back an earlier copy, or repair it by hand.").format(
                folder=self.path.parent
            ),
        ) from cause

    def _raise_storage_error(self, error: OSError) -> NoReturn:
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
