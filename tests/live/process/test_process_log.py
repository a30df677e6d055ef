"""The log of a session's server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from toolkit.errors import StorageError
from toolkit.live.process.process_log import ProcessLog


@pytest.fixture
def journal(tmp_path) -> Iterator[ProcessLog]:
    made = ProcessLog(tmp_path / "output.log")
    yield made
    made.close()


def told(journal: ProcessLog, *parts: bytes) -> None:
    with journal.follow() as pipe:
        for part in parts:
            pipe.write(part)
    journal.finish(10)


def test_it_is_for_its_owner_alone_and_begins_anew(tmp_path):
    path = tmp_path / "output.log"
    path.write_text("old")
    path.chmod(0o644)
    journal = ProcessLog(path)
    told(journal, b"new\n")
    journal.close()
    assert path.read_text() == "new\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_one_server_after_the_other_writes_to_it(journal):
    told(journal, b"one\n")
    told(journal, b"two\n")
    assert journal.path.read_text() == "one\ntwo\n"


def test_it_stays_small_and_keeps_the_end(journal):
    line = b"x" * 999 + b"\n"
    told(journal, *[line * 16] * 200, b"the end\n")
    assert journal.path.stat().st_size <= 1 << 20
    assert journal.path.read_bytes().endswith(line + b"the end\n")


def test_nothing_in_it_commands_a_terminal(journal):
    told(journal, b"\x1b[2Jred\x07\x9b\x7f\ttab\r\n")
    assert journal.path.read_bytes() == b"[2Jred\x9b\ttab\n"
    assert journal.last_words == "[2Jred\ufffd\ttab"


def test_last_words_are_one_short_line(journal):
    assert journal.last_words == ""
    told(journal, b"before\n", b"y" * 1000 + b"\n\n  \n")
    assert journal.last_words == "y" * 300


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StorageError):
        ProcessLog(tmp_path / "none" / "output.log")


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "output.log")
    ProcessLog(tmp_path / "output.log").close()
    assert (tmp_path / "output.log").is_file()
