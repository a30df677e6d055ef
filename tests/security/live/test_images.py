"""`/files` serves the pictures beside the session's notebook, and no other file."""

from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path, PurePosixPath

import pytest

from tests.live.live_server import NOTEBOOK, Live
from tests.security.live.conftest import SECRET
from tests.security.live.raw_requests import raw

FOLDER = PurePosixPath(NOTEBOOK).parent
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>parent.stolen = document.cookie</script></svg>'


@pytest.fixture(scope="module")
def planted(live) -> Path:
    """Files that the student's code may plant beside the notebook."""
    root = live.settings.root
    folder = root / FOLDER
    outside = root.parent
    (folder / "plot.png").write_bytes(PNG)
    (folder / "Plot of Zoé.PNG").write_bytes(PNG)
    (folder / "img").mkdir()
    (folder / "img" / "drawing.svg").write_bytes(SVG)
    (folder / ".hidden.png").write_bytes(SECRET.encode())
    (folder / ".git").mkdir()
    (folder / ".git" / "x.png").write_bytes(SECRET.encode())
    (root / "above.png").write_bytes(SECRET.encode())
    for name in (
        "page.html",
        "page.svgz",
        "page.xml",
        "page.js",
        "page.pdf",
        "text.txt",
        "png",
        "page.png.html",
    ):
        (folder / name).write_text(f"<script>{SECRET}</script>")
    (outside / "secret.png").write_text(SECRET)
    (folder / "link.png").symlink_to(outside / "secret.png")
    (folder / "away").symlink_to(outside)
    (folder / "self.png").symlink_to("plot.png")
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    with (folder / "large.png").open("wb") as file:
        file.truncate(30 << 20)
    return folder


@pytest.mark.parametrize("person", ["zoe-lefevre", "mentor"])
def test_a_picture_beside_the_notebook_is_shown_to_both(live, planted, person):
    for name in ("plot.png", "Plot%20of%20Zo%C3%A9.PNG"):
        answer = live.guest(person).get(f"/files/{FOLDER}/{name}")
        assert (answer.status_code, answer.content) == (200, PNG)
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert live.guest(person).head(f"/files/{FOLDER}/plot.png").content == b""


def test_a_drawing_is_nobodys_page_and_runs_nothing(live, planted):
    answer = live.guest().get(f"/files/{FOLDER}/img/drawing.svg")
    assert (answer.status_code, answer.content) == (200, SVG)
    assert answer.headers["content-type"] == "image/svg+xml"
    (policy,) = answer.headers.get_list("content-security-policy")
    rules = [rule.strip() for rule in policy.split(";")]
    assert "sandbox" in rules
    assert "default-src 'none'" in rules
    assert "script" not in policy


@pytest.mark.parametrize("name", ["plot.png", "img/drawing.svg", ".hidden.png"])
def test_who_is_not_invited_sees_none(live: Live, planted, name):
    assert live.nobody().get(f"/files/{FOLDER}/{name}").status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert live.guest().get(f"/files/{FOLDER}/{name}", headers=foreign).status_code == 403


@pytest.mark.parametrize(
    "place",
    [
        f"{FOLDER}/page.html",
        f"{FOLDER}/page.svgz",
        f"{FOLDER}/page.xml",
        f"{FOLDER}/page.js",
        f"{FOLDER}/page.pdf",
        f"{FOLDER}/text.txt",
        f"{FOLDER}/png",
        f"{FOLDER}/page.png.html",
        f"{FOLDER}/page.html%00.png",
        f"{FOLDER}/page.html%2500.png",
        f"{FOLDER}/page.html/.png",
        f"{FOLDER}/page.html%3f.png",
        NOTEBOOK,
        f"{FOLDER}/.hidden.png",
        f"{FOLDER}/.git/x.png",
        f"{FOLDER}/%2egit/x.png",
        f"{FOLDER}/link.png",
        f"{FOLDER}/self.png",
        f"{FOLDER}/away/secret.png",
        f"{FOLDER}/folder.png",
        f"{FOLDER}/pipe.png",
        f"{FOLDER}/none.png",
        f"{FOLDER}/../../above.png",
        f"{FOLDER}/%2e%2e/%2e%2e/above.png",
        f"{FOLDER}/..%2f..%2fabove.png",
        f"{FOLDER}/..%5c..%5cabove.png",
        "above.png",
        "notes.md",
        "../secret.png",
        "%2e%2e/secret.png",
        "/etc/passwd",
        "//etc/passwd",
        "",
    ],
)
def test_nothing_else_is_given(live, planted, place):
    for person in ("zoe-lefevre", "mentor"):
        answer = raw(live, live.guest(person), "GET", f"/files/{place}")
        assert answer.status_code in {400, 403, 404}, answer.text
        assert SECRET not in answer.text
        assert str(live.settings.root.parent) not in answer.text


def test_what_is_too_large_is_refused(live, planted):
    assert live.guest().get(f"/files/{FOLDER}/large.png").status_code == 413
