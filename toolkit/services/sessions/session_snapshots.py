"""The snapshots of a session: taken, looked at, compared, put back."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from toolkit._internal.atomic_io import write_durably
from toolkit.domain.session import Session
from toolkit.errors import NotFoundError, UnreadableError
from toolkit.i18n import _
from toolkit.live.snapshots.snapshot_scheduler import Keeper
from toolkit.live.snapshots.snapshot_store import Snapshot, Snapshots, Why
from toolkit.practice import Practice
from toolkit.services.sessions.session_workspace import notebook_path, place_of, read_notebook, record_path

__all__ = ["Line", "copy", "keeper", "notebook_of", "notebooks", "of", "outline", "restore", "take"]


def of(practice: Practice, session_id: str) -> Snapshots:
    """Return the snapshots of a session; `NotFoundError` where there is no such session."""
    return Snapshots(practice.private / "snapshots" / _session(practice, session_id).id)


def keeper(practice: Practice, session_id: str) -> Keeper:
    """Return who takes a session's snapshots while it is open; used in a ``with`` block for that time."""
    session = _session(practice, session_id)
    return Keeper(
        of(practice, session_id),
        notebook_path(practice, session),
        place_of(practice, session),
        record=record_path(practice, session),
    )


def take(practice: Practice, session_id: str, why: Why = Why.HAND) -> Snapshot | None:
    """Take a snapshot of what is on the table now; None where the last one is the same.

    Raises
    ------
    NotFoundError
        If nothing was prepared for the session yet.
    """
    _prepared(practice, session_id)
    return keeper(practice, session_id).take(why)


class Line(NamedTuple):
    """A cell of a notebook, in one line."""

    kind: str
    text: str
    outputs: int


def outline(practice: Practice, session_id: str, number: int) -> list[Line]:
    """Return the cells of a snapshot's notebook."""
    notebook = notebook_of(practice, session_id, number)
    return [
        Line(
            cell["cell_type"],
            next(iter(str(cell["source"]).strip().splitlines()), ""),
            len(cell.get("outputs", ())),
        )
        for cell in notebook["cells"]
    ]


def copy(practice: Practice, session_id: str, number: int) -> Path:
    """Put a copy of a snapshot's notebook on the desk, and return its path."""
    found = of(practice, session_id)
    data = _bytes(found, found.get(number))
    path = practice.root / "desk" / "snapshots" / f"{_session(practice, session_id).id}-{number}.ipynb"
    write_durably(path, data)
    return path


def notebooks(
    practice: Practice, session_id: str, before: int, after: int | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two notebooks to be compared; the second is what is on the table where ``after`` is None."""
    one = notebook_of(practice, session_id, before)
    if after is not None:
        return one, notebook_of(practice, session_id, after)
    session = _prepared(practice, session_id)
    return one, _parsed(read_notebook(practice, session), _("The notebook on the table"))


def restore(practice: Practice, session_id: str, number: int, *, record: bool = False) -> Snapshot | None:
    """Put a notebook back on the table as it was, after a snapshot of what is there now.

    Parameters
    ----------
    record : bool
        The session's record, too: agenda, ticks, actions.

    Returns
    -------
    Snapshot or None
        The one taken before; None where the last one is what was there.

    Raises
    ------
    StateError
        If the session is open: its server would not see it, or write over it.
    NotFoundError
        If there is no such snapshot, or it has not that file.
    InputError
        If what was kept is damaged; nothing is changed then.
    """
    session = _prepared(practice, session_id)
    found = of(practice, session_id)
    snapshot = found.get(number)
    notebook = _bytes(found, snapshot)
    if record and snapshot.record is None:
        raise NotFoundError(_("Snapshot {number} has no record.").format(number=number))
    kept = found.content(snapshot.record) if record and snapshot.record else None
    path, place = notebook_path(practice, session), place_of(practice, session)
    with found.held():
        before = keeper(practice, session_id).take(Why.RESTORE)
        write_durably(path, notebook, within=place)
        if kept is not None:
            write_durably(record_path(practice, session), kept, within=place)
    return before


def _session(practice: Practice, session_id: str) -> Session:
    with practice.store.read() as tx:
        return tx.sessions.get(session_id)


def _prepared(practice: Practice, session_id: str) -> Session:
    session = _session(practice, session_id)
    if not notebook_path(practice, session).parent.is_dir():
        raise NotFoundError(
            _("Nothing is prepared for session {id} yet.").format(id=session.id),
            hint=_("Its notebook is made by: mentor session start {id}").format(id=session.id),
        )
    return session


def _bytes(found: Snapshots, snapshot: Snapshot) -> bytes:
    if snapshot.notebook is None:
        raise NotFoundError(_("Snapshot {number} has no notebook.").format(number=snapshot.number))
    return found.content(snapshot.notebook)


def notebook_of(practice: Practice, session_id: str, number: int) -> dict[str, Any]:
    """Return the notebook of a snapshot."""
    found = of(practice, session_id)
    return _parsed(_bytes(found, found.get(number)), _("Snapshot {number}").format(number=number))


def _parsed(data: bytes, what: str) -> dict[str, Any]:
    try:
        with warnings.catch_warnings(action="ignore"):  # of cells without ids, which do no harm here
            notebook: dict[str, Any] = nbformat.reads(data.decode(), as_version=4)  # type: ignore[no-untyped-call]
            nbformat.validate(notebook)
    except Exception as error:  # whatever a damaged notebook makes of nbformat
        raise UnreadableError(
            _("{what} is no notebook that can be read.").format(what=what),
            _("Another snapshot may be: mentor snapshot list SESSION"),
        ) from error
    return notebook
