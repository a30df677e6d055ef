"""Data written to a session's folders counts; links and earlier files do not."""

from __future__ import annotations

from toolkit.live.process.disk_quota import DiskQuota


def test_bytes_have_an_end(tmp_path):
    (tmp_path / "before").write_bytes(b"x" * 300_000)
    growth = DiskQuota([tmp_path], most_bytes=200_000)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "one").write_bytes(b"x" * 100_000)
    assert not growth.exceeded()
    (tmp_path / "two").write_bytes(b"x" * 150_000)
    assert growth.exceeded()
    (tmp_path / "before").unlink()
    assert not growth.exceeded()


def test_files_have_an_end(tmp_path):
    growth = DiskQuota([tmp_path], most_files=10)
    for number in range(11):
        (tmp_path / str(number)).touch()
    assert growth.exceeded()


def test_a_hole_takes_no_room_and_a_link_leads_nowhere(tmp_path):
    large = tmp_path / "large"
    large.mkdir()
    (large / "file").write_bytes(b"x" * 500_000)
    folder = tmp_path / "folder"
    folder.mkdir()
    growth = DiskQuota([folder, folder / "none"], most_bytes=100_000)
    with (folder / "hole").open("wb") as file:
        file.truncate(1 << 40)
    (folder / "link").symlink_to(large)
    assert not growth.exceeded()
