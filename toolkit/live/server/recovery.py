"""What a server that was killed had kept of the shared document, and not yet written to the notebook."""

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

from toolkit._internal.atomic_io import write_durably
from toolkit.live.server.contents import WorkspaceContents
from toolkit.live.snapshots.notebook_check import fault_of
from toolkit.live.sync.ystore import Updates

__all__ = ["recover"]

_log = logging.getLogger("mentoring.live.recovery")


async def recover(
    store: Updates, contents: WorkspaceContents, notebook: str, afresh: Path | None = None
) -> None:
    """Write to the notebook's file what the store has beyond it, and all of it where the file is none.

    Where the two differ the file wins when it is opened, and what was typed last would be taken away from
    the pages that have it, too. Where somebody else wrote to the file since, it is meant to win; but not
    with what is no notebook, which is put aside.

    Parameters
    ----------
    store : Updates
        Of the shared document; not started. It is closed afterwards.
    contents : WorkspaceContents
        By which the file is read and written; it keeps the notebook.
    notebook : str
        Its path there.
    afresh : Path, optional
        Where it is kept as it was before anybody worked in it, for when neither of the two is of use.
    """
    kept = await _kept(store)

    async def last() -> dict[str, Any] | None:
        return kept or _first(afresh)

    contents.kept[notebook].last = last
    root = Path(contents.root_dir).absolute()
    handwriting = contents.kept[notebook].handwriting
    try:
        found = await contents.get(notebook, type="notebook", format="json")
        with contents.open(str(root / notebook), "rb") as file:
            written: bytes = file.read()
        if afresh is not None and not afresh.exists():
            write_durably(afresh, written)
        handwriting.there(written)
        if kept is not None and handwriting.knows(written) and kept != found["content"]:
            await contents.save({"type": "notebook", "format": "json", "content": kept}, notebook)
    except Exception:  # noqa: BLE001 - whatever a student, or a disk, makes of a file
        # It is said where it is opened.
        _log.exception("%s cannot be brought up to date", notebook)


async def _kept(store: Updates) -> dict[str, Any] | None:
    """Return what the store has; None where it has nothing, or nothing that is of use."""
    doc: Doc[Any] = Doc()
    try:
        async with store:
            try:
                await store.apply_updates(doc)
            except YDocNotFound:
                return None
    except Exception:  # noqa: BLE001 - whatever a store that was cut off makes of itself
        # Then it is as if nothing had been kept: the file wins.
        _log.exception("The store of %s cannot be used", store.path)
        return None
    try:
        kept: dict[str, Any] = await YNotebook(doc).aget()
        data = json.dumps(kept).encode()
        if fault_of(data, len(data)) is None:
            return kept
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a page can put anything into a document
        _log.exception("The document of %s is no notebook", store.path)
    _put_aside(store)
    return None


def _put_aside(store: Updates) -> None:
    """Leave what the store has under another name: a server that reads it would not start."""
    with closing(sqlite3.connect(store.db_path)) as db, db:
        for table in ("yupdates", "ycheckpoints"):
            db.execute(
                f"UPDATE {table} SET path = path || '-damaged-' || strftime('%s') WHERE path = ?",  # noqa: S608 - our own names
                (store.path,),
            )


def _first(afresh: Path | None) -> dict[str, Any] | None:
    """Return the notebook as it was at first; None where it was never shared."""
    if afresh is None or not afresh.exists():
        return None
    try:
        return dict(json.loads(afresh.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        _log.exception("%s cannot be used", afresh)
        return {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
