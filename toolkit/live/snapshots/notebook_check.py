"""Check that a file is a notebook that can be shared: the student's code can write any content to it."""

from __future__ import annotations

from typing import Any

import nbformat
from jupyter_ydoc import YNotebook
from pycrdt import Doc

from toolkit.live.snapshots.quarantine import MAX_SHARED_NOTEBOOK_BYTES, QuarantineReason

__all__ = ["describe_notebook_fault"]


def describe_notebook_fault(data: bytes, largest: int = MAX_SHARED_NOTEBOOK_BYTES) -> QuarantineReason | None:
    """Return the fault that keeps a file from being shared as a notebook; None if it has none.

    The check does all that the server does with a notebook later, so that no later step can fail.

    Parameters
    ----------
    data : bytes
        The file's content.
    largest : int
        Maximum size, bytes.
    """
    if len(data) > largest:
        return "size"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "text"
    try:
        content: Any = nbformat.reads(text, as_version=4, capture_validation_error={})
        notebook = YNotebook(Doc())
        notebook.set(content)
        nbformat.writes(nbformat.from_dict(notebook.get()), capture_validation_error={})
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a panic in Rust is not an Exception
        return "notebook"
    return None
