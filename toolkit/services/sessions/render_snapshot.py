"""Rendering of the widgets in a snapshot's notebook, from the record of the same snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from toolkit.domain.record_entries import RECORD_NAME, Entry
from toolkit.errors import MentoringError
from toolkit.workspace.session_record import Record

__all__ = ["redraw_outputs"]


def redraw_outputs(notebook: Mapping[str, Any], entries: Mapping[str, Entry]) -> None:
    """Render the widgets' outputs in a notebook again, from the record's entries, in place.

    The HTML in an output is as old as the last run of its cell, while participants saw the current record.
    No cell is run, and other outputs stay as they are.

    Parameters
    ----------
    notebook : mapping
        The snapshot's notebook, nbformat 4; its outputs are changed.
    entries : mapping of str to Entry
        Entries of the record in the same snapshot.
    """
    shown = [(output, name) for output in _outputs(notebook) if (name := _view(output))]
    if not shown:
        return
    with TemporaryDirectory(prefix="mentoring-replay-") as apart:
        record = Record.create(Path(apart) / RECORD_NAME, dict(entries))
        drawn: dict[str, str] = {}
        for output, name in shown:
            if name not in drawn:
                drawn[name] = _draw(record, name)
            if drawn[name]:
                output["data"]["text/html"] = drawn[name]


def _outputs(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def _view(output: Mapping[str, Any]) -> str:
    from toolkit.widgets.session_widget import VIEW_TYPE

    view = output.get("data", {}).get(VIEW_TYPE)
    name = view.get("view") if isinstance(view, dict) else None
    return name if isinstance(name, str) else ""


def _draw(record: Record, name: str) -> str:
    # Imported here: the widgets take long to import, and only a replay renders them.
    from toolkit.widgets import ActionItems, Agenda, Checklist, ExerciseCard, PrepCard, Timer

    kinds = {
        "actions": ActionItems,
        "agenda": Agenda,
        "checklist": Checklist,
        "exercise": ExerciseCard,
        "prep": PrepCard,
        "timer": Timer,
    }
    if name not in kinds:
        return ""
    try:
        drawn: str = kinds[name](record).to_html()
    except MentoringError:
        return ""  # the record lacks the widget's entry: the HTML in the notebook stays
    return drawn
