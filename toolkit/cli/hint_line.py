"""The output line about a hint that a student requested."""

from __future__ import annotations

from toolkit.i18n import _
from toolkit.services.exercises.hint_delivery import HintAnswer

__all__ = ["hint_request_line"]


def hint_request_line(one: HintAnswer) -> str:
    """Return a line with the student, the exercise, and the hint's state or the command that gives it."""
    text = (
        _("asked for hint {n} of {total}: given")
        if one.given
        else _("asked for hint {n} of {total}; to give it: mentor exercise hint {exercise} {student}")
    )
    said = text.format(n=one.step, total=one.total, exercise=one.exercise_id, student=one.student_id)
    return f"{one.student_id}  {one.exercise_id}  {said}"
