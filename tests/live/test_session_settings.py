"""Owners of notebooks: a pair shares one; in a group each student has a copy, and all share the board."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.live.live_server import GUESTS, NOTEBOOK
from toolkit.live.session_settings import GroupNotebook, Guest, LiveSettings

MENTOR = Guest(id="mentor", role="mentor", name="Ada")
ANA = Guest(id="ana", role="student", name="Ana")
BEN = Guest(id="ben", role="student", name="Ben")


@pytest.fixture
def group(tmp_path) -> LiveSettings:
    return LiveSettings(
        session="g",
        root=tmp_path,
        notebook="board.ipynb",
        state=tmp_path,
        guests=(MENTOR, ANA, BEN),
        copies=(
            GroupNotebook(guest="ana", notebook="ana/ana.ipynb"),
            GroupNotebook(guest="ben", notebook="ben/ben.ipynb"),
        ),
    )


@pytest.mark.parametrize(
    ("guest", "notebook", "writes", "starts"),
    [
        (ANA, "board.ipynb", True, False),
        (MENTOR, "board.ipynb", True, False),
        (ANA, "ana/ana.ipynb", True, True),
        (MENTOR, "ana/ana.ipynb", True, True),
        (BEN, "ana/ana.ipynb", False, False),
        (ANA, "ben/ben.ipynb", False, False),
    ],
)
def test_a_copy_is_its_owners_and_the_mentors(group, guest, notebook, writes, starts):
    assert notebook in group.notebooks
    assert group.may_write(guest, notebook) is writes
    assert group.may_start(guest, notebook) is starts


def test_each_comes_home_to_their_own(group):
    assert [group.home(guest) for guest in (MENTOR, ANA, BEN)] == [
        "ana/ana.ipynb",
        "ana/ana.ipynb",
        "ben/ben.ipynb",
    ]
    assert group.record == group.root / "record.json"


def test_in_a_pair_the_notebook_is_both_peoples(tmp_path):
    pair = LiveSettings(session="s", root=tmp_path, notebook=NOTEBOOK, state=tmp_path, guests=GUESTS)
    for guest in pair.guests:
        assert pair.home(guest) == NOTEBOOK
        assert pair.may_write(guest, NOTEBOOK)
        assert pair.may_start(guest, NOTEBOOK)
        assert not pair.may_start(guest, "other.ipynb")


@pytest.mark.parametrize(
    "path", ["ana.ipynb", "../ana.ipynb", "ana/../ben.ipynb", "/ana/ana.ipynb", "a/b/c.ipynb"]
)
def test_a_copy_has_a_folder_of_its_own(path):
    with pytest.raises(ValidationError):
        GroupNotebook(guest="ana", notebook=path)
