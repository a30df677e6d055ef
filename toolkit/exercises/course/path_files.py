"""Loads the learning paths of a course."""

from __future__ import annotations

from pathlib import Path

from toolkit.domain.learning_path import LearningPath
from toolkit.errors import InputError, NotFoundError
from toolkit.exercises.course.yaml_models import load_yaml_model
from toolkit.i18n import _

__all__ = ["load_path", "path_names"]


def path_names(root: Path) -> tuple[str, ...]:
    """Return the names of the learning paths in ``root``, in alphabetical order."""
    return tuple(sorted(path.stem for path in (root / "paths").glob("*.yaml")))


def load_path(root: Path, name: str) -> LearningPath:
    """Return one learning path.

    Parameters
    ----------
    root : Path
        Course directory.
    name : str
        Name of the path; its file is ``paths/NAME.yaml``.

    Raises
    ------
    NotFoundError
        There is no such path; the error proposes similar names.
    InputError
        The file is invalid; the message names key and problem.
    StorageError
        The file cannot be read.
    """
    known = path_names(root)
    file = root / "paths" / f"{name}.yaml"
    if name not in known:
        raise NotFoundError(
            _("There is no learning path '{name}' in {folder}.").format(name=name, folder=root / "paths"),
            name,
            known,
        )
    path = load_yaml_model(file, LearningPath)
    if path.id != name:
        raise InputError(
            _("{file}: `id` is '{id}'; it should be the name of the file, '{name}'.").format(
                file=file, id=path.id, name=name
            )
        )
    return path
