"""Decides which of several files is a student's last attempt: by times and numbers, not by the alphabet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from toolkit.exercises.submission.identify import plain_stem

__all__ = ["AttemptOrder", "FileEvidence", "order_attempts"]

# Zip entries have times of two seconds, and a copied folder gives its files the times of copying.
_SAME_TIME = timedelta(seconds=2)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_FOLDER_NUMBER = re.compile(
    r"^(?:version|attempt|versuch|essai|tentative|abgabe|rendu)[\s_-]*(\d{1,4})$", re.IGNORECASE
)
_FILE_NUMBER = re.compile(
    r"\((\d{1,4})\)$|(?:copy|copie|kopie|kopia|c[oó]pia)[\s_-]*\(?(\d{1,4})\)?$"
    r"|(?:^|[\s_.-])(?:v|version|attempt|versuch|essai|tentative)[\s_.-]*(\d{1,4})$"
    r"|[-_\s](\d{1,2})$",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"(?:copy|copie|kopie|kopia|c[oó]pia)$|^(?:copy[\s_]of|copie[\s_]de|kopie[\s_]von|c[oó]pia[\s_]d[ei])[\s_]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class FileEvidence:
    """Evidence of the time at which a file was made and handed in.

    Parameters
    ----------
    place : str
        Path of the file.
    made_at : datetime or None
        Time of the file; aware. None if unknown.
    position : int
        Place in the order in which an archive was filled.
    exercise : str
        Name of the exercise, which may end in a number of its own.
    is_known : bool
        True for an attempt that was received before.
    """

    place: str
    made_at: datetime | None = None
    position: int = 0
    exercise: str = ""
    is_known: bool = False


@dataclass(frozen=True)
class AttemptOrder:
    """Order of some attempts.

    Parameters
    ----------
    indices : tuple of int
        Indices of the attempts, the earliest first.
    is_clear : bool
        False if the evidence does not say which is the last, or contradicts itself.
    """

    indices: tuple[int, ...]
    is_clear: bool


def order_attempts(files: Sequence[FileEvidence]) -> AttemptOrder:
    """Order the attempts of one student at one exercise.

    Times that are more than two seconds apart decide; then the numbers that browsers, file managers and
    learning platforms write into names; then the exact times, and the order in an archive.

    Parameters
    ----------
    files : sequence of FileEvidence
        The attempts.
    """
    indices = list(range(len(files)))
    numbers = [_number(file) for file in files]
    times = [file.made_at or _EARLIEST for file in files]
    if all(file.made_at for file in files):
        indices.sort(key=lambda index: times[index])
    groups: list[list[int]] = []
    for index in indices:
        near = groups and (
            files[index].made_at is None
            or files[groups[-1][-1]].made_at is None
            or times[index] - times[groups[-1][-1]] <= _SAME_TIME
        )
        if near:
            groups[-1].append(index)
        else:
            groups.append([index])
    for group in groups:
        # Numbers of other names are no evidence.
        comparable = len({_stem(files[index]) for index in group}) == 1

        def key(index: int, *, comparable: bool = comparable) -> tuple[object, ...]:
            number = numbers[index] if comparable else (0, 0)
            return number, not files[index].is_known, times[index], files[index].position

        group.sort(key=key)
    ordered = tuple(index for group in groups for index in group)
    return AttemptOrder(ordered, _is_clear(files, numbers, groups[-1], ordered) if ordered else True)


def _is_clear(
    files: Sequence[FileEvidence],
    numbers: list[tuple[int, int]],
    last_group: list[int],
    ordered: tuple[int, ...],
) -> bool:
    last = ordered[-1]
    rivals = [index for index in last_group if index != last]
    if any(numbers[index] == numbers[last] or _stem(files[index]) != _stem(files[last]) for index in rivals):
        return False
    if rivals and _COPY.search(_bare_name(files[last])):
        return False  # a copy may have been made before the file was changed, or after
    # A file that was changed later, and has a lower number than another one.
    return not any(
        numbers[index] > numbers[last] and _stem(files[index]) == _stem(files[last]) for index in ordered
    )


def _number(file: FileEvidence) -> tuple[int, int]:
    """Return the number of a folder ("Version 2") and of a file ("(1)", "-Copy2", "_v3"); 0 without one."""
    parts = re.split(r"[\\/]", file.place)
    folders = [int(found[1]) for part in parts[:-1] if (found := _FOLDER_NUMBER.match(part.strip()))]
    name = _bare_name(file)
    if file.exercise and name.casefold().startswith(file.exercise.casefold()):
        name = name[len(file.exercise) :]
    found_number = _FILE_NUMBER.search(name)
    number = 0
    if found_number is not None:
        number = int(next(group for group in found_number.groups() if group is not None))
    elif _COPY.search(_bare_name(file)):
        number = 1
    return (folders[-1] if folders else 0, number)


def _bare_name(file: FileEvidence) -> str:
    name = re.split(r"[\\/]", file.place)[-1].strip()
    while name.lower().endswith((".ipynb", ".json", ".txt")):
        name = name.rsplit(".", 1)[0]
    return name


def _stem(file: FileEvidence) -> str:
    """Return the name without its number."""
    return _FILE_NUMBER.sub("", plain_stem(_bare_name(file))).casefold().strip(" _-")
