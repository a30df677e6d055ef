"""nbgrader's own commands and its formgrader work on the course that we wrote."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.patience import PATIENCE_S
from toolkit.domain.people import Student
from toolkit.exercises import (
    Course,
    CurrentGrade,
    GradingJob,
    RecordStatus,
    current_grades,
    grade_jobs,
    record_result,
    render_feedback,
)

SCRIPTS = Path(sys.executable).parent
TOKEN = "only-for-this-test"


def nbgrader(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [SCRIPTS / "nbgrader", *arguments],
        cwd=root,
        env={**os.environ, "PATH": f"{SCRIPTS}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def points(root: Path) -> dict[tuple[str, str], tuple[float, float]]:
    """Return points and maximum points by student and exercise, as nbgrader's database has them."""
    query = """
        SELECT sa.student_id, a.name, SUM(COALESCE(g.manual_score, g.auto_score, 0)), SUM(c.max_score)
        FROM submitted_assignment sa JOIN assignment a ON a.id = sa.assignment_id
        JOIN submitted_notebook n ON n.assignment_id = sa.id JOIN grade g ON g.notebook_id = n.id
        JOIN grade_cells c ON c.id = g.cell_id GROUP BY sa.id
    """
    with closing(sqlite3.connect(root / "gradebook.db")) as db:
        return {(who, name): (score, most) for who, name, score, most in db.execute(query)}


def test_what_became_of_each(recorded):
    results = dict(recorded.results)
    assert results.pop("torn") == results.pop("newer") == RecordStatus.NOTHING
    assert set(results.values()) == {RecordStatus.WRITTEN}


def test_nbgraders_own_commands_agree(recorded, batch, tmp_path):
    root = Path(shutil.copytree(recorded.course.root, tmp_path / "course"))
    ours = {
        (job.student_id, job.exercise): (graded.outcome.points, graded.outcome.max_points)
        for job, graded in batch.values()
        if graded.notebooks
    }
    assert points(root) == ours
    # Once more, by nbgrader alone, from what we put into `submitted`; a few, as each costs it seconds.
    for folder in (root / "submitted").iterdir():
        if folder.name not in {"half", "loop", "ungraded", "deleted", "lea"}:
            shutil.rmtree(folder / "add-up", ignore_errors=True)
    with closing(sqlite3.connect(root / "gradebook.db")) as db:
        db.execute("UPDATE grade SET auto_score = NULL WHERE auto_score IS NOT NULL")
        db.commit()
    nbgrader(root, "autograde", "add-up", "--force")
    again = {
        key: value for key, value in points(root).items() if (root / "submitted" / key[0] / key[1]).exists()
    }
    again = {key: value for key, value in again.items() if key[1] == "add-up"}
    assert again == {key: ours[key] for key in again}
    assert len(again) == 5
    nbgrader(root, "generate_feedback", "add-up", "--force", "--student=half")
    assert (root / "feedback" / "half" / "add-up" / "add-up.html").exists()
    nbgrader(root, "export")
    with (root / "grades.csv").open() as file:
        rows = {(row["student_id"], row["assignment"]): row for row in csv.DictReader(file)}
    assert float(rows["half", "add-up"]["score"]) == 2
    assert (rows["half", "add-up"]["last_name"], rows["half", "add-up"]["first_name"]) == ("Müller", "Half")
    nbgrader(root, "generate_assignment", "add-up", "--force")


def test_what_stands_beside_the_notebooks(recorded, batch):
    root = recorded.course.root
    stamp = (root / "submitted" / "right" / "add-up" / "timestamp.txt").read_text()
    assert stamp == batch["right"][0].received_at.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    assert (root / "autograded" / "prose" / "say-why" / "words.txt").exists()
    assert not (root / "submitted" / "torn").exists()


