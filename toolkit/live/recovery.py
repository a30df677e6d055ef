"""What a server that was killed had kept of the shared document, and not yet written to the notebook."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from jupyter_ydoc import YNotebook
from pycrdt import Doc
from pycrdt.store import YDocNotFound

from toolkit.live.contents import WorkspaceContents
from toolkit.live.updates import Updates

__all__ = ["recover"]

_log = logging.getLogger(__name__)


async def recover(store: Updates, contents: WorkspaceContents, notebook: str) -> None:
    """Write to the notebook's file what the store has beyond it.

    Where the two differ the file wins when it is opened, and what was typed last would be taken away from
    the pages that have it, too. Where somebody else wrote to the file since, it is meant to win.

    Parameters
    ----------
    store : Updates
        Of the shared document; not started. It is closed afterwards.
    contents : WorkspaceContents
        By which the file is read and written; it keeps the notebook.
    notebook : str
        Its path there.
    """
    root = Path(contents.root_dir).absolute()
    try:
        with contents.open(str(root / notebook), "rb") as file:
            written: bytes = file.read()
        handwriting = contents.kept[notebook].handwriting
        handwriting.there(written)
        if not handwriting.knows(written):
            return
        doc: Doc[Any] = Doc()
        async with store:
            await store.apply_updates(doc)
        kept = await YNotebook(doc).aget()
        found = await contents.get(notebook, type="notebook", format="json")
        if kept != found["content"]:
            await contents.save({"type": "notebook", "format": "json", "content": kept}, notebook)
    except YDocNotFound:
        return
    except Exception:  # noqa: BLE001 - whatever a store that was cut off makes of itself
        # Then it is as if nothing had been kept: the file wins.
        _log.exception("The store of %s cannot be used", notebook)
