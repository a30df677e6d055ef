"""The contents of a session on disk: the server's store, the record and the notebook file."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jupyter_ydoc import YNotebook
from pycrdt import Doc

from tests.browser.live_session_browsers import Meeting


def on_disk(held: Meeting, copy: Path) -> tuple[list[str], dict]:
    """Return the texts of the cells as the store has them, and the record."""
    items = json.loads((held.folder / "record.json").read_text())["items"]
    # To open what was left half written mends it, which is the next server's to do.
    copy.with_name(f"{copy.name}-journal").unlink(missing_ok=True)
    for path in held.state.glob("updates.db*"):
        with suppress(FileNotFoundError):
            shutil.copyfile(path, copy.with_name(path.name))
    doc: Doc = Doc()
    database = sqlite3.connect(copy)
    try:
        for table, column in (("ycheckpoints", "checkpoint"), ("yupdates", "yupdate")):
            for (update,) in database.execute(f"SELECT {column} FROM {table} ORDER BY timestamp"):
                doc.apply_update(update)
    finally:
        database.close()
    texts = [cell["source"] for cell in YNotebook(doc).source["cells"]]
    return texts, items


def cells(held: Meeting) -> list[str]:
    """Return the texts of the cells as the notebook's file has them."""
    return [
        "".join(cell["source"]) for cell in json.loads((held.folder / "session.ipynb").read_text())["cells"]
    ]


@contextmanager
def full(held: Meeting) -> Iterator[None]:
    """Make the disk full; if the disk is shared with others, forbid the server's files to grow."""
    disk = held.practice.root.parent
    if not disk.is_mount():
        server = held.server()
        _soft, hard = resource.prlimit(server, resource.RLIMIT_FSIZE)
        resource.prlimit(server, resource.RLIMIT_FSIZE, (100, hard))
        try:
            yield
        finally:
            resource.prlimit(server, resource.RLIMIT_FSIZE, (hard, hard))
        return
    ballast, over = disk / "ballast", threading.Event()
    with ballast.open("wb", buffering=0) as file:
        _fill(file.fileno())
        # Whatever is freed meanwhile, the draft of something for one, is taken, too.
        taking = threading.Thread(target=_keep_full, args=(file.fileno(), over))
        taking.start()
        try:
            yield
        finally:
            over.set()
            taking.join()
            ballast.unlink()


def _keep_full(ballast: int, over: threading.Event) -> None:
    while not over.wait(0.005):
        _fill(ballast)


def _fill(ballast: int) -> None:
    for size in (1 << 20, 1 << 12):
        try:
            while True:
                os.write(ballast, bytes(size))
        except OSError as error:
            assert error.errno == errno.ENOSPC, error
