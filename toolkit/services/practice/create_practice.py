"""Founding a practice: a new folder, or an nbgrader course directory that is there already."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from toolkit._internal.atomic_io import disk_errors, write_durably
from toolkit._internal.resources import resource
from toolkit.errors import InputError
from toolkit.exercises import init_course
from toolkit.exercises.course.path_files import path_names
from toolkit.i18n import Language, _
from toolkit.practice import CONFIG_NAME, Practice

__all__ = ["Founded", "Place", "init", "look"]


class Place(Enum):
    """What there is where a practice is to be."""

    NEW = auto()
    #: `init` was here before, and was cut short.
    BEGUN = auto()
    COURSE = auto()
    PRACTICE = auto()


@dataclass(frozen=True)
class Founded:
    """What `init` found or made.

    Parameters
    ----------
    existed : bool
        It was a practice already; nothing was changed.
    adopted : bool
        It was an nbgrader course directory; none of its files was changed.
    """

    practice: Practice
    existed: bool = False
    adopted: bool = False


def init(
    root: Path, *, mentor: str = "", language: Language = "en", course: bool = True, timeout_seconds: int = 20
) -> Founded:
    """Make a practice in ``root``, or adopt the nbgrader course directory that it is.

    Parameters
    ----------
    mentor : str
        The mentor's name, as students read it.
    language : {"en", "fr"}
        The mentor's; new students have it unless told otherwise.
    course : bool
        Whether a new practice begins with the toolkit's own exercises.
    timeout_seconds : int
        How long one cell of a submission may run.

    Raises
    ------
    InputError
        If there is a file of that name, or a folder with something else in it.
    StorageError
        If the folder may not be written.
    """
    root = root.absolute()
    place = look(root)
    if place is Place.PRACTICE:
        return Founded(Practice(root), existed=True)
    adopted = place is Place.COURSE
    private = root / ".mentoring"
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        private.mkdir(mode=0o700, exist_ok=True)
        if not adopted:
            # Before anything that looks like a course: cut short, this is ours to finish.
            write_durably(_begun(root), b"")
        (root / "students").mkdir(exist_ok=True)
        if not adopted:
            shutil.copytree(resource("notebooks"), root / "notebooks", dirs_exist_ok=True)
            for name in ("source", "cards") if course else ():
                shutil.copytree(resource("exercises") / name, root / name, dirs_exist_ok=True)
        init_course(root)
        if not adopted or not path_names(root):
            # Whoever's the exercises are: a student is always on a path.
            shutil.copytree(resource("exercises") / "paths", root / "paths", dirs_exist_ok=True)
    practice = Practice(root)
    practice.store.close()  # made, and found sound, before the folder is called a practice
    write_durably(root / CONFIG_NAME, _config(mentor, language, timeout_seconds).encode())
    with disk_errors(root):
        _begun(root).unlink(missing_ok=True)
    return Founded(practice, adopted=adopted)


def look(root: Path) -> Place:
    """Return what there is in ``root``; nothing is changed.

    Raises
    ------
    InputError
        If there is a file of that name, or a folder with something else in it.
    StorageError
        If it may not be read.
    """
    root = root.absolute()
    with disk_errors(root):
        if root.exists() and not root.is_dir():
            raise InputError(_("{path} is a file.").format(path=root), _("Name a folder."))
        if (root / CONFIG_NAME).exists():
            return Place.PRACTICE
        if _begun(root).exists():
            return Place.BEGUN
        if (root / "nbgrader_config.py").exists() or (root / "source").is_dir():
            return Place.COURSE
        # Our own folder alone is a beginning too: stopped before a word was written into it.
        if root.exists() and any(entry.name != ".mentoring" for entry in root.iterdir()):
            raise InputError(
                _("{path} has other files in it.").format(path=root),
                _("Name a folder that is new or empty, or an nbgrader course directory."),
            )
    return Place.NEW


def _begun(root: Path) -> Path:
    return root / ".mentoring" / "founding"


def _config(mentor: str, language: Language, timeout_seconds: int) -> str:
    # JSON's strings are TOML's basic strings.
    return (
        f"[practice]\nmentor = {json.dumps(mentor, ensure_ascii=False)}\n"
        f'language = "{language}"\n\n'
        '[sessions]\nminutes = 30\n# video = "https://..."\n\n'
        f"[grading]\ntimeout_seconds = {timeout_seconds}\nworkers = 2\n\n"
        "[billing]\nlate_cancellation = true\nno_show = true\n"
    )
