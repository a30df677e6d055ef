"""Whether what lies in a notebook's place can be shared: the file is the student's to write."""

from __future__ import annotations

from typing import Any

import nbformat
from jupyter_ydoc import YNotebook
from pycrdt import Doc

from toolkit.live.snapshots.quarantine import LARGEST, Fault

__all__ = ["fault_of"]


def fault_of(data: bytes, largest: int = LARGEST) -> Fault | None:
    """Return what keeps the bytes of a file from being a notebook that is shared; None where nothing does.

    Everything is done with them that the server does afterwards, so that nothing is left to fail then.
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
    except BaseException:  # noqa: BLE001 - what Rust says of its own faults is no Exception
        return "notebook"
    return None
