"""Fingerprint of everything that a grade depends on besides the submission."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from toolkit._internal.atomic_io import disk_errors
from toolkit.errors import MentoringError
from toolkit.exercises.course.course import CONFIG_NAME, Course
from toolkit.exercises.course.exercise_files import list_exercise_files

__all__ = ["GRADER_VERSION", "compute_grading_fingerprint"]

#: Version of the grader. Raise it with every change that may give a submission another grade.
GRADER_VERSION = 3


def compute_grading_fingerprint(course: Course, exercise: str) -> str:
    """Return the grading fingerprint of an exercise; a regrade is needed only if it has changed.

    It covers the exercise's files, nbgrader's configuration, the Python version and the packages of the
    exercise's kernel, and the version of the grader.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    exercise : str
        Name of the exercise.

    Returns
    -------
    str
        SHA-256, hexadecimal.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    StorageError
        A file cannot be read.
    """
    course.folder(exercise)
    digest = hashlib.sha256(f"grader {GRADER_VERSION}\n".encode())
    kernels: set[str] = set()
    for path, place in _files(course.root, exercise):
        with disk_errors(path):
            data = path.read_bytes()
        digest.update(f"{place}\0{len(data)}\0".encode() + data)
        if path.parent == course.root / "source" / exercise and path.suffix == ".ipynb":
            kernels.add(_kernel(data))
    for name in sorted(kernels):
        digest.update(_environment(name).encode())
    return digest.hexdigest()


def _files(root: Path, exercise: str) -> Iterator[tuple[Path, Path]]:
    with disk_errors(root):
        yield from list_exercise_files(root, exercise)
    if (root / CONFIG_NAME).is_file():
        yield root / CONFIG_NAME, Path(CONFIG_NAME)


def _kernel(notebook: bytes) -> str:
    try:
        return str(json.loads(notebook)["metadata"]["kernelspec"]["name"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return "python3"


@lru_cache(maxsize=8)
def _environment(kernel: str) -> str:
    if kernel in {"python", "python3", "mentoring"}:
        folders = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
        return "\n".join([platform.python_version(), *_packages(map(Path, folders))])
    # Imported here because the import takes as long as the rest of the function.
    from toolkit.kernels.interpreter import interpreter_of

    try:
        python = interpreter_of(kernel)
    except MentoringError:
        return kernel
    if python == Path(sys.executable):
        return _environment("python3")
    theirs = python.parent.parent.glob("lib/python3*/site-packages")
    return "\n".join([str(python), *_packages(theirs)])


def _packages(folders: Iterable[Path]) -> list[str]:
    """Return names and versions of packages, read from the names of their metadata folders."""
    return sorted(
        path.parent.name + "/" + path.name
        for folder in folders
        for path in folder.glob("*-info")
        # `GRADER_VERSION` stands for the toolkit's version: most releases do not change grades.
        if not path.name.startswith("mentoring_toolkit-")
    )
