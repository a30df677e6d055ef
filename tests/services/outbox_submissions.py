"""A submission in a student's outbox, as the card writes it, and its result."""

from __future__ import annotations

import json

from toolkit import exercises
from toolkit.exercises import Course, insert_answers, worked_solution
from toolkit.workspace.submission_outbox import Outbox, submission_file_name

ZOE = "zoe-lefevre"


def hand_in(practice, exercise="bakery-till", student=ZOE, *, solved=True, seen="test", code=None) -> str:
    """Put a submission into a student's outbox as the card does; returns its name there."""
    course = Course(practice.root)
    data = exercises.student_copy(course, exercise, "fr", student)
    if solved:
        data = insert_answers(data, worked_solution(course, exercise))
    nb = json.loads(data)
    nb["metadata"]["seen"] = seen
    if code:
        nb["cells"].insert(
            0,
            {
                "cell_type": "code",
                "id": "own",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": code,
            },
        )
    notebook = practice.root.parent / "handed-in" / "session.ipynb"
    notebook.parent.mkdir(exist_ok=True)
    notebook.write_text(json.dumps(nb))
    return submission_file_name(exercise, Outbox(practice.workspace(student)).put(exercise, notebook))


def attempts(practice, student=ZOE):
    with practice.store.read() as tx:
        return {submission_file_name(a.exercise_id, a.sha256): a for a in tx.attempts.for_student(student)}


def answer(practice, name, student=ZOE):
    return Outbox(practice.workspace(student)).answer(name)
