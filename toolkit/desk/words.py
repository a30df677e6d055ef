"""The words of the desk's views."""

from __future__ import annotations

from typing import Any

from toolkit.i18n import _, ngettext

__all__ = ["review_words"]


def review_words() -> dict[str, Any]:
    """Return the words of the review, in the current language."""
    return {
        "empty": _("Nothing waits for you."),
        "place": _("{n} of {total}"),
        "waits": [
            ngettext("{n} submission waits for you.", "{n} submissions wait for you.", n) for n in (1, 2)
        ],
        "allDone": _("Everything is graded. `mentor feedback` writes the pages for your students."),
        "received": _("Handed in {time}"),
        "total": _("{points} of {most} points"),
        "of": _("{points} of {most}"),
        "most": _("{most} points"),
        "answer": _("Answer"),
        "task": _("Task"),
        "test": _("Test"),
        "code": _("Added code"),
        "passed": _("Passed"),
        "partly": _("Partly"),
        "not-yet": _("Not yet"),
        "stopped": _("Timed out"),
        "waiting": _("To be looked at"),
        "theTest": _("The test"),
        "nothing": _("Nothing was written here."),
        "points": _("Points, of {most}"),
        "range": _("A number from 0 to {most}."),
        "comment": _("Comment for the student"),
        "remark": _("nbgrader: {text}"),
        "since": _("Compared with {time}"),
        "same": _("The same as on {time}"),
        "addedLines": [ngettext("{n} line added", "{n} lines added", n) for n in (1, 2)],
        "removedLines": [ngettext("{n} line taken out", "{n} lines taken out", n) for n in (1, 2)],
        "added": _("added:"),
        "removed": _("taken out:"),
        "save": _("Save"),
        "previous": _("Previous"),
        "next": _("Next"),
        "unsaved": _("Not saved yet."),
    }
