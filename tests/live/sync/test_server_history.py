"""Pages stay connected across server restarts, unless the new server has another document."""

from __future__ import annotations

import pytest

from toolkit.live.sync.server_history import ServerHistory


def begun(path, server: str, version: str = "1", *, anew: bool = False) -> ServerHistory:
    lineage = ServerHistory(path)
    lineage.append_server(server, version, anew=anew)
    return lineage


def test_every_server_before_is_known_however_many(tmp_path):
    for number in range(30):
        last = begun(tmp_path / "lineage.json", f"s{number}", anew=number == 0)
    assert all(last.is_known(f"s{number}") for number in range(30))
    assert not last.is_known("stranger")
    assert not last.is_known("")


@pytest.mark.parametrize("change", [{"anew": True}, {"version": "2"}])
def test_with_another_document_none_is_known(tmp_path, change):
    begun(tmp_path / "lineage.json", "s0")
    last = begun(tmp_path / "lineage.json", "s1", **change)
    assert last.is_known("s1")
    assert not last.is_known("s0")


def test_a_list_that_is_none_begins_anew(tmp_path):
    for text in ("", "[]", '{"version": "1", "servers": 5}'):
        (tmp_path / "lineage.json").write_text(text)
        assert begun(tmp_path / "lineage.json", "s1").is_known("s1")
