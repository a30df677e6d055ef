"""What a grade rests on besides the submission: the exercise, the environment, and how we grade."""

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
from toolkit.exercises.course.exercise_files import parts

__all__ = ["GRADER", "basis"]

#: To be raised whenever a submission may get another grade from us than before.
GRADER = 2


def basis(course: Course, exercise: str) -> str:
    """Return the fingerprint of what an exercise is graded with; another one may give another grade.

    It is made of the exercise's files and nbgrader's configuration, of the Python that the exercise runs on
    and the packages in it, and of the version of our grader.

    Raises
    ------
    NotFoundError, StorageError
        There is no such exercise, or it cannot be read.
    """
    course.folder(exercise)
    digest = hashlib.sha256(f"grader {GRADER}\n".encode())
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
        yield from parts(root, exercise)
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
    # Importing what knows of kernels takes as long as everything else here.
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
    """Return names and versions, as the names of their folders have them."""
    return sorted(
        path.parent.name + "/" + path.name
        for folder in folders
        for path in folder.glob("*-info")
        # Our own version is `GRADER`: most of what we change has nothing to do with grades.
        if not path.name.startswith("mentoring_toolkit-")
    )
