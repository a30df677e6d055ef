"""The README's command lines work as printed, in their order, in a new practice."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from toolkit.exercises import Course, insert_answers, worked_solution

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")

NOT_RUN = {
    "make demo": "the demo is built by the tests of tests/services/practice",
    "make test": "it is this run",
}
"""The lines that are not run, each with the reason."""

UNTIL_STOPPED = ("mentor live", "mentor desk", "mentor watch")
"""How the commands begin that run until Ctrl-C."""

SENT = "Downloads/bakery-till.ipynb"
"""The file that the README's student sends, in the home folder."""

DEADLINE_S = 120


def command_lines() -> list[str]:
    """Return the lines of the README's shell blocks, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    lines = [re.sub(r"\s+#.*", "", line) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def send_exercise(practice: Path, home: Path) -> None:
    """Put the student's solved copy where the README expects the received file."""
    copy = practice / "students/zoe-lefevre/exercises/bakery-till/bakery-till.ipynb"
    sent = home / SENT
    sent.parent.mkdir(parents=True)
    sent.write_bytes(insert_answers(copy.read_bytes(), worked_solution(Course(practice), "bakery-till")))


def run(line: str, folder: Path, environment: dict[str, str]) -> str:
    """Run one line in a shell, answering yes to questions; return its output."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment,
        input="y\n",
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def run_until_ready(line: str, folder: Path, environment: dict[str, str], log: Path) -> None:
    """Start a command that runs until Ctrl-C, wait until it is ready, and stop it."""
    with log.open("w") as out:
        process = subprocess.Popen(
            shlex.split(line),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + DEADLINE_S
            while not is_ready(log.read_text()):
                assert process.poll() is None, f"{line} ended\n{log.read_text()}"
                assert time.monotonic() < deadline, f"{line} is not ready\n{log.read_text()}"
                time.sleep(0.05)
            process.terminate()
            assert process.wait(DEADLINE_S) == 0, f"{line}\n{log.read_text()}"
        finally:
            process.kill()
            process.wait()


def is_ready(said: str) -> bool:
    """Return True if a command has said how to stop it, and its address, if any, answers a request.

    A server that answers has installed its signal handlers; one that only accepts connections may not.
    """
    if "Ctrl-C" not in said:
        return False
    address = re.search(r"http://\S+", said)
    if address is None:
        return True
    parts = urlsplit(address[0])
    try:
        urllib.request.urlopen(f"{parts.scheme}://{parts.netloc}/api", timeout=DEADLINE_S).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def test_the_lines_that_are_not_run_are_in_the_readme():
    assert set(NOT_RUN) <= set(command_lines())


def test_the_readme_is_read_in_three_minutes():
    assert len(README.split()) <= 710


@pytest.mark.timeout(1800)  # some thirty processes, one after the other, on a machine that may be busy
def test_every_command_line_of_the_readme_works_in_its_order(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **os.environ,
        "HOME": str(home),
        "MENTORING_LANG": "en",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    environment.pop("MENTORING_PRACTICE", None)
    folder = tmp_path
    for line in command_lines():
        if line in NOT_RUN:
            continue
        if line.startswith("cd "):
            folder = folder / line.removeprefix("cd ")
            assert folder.is_dir(), line
            continue
        if SENT in line and not (home / SENT).exists():
            send_exercise(folder, home)
        if line.startswith(UNTIL_STOPPED):
            run_until_ready(line, folder, environment, tmp_path / "until-stopped.log")
        else:
            run(line, folder, environment)
