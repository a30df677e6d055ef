"""A command writes logs only on request, and they contain no credentials."""

from __future__ import annotations

import logging
import stat

import pytest

from toolkit.cli.kernels import kernels_command
from toolkit.errors import MissingExtraError, StateError


@pytest.fixture
def failing(monkeypatch):
    """Make a command raise a given error, after it logged a line with a secret in it."""

    def have(error):
        def run(**_options):
            log = logging.getLogger("mentoring.kernels")
            log.info("Taken by /join/very-secret")
            log.debug("In detail")
            if error is not None:
                raise error

        monkeypatch.setattr(kernels_command.commands["status"], "callback", run)

    return have


def test_by_default_the_terminal_says_nothing_of_it(mentor, failing):
    failing(None)
    assert mentor("kernels", "status") == (0, "", "")


def test_once_says_what_is_done_and_twice_in_detail(mentor, failing):
    failing(None)
    code, out, err = mentor("-v", "kernels", "status")
    assert (code, out) == (0, "")
    assert "INFO mentor kernels begins (version " in err
    assert "mentor ends with 0 after" in err
    assert "In detail" not in err
    assert "DEBUG In detail" in mentor("-vv", "kernels", "status")[2]


def test_log_file_is_complete_private_and_appended_to(mentor, failing, tmp_path):
    """A log file is complete, readable by its owner only, and appended to."""
    failing(StateError("No.", "Wait."))
    log = tmp_path / "mentor.log"
    for _again in range(2):
        code, out, err = mentor("--log-file", log, "kernels", "status")
        assert (code, out, err) == (3, "", "Error: No. Wait.\n")
    text = log.read_text()
    assert text.count("mentor kernels begins") == text.count("mentor ends with StateError") == 2
    assert "DEBUG In detail" in text
    assert "/join/…" in text
    assert "very-secret" not in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_fault_is_logged_with_its_traceback(mentor, failing, tmp_path):
    failing(ZeroDivisionError("by nothing"))
    log = tmp_path / "mentor.log"
    assert mentor("--log-file", log, "kernels", "status")[0] == 70
    assert "Traceback (most recent call last)" in log.read_text()


def test_a_file_that_cannot_be_written_is_named(mentor, failing, tmp_path):
    failing(None)
    code, _out, err = mentor("--log-file", tmp_path / "absent/mentor.log", "kernels", "status")
    assert code == 4
    assert "absent" in err


def test_afterwards_nothing_is_left_of_it(mentor, failing):
    failing(None)
    mentor("-vv", "kernels", "status")
    top = logging.getLogger("mentoring")
    assert (top.handlers, top.level) == ([], logging.NOTSET)


def test_missing_module_names_its_extra(mentor, failing):
    """The error for a missing module names the extra that installs it."""
    failing(ModuleNotFoundError("No module named 'mistune'", name="mistune"))
    code, _out, err = mentor("kernels", "status")
    assert code == MissingExtraError.exit_code
    assert "'grading'" in err
    assert 'pip install "mentoring-toolkit[grading]"' in err


def test_any_other_module_that_is_missing_is_a_fault(mentor, failing):
    failing(ModuleNotFoundError("No module named 'nobody'", name="nobody"))
    assert mentor("kernels", "status")[0] == 70
