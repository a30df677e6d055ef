"""Submissions from every channel are recognised or asked about, and stored unchanged."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
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
    """Read from a pipe, which gives its bytes once: the hash and the stored copy are of the same bytes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = os.urandom(3_000_000)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pipe.write_bytes, data)
        digest = demo_practice.keep_file(pipe)
    assert digest == hashlib.sha256(data).hexdigest()
    assert demo_practice.kept(digest) == data
    assert not (demo_practice.private / "received" / "arriving").exists()


class TestWhichAttemptCounts:
    """Of several attempts the latest one counts, whatever the beginning of its name."""

    @pytest.fixture
    def make(self, copy):
        """Return what writes an attempt with its number in it: ``make("a (1).ipynb", 2, at=60)``."""
        nb = json.loads(copy.read_text())
        copy.unlink()

        def _make(name, number, *, at=0, folder=copy.parent):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({**nb, "metadata": {**nb["metadata"], "attempt": number}}))
            os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))
            return path

        return _make

    @staticmethod
    def counts(practice):
        """Return the number of the attempt that counts."""
        with practice.store.read() as tx:
            last = [
                one for one in tx.attempts.for_student("zoe-lefevre") if one.exercise_id == "bakery-till"
            ][-1]
        return json.loads(practice.kept(last.sha256))["metadata"]["attempt"]

    @pytest.mark.parametrize(
        ("first", "second", "later"),
        [
            ("bakery-till.ipynb", "bakery-till (1).ipynb", 0),
            ("bakery-till (2).ipynb", "bakery-till (10).ipynb", 0),
            ("bakery-till.ipynb", "bakery-till-1.ipynb", 0),
            ("bakery-till_v2.ipynb", "bakery-till_v3.ipynb", 1),
            ("bakery-till.ipynb", "bakery-till-Copy1.ipynb", 0),
            ("bakery-till.ipynb", "bakery-till - Copie (2).ipynb", 0),
            ("bakery-till.ipynb", "bakery-till 2.ipynb", 0),
            ("bakery-till(1).ipynb", "bakery-till(2).ipynb", 0),
            ("bakery-till.ipynb", "Copy of bakery-till.ipynb", 0),
            ("Version 2/bakery-till.ipynb", "Version 10/bakery-till.ipynb", 0),
            ("bakery-till (1).ipynb", "bakery-till.ipynb", 60),
            ("z.ipynb", "a.ipynb", 60),
            ("bakery-till - Copie.ipynb", "bakery-till.ipynb", 3600),
        ],
    )
    def test_in_a_folder(self, demo_practice, make, first, second, later):
        make(first, 1)
        folder = make(second, 2, at=later).parent
        folder = folder.parent if "Version" in first else folder
        receipts = collect(demo_practice, [folder])
        assert {one.received for one in receipts} == {ReceiptStatus.NEW}
        assert self.counts(demo_practice) == 2
        assert len({one.at for one in receipts}) == 2
        assert any("this one counts" in one.message for one in receipts)
        # The same folder once more changes nothing.
        assert {one.received for one in collect(demo_practice, [folder])} == {ReceiptStatus.AGAIN}
        assert self.counts(demo_practice) == 2

    def test_one_by_one_in_the_wrong_order(self, demo_practice, make):
        old, new = make("bakery-till.ipynb", 1), make("bakery-till (1).ipynb", 2, at=600)
        collect(demo_practice, [new])
        (late,) = collect(demo_practice, [old])
        assert self.counts(demo_practice) == 2
        assert "bakery-till (1).ipynb" in late.message

    def test_what_is_unclear_is_said_and_the_newest_taken(self, demo_practice, make):
        folder = make("z.ipynb", 1).parent
        collect(demo_practice, [folder])
        make("a.ipynb", 2)
        receipts = collect(demo_practice, [folder])
        assert self.counts(demo_practice) == 2
        assert any("not clear" in one.message for one in receipts)

    def test_in_an_archive(self, demo_practice, make, tmp_path):
        paths = [make(f"{n}.ipynb", n) for n in (1, 2)]
        with zipfile.ZipFile(tmp_path / "box.zip", "w") as archive:
            for path, name, year in zip(paths, ("b.ipynb", "a.ipynb"), (2024, 2025), strict=True):
                archive.writestr(zipfile.ZipInfo(name, (year, 5, 1, 12, 0, 0)), path.read_bytes())
        collect(demo_practice, [tmp_path / "box.zip"])
        assert self.counts(demo_practice) == 2


def test_the_time_that_nbgrader_wrote_down_is_the_hand_in_time(demo_practice, copy):
    (copy.parent / "timestamp.txt").write_text("2025-07-01 12:00:00.000000 CEST")
    (receipt,) = collect(demo_practice, [copy.parent])
    assert receipt.at == datetime(2025, 7, 1, 10, tzinfo=UTC)
    with demo_practice.store.read() as tx:
        assert receipt.at in [one.received_at for one in tx.attempts.for_student("zoe-lefevre")]


def test_every_file_of_a_folder_is_named(demo_practice, copy):
    (copy.parent / "numbers.csv").write_text("1,2")
    (copy.parent / ".DS_Store").write_bytes(b"x")
    receipts = {Path(one.source).name: one for one in collect(demo_practice, [copy.parent])}
    assert receipts[copy.name].received is ReceiptStatus.NEW
    for name in ("numbers.csv", ".DS_Store"):
        assert receipts[name].received is ReceiptStatus.LEFT
        assert receipts[name].message
