"""The texts of the desk's views."""

from __future__ import annotations

from typing import Any

from toolkit.i18n import _, ngettext

__all__ = ["review_words"]


def review_words() -> dict[str, Any]:
    """Return the texts of the review desk, in the current language."""
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
        "remark": _("Remark: {text}"),
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


def session_words() -> dict[str, Any]:
    """Return the texts of the session desk, in the current language."""
    return {
        # The next step.
        "nowPlanned": _("Not started yet. Read the brief; then, in a terminal: `mentor live {student}`"),
        "nowIdle": _("Nothing is running on the agenda."),
        "nowNext": _("Next: {text}"),
        "nowAllDone": _("All of the agenda is done."),
        "nowClose": _("Time to close."),
        "nowHeld": _("The session is closed."),
        "nowOver": _("The session was not held: {state}."),
        "runningFor": _("{n} of {total} min"),
        "sessionFor": _("{n} of {total} min gone"),
        "toClose": _("Go to the close-out"),
        # The brief.
        "brief": _("Brief"),
        "opener": _("To begin with"),
        "wish": _("The student's wish"),
        "promises": _("Open actions"),
        "attempts": _("Attempts since the last session"),
        "reviews": _("To be refreshed"),
        "lastNotes": _("Your notes of earlier sessions"),
        # The shared session.
        "agenda": _("Shared session"),
        "discussedOf": _("{n} of {total} discussed"),
        "agreed": _("Agreed so far"),
        "doneSince": _("Done since last time"),
        "noAgreed": _("Nothing is agreed yet."),
        "leftOut": _("Left out: {problem}"),
        "open": _("Open"),
        "discussed": _("Discussed"),
        "carried": _("Carried over"),
        "dropped": _("Dropped"),
        # Hints.
        "hints": _("Hints"),
        "given": _("{n} of {total} given"),
        "hint": _("Hint {n} of {total}"),
        "isGiven": _("In the shared session"),
        "notGiven": _("Only you see it"),
        "hintAsked": _("{name} asks for hint {n} of {total}, since {time}."),
        "readHint": _("Read it first"),
        "giveHint": _("Give hint {n} of {total}"),
        "allGiven": _("All hints are given."),
        "noExercise": _("There is no exercise of the day."),
        "noHints": _("This exercise has no hints."),
        "hintGiven": _("Hint {n} is in the shared session."),
        # The solution.
        "solution": _("Solution"),
        "wrong": _("Typical wrong answers"),
        "noSolution": _("No solution is kept with this exercise."),
        # Notes.
        "notes": _("Private notes"),
        "notesHint": _("Blurred until you point at them. Kept as you type; the student never sees them."),
        "placeholder": _("What you want to remember"),
        "keepNote": _("Keep this note"),
        # Evidence.
        "evidence": _("Evidence"),
        "aided": _("Seen, aided"),
        "unaided": _("Seen, unaided"),
        "seenAided": _("seen, aided, {time}"),
        "seenUnaided": _("seen, unaided, {time}"),
        "undo": _("Undo"),
        "otherSkill": _("Another skill of the path"),
        "choose": _("Choose…"),
        "seenCount": [ngettext("{n} seen", "{n} seen", n) for n in (1, 2)],
        # The close.
        "close": _("Close-out"),
        "look": _("Show what will be kept"),
        "lookAgain": _("Look again"),
        "recap": _("A few words of your own, for the student (Markdown)"),
        "recapSent": _("The recap, as the student gets it:"),
        "closeButton": _("Close the session"),
        "sure": _("Really close? What is shown above is kept, and nobody gets in any more."),
        "closeNow": _("Close now"),
        "notYet": _("Not yet"),
        "closing": _("Closing…"),
        "notLive": _("A session is closed once it was started."),
        "keptTitle": _("This was kept"),
        "copyRecap": _("Copy the recap"),
        "copied": _("Copied."),
        "notCopied": _("This page may not copy: select the text and copy it."),
        "mailRecap": _("Open as an e-mail"),
        "reportWriting": _("The progress notebook is being written…"),
        "reportWritten": _("The progress notebook is written."),
        "reportOpen": _("The session is kept; its progress notebook is not written yet."),
        "writeReport": _("Write the progress notebook"),
        "planNext": _("Next: `mentor session plan {student} --at 'in 7 days 18:00'`"),
    }
