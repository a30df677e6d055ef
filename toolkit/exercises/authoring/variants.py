"""Makes variants of an exercise: other numbers and names, the same skills."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit.domain.learning_path import BilingualText, Card
from toolkit.errors import DuplicateError, InputError, StateError
from toolkit.exercises.authoring.refresh_results import refresh_notebook
from toolkit.exercises.authoring.variant_substitution import apply_substitutions, choose_substitutions
from toolkit.exercises.course.course import Course
from toolkit.exercises.course.notebook import Notebook, cell_language, dump_notebook
from toolkit.i18n import _, use_language
from toolkit.kernels.limits import Limits

__all__ = ["VariantDraft", "create_variant", "draw_variant"]

_MAX_NAME_CHARS = 60


@dataclass(frozen=True)
class VariantDraft:
    """A variant in memory, not written to disk.

    Parameters
    ----------
    card : Card
        Card of the variant.
    notebook : dict
        Source notebook of the variant.
    """

    card: Card
    notebook: Notebook


def create_variant(
    course: Course,
    name: str,
    seed: int | None = None,
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> tuple[Path, Path]:
    """Write a variant of an exercise, ``NAME-vSEED``: a normal exercise whose card names its origin and seed.

    The same seed always gives the same variant.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the original exercise.
    seed : int, optional
        Seed of the choice among the alternatives; the first that gives a new variant if None.
    executor : Executor, optional
        Worker processes; one is started for this call if None.
    limits : Limits, optional
        Limits of the run; the defaults of `Limits` if None.

    Returns
    -------
    tuple of Path
        The notebook and the card.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    InputError
        The exercise has no variants, or a result of the variant cannot be computed.
    DuplicateError
        This variant, or one with the same code, exists.
    StateError
        Every variant exists already.
    ExecutionError
        The variant's solution or a test fails.
    StorageError
        A file cannot be written.
    """
    card = _card_with_variants(course, name)
    if seed is None:
        seed = _next_seed(course, card)
    else:
        _refuse_double(course, card, seed)
    drawn = draw_variant(course, name, seed, executor=executor, limits=limits)
    made = drawn.card.id
    notebook = course.root / "source" / made / f"{made}.ipynb"
    path = course.root / "cards" / f"{made}.yaml"
    text = _yaml(drawn.card)
    # A card with the same content was left by an interrupted call.
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise DuplicateError(_("There is {path} already.").format(path=path), _("Choose another seed."))
    with disk_errors(course.root):
        # The notebook last: `Course` lists an exercise only once its notebook exists.
        atomic_write(path, text.encode())
        shutil.copytree(
            course.folder(name),
            notebook.parent,
            ignore=shutil.ignore_patterns("*.ipynb", ".*", "__pycache__"),
            dirs_exist_ok=True,
        )
        atomic_write(notebook, dump_notebook(drawn.notebook))
    return notebook, path


def draw_variant(
    course: Course,
    name: str,
    seed: int,
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> VariantDraft:
    """Return the variant of a seed. Writes nothing.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the original exercise.
    seed : int
        Seed of the choice among the alternatives.
    executor : Executor, optional
        Worker processes; one is started for this call if None.
    limits : Limits, optional
        Limits of the run; the defaults of `Limits` if None.

    Raises
    ------
    NotFoundError, InputError, ExecutionError
        As in `create_variant`.
    """
    card = _card_with_variants(course, name)
    picked = choose_substitutions(card, seed)
    source = course.source(name)
    for cell in source["cells"]:
        cell["source"] = apply_substitutions(cell["source"], picked)
    wrong = [
        one.model_copy(
            update={"cells": {key: apply_substitutions(text, picked) for key, text in one.cells.items()}}
        )
        for one in card.wrong_answers
    ]
    done = refresh_notebook(source, wrong, course.folder(name), executor=executor, limits=limits)
    made = _name(card, seed)
    before = {
        "en": apply_substitutions(card.title.en, picked),
        "fr": apply_substitutions(card.title.fr, picked),
    }
    after = {language: _title(title, seed, language) for language, title in before.items()}
    for cell in done.notebook["cells"]:
        language = cell_language(cell)
        if language and cell["source"].split("\n")[0] == f"# {before[language]}":
            cell["source"] = cell["source"].replace(before[language], after[language], 1)
    done.notebook["metadata"].setdefault("mentoring", {})["exercise"] = made
    new = card.model_copy(
        update={
            "id": made,
            "title": BilingualText(**after),
            "wrong_answers": done.wrong_answers,
            "variants": {},
            "variant_of": card.id,
            "seed": seed,
        }
    )
    return VariantDraft(new, done.notebook)


def _card_with_variants(course: Course, name: str) -> Card:
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
    if seed < 0 or len(made) > _MAX_NAME_CHARS:
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
    wanted = _code_sources(course, card, choose_substitutions(card, seed))
    if wanted == _code_sources(course, card, {}):
        raise DuplicateError(
            _("With seed {seed} everything stays as it is in '{name}'.").format(seed=seed, name=card.id),
            _("Choose another seed."),
        )
    for other in sorted((course.root / "source").glob(f"{card.id}-v*/*.ipynb")):
        found = course.card(other.parent.name)
        if found.variant_of != card.id or found.seed is None:
            continue
        if wanted == _code_sources(course, card, choose_substitutions(card, found.seed)):
            raise DuplicateError(
                _("Seed {seed} gives the same as '{name}'.").format(seed=seed, name=found.id),
                _("Choose another seed."),
            )


def _code_sources(course: Course, card: Card, picked: Mapping[str, str]) -> list[str]:
    # Code cells only: a variant that differs only in its text is not a new exercise.
    cells = course.source(card.id)["cells"]
    return [apply_substitutions(cell["source"], picked) for cell in cells if cell["cell_type"] == "code"]


def _title(title: str, seed: int, language: str) -> str:
    with use_language(language):
        return _("{title} (variant {seed})").format(title=title, seed=seed)


class _Dumper(yaml.SafeDumper):
    """YAML dumper for cards: indented lists, multi-line strings in block style."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002
        super().increase_indent(flow=flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(card: Card) -> str:
    data: dict[str, Any] = card.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
