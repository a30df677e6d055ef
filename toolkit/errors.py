"""The hierarchy of the toolkit's errors.

Every error states the event, the thing concerned, and the next step::

    MentoringError
    ├── InputError            the input (typed text or a file) is not valid     (exit 2)
    │   ├── NotFoundError     no such student, exercise, session; suggests similar names
    │   ├── DuplicateError    the name is already in use
    │   └── UnreadableError   a file does not have the expected format
    ├── StateError            the current state does not allow the action       (exit 3)
    ├── PracticeError         the practice's folder or database is not usable   (exit 4)
    │   ├── NoPracticeError   the folder is not inside a practice
    │   ├── PracticeBusyError another command is writing to the practice
    │   ├── SchemaError       the database is newer than this toolkit, or damaged
    │   └── StorageError      no permission, disk full, or disk failure
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
    """Base class of all errors of the toolkit.

    Parameters
    ----------
    message : str
        The event and the thing concerned, in one sentence.
    hint : str, optional
        The next step for the reader.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class InputError(MentoringError):
    """The input (typed text or a file) is not valid."""

    exit_code = 2


class NotFoundError(InputError):
    """The named thing does not exist.

    Parameters
    ----------
    message : str
        The whole sentence, in the reader's language ("There is no student 'ane'.").
    name : str, optional
        The name that the user gave.
    known : iterable of str, optional
        The names that exist; the message suggests up to three similar ones.
    hint : str, optional
        The next step if no existing name is similar.
    """

    def __init__(self, message: str, name: str = "", known: Iterable[str] = (), hint: str = "") -> None:
        near = get_close_matches(name, list(known), n=3, cutoff=0.5)
        if near:
            hint = _("Did you mean {names}?").format(names=", ".join(near))
        super().__init__(message, hint)
        self.near = near


class DuplicateError(InputError):
    """The name is already in use."""


class UnreadableError(InputError):
    """A file does not have the expected format."""


class StateError(MentoringError):
    """The current state of the thing does not allow the action."""

    exit_code = 3


class PracticeError(MentoringError):
    """The practice's folder or database cannot be used."""

    exit_code = 4


class NoPracticeError(PracticeError):
    """The folder is not inside a practice."""


class PracticeBusyError(PracticeError):
    """Another command is writing to the practice."""


class SchemaError(PracticeError):
    """The database is newer than this toolkit, or damaged."""


class StorageError(PracticeError):
    """The disk refused an operation: no permission, no space, or a failure."""


class ExecutionError(MentoringError):
    """Code could not be run, or a tool failed."""

    exit_code = 5


class MissingExtraError(ExecutionError):
    """An extra of the toolkit is not installed; the hint is the line that installs it."""
