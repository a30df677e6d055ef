"""The outbox: submissions stay unchanged, and its files are never followed as links."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime

import pytest

from toolkit.domain.submission_status import SubmissionStatus, SubmissionTestStatus
from toolkit.errors import InputError, NotFoundError, StorageError
from toolkit.workspace.submission_outbox import (
    MAX_NOTEBOOK_BYTES,
    HintRequest,
    Outbox,
    exercise_of_file_name,
    submission_file_name,
)

DATA = b'{"cells": []}'
HOSTILE = [
    b'{"sha256": "", "state": "graded", "received_at": "2026-11-24T18:00:00Z", "page": "%s"}' % page
    for page in (
        b"javascript:alert(1)",
        b"feedback/../../x.html",
        b"//evil.example/x.html",
        b"feedback/x:y.html",
    )
]
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "zoe" / "sessions" / "2026-11-24-zoe-1" / "session.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    return path


@pytest.fixture
def outbox(notebook):
    return Outbox.of_record(notebook.with_name("record.json"))


def answer(**fields):
    return SubmissionStatus(
        **{"sha256": SHA, "state": "received", "received_at": datetime.now(UTC), **fields}
    )


def test_a_notebook_is_handed_in_byte_by_byte(outbox, notebook, tmp_path):
    assert outbox.put("two-words", notebook) == SHA
    name = f"two-words-{SHA[:12]}.ipynb"
    assert (tmp_path / "zoe" / "outbox" / name).read_bytes() == DATA
    assert (submission_file_name("two-words", SHA), exercise_of_file_name(name)) == (name, "two-words")
    assert outbox.waiting() == [name]
    assert outbox.read(name) == DATA
    assert outbox.put("two-words", notebook) == SHA, "the same once more is the same"


def test_an_answered_one_waits_no_more(outbox, notebook):
    outbox.put("add", notebook)
    (name,) = outbox.waiting()
    assert outbox.answer(name) is None
    said = answer(state="graded", points=1.5, tests=(SubmissionTestStatus(name="t", outcome="partly"),))
    outbox.say(name, said)
    assert outbox.answer(name) == said
    assert outbox.waiting() == []


def test_the_earliest_comes_first_and_hidden_names_never(outbox, notebook):
    outbox.put("b", notebook)
    outbox.put("a", notebook)
    os.utime(outbox.folder / submission_file_name("a", SHA), (1, 1))
    (outbox.folder / ".b-0.ipynb").write_bytes(DATA)
    (outbox.folder / "notes.txt").write_bytes(DATA)
    (outbox.folder / os.fsdecode(b"\xff-1.ipynb")).write_bytes(DATA)
    assert [exercise_of_file_name(name) for name in outbox.waiting()] == ["a", "b"]


def test_what_is_there_is_never_overwritten(outbox, notebook):
    outbox.put("add", notebook)
    path = outbox.folder / submission_file_name("add", SHA)
    path.write_bytes(b"something else")
    with pytest.raises(StorageError, match="something else"):
        outbox.put("add", notebook)
    assert path.read_bytes() == b"something else"


def test_a_notebook_that_is_not_there_or_too_large(outbox, notebook):
    with pytest.raises(NotFoundError, match=r"other\.ipynb"):
        outbox.put("add", notebook.with_name("other.ipynb"))
    os.truncate(notebook, MAX_NOTEBOOK_BYTES + 1)
    with pytest.raises(InputError, match="50 MB are the limit"):
        outbox.put("add", notebook)
    assert not outbox.folder.exists()


def test_links_and_pipes_are_not_followed(outbox, notebook, tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(b"private")
    outbox.folder.mkdir()
    (outbox.folder / "add-1.ipynb").symlink_to(secret)
    os.mkfifo(outbox.folder / "add-2.ipynb")
    (outbox.folder / "add-3.ipynb").mkdir()
    for number in (1, 2, 3):
        with pytest.raises(InputError, match="no plain file"):
            outbox.read(f"add-{number}.ipynb")
    notebook.unlink()
    notebook.symlink_to(secret)
    with pytest.raises(InputError, match="no plain file"):
        outbox.put("add", notebook)


def test_an_outbox_that_is_a_link_is_none(outbox, notebook, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "add-1.ipynb").write_bytes(b"private")
    outbox.folder.symlink_to(elsewhere)
    assert outbox.waiting() == []
    assert outbox.read("add-1.ipynb") is None
    with pytest.raises(StorageError, match="link"):
        outbox.say("add-1.ipynb", answer())
    with pytest.raises(StorageError, match="link"):
        outbox.put("add", notebook)
    assert sorted(path.name for path in elsewhere.iterdir()) == ["add-1.ipynb"]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"state": "graded"}', b"x" * 2 * 1024**2, *HOSTILE])
def test_an_answer_that_cannot_be_read_is_none(outbox, content):
    outbox.folder.mkdir()
    (outbox.folder / "add-1.json").write_bytes(content)
    assert outbox.answer("add-1.ipynb") is None


def test_a_hint_is_asked_for_once(outbox):
    assert outbox.asked("two-words", 2) is None
    outbox.ask("two-words", 2)
    at = outbox.asked("two-words", 2)
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    path = outbox.folder / "two-words-2.hint"
    before = path.stat().st_ino
    outbox.ask("two-words", 2)
    assert path.stat().st_ino == before, "it is the same request"
    assert outbox.requests() == [HintRequest("two-words-2.hint", "two-words", 2)]
    assert outbox.waiting() == []
    outbox.drop(outbox.requests()[0])
    outbox.drop(HintRequest("two-words-2.hint"))
    assert outbox.requests() == []
    assert outbox.asked("two-words", 2) is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"0001-01-01", b"2" * 1000])
def test_a_request_without_a_time_is_asked_again(outbox, content):
    outbox.folder.mkdir()
    (outbox.folder / "add-1.hint").write_bytes(content)
    assert outbox.asked("add", 1) is None
    outbox.ask("add", 1)
    assert outbox.asked("add", 1) is not None


def test_the_time_of_a_request_is_not_that_of_the_file(outbox):
    """The clock of a file server may differ."""
    outbox.ask("add", 1)
    at = outbox.asked("add", 1)
    os.utime(outbox.folder / "add-1.hint", (0, 0))
    assert outbox.asked("add", 1) == at


def test_requests_for_nothing_and_links_name_no_exercise(outbox, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("private")
    outbox.folder.mkdir()
    (outbox.folder / "add-1.hint").symlink_to(secret)
    (outbox.folder / "add-2.hint").mkdir()
    os.mkfifo(outbox.folder / "add-3.hint")
    for name in ("add.hint", "add-0.hint", "add-100.hint", "add--.hint", "add-\u0663.hint", "-1.hint"):
        (outbox.folder / name).touch()
    (outbox.folder / os.fsdecode(b"\xff-x.hint")).touch()
    (outbox.folder / ".add-1.hint").touch()
    found = outbox.requests()
    assert len(found) == 9
    assert {(request.exercise, request.step) for request in found} == {("", 0)}
    assert outbox.asked("add", 1) is None
    for request in found:
        outbox.drop(request)
    assert sorted(path.name for path in outbox.folder.iterdir()) == [".add-1.hint", "add-2.hint"]
    assert secret.read_text() == "private"


def test_a_request_in_an_outbox_that_is_a_link_is_none(outbox, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "add-1.hint").touch()
    outbox.folder.symlink_to(elsewhere)
    assert outbox.requests() == []
    outbox.drop(HintRequest("add-1.hint"))
    with pytest.raises(StorageError, match="link"):
        outbox.ask("add", 2)
    assert [path.name for path in elsewhere.iterdir()] == ["add-1.hint"]
