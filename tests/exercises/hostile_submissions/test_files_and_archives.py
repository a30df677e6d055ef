"""Files, folders and archives that contain notebooks, with unusual names of people and files."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.memory import memory_peak
from toolkit.cli.output import print_rows
from toolkit.errors import UnreadableError
from toolkit.exercises import find_submitted_files, identify_submission, parse_submission

NAMES = {
    "arabic": "ليلى-الحداد",
    "chinese": "王小明",
    "japanese": "山田 花子",
    "korean": "김민준",
    "hindi": "प्रिया शर्मा",
    "thai": "สมชาย",
    "cyrillic": "Ёлкина",
    "greek": "Ωμέγα",
    "turkish": "İıŞğ",
    "emoji": "🎓👩‍💻",
    "flags": "🇫🇷",
    "combining": "e\u0301\u0302\u0303\u0304",
    "composed": "é",
    "right to left": "\u202egpj.ana\u202c",
    "no width": "an\u200ba\ufeff",
    "line break": "ana\nbob",
    "return": "ana\rbob",
    "bell and colours": "\a\x1b[31mred\x1b[2J",
    "quotes": 'O\'Brien "x" `y` $z',
    "markup": "<b>&amp;[red]",
    "option": "--help",
    "percent": "%s{0}{name}%n",
    "long": "a" * 200,
    "spaces": "   ana   ",
    "not unicode": os.fsdecode(b"\xff\xfe"),
}


def _box(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def _taken(*paths: Path) -> tuple[list[str], dict[str, str]]:
    arrivals = list(find_submitted_files(paths))
    assert all((a.data is None) != (a.refusal is None) for a in arrivals)
    refused = {Path(a.name).name: str(a.refusal) for a in arrivals if a.refusal}
    assert all(refused.values())
    return [Path(a.name).name for a in arrivals if a.data is not None], refused


def test_half_a_gigabyte_is_refused_unread(tmp_path):
    (tmp_path / "ana.ipynb").write_bytes(b"{}")
    with (tmp_path / "ben.ipynb").open("wb") as file:
        file.truncate(500 * 1024**2)
    with memory_peak() as peak:
        taken, refused = _taken(tmp_path)
    assert peak() < 100_000_000
    assert taken == ["ana.ipynb"]
    assert "It is 500 MB large; 50 MB are the limit." in refused["ben.ipynb"]
    with pytest.raises(UnreadableError, match="51 MB"):
        parse_submission(b"\0" * (51 * 1024**2))


# No archive has a name that is no text.
IN_ARCHIVES = {
    what: name
    for what, name in NAMES.items()
    if name.encode(errors="replace") == name.encode(errors="surrogateescape")
}


class TestNames:
    @pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
    def test_a_file_and_a_folder_of_that_name(self, bad_course, honest, tmp_path, name):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"add-up {name[:100]}.ipynb").write_bytes(honest["add-up"])
        (arrival,) = find_submitted_files([tmp_path])
        assert arrival.data == honest["add-up"]
        found = identify_submission(bad_course, parse_submission(arrival.data), arrival.place)
        assert found.exercise == "add-up"
        assert name.strip() in found.students or name in ("   ana   ", "--help"), found.students

    @pytest.mark.parametrize("name", IN_ARCHIVES.values(), ids=IN_ARCHIVES)
    def test_in_an_archive(self, honest, tmp_path, name):
        path = _box(tmp_path / "box.zip", (f"{name}/add-up.ipynb", honest["add-up"]))
        (arrival,) = find_submitted_files([path])
        assert arrival.data == honest["add-up"]
        assert arrival.place.endswith(f"{name}/add-up.ipynb")


def test_no_name_commands_the_terminal(capsys):
    print_rows(["File"], [{"file": name} for name in NAMES.values()])
    shown = capsys.readouterr().out
    assert not {"\a", "\r", "\x1b", "\u202e", "\u202c"} & set(shown)
    assert "王小明\n" in shown
    assert "ana bob\n" in shown


class TestArchives:
    def test_one_damaged_notebook_stops_nobody_elses(self, tmp_path):
        path = _box(
            tmp_path / "box.zip", ("a.ipynb", b"{}"), ("b.ipynb", os.urandom(500)), ("c.ipynb", b"{}")
        )
        data = bytearray(path.read_bytes())
        at = data.find(b"b.ipynb") + 50
        data[at : at + 20] = b"\xff" * 20
        path.write_bytes(data)
        taken, refused = _taken(path)
        assert taken == ["a.ipynb", "c.ipynb"]
        assert "damaged" in refused["b.ipynb"]

    def test_packed_in_a_way_that_nobody_knows(self, tmp_path):
        path = _box(tmp_path / "box.zip", ("a.ipynb", b"{}"), ("b.ipynb", b"{}"))
        data = bytearray(path.read_bytes())
        # The method of compression: in front of the first file, and in the directory at the end.
        data[8:10] = data[data.find(b"PK\x01\x02") + 10 : data.find(b"PK\x01\x02") + 12] = b"\x63\x00"
        path.write_bytes(data)
        taken, refused = _taken(path)
        assert taken == ["b.ipynb"]
        assert refused["a.ipynb"]

    def test_an_archive_in_an_archive_is_looked_into(self, tmp_path):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("ana.ipynb", "{}")
        path = _box(tmp_path / "box.zip", ("ana/work.zip", inner.getvalue()), ("ben.ipynb", b"{}"))
        taken, refused = _taken(path)
        assert (taken, refused) == (["ana.ipynb", "ben.ipynb"], {})

    def test_archives_in_archives_without_end_are_named(self, tmp_path):
        data = b"{}"
        for _level in range(6):
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as archive:
                archive.writestr("work.zip", data)
            data = inner.getvalue()
        path = _box(tmp_path / "box.zip", ("work.zip", data), ("ben.ipynb", b"{}"))
        taken, refused = _taken(path)
        assert taken == ["ben.ipynb"]
        assert "archive within an archive" in refused["work.zip"]

    @pytest.mark.parametrize(
        "name",
        [
            "../x.ipynb",
            "a/../../x.ipynb",
            "/etc/x.ipynb",
            "//host/x.ipynb",
            "C:/x.ipynb",
            "\\\\host\\x.ipynb",
        ],
    )
    def test_names_that_lead_elsewhere(self, tmp_path, name):
        taken, refused = _taken(_box(tmp_path / "box.zip", (name, b"{}"), ("ben.ipynb", b"{}")))
        assert taken == ["ben.ipynb"]
        (why,) = refused.values()
        assert "points outside" in why
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["box.zip"], "nothing was unpacked"

    @pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
    def test_what_is_no_file(self, tmp_path, kind):
        member = zipfile.ZipInfo("x.ipynb")
        member.create_system = 3
        member.external_attr = (kind | 0o777) << 16
        taken, refused = _taken(_box(tmp_path / "box.zip", (member, b"/etc/passwd")))
        assert taken == []
        assert refused["x.ipynb"]

    def test_a_bomb_of_many(self, tmp_path):
        path = _box(tmp_path / "box.zip", *((f"{n}.ipynb", b" " * 40_000_000) for n in range(3)))
        with memory_peak() as peak:
            taken, refused = _taken(path)
        assert peak() < 40_000_000
        assert taken == []
        assert "far larger" in refused["0.ipynb"]

    def test_one_name_twice(self, tmp_path):
        with pytest.warns(UserWarning, match="Duplicate"):
            path = _box(tmp_path / "box.zip", ("a.ipynb", b"{}"), ("a.ipynb", b"[]"))
        assert [arrival.data for arrival in find_submitted_files([path])] == [b"{}", b"[]"]

    def test_an_archive_that_is_a_page(self, tmp_path):
        (tmp_path / "box.zip").write_bytes(b"<!DOCTYPE html>")
        (tmp_path / "void.zip").write_bytes(b"")
        taken, refused = _taken(tmp_path)
        assert taken == []
        assert all("damaged" in why for why in refused.values())


def test_folders_without_end(tmp_path):
    (tmp_path / "ana.ipynb").write_bytes(b"{}")
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(1_200):
            os.mkdir("x", dir_fd=here)
            below = os.open("x", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    taken, refused = _taken(tmp_path)
    assert taken == ["ana.ipynb"]
    assert "deep" in refused["x"]
    # Deeper than Python's own removal of old folders goes.
    subprocess.run(["rm", "-rf", tmp_path / "x"], check=True)
