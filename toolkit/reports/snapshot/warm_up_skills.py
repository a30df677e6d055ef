"""The retrieval warm-up of a session: two earlier skills, from memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from toolkit.i18n import _, format_date
from toolkit.reports.snapshot.skill_models import SkillLine
from toolkit.reports.snapshot.snapshot_models import ReviewLine, WarmUpLine
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot

__all__ = ["choose_warm_up_skills", "warm_up_questions"]


def choose_warm_up_skills(
    reviews: Iterable[ReviewLine], skills: Iterable[SkillLine], count: int = 2
) -> list[WarmUpLine]:
    """Return the skills for the warm-up: skills that are due for a refresh, then those shown longest ago.

    The texts are in the current language.

    Parameters
    ----------
    reviews : iterable of ReviewLine
        Skills that are due, longest due first.
    skills : iterable of SkillLine
        All skills of the path.
    count : int
        Largest number of skills.
    """
    return list(_candidates(list(reviews), skills))[:count]


def _candidates(reviews: list[ReviewLine], skills: Iterable[SkillLine]) -> Iterator[WarmUpLine]:
    for review in reviews:
        yield _line(review.skill, review.title, review.reason, due=True)
    due = {review.skill for review in reviews}
    shown = sorted(
        (skill for skill in skills if skill.shown_on and skill.id not in due),
        key=lambda skill: skill.shown_on or date.max,
    )
    for skill in shown:
        since = format_date(skill.shown_on) if skill.shown_on else ""
        reason = _("Shown on {date}; not due yet, and the longest ago.").format(date=since)
        yield _line(skill.id, skill.title, reason, due=False)


def _line(skill: str, title: str, reason: str, *, due: bool) -> WarmUpLine:
    question = _("{skill}: in one sentence, then the smallest example that shows it.").format(skill=title)
    return WarmUpLine(skill=skill, title=title, question=question, reason=reason, due=due)


def warm_up_questions(snapshot: StudentSnapshot) -> tuple[str, ...]:
    """Return the snapshot's warm-up questions, in the student's language."""
    return tuple(line.question for line in snapshot.warm_up)
