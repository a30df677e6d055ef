"""What the disk has of a session: the server's store, the record, the notebook's file."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

from jupyter_ydoc import YNotebook
from pycrdt import Doc

from tests.browser.meeting import Meeting


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
