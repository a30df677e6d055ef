"""Identifies the exercise that a notebook answers, and candidates for its author."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath

from toolkit.exercises.course.cell_identification import cell_evidence
from toolkit.exercises.course.course import Course
from toolkit.exercises.submission.submission_parser import Submission

__all__ = ["IdentifiedSubmission", "identify_submission"]

# Suffixes that browsers, JupyterLab and file managers add to the name of a copy: (1), -Copy1, - Copie (2).
_COPY_AFTER = re.compile(
    r"(?:\s*\(\d+\)|[\s_-]*(?:copy|copie|kopie|kopia|c[oó]pia)[\s_-]*\d*)+$", re.IGNORECASE
)
_COPY_BEFORE = re.compile(
    r"^(?:copy[\s_]of|copie[\s_]de|kopie[\s_]von|c[oó]pia[\s_]d[ei])[\s_]+", re.IGNORECASE
)
_ARCHIVE_SUFFIX = re.compile(r"\.(?:zip|tgz|tbz2?|txz|tar(?:\.(?:gz|bz2|xz))?)$", re.IGNORECASE)
# Names of files and folders as learning platforms make them, with the student in the first group.
_PLATFORMS = (
    re.compile(r"(.+?)_\d+_assignsubmission_", re.IGNORECASE),  # Moodle
    re.compile(r"([^_]+?)(?:_late)?_\d+_\d+_", re.IGNORECASE),  # Canvas
    re.compile(
        r".*?_?\(?([^_()]+)\)?_(?:attempt|tentative)_\(?\d{4}-", re.IGNORECASE
    ),  # Blackboard, nbgrader
    re.compile(r"([^+]+)\+[^+]+\+\d{4}-"),  # nbgrader's exchange
    re.compile(r"\d+-\d+\s*-\s*(.+?)\s*-\s"),  # Brightspace
)
_NBGRADER_FOLDERS = {"source", "release", "submitted", "autograded", "feedback", "students"}


@dataclass(frozen=True)
class IdentifiedSubmission:
    """Exercise and possible authors of a notebook, derived from its content and path.

    Parameters
    ----------
    exercise : str or None
        Name of the exercise; None if ambiguous.
    exercises : tuple of str
        Possible exercises, the most likely first; the exercise alone if it is known.
    notebook : str
        Name of the exercise's notebook (nbgrader assignments may have several); empty if unknown.
    students : tuple of str
        Words that may name the student, the most reliable first: the id in the metadata, folder names from
        the nearest, parts of the file name. The caller matches them with the students.
    """

    exercise: str | None
    exercises: tuple[str, ...] = ()
    notebook: str = ""
    students: tuple[str, ...] = ()


def identify_submission(course: Course, submission: Submission, path: str) -> IdentifiedSubmission:
    """Identify the exercise of a submission, and collect words that may name the student.

    Parameters
    ----------
    course : Course
        Course with the exercises.
    submission : Submission
        Parsed notebook.
    path : str
        Path of the file, as in `SubmittedFile.place`.
    """
    parts = [part for part in re.split(r"[\\/]", path) if part not in {"", ".", ".."}]
    stem = plain_stem(parts[-1]) if parts else ""
    exercise, candidates = _exercise(course, submission, stem, parts[:-1])
    return IdentifiedSubmission(
        exercise=exercise,
        exercises=(exercise,) if exercise else candidates,
        notebook=_notebook(course, exercise, submission, stem) if exercise else "",
        students=_students(submission, stem, parts[:-1], exercise or ""),
    )


def plain_stem(name: str) -> str:
    """Return a file name without its suffixes and without the additions of a copy ("(1)", "-Copy1")."""
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
        # Without nbgrader's metadata only names, paths and the content are compared.
        return not submission.grade_ids or bool(submission.grade_ids & known[name])

    if submission.exercise in names and fits(submission.exercise):
        return submission.exercise, ()
    marked = submission.grade_ids and any(map(fits, names))
    # An unreadable file has no cells, and no content to compare.
    by_content = () if marked or not submission.notebook["cells"] else _by_content(course, submission)
    if len(by_content) == 1:
        return by_content[0], ()
    by_notebook = [n for n in names if any(_fold(b) == _fold(stem) for b in course.notebooks(n))]
    for found in (
        [name for name in names if _fold(name) == _fold(stem)],
        by_notebook,
        [name for name in names if _contains_words(_fold(name), _fold(stem))],
        [name for folder in reversed(folders) for name in names if _fold(folder) == _fold(name)],
    ):
        fitting = sorted({name for name in found if fits(name)}, key=len)
        if fitting and (len(fitting) == 1 or _contains_words(_fold(fitting[0]), _fold(fitting[-1]))):
            # "more-loops-ana" contains both "loops" and "more-loops": the longer one wins.
            return fitting[-1], ()
    shares = {
        name: len(submission.grade_ids & known[name]) / len(known[name]) for name in names if fits(name)
    }
    if not marked:
        return None, by_content or tuple(sorted(names))
    best = [name for name, share in shares.items() if share == max(shares.values())]
    if len(best) == 1 and shares[best[0]] >= 0.5:
        return best[0], ()
    return None, tuple(sorted(shares, key=lambda name: (-shares[name], name)))


def _by_content(course: Course, submission: Submission) -> tuple[str, ...]:
    """Return the exercises that share most with a notebook: ids and texts of cells, names in the code.

    Only what a single exercise has is evidence.
    """
    cells = submission.notebook["cells"]
    known = {name: course.evidence(name) for name in course.names()}
    number = Counter(item for items in known.values() for item in items)
    ours = {item for cell in cells for item in cell_evidence(cell)}
    scores = {name: sum(number[item] == 1 for item in ours & items) for name, items in known.items()}
    best = max(scores.values(), default=0)
    return tuple(name for name, score in scores.items() if best and score == best)


def _contains_words(piece: str, whole: str) -> bool:
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
        found[1].strip()
        for part in [*reversed(folders), stem]
        for pattern in _PLATFORMS
        if (found := pattern.match(part))
    ]
    hints += [
        _ARCHIVE_SUFFIX.sub("", folder)
        for folder in reversed(folders)
        if _fold(folder) != _fold(exercise) and folder.lower() not in _NBGRADER_FOLDERS
    ]
    rest = re.sub(re.escape(exercise), " ", stem, flags=re.IGNORECASE) if exercise else stem
    hints.append(rest.strip(" _-."))
    hints += [piece for piece in re.split(r"[\s_.]+|--+|\s-\s", rest) if len(piece.strip("-")) > 1]
    seen = dict.fromkeys(hint.strip() for hint in hints if hint.strip(" _-."))
    return tuple(seen)
