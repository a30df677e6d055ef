"""Submissions of every kind, graded by nbgrader in real kernels."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from toolkit.domain.attempt import Verdict
from toolkit.errors import ExecutionError, InputError, NotFoundError
from toolkit.exercises import (
    WorkerPool,
    extract_submission,
    grade_jobs,
    insert_answers,
    must_wait_for,
    release_exercise,
    student_copy,
)

FULL = {"test-sum": 2.0, "test-empty": 1.0}


def points(batch: dict, who: str) -> dict[str, float | None]:
    return {result.grade_id: result.points for result in batch[who][1].outcome.results}


def messages(batch: dict, who: str) -> dict[str, str]:
    return {result.grade_id: result.message for result in batch[who][1].outcome.results}


def test_points_and_messages(batch):
    assert points(batch, "right") == FULL
    assert batch["right"][1].outcome.verdict is Verdict.GRADED
    assert batch["right"][1].outcome.solved
    assert batch["right"][1].outcome.reason == ""
    assert batch["right"][1].outcome.environment.endswith(", sandboxed")
    assert points(batch, "half") == {"test-sum": 2.0, "test-empty": 0.0}
    assert messages(batch, "half") == {
        "test-sum": "",
        "test-empty": "`total([])` should give `0`, yours gave `'nothing'`",
    }
    assert set(messages(batch, "untouched").values()) == {"Not written yet."}
    assert messages(batch, "breaks")["test-sum"] == "NameError: name 'total' is not defined"
    assert messages(batch, "raises")["test-sum"] == "KeyError: 'no'"
    assert messages(batch, "warns")["test-sum"] == (
        "It wrote a message on stderr, for which there are no points: careful"
    ), "as nbgrader has it"


def test_verdicts(batch):
    loop = batch["loop"][1].outcome
    assert loop.verdict is Verdict.TIMED_OUT
    assert "2 cells did not come to an end" in loop.reason
    assert messages(batch, "loop")["test-sum"] == "Stopped after 2 seconds: is there a loop that never ends?"
    hungry = batch["hungry"][1].outcome
    assert hungry.verdict is Verdict.OUT_OF_MEMORY
    assert hungry.reason
    prose = batch["prose"][1].outcome
    assert prose.verdict is Verdict.PARTLY_GRADED
    assert points(batch, "prose") == {"test-words": 1.0, "why": None}, "the data file was there"
    assert prose.solved
    for who, reason in {"torn": "not JSON", "newer": "format 99"}.items():
        outcome = batch[who][1].outcome
        assert outcome.verdict is Verdict.UNREADABLE
        assert reason in outcome.reason
        assert batch[who][1].notebook is None


def test_a_dead_kernel_gives_no_points_for_what_was_not_run(batch):
    assert points(batch, "exits") == {"test-words": 0.0, "why": None}
    assert messages(batch, "exits")["test-words"].startswith("Not run. Code cell 2: Your code ended Python")
    assert "exit code 0" in batch["exits"][1].outcome.reason
    assert not batch["exits"][1].outcome.solved


@pytest.mark.parametrize("who", ["retyped", "deleted", "doubled", "renamed", "reordered", "kernel"])
def test_damage_costs_no_points(batch, who):
    assert points(batch, who) == FULL
    assert batch[who][1].outcome.max_points == 3


@pytest.mark.parametrize("who", ["points", "ungraded", "emptied"])
def test_tinkering_wins_no_points(batch, who):
    assert points(batch, who) == {"test-sum": 0.0, "test-empty": 0.0}
    assert batch[who][1].outcome.max_points == 3
    assert batch[who][1].notes


def test_what_was_mended_is_said(batch):
    assert batch["deleted"][1].notes == ("2 cells of the exercise were missing and were put back.",)
    assert "2 cells were there twice; the last copy was graded." in batch["doubled"][1].notes
    assert any("locked cells had been changed" in note for note in batch["emptied"][1].notes)
    assert batch["right"][1].notes == ()
    assert batch["right"][1].notebooks[0].submitted == batch["right"][0].data, "byte for byte as received"
    assert batch["deleted"][1].notebooks[0].submitted != batch["deleted"][0].data


def test_a_session_notebook_is_a_submission(batch, course, session_notebook):
    assert points(batch, "lea") == FULL, "the agenda's cells stay out, the student's helper comes along"
    nb = json.loads(extract_submission(course, json.loads(session_notebook), "add-up"))
    sources = ["".join(cell["source"]) for cell in nb["cells"]]
    assert "def helper(numbers):\n    return sum(numbers)" in sources
    assert not any("agenda" in source or "1 / 0" in source for source in sources)


def test_jobs_and_results_travel(batch):
    for pair in batch.values():
        assert pickle.loads(pickle.dumps(pair)) == pair


def test_one_notebook_of_several(course, workers, job):
    def part(name: str, answer: str) -> bytes:
        nb = json.loads(course.released_notebooks("Problem Set 1")[name].read_text())
        for cell in nb["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                cell["source"] = answer
        return json.dumps(nb).encode()

    jobs = [
        job("one", "Problem Set 1", part("Part B", "def half(n):\n    return n / 2")),
        job("two", "Problem Set 1", part("Part A", "def double(n):\n    return n"), notebook="Part A"),
    ]
    results = {j.student_id: r for j, r in grade_jobs(course, jobs, executor=workers)}
    found = {who: {r.grade_id: r.points for r in result.outcome.results} for who, result in results.items()}
    assert found == {"one": {"Part B/test_half": 1.0}, "two": {"Part A/test_double": 0.0}}


def test_a_notebook_waits_for_the_others_of_its_exercise(tmp_path, make_course, job):
    course = make_course(tmp_path)
    first, other, single = (
        job("ana", "Problem Set 1", b""),
        job("ben", "Problem Set 1", b""),
        job("ana", "add-up", b""),
    )
    assert must_wait_for(course, "ana", "Problem Set 1", [other, first])
    assert not must_wait_for(course, "ana", "Problem Set 1", [other, single])
    assert not must_wait_for(course, "ana", "add-up", [first, single]), "one notebook: nothing to wait for"


def test_a_test_that_the_grader_cannot_interpret_runs_as_it_stands(make_course, tmp_path, workers, job):
    """The kernel runs a test whose interpretation fails the worked solution, and the author is warned."""
    course = make_course(tmp_path)
    path = course.notebooks("add-up")["add-up"]
    nb = json.loads(path.read_text())
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "test-sum":
            cell["source"] = (
                "def both(x):\n    assert total([x]) == x\n    return x, x\n"
                "one, two = both(3)\nassert total([one, two]) == 6"
            )
        elif cell["metadata"].get("nbgrader", {}).get("grade_id") == "test-empty":
            # The solution fails this one anyhow: it stays out of the kernel.
            cell["source"] = "assert total([]) == 1"
    path.write_text(json.dumps(nb))
    release_exercise(course, "add-up", executor=workers)
    jobs = [
        job(name, "add-up", insert_answers(student_copy(course, "add-up", "en", name), {"total": code}))
        for name, code in {
            "right": "def total(numbers):\n    return sum(numbers)",
            "wrong": "def total(numbers):\n    return max(numbers, default=0)",
        }.items()
    ]
    results = {j.student_id: r for j, r in grade_jobs(course, jobs, executor=workers)}
    given = {
        who: {one.grade_id: one.points for one in result.outcome.results} for who, result in results.items()
    }
    assert given == {
        "right": {"test-sum": 2.0, "test-empty": 0.0},
        "wrong": {"test-sum": 0.0, "test-empty": 0.0},
    }
    assert all(result.guarded == ("test-sum",) for result in results.values())


def test_a_broken_exercise_or_machine_is_nobodys_verdict(make_course, tmp_path, workers, job, answer):
    course = make_course(tmp_path)
    path = course.notebooks("add-up")["add-up"]
    nb = json.loads(path.read_text())
    path.write_text(path.read_text().replace("END SOLUTION", "THE END"))
    nb_kernel = json.loads(course.notebooks("say-why")["say-why"].read_text())
    nb_kernel["metadata"]["kernelspec"]["name"] = "klingon"
    course.notebooks("say-why")["say-why"].write_text(json.dumps(nb_kernel))
    jobs = [
        job("ana", "add-up", json.dumps(nb).encode()),
        job("ana", "say-why", answer("say-why", {})),
        job("ana", "ad-up", b""),
    ]
    results = {j.exercise: r for j, r in grade_jobs(course, jobs, executor=workers)}
    assert isinstance(results["add-up"], ExecutionError)
    assert "no end solution" in str(results["add-up"])
    assert isinstance(results["say-why"], ExecutionError)
    assert "klingon" in str(results["say-why"])
    assert isinstance(results["ad-up"], NotFoundError)
    assert "add-up" in str(results["ad-up"])
    (course.root / "nbgrader_config.py").write_text("c = get_config(\n")
    ((_job, result),) = grade_jobs(course, jobs[:1], executor=workers)
    assert isinstance(result, InputError)
    assert "does not run" in str(result)


@pytest.mark.parametrize("contained", [True, False], ids=["sandboxed", "unsafe"])
def test_whoever_kills_the_grader_stops_nobody_else(course, answer, job, monkeypatch, contained):
    murder = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"
    jobs = [
        job("ana", "add-up", answer("add-up", {"total": murder})),
        job("bob", "add-up", answer("add-up", {"total": "def total(n):\n    return sum(n)"})),
    ]
    if not contained:
        monkeypatch.setenv("MENTORING_KERNELS", "unsafe")
    with WorkerPool(1) as pool:
        before = pool.submit(os.getpid).result()
        results = {j.student_id: r for j, r in grade_jobs(course, jobs, executor=pool)}
        assert results["bob"].outcome.solved
        if contained:
            assert results["ana"].outcome.verdict is Verdict.GRADED
            assert not results["ana"].outcome.solved
            assert pool.submit(os.getpid).result() == before, "what it killed was not the grader"
        else:
            assert results["ana"].outcome.verdict is Verdict.TAMPERED
            assert results["ana"].outcome.results == ()
            assert pool.submit(os.getpid).result() != before, "the pool has healed"


def test_any_executor_will_do(course, job):
    unreadable = [job(f"s{n}", "add-up", b"[]") for n in range(6)]
    before = dict(os.environ), Path.cwd()
    with ThreadPoolExecutor(2) as threads:
        # A thread will do for what needs no nbgrader: it is refused at the gate, in this very process.
        results = list(grade_jobs(course, unreadable, executor=threads, ahead=3))
    assert [r.outcome.verdict for _j, r in results] == [Verdict.UNREADABLE] * 6
    assert (dict(os.environ), Path.cwd()) == before


def test_nbgrader_stays_out_of_the_callers_process():
    script = (
        "import sys, toolkit.exercises\n"
        "print([name for name in ('nbgrader', 'nbformat', 'nbconvert', 'nbclient') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


_GRADES_FOR_EVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from toolkit.exercises import Course, GradingJob, WorkerPool, grade_jobs
from toolkit.kernels import Limits

if __name__ == "__main__":
    course = Course(Path(sys.argv[1]))
    job = GradingJob("ana", "Ana", "add-up", Path(sys.argv[2]).read_bytes(), datetime.now(UTC))
    with WorkerPool(1) as workers:
        print("ready", flush=True)
        list(grade_jobs(course, [job], executor=workers, limits=Limits(cell_seconds=100, total_seconds=100)))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_an_end_in_the_middle_leaves_no_process_behind(course, answer, tmp_path, how):
    mark = f"{os.getpid()}.0{int(how)}125"
    (tmp_path / "grades.py").write_text(_GRADES_FOR_EVER)
    loop = f"import subprocess\ndef total(numbers):\n    subprocess.run(['sleep', '{mark}'])"
    (tmp_path / "x.ipynb").write_bytes(answer("add-up", {"total": loop}))
    process = subprocess.Popen(
        [sys.executable, tmp_path / "grades.py", course.root, tmp_path / "x.ipynb"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for(lambda: _processes_with(mark), 40)
    (os.killpg if how is signal.SIGINT else os.kill)(process.pid, how)
    process.wait(PATIENCE_S)
    _wait_for(lambda: not _processes_with(str(tmp_path)) and not _processes_with(mark), 15)
    if how is signal.SIGINT:
        assert not list(tmp_path.glob("mentoring-*")), "nothing temporary is left either"


def _wait_for(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def _processes_with(text: str) -> list[bytes]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            if int(entry.name) != os.getpid() and text.encode() in told:
                found.append((entry / "cmdline").read_bytes())
        except OSError:
            continue
    return found
