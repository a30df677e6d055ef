"""Course, release, submission, grading, gradebook and feedback, on top of nbgrader.

Only the worker processes (`toolkit.exercises.nbgrader_worker`) import nbgrader. Functions that need it take
an ``executor``: pass `WorkerPool` to reuse the processes over many calls, or None to start them for one call.
"""

from toolkit.exercises.authoring.quality_check import (
    QualityFinding,
    check_exercise,
    solution_job,
    solution_problems,
)
from toolkit.exercises.authoring.release import (
    VisibleTest,
    extract_submission,
    preview_notebook,
    release_exercise,
    statement_cells,
    student_copy,
    student_files,
    visible_tests,
)
from toolkit.exercises.authoring.scaffold import create_exercise
from toolkit.exercises.authoring.variants import create_variant
from toolkit.exercises.course.course import Course, init_course
from toolkit.exercises.course.grading_fingerprint import compute_grading_fingerprint
from toolkit.exercises.course.solutions import insert_answers, worked_solution
from toolkit.exercises.grading.feedback_page import render_feedback
from toolkit.exercises.grading.gradebook_client import (
    CurrentGrade,
    RecordStatus,
    current_grades,
    record_question_result,
    record_result,
)
from toolkit.exercises.grading.grading_queue import GradingQueue, grade_jobs, must_wait_for
from toolkit.exercises.grading.grading_types import GradingJob, GradingResult
from toolkit.exercises.grading.manual_grading import (
    ManualGrade,
    ReviewCell,
    ReviewSheet,
    pending_manual_grades,
    read_review_sheet,
    write_manual_grade,
)
from toolkit.exercises.submission.hand_in_time import parse_timestamp
from toolkit.exercises.submission.identify import IdentifiedSubmission, identify_submission
from toolkit.exercises.submission.submission_files import SubmittedFile, find_submitted_files
from toolkit.exercises.submission.submission_parser import Submission, parse_submission
from toolkit.exercises.worker_pool import WorkerPool, executor_or_own, preload_worker

__all__ = [
    "Course",
    "CurrentGrade",
    "GradingJob",
    "GradingQueue",
    "GradingResult",
    "IdentifiedSubmission",
    "ManualGrade",
    "QualityFinding",
    "RecordStatus",
    "ReviewCell",
    "ReviewSheet",
    "Submission",
    "SubmittedFile",
    "VisibleTest",
    "WorkerPool",
    "check_exercise",
    "compute_grading_fingerprint",
    "create_exercise",
    "create_variant",
    "current_grades",
    "executor_or_own",
    "extract_submission",
    "find_submitted_files",
    "grade_jobs",
    "identify_submission",
    "init_course",
    "insert_answers",
    "must_wait_for",
    "parse_submission",
    "parse_timestamp",
    "pending_manual_grades",
    "preload_worker",
    "preview_notebook",
    "read_review_sheet",
    "record_question_result",
    "record_result",
    "release_exercise",
    "render_feedback",
    "solution_job",
    "solution_problems",
    "statement_cells",
    "student_copy",
    "student_files",
    "visible_tests",
    "worked_solution",
    "write_manual_grade",
]
