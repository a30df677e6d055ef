"""The mentor's statements about a student's skills, outside of a session's checklist."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from toolkit.domain.learning_path import LearningPath, Skill
from toolkit.domain.people import Student
from toolkit.domain.skill_opinions import Opinion, Stance, validate_words
from toolkit.errors import NotFoundError
from toolkit.i18n import _, current_language
from toolkit.practice import Practice
from toolkit.reports import StudentSnapshot
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import student_snapshot

__all__ = ["load_student_state", "state_opinion"]


def state_opinion(
    practice: Practice,
    student_name: str,
    skill_name: str,
    stance: Stance,
    words: str = "",
    *,
    now: datetime | None = None,
) -> tuple[Student, Skill]:
    """Store the mentor's statement about a skill; the evidence and the derived mastery stay as they are.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student_name : str
        Id or name of the student.
    skill_name : str
        Id of the skill, or its title in either language.
    stance : Stance
        Confirmed, contested, or withdrawn.
    words : str
        The mentor's reason; may be empty.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    student : Student
        The student.
    skill : Skill
        The skill.

    Raises
    ------
    NotFoundError
        There is no such student, or no such skill on the student's path.
    InputError
        The words are too long.
    """
    words = validate_words(words)
    catalogue = Catalogue(practice)
    with practice.store.begin() as tx:
        student = tx.students.get(student_name)
        skill = _skill(catalogue.path(student.path), skill_name)
        tx.opinions.add(Opinion(student.id, skill.id, "mentor", stance, now or datetime.now(UTC), words))
    return student, skill


def load_student_state(practice: Practice, student_name: str, now: datetime | None = None) -> StudentSnapshot:
    """Return a student's snapshot for the mentor: in the current language, not the student's.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student_name : str
        Id or name of the student.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.
    """
    with practice.store.read() as tx:
        student = replace(tx.students.get(student_name), language=current_language())
        return student_snapshot(tx, Catalogue(practice), student, now or datetime.now(UTC))


def _skill(path: LearningPath, name: str) -> Skill:
    wanted = name.strip().casefold()
    for skill in path.skills:
        if wanted in {skill.id, skill.title.en.casefold(), skill.title.fr.casefold()}:
            return skill
    raise NotFoundError(
        _("There is no skill '{name}' on the student's path.").format(name=name),
        name,
        [skill.id for skill in path.skills],
    )
