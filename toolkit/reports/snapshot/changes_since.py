"""Changes since the last session, each with its sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from toolkit.domain.attempt_evidence import AttemptEvidence
from toolkit.domain.learning_path import Skill
from toolkit.domain.mastery import Mastery
from toolkit.domain.skill_opinions import Opinion, Stance
from toolkit.i18n import _, format_date, ngettext
from toolkit.reports.snapshot.snapshot_models import ChangeLine

__all__ = ["ChangeFacts", "list_changes"]


@dataclass(frozen=True)
class ChangeFacts:
    """The data from which the changes are derived.

    Parameters
    ----------
    since : date, optional
        Day of the last session; changes on that day count. If None, all changes count.
    today : date
        Day of the snapshot.
    zone : tzinfo
        Time zone in which a day begins and ends.
    skills : sequence of Skill
        Skills of the path, in its order.
    mastery : mapping of str to Mastery
        Mastery by skill.
    by_exercise : mapping of str to sequence of AttemptEvidence
        The student's attempts by exercise, earliest first.
    titles : mapping of str to str
        Titles of the existing exercises.
    opinions : iterable of Opinion
        Opinions in force.
    """

    since: date | None
    today: date
    zone: tzinfo
    skills: Sequence[Skill]
    mastery: Mapping[str, Mastery]
    by_exercise: Mapping[str, Sequence[AttemptEvidence]]
    titles: Mapping[str, str]
    opinions: Iterable[Opinion]

    def new(self, day: date | None) -> bool:
        """Return True if a change on that day is new."""
        return day is not None and (self.since or date.min) <= day <= self.today


def list_changes(before: ChangeFacts) -> list[ChangeLine]:
    """Return the changes since the last session, in the current language."""
    reached = sorted([*_solved(before), *_reached(before)], key=lambda line: line.on)
    return [*reached, *_due(before), *_tried(before), *_said(before)]


def _solved(before: ChangeFacts) -> Iterator[ChangeLine]:
    for exercise, tried in before.by_exercise.items():
        first = next((trial for trial in tried if trial.solved), None)
        if first is not None and before.new(first.on):
            text = _("“{title}” is solved, with help.") if first.aided else _("“{title}” is solved.")
            yield ChangeLine(
                kind="solved",
                on=first.on,
                subject=exercise,
                sentence=text.format(title=before.titles.get(exercise, exercise)),
            )


def _reached(before: ChangeFacts) -> Iterator[ChangeLine]:
    for skill in before.skills:
        mastery = before.mastery[skill.id]
        if mastery.shown_on and before.new(mastery.shown_on):
            sentence = _("“{skill}” is shown: done without help on {date}.").format(
                skill=skill.title, date=format_date(mastery.shown_on)
            )
            yield ChangeLine(kind="shown", on=mastery.shown_on, subject=skill.id, sentence=sentence)
        if mastery.retained_on and before.new(mastery.retained_on):
            sentence = _("“{skill}” is retained: done without help once more on {date}.").format(
                skill=skill.title, date=format_date(mastery.retained_on)
            )
            yield ChangeLine(kind="retained", on=mastery.retained_on, subject=skill.id, sentence=sentence)


def _due(before: ChangeFacts) -> Iterator[ChangeLine]:
    for skill in before.skills:
        day = before.mastery[skill.id].review_on
        if day is not None and before.new(day):
            sentence = _("“{skill}” is to be looked at again since {date}.").format(
                skill=skill.title, date=format_date(day)
            )
            yield ChangeLine(kind="due", on=day, subject=skill.id, sentence=sentence)


def _tried(before: ChangeFacts) -> Iterator[ChangeLine]:
    for exercise, tried in before.by_exercise.items():
        fresh = [trial for trial in tried if before.new(trial.on)]
        if fresh and not any(trial.solved for trial in tried):
            sentence = ngettext(
                "“{title}” was tried {count} time and is still open.",
                "“{title}” was tried {count} times and is still open.",
                len(fresh),
            ).format(title=before.titles.get(exercise, exercise), count=len(fresh))
            yield ChangeLine(kind="tried", on=fresh[-1].on, subject=exercise, sentence=sentence)


def _said(before: ChangeFacts) -> Iterator[ChangeLine]:
    titles = {skill.id: str(skill.title) for skill in before.skills}
    for opinion in before.opinions:
        day = opinion.said_at.astimezone(before.zone).date()
        if opinion.skill in titles and before.new(day):
            sentence = _sentence(opinion, titles[opinion.skill])
            yield ChangeLine(kind="said", on=day, subject=opinion.skill, sentence=sentence)


def _sentence(opinion: Opinion, title: str) -> str:
    if opinion.by == "mentor":
        text = (
            _("The mentor confirms “{skill}”.")
            if opinion.stance is Stance.CONFIRMED
            else _("The mentor sees “{skill}” otherwise.")
        )
    else:
        text = {
            Stance.NOT_YET: _("“{skill}”, in the student's own words: not yet."),
            Stance.WITH_HELP: _("“{skill}”, in the student's own words: with help."),
            Stance.ALONE: _("“{skill}”, in the student's own words: alone."),
        }.get(opinion.stance, _("The student sees “{skill}” otherwise."))
    said = text.format(skill=title)
    return _("{sentence} “{words}”").format(sentence=said, words=opinion.words) if opinion.words else said
