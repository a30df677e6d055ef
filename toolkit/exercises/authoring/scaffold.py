"""Creates a new exercise from a template: a small working example for the author to replace."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from toolkit._internal.atomic_io import atomic_write
from toolkit.errors import DuplicateError, InputError, MentoringError
from toolkit.exercises.course.course import Course
from toolkit.exercises.course.path_files import load_path, path_names
from toolkit.i18n import _

__all__ = ["create_exercise"]


def create_exercise(
    course: Course,
    name: str,
    title: str = "",
    *,
    title_fr: str = "",
    skills: Sequence[str] = (),
    minutes: int = 15,
    prerequisites: Sequence[str] = (),
) -> tuple[Path, Path]:
    """Write the source notebook and the card of a new exercise, filled with a small working example.

    Parameters
    ----------
    course : Course
        Course to add the exercise to.
    name : str
        Lower-case letters, digits and hyphens; also the name of the folder and of the notebook.
    title, title_fr : str
        Titles in English and in French. If one is empty the other is used for both; if both are, the name.
    skills : sequence of str
        Ids of the skills that the exercise trains; the first skill of the practice's path if empty.
    minutes : int
        Usual length, minutes.
    prerequisites : sequence of str
        Names of exercises to solve before.

    Returns
    -------
    tuple of Path
        The notebook and the card.

    Raises
    ------
    InputError
        The name is not valid.
    DuplicateError
        An exercise or a card of that name exists.
    StorageError
        A file cannot be written.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name):
        raise InputError(
            _("'{name}' cannot be the name of an exercise.").format(name=name),
            _("Use small letters, digits and hyphens, like 'shopping-list'."),
        )
    notebook = course.root / "source" / name / f"{name}.ipynb"
    card = course.root / "cards" / f"{name}.yaml"
    for path in (notebook.parent, card):
        if path.exists():
            raise DuplicateError(
                _("There is {path} already.").format(path=path), _("Choose another name for the exercise.")
            )
    default_title = name.replace("-", " ").capitalize()
    words = {
        "NAME": name,
        "TITLE_EN": title or title_fr or default_title,
        "TITLE_FR": title_fr or title or default_title,
        "SKILLS": list(skills) or [_first_skill(course.root)],
        "MINUTES": minutes,
        "PREREQUISITES": list(prerequisites),
    }
    atomic_write(notebook, _filled("notebook.json", words, quoted=False))
    atomic_write(card, _filled("card.yaml", words, quoted=True))
    return notebook, card


def _filled(template: str, words: dict[str, object], *, quoted: bool) -> bytes:
    text = (files("toolkit.exercises.authoring") / "template" / template).read_text(encoding="utf-8")
    # YAML reads JSON strings too. In the JSON template a word stands inside a string, so its quotes are cut.
    encoded = {word: json.dumps(value, ensure_ascii=False) for word, value in words.items()}
    if not quoted:
        encoded = {
            word: value[1:-1] if isinstance(words[word], str) else value for word, value in encoded.items()
        }
    pattern = "|".join(sorted(words, key=len, reverse=True))
    return re.sub(rf"\b({pattern})\b", lambda found: encoded[found[0]], text).encode()


def _first_skill(root: Path) -> str:
    for name in path_names(root):
        try:
            return load_path(root, name).skills[0].id
        except MentoringError:
            continue
    return "a-skill-of-the-path"
