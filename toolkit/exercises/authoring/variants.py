"""Makes another exercise from one: other numbers and names, the same skills."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from toolkit._internal.atomic_io import disk_errors, write_durably
from toolkit.domain.learning_path import Card, Text
from toolkit.errors import DuplicateError, InputError, StateError
from toolkit.exercises.authoring.refresh_results import recompute
from toolkit.exercises.authoring.variant_substitution import choose, replaced
from toolkit.exercises.course.course import Course
from toolkit.exercises.course.notebook import Notebook, cell_language, dump
from toolkit.i18n import _, use_language
from toolkit.kernels.limits import Limits

__all__ = ["Drawn", "draw", "variant"]

_LONGEST = 60


@dataclass(frozen=True)
class Drawn:
    """A variant that is nowhere written yet."""

    card: Card
    notebook: Notebook


def variant(
    course: Course,
    name: str,
    seed: int | None = None,
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> tuple[Path, Path]:
    """Write a variant of an exercise, ``NAME-vSEED``: an exercise as any other, with a card that says so.

    The same seed always gives the same variant.

    Parameters
    ----------
    seed : int, optional
        What chooses among the alternatives; the first that gives something new if left out.

    Returns
    -------
    tuple of Path
        The notebook and the card.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    InputError
        It has no variants, or a result of one cannot be computed.
    DuplicateError
        There is this variant already, or one that would be the same.
    StateError
        Every variant was made already.
    ExecutionError
        The variant's solution or a test fails.
    StorageError
        The disk said no.
    """
    card = _with_variants(course, name)
    if seed is None:
        seed = _next_seed(course, card)
    else:
        _refuse_double(course, card, seed)
    drawn = draw(course, name, seed, executor=executor, limits=limits)
    made = drawn.card.id
    notebook = course.root / "source" / made / f"{made}.ipynb"
    path = course.root / "cards" / f"{made}.yaml"
    text = _yaml(drawn.card)
    # One of the same words was left by a call that was cut short.
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise DuplicateError(_("There is {path} already.").format(path=path), _("Choose another seed."))
    with disk_errors(course.root):
        # The card first, the notebook last: an exercise is there when its notebook is.
        write_durably(path, text.encode())
        shutil.copytree(
            course.folder(name),
            notebook.parent,
            ignore=shutil.ignore_patterns("*.ipynb", ".*", "__pycache__"),
            dirs_exist_ok=True,
        )
        write_durably(notebook, dump(drawn.notebook))
    return notebook, path


def draw(
    course: Course,
    name: str,
    seed: int,
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> Drawn:
    """Return the variant that ``seed`` gives; nothing is written.

    Raises
    ------
    NotFoundError, InputError, ExecutionError
        As in `variant`.
    """
    card = _with_variants(course, name)
    picked = choose(card, seed)
    source = course.source(name)
    for cell in source["cells"]:
        cell["source"] = replaced(cell["source"], picked)
    wrong = [
        one.model_copy(update={"cells": {key: replaced(text, picked) for key, text in one.cells.items()}})
        for one in card.wrong_answers
    ]
    done = recompute(source, wrong, course.folder(name), executor=executor, limits=limits)
    made = _name(card, seed)
    before = {"en": replaced(card.title.en, picked), "fr": replaced(card.title.fr, picked)}
    after = {language: _title(title, seed, language) for language, title in before.items()}
    for cell in done.notebook["cells"]:
        language = cell_language(cell)
        if language and cell["source"].split("\n")[0] == f"# {before[language]}":
            cell["source"] = cell["source"].replace(before[language], after[language], 1)
    done.notebook["metadata"].setdefault("mentoring", {})["exercise"] = made
    new = card.model_copy(
        update={
            "id": made,
            "title": Text(**after),
            "wrong_answers": done.wrong_answers,
            "variants": {},
            "variant_of": card.id,
            "seed": seed,
        }
    )
    return Drawn(new, done.notebook)


def _with_variants(course: Course, name: str) -> Card:
    card = course.card(name)
    if card.variant_of:
        raise InputError(
            _("'{name}' is a variant itself.").format(name=name),
            _("Make another one from its exercise: mentor exercise variant {name}").format(
                name=card.variant_of
            ),
        )
    if not card.variants:
        raise InputError(
            _("The exercise '{name}' has no variants.").format(name=name),
            _("Say under `variants` in cards/{name}.yaml what may stand instead of which text.").format(
                name=name
            ),
        )
    if list(course.notebooks(name)) != [name]:
        raise InputError(
            _("'{name}' has other notebooks than '{name}.ipynb'.").format(name=name),
            _("Variants are made of exercises with one notebook."),
        )
    return card


def _name(card: Card, seed: int) -> str:
    made = f"{card.id}-v{seed}"
    if seed < 0 or len(made) > _LONGEST:
        raise InputError(
            _("'{name}' cannot be the name of an exercise.").format(name=made),
            _("Choose a small seed, from 0 on."),
        )
    return made


def _next_seed(course: Course, card: Card) -> int:
    for seed in range(1, 10 * math.prod(map(len, card.variants.values())) + 10):
        try:
            _refuse_double(course, card, seed)
        except DuplicateError:
            continue
        return seed
    raise StateError(
        _("Every variant of '{name}' was made already.").format(name=card.id),
        _("Give it more alternatives in cards/{name}.yaml.").format(name=card.id),
    )


def _refuse_double(course: Course, card: Card, seed: int) -> None:
    folder = course.root / "source" / _name(card, seed)
    if sorted(folder.glob("*.ipynb")):
        raise DuplicateError(_("There is {path} already.").format(path=folder), _("Choose another seed."))
    wanted = _code(course, card, choose(card, seed))
    if wanted == _code(course, card, {}):
        raise DuplicateError(
            _("With seed {seed} everything stays as it is in '{name}'.").format(seed=seed, name=card.id),
            _("Choose another seed."),
        )
    for other in sorted((course.root / "source").glob(f"{card.id}-v*/*.ipynb")):
        found = course.card(other.parent.name)
        if found.variant_of != card.id or found.seed is None:
            continue
        if wanted == _code(course, card, choose(card, found.seed)):
            raise DuplicateError(
                _("Seed {seed} gives the same as '{name}'.").format(seed=seed, name=found.id),
                _("Choose another seed."),
            )


def _code(course: Course, card: Card, picked: Mapping[str, str]) -> list[str]:
    # Another name in the story alone would not be another exercise.
    cells = course.source(card.id)["cells"]
    return [replaced(cell["source"], picked) for cell in cells if cell["cell_type"] == "code"]


def _title(title: str, seed: int, language: str) -> str:
    with use_language(language):
        return _("{title} (variant {seed})").format(title=title, seed=seed)


class _Dumper(yaml.SafeDumper):
    """Writes a card as people do: lists indented, code as it stands."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002
        super().increase_indent(flow=flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(card: Card) -> str:
    data: dict[str, Any] = card.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
