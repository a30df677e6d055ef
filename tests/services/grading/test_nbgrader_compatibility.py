"""nbgrader's own commands and its formgrader work on the demo practice, and agree with our scores."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from toolkit.domain.attempt import Verdict
from toolkit.practice import Practice
from toolkit.services.grading import feedback_writer
from toolkit.services.grading.manual_scores import latest_attempts

BIN = Path(sys.executable).parent
# One of each kind: solved and half right, waiting for a person, never ending.
EXERCISES = ("bakery-till", "name-badges", "savings-jar")


@pytest.fixture(scope="module")
def practice(built_demo, tmp_path_factory) -> Practice:
    import shutil

    return Practice(Path(shutil.copytree(built_demo, tmp_path_factory.mktemp("nbgrader") / "practice")))


def nbgrader(practice: Practice, *args: str) -> str:
    run = subprocess.run(
        [BIN / "nbgrader", *args],
        cwd=practice.root,
        # As a user's shell has it after activating the environment: nbgrader calls alembic by name.
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def exported(practice: Practice) -> dict[tuple[str, str], tuple[float, float]]:
    nbgrader(practice, "export", "--to", "grades.csv")
    with (practice.root / "grades.csv").open() as stream:
        return {
            (row["student_id"], row["assignment"]): (float(row["score"]), float(row["max_score"]))
            for row in csv.DictReader(stream)
            if row["timestamp"]
        }


def ours(practice: Practice) -> dict[tuple[str, str], tuple[float, float]]:
    with practice.store.read() as tx:
        readable = [a for a in tx.attempts.all() if a.outcome.verdict is not Verdict.UNREADABLE]
        return {
            (a.student_id, a.exercise_id): (a.outcome.points, a.outcome.max_points)
            for a in latest_attempts(readable)
        }


def test_the_gradebook_holds_our_scores(practice):
    assert exported(practice) == ours(practice)


def test_autograde_and_feedback_of_nbgrader_itself_agree(practice):
    before = ours(practice)
    for exercise in EXERCISES:
        # An endless loop takes stock nbgrader its whole patience for each cell.
        nbgrader(practice, "autograde", exercise, "--force", "--ExecutePreprocessor.timeout=4")
        nbgrader(practice, "generate_feedback", exercise, "--force")
    assert exported(practice) == before == ours(practice)
    pages = {path.parent.parent.name for path in practice.root.glob("feedback/*/bakery-till/*.html")}
    assert pages == {"aicha-benali", "ben-okafor", "zoe-lefevre"}


def test_the_formgrader_opens_and_shows_the_same(practice, tmp_path):
    log = (tmp_path / "lab.log").open("wb")
    process = subprocess.Popen(
        [BIN / "mentor", "--practice", practice.root, "open"],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, "HOME": str(tmp_path), "PATH": f"{BIN}:{os.environ['PATH']}"},
    )
    try:
        address, token = re.search(
            r"(http://127\.0\.0\.1:\d+)\S*token=(\S+)", process.stdout.readline()
        ).groups()

        def fetch(path: str, body: dict | None = None) -> str:
            request = urllib.request.Request(
                address + path,
                headers={"Authorization": f"token {token}"},
                method="PUT" if body else "GET",
                data=json.dumps(body).encode() if body else None,
            )
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.read().decode()

        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                fetch("/api/status")
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        assert "formgrader" in fetch("/formgrader/").lower()
        for exercise in EXERCISES:
            shown = {
                (line["student"], exercise): (line["score"], line["max_score"])
                for line in json.loads(fetch(f"/formgrader/api/submissions/{exercise}"))
                if line["submitted"]
            }
            assert shown == {key: value for key, value in ours(practice).items() if key[1] == exercise}
        by_hand = json.loads(fetch("/formgrader/api/submissions/name-badges"))
        (ben,) = [line for line in by_hand if line["needs_manual_grade"]]
        assert ben["student"] == "ben-okafor"

        # The mentor reads the free text there, and gives it its points.
        notebooks = json.loads(fetch("/formgrader/api/submitted_notebooks/name-badges/name-badges"))
        (notebook,) = [n["id"] for n in notebooks if n["student"] == "ben-okafor"]
        grades = json.loads(fetch(f"/formgrader/api/grades?submission_id={notebook}"))
        (question,) = [g["id"] for g in grades if g["name"] == "question"]
        fetch(f"/formgrader/api/grade/{question}", {"manual_score": 1.5})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
        process.stdout.close()
        log.close()

    (written,) = feedback_writer.write_feedback(practice)
    assert (written.student_id, written.exercise_id) == ("ben-okafor", "name-badges")
    with practice.store.read() as tx:
        attempt = latest_attempts(tx.attempts.for_student("ben-okafor"))[2]
    assert (attempt.exercise_id, attempt.outcome.verdict) == ("name-badges", Verdict.GRADED)
    assert (attempt.outcome.points, attempt.outcome.max_points) == (7.5, 8.0)
    assert feedback_writer.write_feedback(practice) == []
    assert exported(practice) == ours(practice)
