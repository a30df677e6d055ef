"""The check of an exercise as requested by a page of a shared session, without a cell or a widget."""

from __future__ import annotations

from datetime import UTC, datetime

from IPython import get_ipython
from IPython.display import JSON

from toolkit.domain.record_entries import ExerciseEntry, SessionEntry, TestEntry
from toolkit.errors import NotFoundError
from toolkit.i18n import _, current_language, use_language
from toolkit.widgets.visible_test_run import run_tests
from toolkit.workspace.session_record import Record

__all__ = ["check", "outcomes"]


def check(name: str, record: Record | None = None) -> list[TestEntry]:
    """Run the visible tests of an exercise in the notebook's namespace, and save the results in the record.

    Parameters
    ----------
    name : str
        Id of the exercise.
    record : Record, optional
        The session's record; by default the one in the kernel's working directory.

    Raises
    ------
    NotFoundError
        If there is no record, or the record has no such exercise.
    StorageError
        If the disk refuses.
    """
    record = record or Record.here()
    session = record.get("session")
    with use_language(session.language if isinstance(session, SessionEntry) else current_language()):
        key = f"exercise:{name}"
        entry = record.get(key)
        if not isinstance(entry, ExerciseEntry):
            known = [other.partition(":")[2] for other in record.items("exercise:")]
            raise NotFoundError(
                _("There is no exercise '{name}' in this session.").format(name=name), name, known
            )
        shell = get_ipython()
        results = run_tests(entry.tests, shell.user_ns if shell is not None else {})
        update = {"tests": results, "checked_at": datetime.now(UTC)}
        # `since` limits the change to these two fields: a hint may have been given meanwhile.
        record.put({key: entry.model_copy(update=update)}, since={key: entry})
    return results


def outcomes(name: str) -> JSON:
    """Check as `check` does, and return the result of each test for the page, which cannot read the record.

    Parameters
    ----------
    name : str
        Id of the exercise.
    """
    told = {"name", "outcome", "message", "points"}
    return JSON({"tests": [test.model_dump(mode="json", include=told) for test in check(name)]})  # type: ignore[no-untyped-call]
