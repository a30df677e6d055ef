"""Only the workspace can be read, listed or shared, whatever the path."""

from __future__ import annotations

import os
from urllib.parse import quote

import pytest

from tests.security.live.conftest import SECRET
from tests.security.live.raw_requests import raw

PLACES = (
    "/etc/passwd",
    "//etc/passwd",
    "../secret.txt",
    "../other/secret.ipynb",
    "sessions/../../secret.txt",
    "..%2fsecret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2fsecret.txt",
    "%252e%252e/secret.txt",
    "..\\secret.txt",
    "sessions/first/..%2f..%2f..%2fsecret.txt",
    ".hidden",
    ".hidden/secret.txt",
    ".secret",
    "sessions/../.secret",
    "%2esecret",
    "secret.txt%00.md",
    "link.txt",
    "folder/secret.txt",
    "folder",
    "sessions/link.ipynb",
    "sessions/state/invitations.json",
    "pipe",
    "chain",
)


@pytest.fixture(scope="module")
def links(live) -> None:
    """Links that the student's code may plant in the workspace."""
    root, outside = live.settings.root, live.settings.root.parent
    (root / "link.txt").symlink_to(outside / "secret.txt")
    (root / "folder").symlink_to(outside)
    (root / "sessions" / "link.ipynb").symlink_to(outside / "other" / "secret.ipynb")
    (root / "sessions" / "state").symlink_to(live.settings.state)
    (root / "chain").symlink_to("link.txt")
    os.mkfifo(root / "pipe")


@pytest.mark.parametrize("place", PLACES)
def test_no_file_outside_is_read(live, links, place):
    guest = live.guest()
    for query in ("", "?content=1", "?type=file&format=text", "?type=notebook", "?hash=1", "?content=0"):
        answer = raw(live, guest, "GET", f"/api/contents/{place}{query}")
        assert answer.status_code in {400, 403, 404}, answer.text
        assert SECRET not in answer.text
        assert str(live.settings.root.parent) not in answer.text


def test_a_listing_shows_no_link_and_nothing_hidden(live, guest, links):
    names = {one["name"] for one in guest.get("/api/contents").json()["content"]}
    assert names == {"notes.md", "sessions"}
    assert guest.get("/api/contents/notes.md").json()["content"] == "# Mine\n"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [("json", "notebook"), ("text", "file")])
def test_no_other_document_is_shared(live, links, place, kind):
    guest = live.guest()
    asked = {"format": kind[0], "type": kind[1]}
    answer = raw(live, guest, "PUT", f"/api/collaboration/session/{place}", json=asked)
    assert answer.status_code in {403, 404}


@pytest.mark.parametrize(
    "name", ["..%2f..%2f{state}:invitations", "{state}:invitations", "%2e%2e:x", "x:..%2fy", "x"]
)
def test_settings_are_no_way_to_other_files(live, guest, name):
    place = quote(str(live.settings.state), safe="")
    answer = raw(live, guest, "GET", f"/lab/api/settings/{name.format(state=place)}")
    assert answer.status_code == 404
    assert "hash" not in answer.text
    assert str(live.settings.state.parent) not in answer.text
    assert raw(live, guest, "GET", "/lab/api/translations/..%2f..%2fx").status_code in {200, 404}
    good = raw(live, guest, "GET", "/lab/api/settings/@jupyterlab%2fapputils-extension:themes")
    assert good.json()["id"] == "@jupyterlab/apputils-extension:themes"
