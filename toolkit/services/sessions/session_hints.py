"""The hints in a session's record."""

from __future__ import annotations

from contextlib import suppress

from toolkit.domain.record_entries import ExerciseEntry
from toolkit.domain.session import Session
from toolkit.errors import MentoringError, PracticeBusyError
from toolkit.practice import Practice
from toolkit.services.sessions.session_workspace import open_record, record_path

__all__ = ["put_hints"]


def put_hints(
    practice: Practice, session: Session, exercise_id: str, hints: list[str], *, patience: float = 5.0
) -> bool:
    """Write the hints given so far into a session's record, if the exercise is in it.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    exercise_id : str
        Id of the exercise.
    hints : list of str
        Texts of all hints given, in the student's language.
    patience : float
        Seconds to wait for the record's lock.

    Returns
    -------
    done : bool
        False if another writer held the record's lock for longer than that.
    """
    if record_path(practice, session).is_file():
        record = open_record(practice, session, patience=patience)
        # The widgets report a damaged record themselves; the hint counts as given all the same.
        with suppress(MentoringError):
            entry = record.get(f"exercise:{exercise_id}")
            if isinstance(entry, ExerciseEntry) and entry.hints != hints:
                now = entry.model_copy(update={"hints": hints})
                try:
                    record.put({f"exercise:{exercise_id}": now}, since={f"exercise:{exercise_id}": entry})
                except PracticeBusyError:
                    return False
    return True
