"""All hostile notebooks, and honest ones among them, graded as one batch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.exercises.hostile_submissions.case import ANY, HONEST, Case, changed, code_cell
from tests.exercises.hostile_submissions.cheating_answers import CHEATS
from tests.exercises.hostile_submissions.cheats_per_exercise import FOR_ONE
from tests.exercises.hostile_submissions.secret_revealing_code import AFTERWARDS, TELLS
from tests.exercises.hostile_submissions.tampered_notebooks import METADATA, TINKERED
from tests.exercises.hostile_submissions.unreadable_files import ODD, UNREADABLE
from toolkit.domain.attempt import Outcome, Verdict
from toolkit.exercises import (
    GradingJob,
    GradingResult,
    grade_jobs,
    insert_answers,
    release_exercise,
    student_copy,
)
from toolkit.kernels import Limits

WRONG = {"total": "def total(numbers):\n    return -1"}


@dataclass(frozen=True)
class Result:
    """The result of a case."""

    case: Case
    job: GradingJob
    graded: GradingResult

    @property
    def outcome(self) -> Outcome:
        return self.graded.outcome

    @property
    def points(self) -> float:
        return sum(result.points or 0.0 for result in self.outcome.results)

    @property
    def said(self) -> str:
        """All texts that are shown to a person."""
        messages = [result.message for result in self.outcome.results]
        return "\n".join([self.outcome.reason, *self.graded.notes, *messages]).strip()


@pytest.fixture(scope="session")
def bad_course(tmp_path_factory, workers, make_course):
    course = make_course(tmp_path_factory.mktemp("bad") / "course")
    shutil.copytree(Path(__file__).parent / "course", course.root, dirs_exist_ok=True)
    for name in HONEST:
        release_exercise(course, name, executor=workers)
    return course


@pytest.fixture(scope="session")
def honest(bad_course):
    """Return a right answer to each exercise."""
    return {
        name: insert_answers(student_copy(bad_course, name, "en", "ana"), cells)
        for name, (_points, cells) in HONEST.items()
    }


@pytest.fixture(scope="session")
def wrong(bad_course):
    return insert_answers(student_copy(bad_course, "add-up", "en", "ana"), WRONG)


def _cheats(bad_course) -> Iterator[Case]:
    cells = {"add-up": "total", "spread": "spread"}
    for name, template in CHEATS.items():
        source = template.replace("COURSE", str(bad_course.root))
        for exercise, cell in cells.items():
            if exercise == "spread" and name in FOR_ONE:
                continue
            copy = student_copy(bad_course, exercise, "en", "eve")
            yield Case(f"{name}/{exercise}", exercise, insert_answers(copy, {cell: source}), verdicts=ANY)


def _broken(honest: dict[str, bytes]) -> Iterator[Case]:
    for name, (data, sentence) in UNREADABLE.items():
        yield Case(name, "add-up", data, (Verdict.UNREADABLE,), sentence)
    good = honest["add-up"]
    for name, text in {"half a character": "\ud83d", "half a key": "x\udfff"}.items():
        data = changed(good, lambda c, nb, text=text: nb["metadata"].update({text: text}))
        yield Case(name, "add-up", data, (Verdict.UNREADABLE,), "lone surrogate")
    for name, number in {"not a number": "nan", "infinity": "inf"}.items():
        data = changed(good, lambda c, nb, number=number: nb["metadata"].update(x=[float(number)]))
        yield Case(name, "add-up", data, (Verdict.UNREADABLE,), "NaN or infinity")
    for name, change in ODD.items():
        yield Case(name, "add-up", changed(good, change), at_most=3, at_least=3)
    with_mark = b"\xef\xbb\xbf" + good
    yield Case("a mark of order", "add-up", with_mark, at_most=3, at_least=3)
    twice = good.replace(b'"nbformat"', b'"nbformat": 7, "cells": [], "nbformat"', 1)
    yield Case("keys twice", "add-up", twice, (Verdict.GRADED, Verdict.UNREADABLE), at_most=3)


def _tinkered(honest: dict[str, bytes], wrong: bytes) -> Iterator[Case]:
    for name, (change, sentence) in TINKERED.items():
        yield Case(name, "add-up", changed(wrong, change), sentence=sentence)
    for name, (cell, notebook) in METADATA.items():

        def change(_c: dict, nb: dict, cell: dict = cell, notebook: dict = notebook) -> None:
            nb["cells"].append(code_cell("x = 1"))
            nb["metadata"] |= notebook
            for each in nb["cells"]:
                each["metadata"] |= cell

        yield Case(name, "add-up", changed(honest["add-up"], change), at_most=3, at_least=3)


def _curious(bad_course) -> Iterator[Case]:
    remembers = "seen = []\ndef total(*numbers):\n    seen.append(numbers)\n    return -1"
    for name, source in AFTERWARDS.items():
        data = insert_answers(student_copy(bad_course, "add-up", "en", "eve"), {"total": remembers})
        data = changed(data, lambda c, nb, source=source: nb["cells"].append(code_cell(source)))
        yield Case(f"tells/{name}", "add-up", data)
    for name, source in TELLS.items():
        data = insert_answers(student_copy(bad_course, "add-up", "en", "eve"), {"total": source})
        yield Case(f"tells/{name}", "add-up", data)


@pytest.fixture(scope="session")
def cases(bad_course, honest, wrong) -> dict[str, Case]:
    found = [*_cheats(bad_course), *_broken(honest), *_tinkered(honest, wrong), *_curious(bad_course)]
    step = len(found) // 4
    for number, at in enumerate(range(0, len(found), step)):
        # Among the others, before and after them.
        for name, (points, _cells) in HONEST.items():
            case = Case(f"honest {number}/{name}", name, honest[name], at_most=points, at_least=points)
            found.insert(at, case)
    assert len({case.name for case in found}) == len(found)
    return {case.name: case for case in found}


@pytest.fixture(scope="session")
def before(bad_course) -> dict[Path, bytes]:
    """Every file of the course, as it was before grading."""
    return {path: path.read_bytes() for path in bad_course.root.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def results(bad_course, workers, cases, job, before) -> dict[str, Result]:
    """The result of every case; none raises `MentoringError`."""
    jobs = {job(f"student-{n}", c.exercise, c.data): c for n, c in enumerate(cases.values())}
    by_student = {each.student_id: case for each, case in jobs.items()}
    limits = Limits(cell_seconds=2, total_seconds=20, memory_bytes=400_000_000)
    found = {}
    for done, graded in grade_jobs(bad_course, jobs, executor=workers, limits=limits):
        case = by_student[done.student_id]
        found[case.name] = Result(case, done, graded)
    return found
