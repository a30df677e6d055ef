"""Course, release, submission, grading, gradebook and feedback, on top of nbgrader.

Only the worker processes (`toolkit.exercises.nbgrader_worker`) import nbgrader. Functions that need it take
an ``executor``: pass `Workers` to reuse the processes over many calls, or None to start them for one call.
"""

from toolkit.exercises.authoring.quality_check import Finding, check
from toolkit.exercises.authoring.release import (
    VisibleTest,
    extract,
    previewed,
    release,
    statement,
    student_copy,
    student_files,
    visible_tests,
)
from toolkit.exercises.authoring.scaffold import new
from toolkit.exercises.authoring.variants import variant
from toolkit.exercises.course.course import Course, init_course
from toolkit.exercises.course.grading_fingerprint import basis
from toolkit.exercises.course.solutions import answered, worked_solution
from toolkit.exercises.grading.feedback_page import feedback_html
from toolkit.exercises.grading.gradebook_client import (
    CurrentGrade,
    Recorded,
    current_grades,
    record,
    record_question,
)
from toolkit.exercises.grading.grading_queue import Underway, follows, grade
from toolkit.exercises.grading.grading_types import Graded, GradingJob
from toolkit.exercises.grading.manual_grading import (
    Given,
    Sheet,
    SheetCell,
    give,
    review_sheet,
    waiting_for_a_person,
)
from toolkit.exercises.submission.identify import Recognition, recognise
from toolkit.exercises.submission.submission_files import Arrival, walk
from toolkit.exercises.submission.submission_parser import Submission, read
from toolkit.exercises.worker_pool import Workers, warm

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
