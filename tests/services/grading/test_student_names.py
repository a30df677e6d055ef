"""Student names in the forms that learning platforms and people use."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from toolkit.domain.people import Student, student_slug
from toolkit.exercises import Course, Submission, identify_submission
from toolkit.services.grading.student_names import students_named

NAMES = (
    "Zoé Lefèvre",
    "Ben Okafor",
    "Ana López",
    "Ana López García",
    "王小明",
    "Jean-Luc de la Tour",
    "Li Na",
)
STUDENTS = [Student(student_slug(name), name, datetime(2026, 1, 1, tzinfo=UTC)) for name in NAMES]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    for name in ("bakery-till", "lab-2"):
        place = root / "source" / name
        place.mkdir(parents=True)
        (place / f"{name}.ipynb").write_text(
            '{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {}}'
        )
    return Course(root)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        # Moodle
        ("Zoé Lefèvre_1234567_assignsubmission_file_/bakery-till.ipynb", "Zoé Lefèvre"),
        ("Lefèvre Zoé_1234567_assignsubmission_file_bakery-till.ipynb", "Zoé Lefèvre"),
        ("LEFÈVRE Zoé_1234567_assignsubmission_file/bakery-till (1).ipynb", "Zoé Lefèvre"),
        ("王小明_99_assignsubmission_file_/bakery-till.ipynb", "王小明"),
        # Canvas
        ("lefevrezoe_12345_67890_bakery-till.ipynb", "Zoé Lefèvre"),
        ("okaforben_LATE_12345_67890_bakery-till-2.ipynb", "Ben Okafor"),
        ("delatourjeanluc_1_2_bakery-till.ipynb", "Jean-Luc de la Tour"),
        # Google Classroom and Drive
        ("Ben Okafor - bakery-till.ipynb", "Ben Okafor"),
        ("bakery-till - Zoé Lefèvre.ipynb", "Zoé Lefèvre"),
        ("Copy of bakery-till - Ben Okafor.ipynb", "Ben Okafor"),
        ("Ben Okafor/Copie de bakery-till.ipynb", "Ben Okafor"),
        # Teams
        ("Submitted files/Ben Okafor/bakery-till/Version 2/bakery-till.ipynb", "Ben Okafor"),
        ("Submitted files/Okafor, Ben/bakery-till/Version 1/bakery-till.ipynb", "Ben Okafor"),
        # Blackboard, nbgrader, Brightspace
        ("bakery-till_ben-okafor_attempt_2026-01-30-15-30-10_bakery-till.ipynb", "Ben Okafor"),
        ("(bakery-till)_(ben-okafor)_attempt_(2026-01-30-15-30-10)_bakery-till.ipynb", "Ben Okafor"),
        ("ben-okafor+bakery-till+2026-02-02 15:58:23.948203 UTC+x/bakery-till.ipynb", "Ben Okafor"),
        ("12-34 - Ben Okafor - Oct 5, 2026 1230 PM/bakery-till.ipynb", "Ben Okafor"),
        # People
        ("OKAFOR_Ben_bakery-till.ipynb", "Ben Okafor"),
        ("bakery-till_OkaforBen.ipynb", "Ben Okafor"),
        ("ben.okafor@school.example/bakery-till.ipynb", "Ben Okafor"),
        ("Ben Okafor.zip/bakery-till.ipynb", "Ben Okafor"),
        ("Jean-Luc_de_la_Tour_bakery-till.ipynb", "Jean-Luc de la Tour"),
        ("Ana López García - bakery-till.ipynb", "Ana López García"),
        ("Ana López - bakery-till.ipynb", "Ana López"),
    ],
)
def test_a_name_is_recognised(course, path, name):
    found = identify_submission(course, Submission({"cells": []}, frozenset()), path)
    assert found.exercise == "bakery-till"
    named = {student.name for word in found.students for student in students_named(word, STUDENTS)}
    assert named == {name}


@pytest.mark.parametrize(
    "path", ["bakery-till.ipynb", "ana/bakery-till.ipynb", "linarenko/bakery-till.ipynb"]
)
def test_nobody_is_guessed(course, path):
    found = identify_submission(course, Submission({"cells": []}, frozenset()), path)
    assert not [word for word in found.students if students_named(word, STUDENTS)]
