"""A file that becomes a link while the server uses it is neither followed nor written through."""

from __future__ import annotations

import threading

from tests.live.live_server import NOTEBOOK
from tests.live.room_member import Member
from tests.security.live.conftest import SECRET


def test_a_file_that_turns_into_a_link_is_not_followed(live):
    """Checked as a file, the name may be a link when it is opened, and the reverse."""
    target = live.settings.root.parent / "secret.txt"
    moving, next_one = live.settings.root / "moving.txt", live.settings.root / "next.txt"
    ended = threading.Event()

    def swap() -> None:
        while not ended.is_set():
            next_one.write_text("mine")
            next_one.replace(moving)
            next_one.symlink_to(target)
            next_one.replace(moving)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        student = live.guest()
        answers = [student.get("/api/contents/moving.txt?type=file&format=text") for _ in range(150)]
    finally:
        ended.set()
        swapping.join()
        moving.unlink()
    assert not [answer for answer in answers if SECRET in answer.text]
    assert {answer.status_code for answer in answers} <= {200, 400, 404}


def test_notebook_replaced_by_a_link_is_not_written_through(live):
    """A notebook that becomes a link is not written through."""
    target = live.settings.root.parent / "secret.txt"
    notebook = live.settings.root / NOTEBOOK
    kept = notebook.read_bytes()
    with Member(live, live.guest()) as member:
        notebook.unlink()
        notebook.symlink_to(target)
        member.type(0, "  # typed")
        member.hear(1)
        assert target.read_text() == SECRET
        notebook.unlink()
        notebook.write_bytes(kept)


def test_a_folder_that_turns_into_a_link_is_not_written_through(live):
    folder = (live.settings.root / NOTEBOOK).parent
    outside = live.settings.root.parent / "elsewhere"
    outside.mkdir()
    (outside / "session.ipynb").write_text(SECRET)
    with Member(live, live.guest()) as member:
        folder.rename(folder.with_name("aside"))
        folder.symlink_to(outside)
        member.type(0, "  # typed again")
        member.hear(1)
        assert (outside / "session.ipynb").read_text() == SECRET
        assert [path.name for path in outside.iterdir()] == ["session.ipynb"]
        # It is put out of the way, and the notebook written where it belongs.
        assert folder.with_name("first-damaged-1").readlink() == outside
        assert "typed again" in (folder / "session.ipynb").read_text()
        folder.rename(folder.with_name("made"))
        folder.with_name("aside").rename(folder)