@pytest.fixture(scope="module")
def formgrader(recorded, tmp_path_factory) -> Iterator[tuple[Course, object]]:
    """A Jupyter server with nbgrader's formgrader on a copy of the course, and a function to query it."""
    root = Path(shutil.copytree(recorded.course.root, tmp_path_factory.mktemp("served") / "course"))
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [
                SCRIPTS / "jupyter-server",
                f"--port={port}",
                f"--IdentityProvider.token={TOKEN}",
                "--no-browser",
                "--ServerApp.allow_root=True",
                f"--ServerApp.root_dir={root}",
            ],
            cwd=root,
            env={
                **os.environ,
                "PATH": f"{SCRIPTS}:{os.environ['PATH']}",
                "HOME": str(home),
                "JUPYTER_CONFIG_DIR": str(home),
                "JUPYTER_RUNTIME_DIR": str(home),
            },
            stdout=log,
            stderr=log,
        )

        def ask(path: str, method: str = "GET", body: object = None) -> str:
            data = None if body is None else json.dumps(body).encode()
            headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
            request = Request(f"http://127.0.0.1:{port}/formgrader{path}", data, headers, method=method)
            with urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.read().decode()

        try:
            deadline = time.monotonic() + PATIENCE_S
            while True:
                try:
                    ask("/api/assignments")
                    break
                except OSError:
                    assert server.poll() is None, (home / "log").read_text()
                    assert time.monotonic() < deadline, (home / "log").read_text()
                    time.sleep(0.2)
            yield Course(root), ask
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def test_the_formgrader_shows_our_points(formgrader, batch):
    course, ask = formgrader
    assignments = {found["name"]: found for found in json.loads(ask("/api/assignments"))}
    assert assignments.keys() == set(course.names())
    assert assignments["add-up"]["max_score"] == 3
    submissions = {found["student"]: found for found in json.loads(ask("/api/submissions/add-up"))}
    for who, found in submissions.items():
        assert found["score"] == batch[who][1].outcome.points, who
        assert found["autograded"], who
    assert {"right", "half", "loop", "deleted", "lea"} <= submissions.keys()
    prose = json.loads(ask("/api/submission/say-why/prose"))
    assert (prose["score"], prose["needs_manual_grade"]) == (1.0, True)
    for page in ("/", "/manage_assignments", "/gradebook/add-up", "/manage_students/prose"):
        assert "nbgrader formgrade" in ask(page)
    (notebook,) = json.loads(ask("/api/submitted_notebooks/say-why/say-why"))[:1]
    page = ask(f"/submissions/{notebook['id']}/")
    assert "It counts letters." in page or "words" in page


def test_a_person_s_points_stay(formgrader, batch, workers, job, answer):
    course, ask = formgrader
    done, graded = batch["prose"]
    (notebook,) = [
        found
        for found in json.loads(ask("/api/submitted_notebooks/say-why/say-why"))
        if found["student"] == "prose"
    ]
    grades = {g["name"]: g for g in json.loads(ask(f"/api/grades?submission_id={notebook['id']}"))}
    comments = {c["name"]: c for c in json.loads(ask(f"/api/comments?submission_id={notebook['id']}"))}
    ask(f"/api/grade/{grades['why']['id']}", "PUT", {"manual_score": 2, "extra_credit": 0.5})
    ask(f"/api/comment/{comments['why']['id']}", "PUT", {"manual_comment": "Say **why**. <script>x</script>"})

    def counted(which: GradingJob) -> dict[str, CurrentGrade]:
        return current_grades(course, "prose", "say-why", which.received_at, executor=workers)

    test = CurrentGrade(1.0)
    (name,) = counted(done).keys() - {"why"}
    assert counted(done) == {name: test, "why": CurrentGrade(2.5)}
    # The same submission again: what the person said stands.
    assert record_result(course, done, graded, executor=workers) is RecordStatus.WRITTEN
    assert counted(done) == {name: test, "why": CurrentGrade(2.5)}

    html = render_feedback(course, _student("prose", "fr"), "say-why", graded.outcome, executor=workers)
    assert "Say <strong>why</strong>." in html
    assert "<script" not in html
    assert re.search(r"<strong>3,5</strong>\s+\S+ 4", html), "1 of the test, 2 by hand and a half on top"

    # A new one: it stays, and waits to be looked at again. An older one comes too late.
    newer = replace(
        job("prose", "say-why", answer("say-why", {"why": "Letters."})),
        received_at=done.received_at + timedelta(days=1),
    )
    ((_job, regraded),) = grade_jobs(course, [newer], executor=workers)
    assert record_result(course, newer, regraded, executor=workers) is RecordStatus.WRITTEN
    assert counted(newer)["why"] == CurrentGrade(2.5, waits=True)
    assert counted(done) is None, "the gradebook has the newer one"
    assert record_result(course, done, graded, executor=workers) is RecordStatus.SUPERSEDED
    assert "Letters." in (course.root / "submitted" / "prose" / "say-why" / "say-why.ipynb").read_text()
    assert current_grades(course, "nobody", "add-up", done.received_at, executor=workers) is None


def _student(name: str, language: str) -> Student:
    return Student(name, name.title(), datetime(2026, 1, 1, tzinfo=UTC), language=language)
