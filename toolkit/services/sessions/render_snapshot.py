"""The widgets in a snapshot's notebook, drawn from the record of the same moment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from toolkit.domain.record_entries import RECORD_NAME, Entry
from toolkit.errors import MentoringError
from toolkit.workspace.session_record import Record

__all__ = ["redraw"]


def redraw(notebook: Mapping[str, Any], entries: Mapping[str, Entry]) -> None:
    """Give the outputs of `notebook` that show the shared record the look that they had beside `entries`.

    What the notebook holds of them is as old as the last run of their cells; pages of a session draw from the
    shared record instead. Nothing is run, and an output that is none of ours stays as it is.
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
    # They take a while to import, and only a replay draws them.
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
        return ""  # a record without what it shows: what the notebook has is as good
    return drawn
