"""Recognises a student in a word of a path, in the forms that learning platforms and people give names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import permutations

from toolkit.domain.people import Student, student_slug
from toolkit.errors import InputError

__all__ = ["students_named"]

# Of longer names only the orders are compared that keep the words in a circle.
_MAX_PERMUTED_WORDS = 4
# Shorter names could be part of any word.
_MIN_JOINED_CHARS = 6


def students_named(word: str, students: Sequence[Student]) -> list[Student]:
    """Return the students that a word names; the closest form counts, and then the longest name.

    The forms are, in this order: the id or the name; the words of the name in another order ("Lefèvre, Zoé"),
    or joined ("lefevrezoe"); the name within other words ("Zoé Lefèvre - bakery-till").

    Parameters
    ----------
    word : str
        Name of a file or folder, or a part of one.
    students : sequence of Student
        The students of the practice.
    """
    try:
        wanted = student_slug(word)
    except InputError:
        return []
    exact = [student for student in students if wanted in {student.id, student_slug(student.name)}]
    if exact:
        return exact
    parts = wanted.split("-")
    ordered = [
        student
        for student in students
        if any(sorted(parts) == sorted(name) or "".join(parts) in _joined(name) for name in _names(student))
    ]
    if ordered:
        return ordered
    lengths = {student.id: _contained(word, parts, student) for student in students}
    longest = max(lengths.values(), default=0)
    return [student for student in students if longest and lengths[student.id] == longest]


def _names(student: Student) -> Iterator[list[str]]:
    yield student.id.split("-")
    yield student_slug(student.name).split("-")


def _joined(name: list[str]) -> set[str]:
    """Return the words of a name written together, in every order; none for a short name."""
    if len("".join(name)) < _MIN_JOINED_CHARS:
        return set()
    return {"".join(order) for order in _orders(name)}


def _orders(name: list[str]) -> Iterator[tuple[str, ...]]:
    if len(name) <= _MAX_PERMUTED_WORDS:
        yield from permutations(name)
    else:
        yield from ((*name[at:], *name[:at]) for at in range(len(name)))


def _contained(word: str, parts: list[str], student: Student) -> int:
    """Return the length of the student's name if it stands within a word, else 0, characters."""
    found = 0
    for name in _names(student):
        size = len(name)
        windows = {tuple(parts[at : at + size]) for at in range(len(parts) - size + 1)}
        is_long = len("".join(name)) >= _MIN_JOINED_CHARS
        if (size > 1 and windows & set(_orders(name))) or (is_long and _joined(name) & set(parts)):
            found = max(found, len("".join(name)))
    # A name in a script without ASCII letters has a slug of code points, which is never part of another.
    plain = _folded(student.name)
    if not plain.isascii() and len(plain) > 1 and plain in _folded(word):
        found = max(found, len(plain))
    return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()
