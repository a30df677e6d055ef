"""Which exercise a notebook answers, and whose it may be."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

from toolkit.exercises.course.course import Course
from toolkit.exercises.submission.submission_parser import Submission

__all__ = ["Recognition", "recognise"]

# What browsers, JupyterLab and file managers add to the name of a copy: (1), -Copy1, - Copie (2).
_COPY_AFTER = re.compile(r"(?:\s*\(\d+\)|[\s_-]*(?:copy|copie|kopie)[\s_-]*\d*)+$", re.IGNORECASE)
_COPY_BEFORE = re.compile(r"^(?:copy of|copie de|kopie von)\s+", re.IGNORECASE)
_STEPS = {"source", "release", "submitted", "autograded", "feedback", "students"}


@dataclass(frozen=True)
class Recognition:
    """What a notebook and the place where it was found tell.

    Parameters
    ----------
    exercise : str or None
        The exercise, where it is certain enough.
    exercises : tuple of str
        Those that it may be, where it is not.
    notebook : str
        Which notebook of the exercise it is (adopted assignments may have several).
    students : tuple of str
        Words that may name the student, the surest first: what we stamped, folders from the nearest, pieces
        of the file's name. Who knows the students decides.
    """

    exercise: str | None
    exercises: tuple[str, ...] = ()
    notebook: str = ""
    students: tuple[str, ...] = ()


def recognise(course: Course, submission: Submission, path: str) -> Recognition:
    """Return which exercise a submission answers, and hints at the student.

    Parameters
    ----------
    path : str
        Where it was found, as `Arrival.place` has it.
    """
    parts = [part for part in re.split(r"[\\/]", path) if part not in {"", ".", ".."}]
    stem = plain_stem(parts[-1]) if parts else ""
    exercise, candidates = _exercise(course, submission, stem, parts[:-1])
    return Recognition(
        exercise=exercise,
        exercises=(exercise,) if exercise else candidates,
        notebook=_notebook(course, exercise, submission, stem) if exercise else "",
        students=_students(submission, stem, parts[:-1], exercise or ""),
    )


def plain_stem(name: str) -> str:
    """Return a file's name without its ending and without what browsers and people add to a copy."""
    stem = PurePath(name).name
    while stem.lower().endswith((".ipynb", ".json", ".txt")):
        stem = stem.rsplit(".", 1)[0]
    stem = _COPY_BEFORE.sub("", stem.strip())
    return _COPY_AFTER.sub("", stem) or stem


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[\s_.-]+", "-", kept).strip("-")


def _exercise(
    course: Course, submission: Submission, stem: str, folders: list[str]
) -> tuple[str | None, tuple[str, ...]]:
    names = course.names()
    known = {name: frozenset[str]().union(*course.grade_ids(name).values()) for name in names}

    def fits(name: str) -> bool:
        # A file that cannot be read has no cells to go by, only its name and its place.
        return not submission.grade_ids or bool(submission.grade_ids & known[name])

    if submission.exercise in names and fits(submission.exercise):
        return submission.exercise, ()
    by_notebook = [n for n in names if any(_fold(b) == _fold(stem) for b in course.notebooks(n))]
    for found in (
        [name for name in names if _fold(name) == _fold(stem)],
        by_notebook,
        [name for name in names if _piece_of(_fold(name), _fold(stem))],
        [name for folder in reversed(folders) for name in names if _fold(folder) == _fold(name)],
    ):
        fitting = sorted({name for name in found if fits(name)}, key=len)
        if fitting and (len(fitting) == 1 or _piece_of(_fold(fitting[0]), _fold(fitting[-1]))):
            # "loops" and "more-loops" are both pieces of "more-loops-ana": the longer one is meant.
            return fitting[-1], ()
    shares = {
        name: len(submission.grade_ids & known[name]) / len(known[name]) for name in names if fits(name)
    }
    best = [name for name, share in shares.items() if share == max(shares.values())]
    if len(best) == 1 and shares[best[0]] >= 0.5:
        return best[0], ()
    return None, tuple(sorted(shares, key=lambda name: (-shares[name], name)))


def _piece_of(piece: str, whole: str) -> bool:
    return re.search(rf"(^|-){re.escape(piece)}(-|$)", whole) is not None


def _notebook(course: Course, exercise: str, submission: Submission, stem: str) -> str:
    known = course.grade_ids(exercise)
    for name in known:
        if _fold(name) == _fold(stem):
            return name
    return max(known, key=lambda name: (len(submission.grade_ids & known[name]), name == exercise))


def _students(submission: Submission, stem: str, folders: list[str], exercise: str) -> tuple[str, ...]:
    hints = [submission.student]
    hints += [
        folder
        for folder in reversed(folders)
        if _fold(folder) != _fold(exercise) and folder.lower() not in _STEPS
    ]
    rest = re.sub(re.escape(exercise), " ", stem, flags=re.IGNORECASE) if exercise else stem
    hints.append(rest.strip(" _-."))
    hints += [piece for piece in re.split(r"[\s_.]+|--+|\s-\s", rest) if len(piece.strip("-")) > 1]
    seen = dict.fromkeys(hint.strip() for hint in hints if hint.strip(" _-."))
    return tuple(seen)
