"""Recovery of shared notebooks after a killed server: changes in the store that are not in the file."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from jupyter_ydoc import YNotebook
from pycrdt import Doc
from pycrdt.store import YDocNotFound

from toolkit._internal.atomic_io import atomic_write
from toolkit.live.server.contents import WorkspaceContents
from toolkit.live.snapshots.notebook_check import describe_notebook_fault
from toolkit.live.sync.ystore import DurableYStore

__all__ = ["recover_notebook"]

_log = logging.getLogger("mentoring.live.recovery")


async def recover_notebook(
    store: DurableYStore, contents: WorkspaceContents, notebook: str, afresh: Path | None = None
) -> None:
    """Write the store's changes to a notebook's file, or its whole content if the file is not a notebook.

    If document and file differ at opening, the file wins, and pages would lose the changes that were only in
    the store. A write by another program is meant to win, unless the document had taken it in before the
    server was killed, or the file is not a notebook: then it is moved to quarantine.

    Parameters
    ----------
    store : DurableYStore
        The store of the shared document, not started; it is closed afterwards.
    contents : WorkspaceContents
        Reads and writes the file; it has the notebook registered.
    notebook : str
        The notebook's path below the server's root.
    afresh : Path, optional
        Backup of the notebook as it was first shared, used if neither store nor file can be used.
    """
    kept = await _kept(store)

    async def last() -> dict[str, Any] | None:
        return kept or _original(afresh)

    contents.kept[notebook].last = last
    root = Path(contents.root_dir).absolute()
    journal = contents.kept[notebook].handwriting
    try:
        model = await contents.get(notebook, type="notebook", format="json")
        with contents.open(str(root / notebook), "rb") as file:
            data: bytes = file.read()
        if afresh is not None and not afresh.exists():
            atomic_write(afresh, data)
        journal.confirm(data)
        if kept is not None and journal.has(data) and kept != model["content"]:
            await contents.save({"type": "notebook", "format": "json", "content": kept}, notebook)
    except Exception:  # noqa: BLE001 - a file of a student can fail in any way
        # The error is reported when the notebook is opened.
        _log.exception("%s cannot be brought up to date", notebook)


async def _kept(store: DurableYStore) -> dict[str, Any] | None:
    """Return the notebook in the store; None if the store is empty or unusable."""
    doc: Doc[Any] = Doc()
    try:
        async with store:
            try:
                await store.apply_updates(doc)
            except YDocNotFound:
                return None
    except Exception:  # noqa: BLE001 - a truncated store can fail in any way
        # Without the store the file wins.
        _log.exception("The store of %s cannot be used", store.path)
        return None
    try:
        kept: dict[str, Any] = await YNotebook(doc).aget()
        data = json.dumps(kept).encode()
        if describe_notebook_fault(data, len(data)) is None:
            return kept
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a page can write anything to a document
        _log.exception("The document of %s is no notebook", store.path)
    _put_aside(store)
    return None


def _put_aside(store: DurableYStore) -> None:
    """Rename the store's unusable updates: a server that reads them could not start."""
    with closing(sqlite3.connect(store.db_path)) as db, db:
        for table in ("yupdates", "ycheckpoints"):
            db.execute(
                f"UPDATE {table} SET path = path || '-damaged-' || strftime('%s') WHERE path = ?",  # noqa: S608 - our own names
                (store.path,),
            )


def _original(afresh: Path | None) -> dict[str, Any] | None:
    """Return the notebook as it was first shared; None if it was never shared."""
    if afresh is None or not afresh.exists():
        return None
    try:
        return dict(json.loads(afresh.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        _log.exception("%s cannot be used", afresh)
        return {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
