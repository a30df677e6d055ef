"""Submissions by every channel: recognised or asked for, and every byte kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from toolkit import exercises
from toolkit.domain.attempt import Verdict
from toolkit.errors import NotFoundError, UnreadableError
from toolkit.exercises import Course
from toolkit.i18n import use_language
from toolkit.services.grading.collect_submissions import ReceiptStatus, collect


@pytest.fixture
def copy(demo_practice, tmp_path):
    """A fresh copy of bakery-till as given to Zoé, changed a little so that it is new."""
    data = exercises.student_copy(Course(demo_practice.root), "bakery-till", "fr", "zoe-lefevre")
    nb = json.loads(data)
    nb["metadata"]["seen"] = "tests"
    path = tmp_path / "inbox" / "bakery-till (2).ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(nb))
    return path


def unstamped(path):
    nb = json.loads(path.read_text())
    nb["metadata"].pop("mentoring")
    path.write_text(json.dumps(nb))


def test_a_stamped_file_says_whose_it_is(demo_practice, copy):
    (receipt,) = collect(demo_practice, [copy])
    assert (receipt.received, receipt.student_id, receipt.exercise_id) == (
        ReceiptStatus.NEW,
        "zoe-lefevre",
        "bakery-till",
    )
    assert demo_practice.kept(receipt.sha256) == copy.read_bytes()
    (again,) = collect(demo_practice, [copy])
    assert again.received is ReceiptStatus.AGAIN


def test_a_folder_named_after_the_student_says_whose_it_is(demo_practice, copy):
    unstamped(copy)
    folder = copy.parent / "Zoé Lefèvre"
    folder.mkdir()
    shutil.move(copy, folder / copy.name)
    (receipt,) = collect(demo_practice, [copy.parent])
    assert (receipt.received, receipt.student_id) == (ReceiptStatus.NEW, "zoe-lefevre")


def test_a_zip_is_looked_into(demo_practice, copy):
    box = copy.parent / "box.zip"
    with zipfile.ZipFile(box, "w") as archive:
        archive.write(copy, "ben-okafor/bakery-till.ipynb")
        archive.writestr("../../outside.ipynb", "{}")
    receipts = {r.source.rsplit("/", 1)[-1]: r for r in collect(demo_practice, [box])}
    # The file was given out to Zoé and lies in Ben's folder: two answers are a question.
    assert receipts["bakery-till.ipynb"].received is ReceiptStatus.UNKNOWN
    refused = receipts["outside.ipynb"]
    assert refused.received is ReceiptStatus.REFUSED
    assert demo_practice.kept(refused.sha256) == box.read_bytes(), "all that there is of somebody's work"


def test_a_name_that_is_no_text_stops_nobody(demo_practice, copy):
    data = copy.read_bytes()
    for n, name in enumerate((b"\xff\xfe.ipynb", "\u202egpj.ipynb".encode(), b"a\x1b[31m\nb.ipynb")):
        (copy.parent / os.fsdecode(name)).write_bytes(data + b" " * (n + 1))
    receipts = collect(demo_practice, [copy.parent])
    assert [receipt.received for receipt in receipts] == [ReceiptStatus.NEW] * 4
    assert any(receipt.source.endswith("/��.ipynb") for receipt in receipts)


def test_who_is_not_recognised_is_asked_for(demo_practice, copy):
    unstamped(copy)
    (receipt,) = collect(demo_practice, [copy])
    assert receipt.received is ReceiptStatus.UNKNOWN
    assert "--student" in receipt.message
    assert demo_practice.kept(receipt.sha256) == copy.read_bytes()
    asked = []

    def ask(name, what, candidates, problem):
        asked.append((what, tuple(candidates), problem))
        return "zoé" if problem else "zoe-lefevr"

    (receipt,) = collect(demo_practice, [copy], ask=ask)
    assert receipt.student_id == "zoe-lefevre"
    students = ("aicha-benali", "ben-okafor", "zoe-lefevre")
    assert [(what, names) for what, names, _problem in asked] == [("student", students)] * 2
    first, then = (problem for _what, _names, problem in asked)
    assert not first
    assert "zoe-lefevre" in then, "a slip is no reason to stop: the near names, and once more"


def test_what_the_mentor_says_wins_and_the_stamp_is_named(demo_practice, copy):
    (receipt,) = collect(demo_practice, [copy], student="ben-okafor")
    assert receipt.student_id == "ben-okafor"
    assert "zoe-lefevre" in receipt.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff\xfe garbage",
        b'{"cells": [',
        b"[]",
        b'{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}',
        b"[" * 100_000,
    ],
    ids=["empty", "binary", "cut", "no notebook", "format 99", "no cells", "deep"],
)
def test_a_file_that_cannot_be_read_is_kept_and_has_a_verdict(demo_practice, tmp_path, data):
    path = tmp_path / "bakery-till.ipynb"
    path.write_bytes(data)
    (receipt,) = collect(demo_practice, [path], student="zoe-lefevre")
    assert receipt.received is ReceiptStatus.UNREADABLE
    assert receipt.message
    assert "\n" not in receipt.message
    assert receipt.sha256 == hashlib.sha256(data).hexdigest()
    assert demo_practice.kept(receipt.sha256) == data
    with demo_practice.store.read() as tx:
        last = tx.attempts.for_student("zoe-lefevre")[-1]
    assert last.sha256 == receipt.sha256
    assert last.outcome.verdict is Verdict.UNREADABLE


def test_a_file_of_200_mb_is_kept_without_being_looked_into(demo_practice, tmp_path):
    path = tmp_path / "bakery-till.ipynb"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)
    (receipt,) = collect(demo_practice, [path], student="zoe-lefevre", exercise="bakery-till")
    assert receipt.received is ReceiptStatus.UNREADABLE
    assert "MB" in receipt.message
    assert (
        demo_practice.private / "received" / receipt.sha256[:2] / receipt.sha256
    ).stat().st_size == 200_000_000


def test_names_that_are_not_there_propose_near_ones(demo_practice, copy):
    with pytest.raises(NotFoundError, match="zoe-lefevre"):
        collect(demo_practice, [copy], student="zoe-lefevr")
    with pytest.raises(NotFoundError, match="bakery-till"):
        collect(demo_practice, [copy], exercise="bakery-til")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that nobody can read from")
def test_a_file_that_cannot_be_read_stops_no_other(demo_practice, copy):
    unread, taken = collect(demo_practice, [Path("/proc/self/mem"), copy])
    assert (unread.received, unread.sha256) == (ReceiptStatus.REFUSED, "")
    assert unread.message
    assert taken.received is ReceiptStatus.NEW


@pytest.mark.parametrize("large", [False, True])
def test_the_reason_is_kept_in_the_student_s_language(demo_practice, tmp_path, large):
    path = tmp_path / "bakery-till.ipynb"
    path.write_bytes(b"")
    if large:
        with path.open("wb") as stream:
            stream.truncate(60_000_000)
    with use_language("en"):
        (receipt,) = collect(demo_practice, [path], student="zoe-lefevre")
        here = _reason(path)
    with use_language("fr"):
        there = _reason(path)
    with demo_practice.store.read() as tx:
        kept = tx.attempts.for_student("zoe-lefevre")[-1].outcome.reason
    assert (receipt.message, kept) == (here, there)
    assert here != there


def _reason(path):
    (arrival,) = exercises.find_submitted_files([path])
    if arrival.refusal:
        return str(arrival.refusal)
    with pytest.raises(UnreadableError) as caught:
        exercises.parse_submission(arrival.data)
    return str(caught.value)


def test_a_file_is_kept_as_it_was_read(demo_practice, tmp_path):
    """Through a pipe, which gives its bytes once: what is kept is what was counted."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = os.urandom(3_000_000)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pipe.write_bytes, data)
        digest = demo_practice.keep_file(pipe)
    assert digest == hashlib.sha256(data).hexdigest()
    assert demo_practice.kept(digest) == data
    assert not (demo_practice.private / "received" / "arriving").exists()
