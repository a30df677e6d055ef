"""Suggestions with their reasons: exercises that can be done now, skills that are due for a refresh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from toolkit.domain.attempt import Verdict
from toolkit.domain.learning_path import Card, LearningPath, Skill
from toolkit.domain.mastery import Mastery, MasteryState
from toolkit.i18n import _, format_date, format_number, ngettext
from toolkit.reports.snapshot.evidence import AttemptEvidence
from toolkit.reports.snapshot.snapshot_models import NextLine, ReviewLine

__all__ = ["SkillStanding", "due_reviews", "next_exercises"]


@dataclass(frozen=True)
class SkillStanding:
    """The data from which the suggestions are derived.

    Parameters
    ----------
    path : LearningPath
        The student's learning path.
    cards : sequence of Card
        The exercises' cards, in the path's order.
    trials : mapping of str to sequence of AttemptEvidence
        The student's attempts by exercise, earliest first; exercises without attempts may be missing.
    mastery : mapping of str to Mastery
        Mastery by skill of the path.
    today : date
        Day of the snapshot.
    """

    path: LearningPath
    cards: Sequence[Card]
    trials: Mapping[str, Sequence[AttemptEvidence]]
    mastery: Mapping[str, Mastery]
    today: date

    def solved(self, exercise: str) -> list[AttemptEvidence]:
        """Return the attempts that solved the exercise."""
        return [trial for trial in self.trials.get(exercise, ()) if trial.solved]

    def reached(self, skill: str) -> bool:
        """Return True if an exercise with this skill was solved, aided or not, or none has the skill."""
        return any(item.success for item in self.mastery[skill].evidence) or not any(
            skill in card.skills for card in self.cards
        )

    def ready(self, card: Card) -> bool:
        """Return True if all prerequisites of the exercise (exercises and skills) are met."""
        return all(self.solved(name) for name in card.prerequisites) and all(
            self.reached(skill.id) for skill in self._before(card)
        )

    def skills(self, card: Card) -> list[Skill]:
        """Return the exercise's skills that are on the path, in the path's order."""
        return [skill for skill in self.path.skills if skill.id in card.skills]

    def _before(self, card: Card) -> list[Skill]:
        needed = {name for skill in self.skills(card) for name in skill.prerequisites} - set(card.skills)
        return [skill for skill in self.path.skills if skill.id in needed]

    def builds_on(self, card: Card) -> list[Skill]:
        """Return the required skills of the exercise for which there is evidence."""
        return [skill for skill in self._before(card) if self.mastery[skill.id].evidence]


def next_exercises(standing: SkillStanding) -> Iterator[NextLine]:
    """Yield the exercises that can be done now: begun first, then new, then those to repeat without help."""
    ready = [card for card in standing.cards if standing.ready(card)]
    unsolved = [card for card in ready if not standing.solved(card.id)]
    for card in unsolved:
        tried = standing.trials.get(card.id)
        # An exercise that waits for its result needs nothing from the student.
        if tried and tried[-1].attempt.outcome is not None:
            yield _line(standing, card, "begun", _begun(tried))
    for card in unsolved:
        if not standing.trials.get(card.id):
            yield _line(standing, card, "new", _new(standing, card))
    for card in ready:
        solved = standing.solved(card.id)
        learning = [
            skill
            for skill in standing.skills(card)
            if standing.mastery[skill.id].state is MasteryState.LEARNING
        ]
        # Not on the same day: repeating a fresh explanation does not test memory.
        if solved and learning and solved[-1].on < standing.today:
            yield _line(standing, card, "again", _again(solved[-1], learning))


def _line(standing: SkillStanding, card: Card, kind: str, reason: str) -> NextLine:
    return NextLine.model_validate(
        {
            "exercise": card.id,
            "title": str(card.title),
            "minutes": card.minutes,
            "kind": kind,
            "skills": tuple(str(skill.title) for skill in standing.skills(card)),
            "reason": reason,
        }
    )


def _begun(tried: Sequence[AttemptEvidence]) -> str:
    outcome = tried[-1].attempt.outcome
    day = format_date(tried[-1].on)
    if outcome is None or outcome.verdict in {Verdict.UNREADABLE, Verdict.TAMPERED}:
        return _("What came in on {date} could not be graded; it is to be handed in once more.").format(
            date=day
        )
    if outcome.verdict is Verdict.TIMED_OUT:
        return _("Begun: on {date} the code did not come to an end in time.").format(date=day)
    if outcome.verdict is Verdict.OUT_OF_MEMORY:
        return _("Begun: on {date} the code needed more memory than there is.").format(date=day)
    return ngettext(
        "Begun: {points} of {count} point on {date}.",
        "Begun: {points} of {count} points on {date}.",
        round(outcome.max_points),
    ).format(points=format_number(outcome.points), count=format_number(outcome.max_points), date=day)


def _new(standing: SkillStanding, card: Card) -> str:
    before = standing.builds_on(card)
    if before:
        return _("Builds on {skills}.").format(skills=_listed(before))
    for milestone in standing.path.milestones:
        if any(skill.id in card.skills for skill in milestone.skills):
            if not standing.trials:
                return _("The first step on the path, in “{milestone}”.").format(milestone=milestone.title)
            return _("Next on the path, in “{milestone}”.").format(milestone=milestone.title)
    return _("Nothing else is needed for it.")


def _again(solved: AttemptEvidence, learning: Sequence[Skill]) -> str:
    return _("Solved with help on {date}; once more without shows {skills}.").format(
        date=format_date(solved.on), skills=_listed(learning)
    )


def _listed(skills: Sequence[Skill]) -> str:
    return ", ".join(_("“{title}”").format(title=skill.title) for skill in skills)


def due_reviews(standing: SkillStanding) -> Iterator[ReviewLine]:
    """Yield the skills that are due for a refresh, longest due first, each with an exercise for it."""
    due = [
        (mastery.review_on, skill)
        for skill in standing.path.skills
        if (mastery := standing.mastery[skill.id]).state is MasteryState.REFRESH_DUE and mastery.review_on
    ]
    for day, skill in sorted(due, key=lambda pair: pair[0]):
        candidates = [card for card in standing.cards if skill.id in card.skills and standing.ready(card)]
        # A new exercise tests memory better than one that was solved before.
        fresh = [card for card in candidates if not standing.solved(card.id)]
        card = next(iter(fresh or candidates), None)
        shown = standing.mastery[skill.id].shown_on
        yield ReviewLine(
            skill=skill.id,
            title=str(skill.title),
            due=day,
            days=next((one.days for one in standing.mastery[skill.id].reviews if one.done_on is None), 0),
            exercise=card.id if card else "",
            exercise_title=str(card.title) if card else "",
            reason=_("Shown on {shown}; to be looked at again since {due}.").format(
                shown=format_date(shown) if shown else "", due=format_date(day)
            ),
        )
