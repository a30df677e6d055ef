"""Archives from every system are read, and every skipped file is reported."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from toolkit.exercises import find_submitted_files

NOTEBOOK = b'{"nbformat": 4, "cells": []}'


def found(*paths: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the accepted files by the end of their path, and the reasons for the rejected ones."""
    files = list(find_submitted_files(paths))
    places = {file: os.path.relpath(file.name, paths[0].parent) for file in files}
    return (
        {places[file]: file.data for file in files if file.data is not None},
        {places[file]: str(file.refusal) for file in files if file.refusal},
    )


def tar(path: Path, mode: str, **members: bytes) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name.replace("__", "/") + ".ipynb")
            info.size, info.mtime = len(data), 1_700_000_000
            archive.addfile(info, io.BytesIO(data))
    return path


class RawName(zipfile.ZipInfo):
    """A file name of these exact bytes, whatever their encoding."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw.hex())
        self.raw = raw

    def _encodeFilenameFlags(self):  # noqa: N802 - zipfile's name
        return self.raw, 0


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.tar", "w"),
        ("a.tar.gz", "w:gz"),
        ("a.tgz", "w:gz"),
        ("a.tar.bz2", "w:bz2"),
        ("a.tar.xz", "w:xz"),
        ("A.TAR.GZ", "w:gz"),
        ("a.zip", "w:gz"),
    ],
)
def test_tar_archives(tmp_path, name, mode):
    path = tar(tmp_path / name, mode, zoe__work=NOTEBOOK, ben=b"{}")
    assert found(path) == ({f"{name}/zoe/work.ipynb": NOTEBOOK, f"{name}/ben.ipynb": b"{}"}, {})
    assert {file.made_at for file in find_submitted_files([path])} == {
        datetime.fromtimestamp(1_700_000_000, UTC)
    }


def test_a_single_compressed_file(tmp_path):
    path = tmp_path / "bakery-till.ipynb.gz"
    path.write_bytes(gzip.compress(NOTEBOOK))
    assert found(path) == ({"bakery-till.ipynb.gz/bakery-till.ipynb": NOTEBOOK}, {})


def test_archives_in_archives(tmp_path):
    inner = tar(tmp_path / "inner.tar.gz", "w:gz", work=NOTEBOOK).read_bytes()
    middle = io.BytesIO()
    with zipfile.ZipFile(middle, "w") as archive:
        archive.writestr("inner.tar.gz", inner)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("Zoé Lefèvre_12_assignsubmission_file_/work.zip", middle.getvalue())
    taken, refused = found(tmp_path / "all.zip")
    assert list(taken) == ["all.zip/Zoé Lefèvre_12_assignsubmission_file_/work.zip/inner.tar.gz/work.ipynb"]
    assert refused == {}


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"Zo\x82 Lef\x8avre\\bakery-till.ipynb", "Zoé Lefèvre/bakery-till.ipynb"),
        (b"S\x9bren \x9drsted/a.ipynb", "Søren Ørsted/a.ipynb"),
        ("Zoé Lefèvre/a.ipynb".encode("cp1252"), "Zoé Lefèvre/a.ipynb"),
        ("Zoé Lefèvre/a.ipynb".encode(), "Zoé Lefèvre/a.ipynb"),
        ("François Müller/a.ipynb".encode("cp437"), "François Müller/a.ipynb"),
        ("ÉLOÏSE/a.ipynb".encode("cp850"), "ÉLOÏSE/a.ipynb"),
        ("王小明/a.ipynb".encode(), "王小明/a.ipynb"),
        (b"folder\\inner\\a.ipynb", "folder/inner/a.ipynb"),
    ],
)
def test_names_as_windows_and_others_pack_them(tmp_path, raw, name):
    with zipfile.ZipFile(tmp_path / "box.zip", "w") as archive:
        archive.writestr(RawName(raw), NOTEBOOK)
        archive.writestr(RawName(b"empty folder\\"), b"")
    assert found(tmp_path / "box.zip") == ({f"box.zip/{name}": NOTEBOOK}, {})


def test_what_macos_adds_is_named_once(tmp_path):
    with zipfile.ZipFile(tmp_path / "box.zip", "w") as archive:
        for name in ("work/a.ipynb", "work/.DS_Store", "__MACOSX/work/._a.ipynb", "__MACOSX/work/._b.ipynb"):
            archive.writestr(name, NOTEBOOK)
    taken, refused = found(tmp_path / "box.zip")
    assert list(taken) == ["box.zip/work/a.ipynb"]
    assert refused.keys() == {"box.zip/work/.DS_Store", "box.zip/__MACOSX"}
    assert all("macOS" in why for why in refused.values())


def test_every_file_is_taken_or_named(tmp_path):
    folder = tmp_path / "in"
    (folder / ".ipynb_checkpoints").mkdir(parents=True)
    (folder / ".ipynb_checkpoints/a-checkpoint.ipynb").write_bytes(NOTEBOOK)
    (folder / "data").mkdir()
    for name in ("a.ipynb", "b.IPYNB", "c.ipynb.txt", "d.ipynb.json", "e", "f.json"):
        (folder / name).write_bytes(NOTEBOOK)
    for name in ("essay.pdf", "data/numbers.csv", "work.rar", "notes.txt", "._a.ipynb", "g.py"):
        (folder / name).write_bytes(b"x")
    (folder / "broken.tar.gz").write_bytes(gzip.compress(b"x" * 2000)[:30])
    (folder / "link.ipynb").symlink_to(folder / "a.ipynb")
    everything = {path for path in folder.rglob("*") if path.is_file() or path.is_symlink()}
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for path in everything:
            archive.writestr(str(path.relative_to(folder)), path.read_bytes())
    for place in (folder, tmp_path / "in.zip"):
        taken, refused = found(place)
        names = {Path(name).relative_to(place.name).as_posix() for name in taken}
        assert names - {"link.ipynb"} == {"a.ipynb", "b.IPYNB", "c.ipynb.txt", "d.ipynb.json", "e", "f.json"}
        named = {Path(name).relative_to(place.name).parts[0] for name in {*taken, *refused}}
        assert named == {path.relative_to(folder).parts[0] for path in everything}
        assert all(refused.values())


def test_files_beside_the_work_are_no_refusals(tmp_path):
    (tmp_path / "numbers.csv").write_text("1,2")
    (tmp_path / "work.rar").write_text("x")
    files = {Path(file.name).name: file for file in find_submitted_files([tmp_path])}
    assert files["numbers.csv"].left
    assert not files["work.rar"].left, "somebody's work may be in it"


def test_a_torn_tar_gives_what_is_whole(tmp_path):
    path = tar(tmp_path / "a.tar", "w", one=b"1" * 2000, two=b"2" * 2000)
    path.write_bytes(path.read_bytes()[:3000])
    taken, refused = found(path)
    assert list(taken) == ["a.tar/one.ipynb"]
    assert any("damaged" in why for why in refused.values())


def test_a_tar_that_would_fill_the_memory(tmp_path):
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=9) as packed:
        info = tarfile.TarInfo("a.ipynb")
        info.size = 3 * 1024**3
        packed.write(info.tobuf())
        for _ in range(200):
            packed.write(b"\0" * 1024**2)
    taken, refused = found(path)
    assert taken == {}
    assert refused


@pytest.mark.parametrize("name", ["../x.ipynb", "/etc/x.ipynb", "a/../../x.ipynb"])
def test_names_in_a_tar_that_lead_elsewhere(tmp_path, name):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
        link = tarfile.TarInfo("link.ipynb")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    taken, refused = found(tmp_path / "a.tar")
    assert taken == {}
    assert len(refused) == 2


class TestTimes:
    def test_of_a_file(self, tmp_path):
        path = tmp_path / "a.ipynb"
        path.write_bytes(NOTEBOOK)
        os.utime(path, (1_600_000_000, 1_600_000_000))
        (file,) = find_submitted_files([path])
        assert file.made_at == datetime.fromtimestamp(1_600_000_000, UTC)

    def test_in_a_zip(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            local = zipfile.ZipInfo("a-local.ipynb", (2025, 3, 1, 12, 30, 8))
            unix = zipfile.ZipInfo("b-unix.ipynb", (2001, 1, 1, 0, 0, 0))
            unix.extra = struct.pack("<HHBi", 0x5455, 5, 1, 1_600_000_000)
            none = zipfile.ZipInfo("c-none.ipynb")
            for info in (local, unix, none):
                archive.writestr(info, NOTEBOOK)
        times = [file.made_at for file in find_submitted_files([tmp_path / "a.zip"])]
        assert times == [
            datetime(2025, 3, 1, 12, 30, 8).astimezone(UTC),
            datetime.fromtimestamp(1_600_000_000, UTC),
            None,
        ]

    def test_that_nbgrader_wrote_beside_it(self, tmp_path):
        folder = tmp_path / "ana" / "ps1"
        folder.mkdir(parents=True)
        (folder / "ps1.ipynb").write_bytes(NOTEBOOK)
        (folder / "timestamp.txt").write_text("2026-07-01 12:00:00 CEST")
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for path in folder.iterdir():
                archive.write(path, f"ana/ps1/{path.name}")
        for place in (folder, folder / "ps1.ipynb", tmp_path / "a.zip"):
            (file,) = find_submitted_files([place])
            assert file.made_at == datetime(2026, 7, 1, 10, tzinfo=UTC)
        (folder / "timestamp.txt").write_text("soon")
        assert "no time" in found(folder)[1]["ps1/timestamp.txt"]
