"""Learning paths (milestones of skills) and the cards of exercises, as declared in YAML files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from toolkit.i18n import _, pick

__all__ = [
    "BilingualText",
    "Card",
    "Identifier",
    "LearningPath",
    "Milestone",
    "Skill",
    "WrongAnswer",
    "path_problems",
]

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]


class _Declared(BaseModel):
    """Base of the models of YAML files: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BilingualText(_Declared):
    """One text in both languages; `str` returns the one of the current language."""

    en: Annotated[str, StringConstraints(min_length=1)]
    fr: Annotated[str, StringConstraints(min_length=1)]

    def __str__(self) -> str:
        return pick({"en": self.en, "fr": self.fr})


class Skill(_Declared):
    """A skill, and the skills that it requires."""

    id: Identifier
    title: BilingualText
    prerequisites: tuple[Identifier, ...] = ()


class Milestone(_Declared):
    """A stage of a learning path."""

    id: Identifier
    title: BilingualText
    skills: Annotated[tuple[Skill, ...], Field(min_length=1)]


class LearningPath(_Declared):
    """A learning path: milestones, each with skills; versioned."""

    id: Identifier
    version: Annotated[int, Field(ge=1)]
    title: BilingualText
    milestones: Annotated[tuple[Milestone, ...], Field(min_length=1)]

    @property
    def skills(self) -> tuple[Skill, ...]:
        """Every skill, in the path's order."""
        return tuple(skill for milestone in self.milestones for skill in milestone.skills)


class WrongAnswer(_Declared):
    """A typical misconception, as a wrong answer that a hidden test must detect.

    Parameters
    ----------
    name : str
        Identifier of the wrong answer on its card.
    why : BilingualText
        Description of the misconception.
    cells : dict of str to str
        The answer: source code by the ``grade_id`` of the solution cell.
    fails : str
        The ``grade_id`` of the test that detects it.
    message : str
        Part of the message of that test.
    """

    name: Identifier
    why: BilingualText
    cells: dict[str, str]
    fails: str
    message: str


class Card(_Declared):
    """The mentor's metadata of an exercise; students receive only its title, skills and minutes.

    Parameters
    ----------
    id : str
        Id of the exercise.
    skills : tuple of str
        Ids of the skills that it trains; at least one.
    minutes : int
        Usual working time, 1 to 240 minutes.
    prerequisites : tuple of str
        Ids of the exercises to solve before this one.
    hints : tuple of BilingualText
        The hint ladder, from a guiding question to almost the code.
    wrong_answers : tuple of WrongAnswer
        Known misconceptions.
    draft : bool
        True while it is being written: it is then not suggested to any student.
    variants : dict of str to tuple of str
        Alternatives for texts of the notebook, so that a student can work on the exercise again with other
        numbers and names.
    variant_of : str, optional
        Id of the exercise from which this variant was generated.
    seed : int, optional
        Seed of the random choice among the alternatives.
    """

    id: Identifier
    title: BilingualText
    draft: bool = False
    skills: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    minutes: Annotated[int, Field(ge=1, le=240)]
    prerequisites: tuple[Identifier, ...] = ()
    hints: tuple[BilingualText, ...] = ()
    wrong_answers: tuple[WrongAnswer, ...] = ()
    variants: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    variant_of: Identifier | None = None
    seed: Annotated[int, Field(ge=0)] | None = None

    def misconception(self, test: str, message: str) -> BilingualText | None:
        """Return the misconception that explains a test failure; None if no known wrong answer does.

        Parameters
        ----------
        test : str
            The ``grade_id`` of the test that failed.
        message : str
            The message of the test.
        """
        known = (one for one in self.wrong_answers if one.fails == test and one.message.strip() in message)
        return next((one.why for one in known), None)

    @field_validator("variants")
    @classmethod
    def _alternatives(cls, variants: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for key, others in variants.items():
            if not key.strip():
                raise PydanticCustomError("variants", _("a text to be replaced is empty"))
            if not others:
                raise PydanticCustomError("variants", _("'{key}' has no alternative").format(key=key))
            if key in others or "" in others:
                raise PydanticCustomError(
                    "variants", _("an alternative of '{key}' is the same text, or empty").format(key=key)
                )
        return variants

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.variant_of is None) != (self.seed is None):
            raise PydanticCustomError("variant_of", _("`variant_of` and `seed` belong together"))
        return self


def path_problems(path: LearningPath, cards: Sequence[Card]) -> Iterator[str]:
    """Yield one sentence for each inconsistency of a path and the cards of its exercises.

    Parameters
    ----------
    path : LearningPath
        The path.
    cards : sequence of Card
        The cards of all its exercises.
    """
    skills = [skill.id for skill in path.skills]
    for double in sorted({name for name in skills if skills.count(name) > 1}):
        yield _("Skill '{skill}' is on the path twice.").format(skill=double)
    needs = {skill.id: skill.prerequisites for skill in path.skills}
    for skill, missing in _unknown(needs):
        yield _("Skill '{skill}' needs '{missing}', which is not on the path.").format(
            skill=skill, missing=missing
        )
    cycle = _cycle(needs)
    if cycle:
        yield _("Skills need one another in a circle: {circle}.").format(circle=" → ".join(cycle))
    exercises = {card.id: card.prerequisites for card in cards}
    for exercise, missing in _unknown(exercises):
        yield _("Exercise '{exercise}' needs exercise '{missing}', which does not exist.").format(
            exercise=exercise, missing=missing
        )
    cycle = _cycle(exercises)
    if cycle:
        yield _("Exercises need one another in a circle: {circle}.").format(circle=" → ".join(cycle))
    for card in cards:
        for missing in card.skills:
            if missing not in needs:
                yield _("Exercise '{exercise}' bears skill '{missing}', which is not on the path.").format(
                    exercise=card.id, missing=missing
                )
    borne = {skill for card in cards for skill in card.skills}
    for skill in needs:
        if skill not in borne:
            yield _("Skill '{skill}' has no exercise.").format(skill=skill)


def _unknown(needs: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    return ((name, other) for name, others in needs.items() for other in others if other not in needs)


def _cycle(needs: dict[str, tuple[str, ...]]) -> Iterable[str]:
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle: Iterable[str] = error.args[1]
        return circle
    return ()
