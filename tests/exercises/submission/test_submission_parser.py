"""Each bad file is rejected with one clear reason, and no other submission is affected."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest

from tests.memory import memory_peak
from toolkit.errors import InputError, StorageError, UnreadableError
from toolkit.exercises import find_submitted_files, identify_submission, parse_submission
from toolkit.exercises.submission.identify import plain_stem
from toolkit.exercises.submission.submission_parser import MAX_NOTEBOOK_BYTES, Submission

MARKS = {
    "grade": False,
    "grade_id": "total",
    "locked": False,
    "schema_version": 3,
    "solution": True,
    "task": False,
}


def notebook(**changes: object) -> dict:
    cell = {"cell_type": "code", "metadata": {"nbgrader": MARKS}, "source": ["x = ", "1"], "outputs": []}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | changes


def as_bytes(nb: object) -> bytes:
    return json.dumps(nb).encode()


def cells(*cells: dict) -> bytes:
    return as_bytes(notebook(cells=list(cells)))


VERSION_3 = {
    "metadata": {"name": ""},
    "nbformat": 3,
    "nbformat_minor": 0,
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 1, "metadata": {}, "source": ["Adding up"]},
                {
                    "cell_type": "code",
                    "collapsed": False,
                    "input": ["x = 1"],
                    "language": "python",
                    "metadata": {"nbgrader": MARKS},
                    "outputs": [],
                },
            ],
            "metadata": {},
        }
    ],
}


def test_a_sound_notebook_comes_out_clean():
    noisy = notebook(
        metadata={"mentoring": {"exercise": "add-up", "student": "ana", "language": "fr"}, "x": 1}
    )
    output = {"output_type": "display_data", "data": {"application/json": float("nan")}, "metadata": {}}
    noisy["cells"][0] |= {"outputs": [output], "execution_count": 3, "id": "a b", "unknown": True}
    submission = parse_submission(as_bytes(noisy))
    (cell,) = submission.notebook["cells"]
    assert cell == {
        "cell_type": "code",
        "execution_count": None,
        "id": "cell-0",
        "metadata": {"nbgrader": MARKS},
        "outputs": [],
        "source": "x = 1",
    }
    assert (submission.exercise, submission.student, submission.language) == ("add-up", "ana", "fr")
    assert submission.grade_ids == {"total"}
    assert not submission.is_session
    assert parse_submission(as_bytes(noisy)) == submission, "the same bytes give the same notebook"


def test_an_old_notebook_is_brought_up_to_date_on_a_copy():
    with warnings.catch_warnings():
        # nbformat's own schemas of 2015 are read with a jsonschema of today.
        warnings.simplefilter("ignore")
        submission = parse_submission(as_bytes(VERSION_3))
    assert submission.upgraded_from == 3
    assert [cell["cell_type"] for cell in submission.notebook["cells"]] == ["markdown", "code"]
    assert submission.notebook["cells"][1]["source"] == "x = 1"
    assert submission == parse_submission(as_bytes(VERSION_3))


BAD = {
    "empty": (b"", "empty"),
    "blank": (b" \n", "empty"),
    "cut off": (as_bytes(notebook())[:-30], "JSON, so"),
    "html": (b"<!DOCTYPE html><title>Sign in</title>", "JSON, so"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\xff", "not text in UTF-8"),
    "utf-16": (json.dumps(notebook()).encode("utf-16"), "not text in UTF-8"),
    "a list": (b"[1, 2]", "not a notebook"),
    "other JSON": (b'{"a": 1}', "not a notebook"),
    "format as text": (as_bytes(notebook(nbformat="4")), "not a notebook"),
    "format true": (as_bytes(notebook(nbformat=True)), "not a notebook"),
    "format 2": (as_bytes(notebook(nbformat=2)), "format 2"),
    "format 5": (as_bytes(notebook(nbformat=5)), "format 5"),
    "format 99": (as_bytes(notebook(nbformat=99)), "format 99"),
    "format 3 in name only": (as_bytes({"nbformat": 3, "worksheets": 7}), "format 3"),
    "no cells": (cells(), "no cells"),
    "cells are text": (as_bytes(notebook(cells="x")), "damaged: cells"),
    "a cell is text": (as_bytes(notebook(cells=["x"])), "damaged in cell 1"),
    "unknown kind": (
        cells({"cell_type": "video", "source": "", "metadata": {}}),
        "damaged in cell 1: cell_type",
    ),
    "source is a number": (
        cells({"cell_type": "code", "source": 1, "metadata": {}}),
        "damaged in cell 1: source",
    ),
    "metadata is a list": (
        cells({"cell_type": "raw", "source": "", "metadata": []}),
        "damaged in cell 1: metadata",
    ),
    "no exercise": (cells({"cell_type": "code", "source": "1", "metadata": {}}), "none of an exercise"),
    "a number too long": (b'{"nbformat": 4, "nbformat_minor": ' + b"9" * 5000 + b"}", "JSON, so"),
    "deep": (b'{"nbformat":4,"cells":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    "deep metadata": (
        as_bytes(notebook(metadata=json.loads('{"a":' * 60 + "1" + "}" * 60))),
        "nested too deeply",
    ),
    "nan": (as_bytes(notebook(metadata={"x": float("nan")})), "NaN"),
    "infinity": (as_bytes(notebook(metadata={"x": float("-inf")})), "NaN"),
    "half a character": (
        cells({"cell_type": "code", "source": "\ud83d", "metadata": {"nbgrader": MARKS}}),
        "lone surrogate",
    ),
    "many cells": (as_bytes(notebook(cells=[{}] * 100_000)), "100000 cells"),
    "far too large": (b" " * (MAX_NOTEBOOK_BYTES + 1), "50 MB are the limit"),
}


@pytest.mark.parametrize(("data", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_gets_one_clear_reason(data, reason):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(UnreadableError) as caught:
            parse_submission(data)
    assert reason in caught.value.message
    assert "\n" not in str(caught.value)


class TestWalk:
    def take(self, *paths: Path, **options: int) -> tuple[list[str], dict[str, str]]:
        """Return the names of accepted files, and of rejected ones with the reason."""
        arrivals = list(find_submitted_files(paths, **options))
        assert all((a.data is None) != (a.refusal is None) for a in arrivals)
        taken = [Path(a.name).name for a in arrivals if a.data is not None]
        return taken, {Path(a.name).name: str(a.refusal) for a in arrivals if a.refusal}

    def test_files_and_folders(self, tmp_path):
        for name in (
            "b/x.ipynb",
            "a/y.IPYNB",
            "a/notes.txt",
            ".hidden/z.ipynb",
            "a/.ipynb_checkpoints/y.ipynb",
        ):
            (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / name).write_bytes(b"{}")
        taken, named = self.take(tmp_path)
        assert taken == ["y.IPYNB", "x.ipynb"]
        assert named.keys() == {".hidden", ".ipynb_checkpoints", "notes.txt"}
        assert all(arrival.left for arrival in find_submitted_files([tmp_path]) if arrival.refusal)
        assert self.take(tmp_path / "a" / "notes.txt") == (["notes.txt"], {}), "what is named is taken"
        (arrival,) = find_submitted_files([tmp_path / "b"])
        assert arrival.place.endswith(f"{tmp_path.name}/b/x.ipynb")

    def test_links_pipes_and_what_is_not_there(self, tmp_path):
        (tmp_path / "real.ipynb").write_bytes(b"{}")
        (tmp_path / "link.ipynb").symlink_to("/etc/passwd")
        (tmp_path / "folder.ipynb").symlink_to("/etc")
        os.mkfifo(tmp_path / "pipe.ipynb")
        taken, refused = self.take(tmp_path, tmp_path / "nowhere.ipynb")
        assert taken == ["real.ipynb"]
        assert "symbolic link" in refused["link.ipynb"]
        assert "symbolic link" in refused["folder.ipynb"]
        assert "pipe" in refused["pipe.ipynb"]
        assert "no such file" in refused["nowhere.ipynb"]
        kinds = {
            Path(a.name).name: type(a.refusal) for a in find_submitted_files([tmp_path / "nowhere.ipynb"])
        }
        assert kinds == {"nowhere.ipynb": InputError}

    def test_two_hundred_megabytes_are_refused_unread(self, tmp_path):
        with (tmp_path / "large.ipynb").open("wb") as file:
            file.truncate(200 * 1024**2)
        with memory_peak() as peak:
            taken, refused = self.take(tmp_path)
        assert (taken, list(refused)) == ([], ["large.ipynb"])
        assert "200 MB" in refused["large.ipynb"]
        assert peak() < 10_000_000

    def test_what_may_not_be_read_stops_nobody(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o755)
            (folder / "ana").mkdir(mode=0)
            (folder / "bob.ipynb").write_bytes(b"{}")
            was = os.geteuid()
            if was == 0:
                os.seteuid(65534)  # root may read everything; nobody may not
            try:
                taken, refused = self.take(folder)
            finally:
                os.seteuid(was)
            (folder / "ana").chmod(0o700)
        assert taken == ["bob.ipynb"]
        assert "cannot be read" in refused["ana"]

    def test_a_disk_that_fails_stops_nobody(self, tmp_path, monkeypatch):
        for name in ("a.ipynb", "b.ipynb"):
            (tmp_path / name).write_bytes(b"{}")
        really = os.open

        def failing(path: Path, *args: int, dir_fd: int | None = None) -> int:
            if Path(path).name == "a.ipynb":
                raise PermissionError(13, "Permission denied")
            return really(path, *args, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", failing)
        arrivals = {Path(a.name).name: a for a in find_submitted_files([tmp_path])}
        assert isinstance(arrivals["a.ipynb"].refusal, StorageError)
        assert arrivals["b.ipynb"].data == b"{}"

    def archive(self, path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members:
                archive.writestr(name, data, zipfile.ZIP_DEFLATED)
        return path

    def test_an_archive(self, tmp_path):
        link = zipfile.ZipInfo("link.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        path = self.archive(
            tmp_path / "box.zip",
            ("ana/good.ipynb", b"{}"),
            ("__MACOSX/ana/._good.ipynb", b"{}"),
            ("readme.txt", b"hello"),
            ("../up.ipynb", b"{}"),
            ("/root.ipynb", b"{}"),
            ("C:\\drive.ipynb", b"{}"),
            ("..\\windows.ipynb", b"{}"),
            (link, b"/etc/passwd"),
            ("bomb.ipynb", b"0" * 30_000_000),
            ("large.ipynb", os.urandom(3_000)),
        )
        taken, refused = self.take(path)
        assert taken == ["good.ipynb", "large.ipynb"]
        assert {name: reason.split(",")[0].split(".")[0] for name, reason in refused.items()} == {
            "up.ipynb": "Its name in the archive points outside it",
            "root.ipynb": "Its name in the archive points outside it",
            "drive.ipynb": "Its name in the archive points outside it",
            "windows.ipynb": "Its name in the archive points outside it",
            "link.ipynb": "It is a symbolic link",
            "bomb.ipynb": "Unpacked",
            "readme.txt": "It is no notebook",
            "__MACOSX": "macOS keeps its own data about files here",
        }
        assert self.take(path, max_bytes=1_000)[0] == ["good.ipynb"]
        (arrival,) = [a for a in find_submitted_files([path]) if a.name.endswith("good.ipynb")]
        assert arrival.place.endswith("box.zip/ana/good.ipynb")

    def test_an_archive_that_lies_about_its_sizes(self, tmp_path):
        path = self.archive(tmp_path / "box.zip", ("a.ipynb", b"1" * 5_000))
        data = path.read_bytes().replace((5_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
        path.write_bytes(data)
        taken, refused = self.take(path, max_bytes=1_000)
        assert taken == [] or len(next(find_submitted_files([path])).data or b"") <= 10
        assert refused or taken

    def test_a_damaged_archive_and_one_too_full(self, tmp_path):
        (tmp_path / "torn.zip").write_bytes(b"PK\x03\x04 and no more")
        full = self.archive(tmp_path / "full.zip", *((f"{n}.ipynb", b"") for n in range(10_001)))
        taken, refused = self.take(tmp_path / "torn.zip", full)
        assert taken == []
        assert "damaged" in refused["torn.zip"]
        assert "10001 entries" in refused["full.zip"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("add-up.ipynb", "add-up"),
        ("add-up (1).ipynb", "add-up"),
        ("add-up-Copy1.ipynb", "add-up"),
        ("add-up - Copie (2).ipynb", "add-up"),
        ("Copie de add-up.ipynb", "add-up"),
        ("add-up.ipynb.txt", "add-up"),
        ("Problem Set 1.ipynb", "Problem Set 1"),
        ("copy.ipynb", "copy"),
    ],
)
def test_what_is_added_to_the_name_of_a_copy(name, stem):
    assert plain_stem(name) == stem


class TestRecognition:
    def known(self, course, data: bytes, place: str) -> tuple[str | None, str, tuple[str, ...]]:
        found = identify_submission(course, parse_submission(data), place)
        return found.exercise, found.notebook, found.students

    def test_by_what_we_stamped(self, course, answer):
        known = self.known(course, answer("add-up", {}, student="ana"), "Downloads/Untitled.ipynb")
        assert known[:2] == ("add-up", "add-up")
        assert known[2][0] == "ana"

    def test_by_the_name_of_the_file(self, course, edited):
        def unstamped(_cells: dict, nb: dict) -> None:
            del nb["metadata"]["mentoring"]

        data = edited(unstamped)
        for place in ("add-up (2).ipynb", "ada/Add_Up-Copy1.ipynb", "add-up_ada.ipynb"):
            assert self.known(course, data, place)[0] == "add-up"
        assert "ada" in self.known(course, data, "add-up_ada.ipynb")[2]
        assert self.known(course, data, "submitted/bob/add-up/x.ipynb")[2][0] == "bob"

    def test_by_its_cells(self, course, edited):
        def unstamped(_cells: dict, nb: dict) -> None:
            nb["metadata"].clear()

        assert self.known(course, edited(unstamped), "Untitled3.ipynb")[0] == "add-up"

    def test_one_notebook_of_several(self, course):
        data = course.notebooks("Problem Set 1")["Part B"].read_bytes()
        assert self.known(course, data, "Untitled.ipynb")[:2] == ("Problem Set 1", "Part B")
        assert self.known(course, data, "Part B (1).ipynb")[:2] == ("Problem Set 1", "Part B")

    def test_a_name_alone_does_not_make_it_that_exercise(self, course):
        found = identify_submission(course, parse_submission(as_bytes(notebook())), "say-why.ipynb")
        assert found.exercise != "say-why"

    def test_what_cannot_be_read_is_known_by_its_place(self, course):
        nothing = Submission({"cells": []}, frozenset())
        assert identify_submission(course, nothing, "ana/add-up.ipynb").exercise == "add-up"
        assert identify_submission(course, nothing, "ana/Untitled.ipynb").exercise is None
