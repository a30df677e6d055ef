"""Handing an exercise in from its card, and following what comes of it.

The kernel cannot know the notebook: `In` holds what was run, not what is written, and neither text cells nor
the names of cells. So the page has JupyterLab save the notebook first (through the document that its widget
manager belongs to, where there is one), and what is handed in is the file, byte by byte. A student who writes
another file there only hands in another file: it is graded on the mentor's side, from what it holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from weakref import WeakMethod

from IPython import get_ipython

from toolkit.domain.answer import Answer
from toolkit.domain.record import ExerciseEntry
from toolkit.errors import InputError, MentoringError
from toolkit.i18n import _, format_number, format_time
from toolkit.outbox import Outbox, name_of
from toolkit.record import Record
from toolkit.widgets.static import Html, code, element

__all__ = ["HandIn", "follow", "hand_in_lines", "hand_in_words"]

USUAL = "session.ipynb"

_WORDS = {
    "passed": "passedTest",
    "partly": "partly",
    "failed": "failedTest",
    "to be looked at": "to be looked at",
}

_PATIENCE = 1.5
"""Seconds without a receipt after which nobody seems to be there to take it."""


class HandIn:
    """The way of one exercise from the student's table to the mentor's and back.

    Parameters
    ----------
    record : Record
        Where the exercise lives; its folder holds the notebook.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.outbox = Outbox.of_record(record.path)

    def put(self, entry: ExerciseEntry, notebook: str) -> ExerciseEntry:
        """Hand the notebook in, and return the entry that says so.

        Parameters
        ----------
        notebook : str
            Its file name, as the page says; the session's own where it says nothing.

        Raises
        ------
        InputError
            If it is no notebook, or too large.
        StorageError
            If the disk refuses.
        """
        name = notebook or USUAL
        if PurePosixPath(name).name != name or not name.endswith(".ipynb"):
            raise InputError(_("{name} is no notebook.").format(name=name))
        return _handed_in(entry, self.outbox.put(entry.id, self.record.path.parent / name))

    def put_bytes(self, entry: ExerciseEntry, data: bytes) -> ExerciseEntry:
        """Hand in a notebook that is given as bytes; as `put`."""
        return _handed_in(entry, self.outbox.put_bytes(entry.id, data))

    def state(self, entry: ExerciseEntry) -> dict[str, Any]:
        """Return what the view shows of the last submission."""
        if not entry.handed_in or entry.handed_in_at is None:
            return {"state": ""}
        answer = self.outbox.answer(name_of(entry.id, entry.handed_in))
        shown = {"at": entry.handed_in_at.isoformat(), "sha": entry.handed_in[:12]}
        if answer is None:
            alone = (datetime.now(UTC) - entry.handed_in_at).total_seconds() > _PATIENCE
            return {**shown, "state": "alone" if alone else "handed in"}
        return {**shown, **_answered(answer, self._way_to(answer.page))}

    def _way_to(self, page: str) -> str:
        """Return the path from the notebook's folder to a file of the workspace."""
        if not page:
            return ""
        folder = self.record.path.parent
        depth = len(folder.relative_to(self.outbox.workspace).parts)
        return "../" * depth + Path(page).as_posix()


def _handed_in(entry: ExerciseEntry, digest: str) -> ExerciseEntry:
    return entry.model_copy(update={"handed_in": digest, "handed_in_at": datetime.now(UTC)})


def _answered(answer: Answer, page: str) -> dict[str, Any]:
    return {
        "state": answer.state,
        "received": answer.received_at.isoformat(),
        "verdict": answer.verdict,
        "points": _("{points} of {most} points").format(
            points=format_number(answer.points), most=format_number(answer.max_points)
        )
        if answer.max_points
        else "",
        "tests": [test.model_dump() for test in answer.tests],
        "message": answer.message,
        "page": page,
    }


def follow(look: Callable[[], bool]) -> None:
    """Call the bound method ``look`` again and again in the kernel's own loop, until it returns False.

    Often while an answer is likely, then seldom. Without a kernel nothing is called.
    """
    loop = getattr(getattr(get_ipython(), "kernel", None), "io_loop", None)
    if loop is None:
        return
    began = time.monotonic()
    # The widget may be dropped: its cell was run again.
    reference = WeakMethod(look)

    def again() -> None:
        method = reference()
        try:
            if method is None or not method():
                return
        except MentoringError:
            pass  # a record that is being written; the next time it can be read
        waited = time.monotonic() - began
        loop.call_later(0.03 if waited < 10 else 0.5 if waited < 120 else 2.0, again)

    loop.add_callback(again)


def hand_in_words() -> dict[str, str]:
    """Return the view's words about handing in."""
    return {
        "submit": _("Submit"),
        "handingIn": _("Handing in…"),
        "submitLater": _("The notebook is handed in when the running cell has ended."),
        "notSavedYet": _("Not handed in: the notebook could not be saved. Save it, then try again."),
        "notHandedIn": _("Not handed in. {reason}"),
        "handedIn": _("Handed in {time}."),
        "alone": _("Handed in {time}. It is received when your mentor next looks; nothing more to do."),
        "received": _("Received {time}. The feedback is on its way."),
        "refused": _("Not taken."),
        "receipt": _("Receipt {sha}"),
        "feedback": _("Feedback"),
        "feedbackLink": _("Read the whole feedback"),
        "passedTest": _("passed"),
        "partly": _("partly"),
        "failedTest": _("not yet"),
        "to be looked at": _("to be looked at"),
        "sentAt": _("Handed in {time}"),
    }


def hand_in_lines(now: Mapping[str, Any], words: Mapping[str, Any]) -> Iterable[Html]:
    """Yield the static form of the last submission."""
    if now.get("state") in {None, "", "problem"}:
        return
    at = format_time(datetime.fromisoformat(now["at"]))
    receipt = words["receipt"].format(sha=now["sha"])
    yield element("p", f"{words['sentAt'].format(time=at)} · {receipt}")
    if now["state"] == "graded":
        yield element("p", " · ".join(text for text in (now["points"], now["verdict"]) if text))
    if now.get("message"):
        yield element("p", code(now["message"]))
    said = [
        element(
            "li",
            f"{words[_WORDS[test['outcome']]]} · {test['name']}",
            *([element("br"), element("small", code(test["message"]))] if test["message"] else []),
        )
        for test in now.get("tests", ())
    ]
    if said:
        yield element("ul", *said)
