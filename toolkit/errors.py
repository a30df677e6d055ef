"""The one tree of errors.

Every error says what happened, to which thing, and the next step::

    MentoringError
    ├── InputError            what was typed or handed in cannot be used        (exit 2)
    │   ├── NotFoundError     no such student, exercise, session; names near ones
    │   ├── DuplicateError    the name is taken already
    │   └── UnreadableError   a file that is not what it should be
    ├── StateError            the action is not allowed now                     (exit 3)
    ├── PracticeError         the practice's folder or database                 (exit 4)
    │   ├── NoPracticeError   there is none here
    │   ├── PracticeBusyError another command is writing to it
    │   ├── SchemaError       its database is newer than this toolkit, or damaged
    │   └── StorageError      no permission, disk full, the disk failed
    └── ExecutionError        code could not be run, or a tool failed           (exit 5)
        └── MissingExtraError an extra of the toolkit is not installed
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from toolkit.i18n import _

__all__ = [
    "DuplicateError",
    "ExecutionError",
    "InputError",
    "MentoringError",
    "MissingExtraError",
    "NoPracticeError",
    "NotFoundError",
    "PracticeBusyError",
    "PracticeError",
    "SchemaError",
    "StateError",
    "StorageError",
    "UnreadableError",
]


class MentoringError(Exception):
    """Anything the toolkit refuses or fails to do.

    Parameters
    ----------
    message : str
        What happened, and to which thing, in one sentence.
    hint : str, optional
        The next step.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class InputError(MentoringError):
    """What was typed or handed in cannot be used."""

    exit_code = 2


class NotFoundError(InputError):
    """No such thing.

    Parameters
    ----------
    message : str
        The whole sentence, in the reader's language ("There is no student 'ane'.").
    name : str, optional
        What was asked for.
    known : iterable of str, optional
        The names that exist; the nearest are proposed.
    hint : str, optional
        The next step when no name comes near.
    """

    def __init__(self, message: str, name: str = "", known: Iterable[str] = (), hint: str = "") -> None:
        near = get_close_matches(name, list(known), n=3, cutoff=0.5)
        if near:
            hint = _("Did you mean {names}?").format(names=", ".join(near))
        super().__init__(message, hint)
        self.near = near


class DuplicateError(InputError):
    """The name is taken already."""


class UnreadableError(InputError):
    """A file is not what it should be."""


class StateError(MentoringError):
    """The action is not allowed in the state that the thing is in."""

    exit_code = 3


class PracticeError(MentoringError):
    """The practice's folder or database cannot be used."""

    exit_code = 4


class NoPracticeError(PracticeError):
    """There is no practice here."""


class PracticeBusyError(PracticeError):
    """Another command is writing to the practice."""


class SchemaError(PracticeError):
    """The database is newer than this toolkit, or damaged."""


class StorageError(PracticeError):
    """The disk said no: permission, space, or a fault."""


class ExecutionError(MentoringError):
    """Code could not be run, or a tool failed."""

    exit_code = 5


class MissingExtraError(ExecutionError):
    """An extra of the toolkit is not installed; the hint is the line that installs it."""
