"""The nbgrader side: courses, release, submissions, grading, the gradebook, feedback.

nbgrader itself is imported by the worker processes alone (`toolkit.exercises.bench`). Whatever needs it
takes an ``executor``: `Workers`, kept by the caller over many calls, or none for one call.
"""

from toolkit.exercises.answers import answered, worked_solution
from toolkit.exercises.arrivals import Arrival, walk
from toolkit.exercises.author import new
from toolkit.exercises.basis import basis
from toolkit.exercises.check import Finding, check
from toolkit.exercises.course import Course, init_course
from toolkit.exercises.feedback import feedback_html
from toolkit.exercises.gradebook import CurrentGrade, Recorded, current_grades, record, record_question
from toolkit.exercises.graded import Graded, GradingJob
from toolkit.exercises.grading import Underway, follows, grade
from toolkit.exercises.intake import Submission, read
from toolkit.exercises.recognition import Recognition, recognise
from toolkit.exercises.release import (
    VisibleTest,
    extract,
    previewed,
    release,
    statement,
    student_copy,
    student_files,
    visible_tests,
)
from toolkit.exercises.reviewing import Given, Sheet, SheetCell, give, review_sheet, waiting_for_a_person
from toolkit.exercises.variants import variant
from toolkit.exercises.workers import Workers, warm

__all__ = [
    "Arrival",
    "Course",
    "CurrentGrade",
    "Finding",
    "Given",
    "Graded",
    "GradingJob",
    "Recognition",
    "Recorded",
    "Sheet",
    "SheetCell",
    "Submission",
    "Underway",
    "VisibleTest",
    "Workers",
    "answered",
    "basis",
    "check",
    "current_grades",
    "extract",
    "feedback_html",
    "follows",
    "give",
    "grade",
    "init_course",
    "new",
    "previewed",
    "read",
    "recognise",
    "record",
    "record_question",
    "release",
    "review_sheet",
    "statement",
    "student_copy",
    "student_files",
    "variant",
    "visible_tests",
    "waiting_for_a_person",
    "walk",
    "warm",
    "worked_solution",
]
