"""The command `mentor` has complete help, and its errors name the cause."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click
import pytest

import toolkit
from toolkit.cli.main import COMMANDS, MentorGroup, main
from toolkit.domain.session import SessionState
from toolkit.errors import NotFoundError

BIN = Path(sys.executable).parent


def every_command():
    group = MentorGroup("mentor")
    context = click.Context(group)
    found = []

    def walk(name, command):
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                walk(f"{name} {child}", command.get_command(context, child))
        else:
            found.append((name, command))

    for name in COMMANDS:
        walk(name, group.get_command(context, name))
    return found


@pytest.mark.parametrize(
    ("name", "command"), every_command(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_has_help_and_examples_that_it_understands(name, command):
    assert command.help, name
    assert f"mentor {name}" in command.epilog, name
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts}"


def test_the_issue_s_commands_are_there():
    names = {name for name, _command in every_command()}
    assert names >= {
        "init", "demo", "doctor", "collect", "grade", "feedback", "report", "open",
        "student add", "student list", "student show", "student pause", "student end",
        "path show", "path check",
        "exercise list", "exercise new", "exercise check", "exercise release", "exercise hint",
        "exercise variant", "exercise preview",
        "session plan", "session list", "session show", "session start", "session close",
        "session cancel", "session no-show",
        "snapshot list", "snapshot take", "snapshot show", "snapshot diff", "snapshot restore",
        "kernels status", "kernels warm", "kernels stop",
    }  # fmt: skip


def test_lists_are_json_where_asked_for(on_demo):
    for args in (
        ("student", "list"),
        ("student", "show", "zoe-lefevre"),
        ("session", "list"),
        ("session", "show", "zoe-lefevre-1"),
        ("exercise", "list"),
        ("path", "show"),
    ):
        code, out, err = on_demo(*args, "--json")
        assert (code, err) == (0, ""), args
        lines = json.loads(out)
        assert lines, args
        assert all(isinstance(line, dict) for line in lines)


def test_names_are_shown_as_they_are_written(on_demo):
    code, out, _err = on_demo("student", "list")
    assert code == 0
    assert "Aïcha Benali" in out


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("student", "show", "zoe-lefevr"), 2, "zoe-lefevre"),
        (("student", "add", "Zoé Lefèvre"), 2, "--id"),
        (("student", "add", "A\nB"), 2, "one line"),
        (("student", "add", "Eve", "--id", "../eve"), 2, "small letters"),
        (("student", "add", "Eve", "--path", "python-foundation"), 2, "python-foundations"),
        (("student", "resume", "zoe-lefevre"), 3, "Possible now"),
        (("session", "show", "zoe-lefevre-33"), 2, "zoe-lefevre-3"),
        (("session", "close", "zoe-lefevre-1"), 3, "not possible"),
        (("session", "plan", "zoe", "--at", "soonish"), 2, "tomorrow 18:00"),
        (("session", "plan", "zoé", "--at", "2001-01-01 10:00"), 2, "--anyway"),
        (("session", "plan", "zoé", "--at", "in 9 days 10:00", "--exercise", "bakry-till"), 2, "bakery-till"),
        (("exercise", "release", "bus-far"), 2, "bus-fare"),
        (("path", "show", "python"), 2, "python-foundations"),
        (("report",), 2, "--all"),
        (("report", "nobody"), 2, "student list"),
        (("grade", "--student", "nobody"), 2, "student list"),
        (("collect", "nowhere.ipynb"), 1, "nowhere.ipynb"),
        (("open", "nowhere"), 2, "nowhere"),
        (("studnet", "list"), 2, "student"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_clear_line(on_demo, args, code, words):
    got, out, err = on_demo(*args)
    said = out + err
    assert got == code, said
    assert words in said
    assert "Traceback" not in said


def test_debug_shows_where(demo_practice):
    with pytest.raises(NotFoundError, match="nobody"):
        main(["--practice", str(demo_practice.root), "--debug", "student", "show", "nobody"])


def test_without_a_practice_the_next_step_is_named(mentor):
    code, _out, err = mentor("student", "list")
    assert code == 4
    assert "mentor init" in err


def test_doctor_names_what_is_and_what_is_not(mentor, on_demo):
    code, out, _err = on_demo("doctor", "--json")
    findings = {line["subject"]: line for line in json.loads(out)}
    assert code == 0, out
    assert findings["Packages"]["state"] == "good"
    assert findings["Sandbox"]["state"] == "good"
    assert findings["Database"]["state"] == "good"
    assert mentor("doctor")[0] == 0, "no practice is no fault of the machine"


def test_doctor_finds_a_submission_that_was_changed(on_demo, demo_practice):
    kept = next((demo_practice.private / "received").rglob("*/*"))
    kept.write_bytes(b"changed")
    code, out, _err = on_demo("doctor")
    assert code == 1
    assert str(kept) in out


def test_a_mistake_in_the_configuration_names_its_place(on_demo, demo_practice):
    config = demo_practice.root / "mentoring.toml"
    config.write_text(config.read_text().replace("workers", "wrokers"))
    code, _out, err = on_demo("grade")
    assert code == 2
    assert "wrokers" in err
    code, out, _err = on_demo("doctor")
    assert code == 1
    assert "wrokers" in out


def test_a_practice_that_is_being_written_is_named(on_demo, demo_practice):
    with demo_practice.writing("mentor grade"):
        code, _out, err = on_demo("grade")
    assert code == 4
    assert f"process {os.getpid()}" in err
    assert on_demo("grade")[0] == 0


@pytest.fixture
def no_bubblewrap(monkeypatch):
    monkeypatch.setattr("toolkit.kernels.bubblewrap.find_bubblewrap", lambda: None)


def outcomes(practice):
    with practice.store.read() as tx:
        return [attempt.outcome for attempt in tx.attempts.all()]


@pytest.mark.usefixtures("no_bubblewrap")
def test_without_a_sandbox_nothing_is_graded(on_demo, demo_practice):
    before = outcomes(demo_practice)
    code, out, err = on_demo("grade", "--again")
    assert (code, out) == (5, "")
    assert "refused: bubblewrap: not found. Nothing was graded." in err
    assert "apt-get install bubblewrap" in err
    assert outcomes(demo_practice) == before


def test_in_the_sandbox_grading_says_nothing_of_it(on_demo):
    code, out, err = on_demo("grade", "--again", "--student", "zoe", "--exercise", "bus-fare")
    assert (code, err) == (0, "")
    assert "sandbox" not in out


def test_unsafe_grading_is_said_of_the_run_and_of_every_result(on_demo, demo_practice, monkeypatch):
    monkeypatch.setenv("MENTORING_KERNELS", "unsafe")
    code, out, err = on_demo("grade", "--again", "--student", "zoe", "--exercise", "bus-fare")
    assert code == 0
    assert err.startswith("Unsafe: ")
    assert all("not sandboxed" in line for line in out.splitlines() if line.startswith("zoe-lefevre"))
    with demo_practice.store.read() as tx:
        graded = [a.outcome for a in tx.attempts.for_student("zoe-lefevre") if a.exercise_id == "bus-fare"]
    assert "hors bac à sable" in graded[-1].environment


def test_close_asks_before_it_keeps(on_demo, demo_practice, monkeypatch):
    assert on_demo("session", "start", "zoe-lefevre-3")[0] == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, out, _err = on_demo("session", "close", "zoe-lefevre-3")
    assert code == 130, out
    with demo_practice.store.read() as tx:
        assert tx.sessions.get("zoe-lefevre-3").state is SessionState.LIVE
    code, out, _err = on_demo("session", "close", "zoe-lefevre-3", "--yes")
    assert code == 0
    assert "at the close" in on_demo("snapshot", "list", "zoe-lefevre-3")[1]
    with demo_practice.store.read() as tx:
        assert tx.sessions.get("zoe-lefevre-3").state is SessionState.REPORTED


def test_hints_are_given_one_by_one_and_lie_on_the_table(on_demo, demo_practice):
    for step in (1, 2, 3):
        code, out, _err = on_demo("exercise", "hint", "mailing-list", "aicha-benali")
        assert code == 0
        assert f"Hint {step} of 3" in out
    code, _out, err = on_demo("exercise", "hint", "mailing-list", "aicha-benali")
    assert code == 3
    assert "session plan" in err
    # Zoé had one hint of the savings jar; hers are in French.
    assert "Indice" not in on_demo("exercise", "hint", "savings-jar", "zoe-lefevre")[1]
    (record,) = demo_practice.workspace("zoe-lefevre").glob("sessions/*-3/record.json")
    assert len(json.loads(record.read_text())["items"]["exercise:savings-jar"]["hints"]) == 2


def shell(*args, **env):
    return subprocess.run(
        [BIN / args[0], *args[1:]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **env},
    )


def test_it_speaks_french():
    said = shell("mentor", "--lang", "fr", "session", "plan", "--help").stdout
    assert "Planifier une session" in said
    assert "Exemples" in said
    assert "Options" in said
    assert "Show this message" not in said
    said = shell("mentor", "student", "list", MENTORING_LANG="fr", MENTORING_PRACTICE="/").stderr
    assert said.startswith("Erreur")


def test_jupyter_knows_it():
    said = shell("jupyter", "mentor", "--version")
    assert said.returncode == 0
    assert toolkit.__version__ in said.stdout


def test_tab_completes_commands_and_names(built_demo):
    def complete(words):
        answer = shell(
            "mentor",
            _MENTOR_COMPLETE="bash_complete",
            COMP_WORDS=words,
            COMP_CWORD=str(len(words.split(" ")) - 1),
            MENTORING_PRACTICE=str(built_demo),
        )
        return {line.partition(",")[2] for line in answer.stdout.split()}

    assert "session" in complete("mentor s")
    assert complete("mentor student show z") == {"zoe-lefevre"}
    assert complete("mentor session close ben") >= {"ben-okafor-1"}
    assert complete("mentor exercise release mail") == {"mailing-list"}


def test_what_failed_is_in_the_json_too(on_demo, demo_practice):
    with demo_practice.store.begin() as tx:
        student = tx.students.get("ben-okafor")
        tx.students.save(replace(student, path="gone"))
        attempt = tx.attempts.for_student("zoe-lefevre")[0]
    for page in (demo_practice.workspace("zoe-lefevre") / "feedback").glob("bakery-till-*.html"):
        page.unlink()
        page.mkdir()
    kept = demo_practice.private / "received" / attempt.sha256[:2] / attempt.sha256
    torn = replace(attempt, exercise_id="mailing-list", outcome=None, id=None)
    with demo_practice.store.begin() as tx:
        tx.attempts.add(torn)
    kept.write_bytes(b"changed")
    for args, who in (
        (("report", "--all"), "ben-okafor"),
        (("grade",), "zoe-lefevre"),
        (("feedback", "--again", "--student", "zoe", "--exercise", "bakery-till"), "zoe-lefevre"),
    ):
        code, out, err = on_demo(*args, "--json")
        assert code == 1, args
        failed = [line for line in json.loads(out) if line["error"]]
        assert {line["student"] for line in failed} == {who}, args
        assert failed[0]["error"] in err
        code, out, err = on_demo(*args)
        assert code == 1, args
        assert who in err


def test_the_demo_is_not_built_into_a_practice(mentor, tmp_path):
    assert mentor("init", "mine")[0] == 0
    code, _out, err = mentor("demo", "mine", "--no-serve")
    assert code == 2
    assert "mentor demo DIR" in err
    assert list((tmp_path / "mine" / "students").iterdir()) == []
