"""Creation of a practice in a new folder, or in an existing nbgrader course directory."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit._internal.resources import resource_folder
from toolkit.errors import InputError
from toolkit.exercises import init_course
from toolkit.exercises.course.path_files import path_names
from toolkit.i18n import Language, _
from toolkit.practice import CONFIG_NAME, Practice

__all__ = ["CreatedPractice", "FolderKind", "classify_folder", "create_practice"]


class FolderKind(Enum):
    """Content of the folder in which a practice is to be created."""

    NEW = auto()
    #: An interrupted `create_practice` has left its files.
    BEGUN = auto()
    COURSE = auto()
    PRACTICE = auto()


@dataclass(frozen=True)
class CreatedPractice:
    """Result of `create_practice`.

    Parameters
    ----------
    practice : Practice
        The practice.
    existed : bool
        Whether the folder was a practice before; then nothing was changed.
    adopted : bool
        Whether the folder was an nbgrader course directory; none of its files was changed.
    """

    practice: Practice
    existed: bool = False
    adopted: bool = False


def create_practice(
    root: Path, *, mentor: str = "", language: Language = "en", course: bool = True, timeout_seconds: int = 20
) -> CreatedPractice:
    """Create a practice in a folder, or adopt the nbgrader course directory in it.

    Parameters
    ----------
    root : Path
        The folder; created if missing.
    mentor : str
        The mentor's name, as students read it.
    language : {"en", "fr"}
        The mentor's language, and the default of new students.
    course : bool
        Whether a new practice begins with the toolkit's own exercises.
    timeout_seconds : int
        Maximum run time of one cell of a submission, s.

    Raises
    ------
    InputError
        The path is a file, or a folder with other content.
    StorageError
        The folder cannot be written.
    """
    root = root.absolute()
    place = classify_folder(root)
    if place is FolderKind.PRACTICE:
        return CreatedPractice(Practice(root), existed=True)
    adopted = place is FolderKind.COURSE
    private = root / ".mentoring"
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        private.mkdir(mode=0o700, exist_ok=True)
        if not adopted:
            # Written before anything that looks like a course: by it a later `create_practice` knows an
            # interrupted one.
            atomic_write(_marker_path(root), b"")
        (root / "students").mkdir(exist_ok=True)
        if not adopted:
            shutil.copytree(resource_folder("notebooks"), root / "notebooks", dirs_exist_ok=True)
            for name in ("source", "cards") if course else ():
                shutil.copytree(resource_folder("exercises") / name, root / name, dirs_exist_ok=True)
        init_course(root)
        if not adopted or not path_names(root):
            # Every student has a learning path, even in an adopted course.
            shutil.copytree(resource_folder("exercises") / "paths", root / "paths", dirs_exist_ok=True)
    practice = Practice(root)
    practice.store.close()  # the database is created and checked before the configuration marks a practice
    atomic_write(root / CONFIG_NAME, _config(mentor, language, timeout_seconds, adopted=adopted).encode())
    with disk_errors(root):
        _marker_path(root).unlink(missing_ok=True)
    return CreatedPractice(practice, adopted=adopted)


def classify_folder(root: Path) -> FolderKind:
    """Return the kind of content of a folder; nothing is changed.

    Raises
    ------
    InputError
        The path is a file, or a folder with other content.
    StorageError
        The folder cannot be read.
    """
    root = root.absolute()
    with disk_errors(root):
        if root.exists() and not root.is_dir():
            raise InputError(_("{path} is a file.").format(path=root), _("Name a folder."))
        if (root / CONFIG_NAME).exists():
            return FolderKind.PRACTICE
        if _marker_path(root).exists():
            return FolderKind.BEGUN
        if (root / "nbgrader_config.py").exists() or (root / "source").is_dir():
            return FolderKind.COURSE
        # The folder `.mentoring` alone is no other content: an interrupted `create_practice` has just created
        # it.
        if root.exists() and any(entry.name != ".mentoring" for entry in root.iterdir()):
            raise InputError(
                _("{path} has other files in it.").format(path=root),
                _("Name a folder that is new or empty, or an nbgrader course directory."),
            )
    return FolderKind.NEW


def _marker_path(root: Path) -> Path:
    return root / ".mentoring" / "founding"


def _config(mentor: str, language: Language, timeout_seconds: int, *, adopted: bool) -> str:
    # An adopted course keeps the points that nbgrader gives. JSON's strings are TOML's basic strings.
    stderr = "fails" if adopted else "ignored"
    return (
        f"[practice]\nmentor = {json.dumps(mentor, ensure_ascii=False)}\n"
        f'language = "{language}"\n\n'
        '[sessions]\nminutes = 30\n# video = "https://..."\n\n'
        f'[grading]\ntimeout_seconds = {timeout_seconds}\nworkers = 2\nstderr = "{stderr}"\n\n'
        "[billing]\nlate_cancellation = true\nno_show = true\n"
    )
