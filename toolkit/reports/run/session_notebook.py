"""The session notebook: the template, run for one session, with the exercise of the day inserted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from toolkit._internal.atomic_io import disk_errors
from toolkit.domain.agenda import ActionState
from toolkit.domain.people import Student
from toolkit.domain.record_entries import RECORD_NAME, ActionEntry, Entry, SessionEntry
from toolkit.errors import NotFoundError
from toolkit.i18n import _, format_date, format_time, use_language
from toolkit.reports.run.template_placeholders import web_address
from toolkit.reports.run.template_runner import find_template, run_template

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["SESSION_NOTEBOOK", "SESSION_TEMPLATE", "write_session_notebook"]

SESSION_NOTEBOOK = "session.ipynb"
SESSION_TEMPLATE = "session.ipynb"

_EXERCISE_TAG = "exercise-of-the-day"
_HEADING = re.compile(r"^(#{1,4})(?=\s)", re.MULTILINE)
_FENCE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)\s*?$", re.MULTILINE | re.DOTALL)


def write_session_notebook(
    folder: Path,
    entries: Mapping[str, Mapping[str, Any] | Entry],
    exercise_cells: Iterable[Mapping[str, Any]] = (),
    *,
    student: Student,
    mentor: str = "",
    video: str = "",
    warm_up: Sequence[str] = (),
    templates: Path | None = None,
    within: Path | None = None,
) -> Path:
    """Write `session.ipynb` beside the session's record and return its path.

    An existing notebook is not changed, because people may have written in it.

    Parameters
    ----------
    folder : Path
        The session's folder in the student's workspace; it must contain the record.
    entries : mapping of str to mapping
        The record's items by key, as in `toolkit.domain.record_entries`.
    exercise_cells : iterable of notebook cells
        Statement and solution cells of the exercise of the day, in the student's language. They are not run.
    student : Student
        The student; the ``address`` decides between tu and vous in French texts.
    mentor : str
        Name of the mentor.
    video : str
        Web address of the call; may be empty.
    warm_up : sequence of str
        Warm-up questions, in the student's language.
    templates : Path, optional
        The folder `templates` of the practice; its files take precedence over the toolkit's.
    within : Path, optional
        The student's workspace: no link below it is followed. ``folder`` by default.

    Raises
    ------
    NotFoundError
        If ``folder`` contains no record.
    InputError
        If ``video`` is not a web address.
    ExecutionError
        If the template fails; nothing is written.
    StorageError
        If the disk refuses.
    """
    path = folder / SESSION_NOTEBOOK
    record = folder / RECORD_NAME
    with disk_errors(path):
        if path.exists():
            return path
        if not record.is_file():
            raise NotFoundError(_("There is no {name} in {folder}.").format(name=RECORD_NAME, folder=folder))
        content = record.read_bytes()
    session = SessionEntry.model_validate(_plain(entries["session"]))
    exercise = next((key.partition(":")[2] for key in entries if key.startswith("exercise:")), "")
    with use_language(session.language):
        about = {
            "id": session.id,
            "student": student.id,
            "given_name": student.given_name,
            "tu": student.address == "tu",
            "vous": student.address == "vous",
            "mentor": mentor.strip(),
            "video": web_address(video) if video.strip() else "",
            "language": session.language,
            "date": format_date(session.starts_at.astimezone().date()),
            "start": format_time(session.starts_at),
            "end": format_time(session.starts_at + timedelta(minutes=session.minutes)),
            "minutes": session.minutes,
            "exercise": exercise,
            "warm_up": list(warm_up),
            "promised": sum(_is_promised(key, value) for key, value in entries.items()),
        }
        title = _("Session of {date}: {name}").format(date=about["date"], name=student.name)

    def finish(nb: NotebookNode) -> None:
        _embed(nb, exercise_cells)
        nb.metadata["title"] = title
        stamp = {"kind": "session", "session": session.id, "student": student.id}
        stamp |= {"exercise": exercise} if exercise else {}
        nb.metadata["mentoring"] = {**stamp, "language": session.language}

    with TemporaryDirectory(prefix="mentoring-session-") as apart:
        # The widgets read a copy of the record in another folder, so that the mentor's kernel imports nothing
        # from the student's folder, and the preparation changes no record.
        (Path(apart) / RECORD_NAME).write_bytes(content)
        return run_template(
            find_template(SESSION_TEMPLATE, templates),
            {"session": about},
            path,
            language=session.language,
            cwd=Path(apart),
            finish=finish,
            within=within or folder,
        )


def _plain(value: Mapping[str, Any] | Entry) -> dict[str, Any]:
    return value.model_dump() if isinstance(value, Entry) else dict(value)


def _is_promised(key: str, value: Mapping[str, Any] | Entry) -> bool:
    if not key.startswith("action:"):
        return False
    return ActionEntry.model_validate(_plain(value)).state is ActionState.OPEN


def _embed(nb: NotebookNode, exercise_cells: Iterable[Mapping[str, Any]]) -> None:
    from nbformat import from_dict

    place = next(
        (n for n, cell in enumerate(nb.cells) if _EXERCISE_TAG in cell.metadata.get("tags", [])), None
    )
    if place is None:
        return
    taken = {cell.id for cell in nb.cells}
    embedded = []
    for number, given in enumerate(exercise_cells, 1):
        cell = from_dict({"metadata": {}, **given})  # type: ignore[no-untyped-call]
        if cell.get("id", "") in taken | {""}:
            cell["id"] = f"exercise-{number}"
        taken.add(cell["id"])
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
            # Run All Cells must not stop at a part that the student has not written yet.
            tags = cell.metadata.get("tags", [])
            cell.metadata["tags"] = [*tags, *({"raises-exception"} - set(tags))]
        elif cell.cell_type == "markdown":
            cell["source"] = _lower_headings(cell["source"])
        embedded.append(cell)
    nb.cells[place : place + 1] = embedded


def _lower_headings(source: str | list[str]) -> str:
    """Lower a statement's headings by two levels, below the session's headings; code is not changed."""
    text = "".join(source)
    spans = [match.span() for match in _FENCE.finditer(text)]

    def lower(match: re.Match[str]) -> str:
        inside = any(start <= match.start() < end for start, end in spans)
        return match[1] if inside else f"##{match[1]}"

    return _HEADING.sub(lower, text)
