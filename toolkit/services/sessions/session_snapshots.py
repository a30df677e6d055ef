"""The snapshots of a session: take, show, compare, restore."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from toolkit._internal.atomic_io import atomic_write
from toolkit.domain.session import Session
from toolkit.errors import NotFoundError, UnreadableError
from toolkit.i18n import _
from toolkit.live.snapshots.snapshot_scheduler import SnapshotScheduler
from toolkit.live.snapshots.snapshot_store import SessionSnapshot, SnapshotReason, SnapshotStore
from toolkit.live.sync.write_journal import disown
from toolkit.practice import Practice
from toolkit.services.sessions.server_state import state_folder
from toolkit.services.sessions.session_workspace import (
    notebook_path,
    read_notebook,
    record_path,
    session_folder,
)

__all__ = [
    "OutlineLine",
    "copy_snapshot",
    "notebooks_to_compare",
    "outline_snapshot",
    "restore_snapshot",
    "snapshot_notebook",
    "snapshot_scheduler_for",
    "snapshots_of_session",
    "take_snapshot",
]


def snapshots_of_session(practice: Practice, session_id: str) -> SnapshotStore:
    """Return the snapshots of a session.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.

    Raises
    ------
    NotFoundError
        There is no such session.
    """
    return SnapshotStore(practice.private / "snapshots" / _session(practice, session_id).id)


def snapshot_scheduler_for(practice: Practice, session_id: str) -> SnapshotScheduler:
    """Return the scheduler of a session's snapshots; a context manager, entered while the session is shared.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    """
    session = _session(practice, session_id)
    return SnapshotScheduler(
        snapshots_of_session(practice, session_id),
        notebook_path(practice, session),
        session_folder(practice, session),
        record=record_path(practice, session),
    )


def take_snapshot(
    practice: Practice, session_id: str, why: SnapshotReason = SnapshotReason.HAND
) -> SessionSnapshot | None:
    """Take a snapshot of a session's notebook and record as they are now.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    why : SnapshotReason
        Reason for the snapshot, stored with it.

    Returns
    -------
    SessionSnapshot or None
        The new snapshot; None if nothing has changed since the last one.

    Raises
    ------
    NotFoundError
        There is no such session, or nothing was prepared for it yet.
    """
    _prepared_session(practice, session_id)
    return snapshot_scheduler_for(practice, session_id).take_snapshot(why)


class OutlineLine(NamedTuple):
    """A cell of a notebook, in one line.

    Parameters
    ----------
    kind : str
        Type of the cell: code, markdown or raw.
    text : str
        First line of its source.
    outputs : int
        Number of its outputs.
    """

    kind: str
    text: str
    outputs: int


def outline_snapshot(practice: Practice, session_id: str, number: int) -> list[OutlineLine]:
    """Return one line for each cell of a snapshot's notebook.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    number : int
        Number of the snapshot.
    """
    notebook = snapshot_notebook(practice, session_id, number)
    return [
        OutlineLine(
            cell["cell_type"],
            next(iter(str(cell["source"]).strip().splitlines()), ""),
            len(cell.get("outputs", ())),
        )
        for cell in notebook["cells"]
    ]


def copy_snapshot(practice: Practice, session_id: str, number: int) -> Path:
    """Write a copy of a snapshot's notebook on the mentor's desk, and return its path.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    number : int
        Number of the snapshot.
    """
    found = snapshots_of_session(practice, session_id)
    data = _notebook_bytes(found, found.get(number))
    path = practice.root / "desk" / "snapshots" / f"{_session(practice, session_id).id}-{number}.ipynb"
    atomic_write(path, data)
    return path


def notebooks_to_compare(
    practice: Practice, session_id: str, before: int, after: int | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two notebooks to compare.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    before : int
        Number of the first snapshot.
    after : int, optional
        Number of the second snapshot; the session's current notebook if left out.
    """
    first = snapshot_notebook(practice, session_id, before)
    if after is not None:
        return first, snapshot_notebook(practice, session_id, after)
    session = _prepared_session(practice, session_id)
    return first, _parse_notebook(read_notebook(practice, session), _("The session's current notebook"))


def restore_snapshot(
    practice: Practice, session_id: str, number: int, *, record: bool = False
) -> SessionSnapshot | None:
    """Restore a session's notebook from a snapshot, after a snapshot of its current state.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    number : int
        Number of the snapshot.
    record : bool
        Whether to restore the session's record as well: agenda, ticks, actions.

    Returns
    -------
    SessionSnapshot or None
        The snapshot taken before; None if nothing has changed since the last one.

    Raises
    ------
    StateError
        The session is being shared: its server would overwrite the restored file, or not read it.
    NotFoundError
        There is no such snapshot, or it lacks the file.
    InputError
        The snapshot is damaged; nothing is changed.
    """
    session = _prepared_session(practice, session_id)
    found = snapshots_of_session(practice, session_id)
    snapshot = found.get(number)
    notebook = _notebook_bytes(found, snapshot)
    if record and snapshot.record is None:
        raise NotFoundError(_("Snapshot {number} has no record.").format(number=number))
    kept = found.content(snapshot.record) if record and snapshot.record else None
    path, place = notebook_path(practice, session), session_folder(practice, session)
    with found.held():
        before = snapshot_scheduler_for(practice, session_id).take_snapshot(SnapshotReason.RESTORE)
        # The next server would take a content that an earlier one had written for older than its store.
        disown(state_folder(practice, session), notebook)
        atomic_write(path, notebook, within=place)
        if kept is not None:
            atomic_write(record_path(practice, session), kept, within=place)
    return before


def _session(practice: Practice, session_id: str) -> Session:
    with practice.store.read() as tx:
        return tx.sessions.get(session_id)


def _prepared_session(practice: Practice, session_id: str) -> Session:
    session = _session(practice, session_id)
    if not notebook_path(practice, session).parent.is_dir():
        raise NotFoundError(
            _("Nothing is prepared for session {id} yet.").format(id=session.id),
            hint=_("Its notebook is made by: mentor session start {id}").format(id=session.id),
        )
    return session


def _notebook_bytes(found: SnapshotStore, snapshot: SessionSnapshot) -> bytes:
    if snapshot.notebook is None:
        raise NotFoundError(_("Snapshot {number} has no notebook.").format(number=snapshot.number))
    return found.content(snapshot.notebook)


def snapshot_notebook(practice: Practice, session_id: str, number: int) -> dict[str, Any]:
    """Return the notebook of a snapshot, as nbformat 4.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    number : int
        Number of the snapshot.

    Raises
    ------
    NotFoundError
        There is no such session or snapshot, or the snapshot has no notebook.
    UnreadableError
        The notebook in it is damaged.
    """
    found = snapshots_of_session(practice, session_id)
    return _parse_notebook(
        _notebook_bytes(found, found.get(number)), _("Snapshot {number}").format(number=number)
    )


def _parse_notebook(data: bytes, what: str) -> dict[str, Any]:
    try:
        with warnings.catch_warnings(action="ignore"):  # about cells without ids, which do no harm here
            notebook: dict[str, Any] = nbformat.reads(data.decode(), as_version=4)  # type: ignore[no-untyped-call]
            nbformat.validate(notebook)
    except Exception as error:  # nbformat raises errors of any class on a damaged notebook
        raise UnreadableError(
            _("{what} is no notebook that can be read.").format(what=what),
            _("Another snapshot may be: mentor snapshot list SESSION"),
        ) from error
    return notebook
