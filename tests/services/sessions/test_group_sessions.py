"""A group session from start to close, on the mentor's side, without the serving process."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from toolkit.domain.agenda import ActionItem, ActionState, AgendaState
from toolkit.domain.session import SessionState
from toolkit.errors import InputError, StateError, StorageError
from toolkit.practice import Practice
from toolkit.services.practice import create_practice, mentorships
from toolkit.services.sessions import (
    close_session,
    closing_data,
    group_sessions,
    live_session,
    session_lifecycle,
    session_setup,
    session_workspace,
)
from toolkit.services.sessions.closing_data import preview_close
from toolkit.store import Mark

NAMES = ("Ana Roy", "Ben Okafor", "Zoé Lefèvre")
IDS = ("ana-roy", "ben-okafor", "zoe-lefevre")
SKILL = "loops"


@pytest.fixture(scope="module")
def founded(tmp_path_factory) -> Practice:
    practice = create_practice.create_practice(
        tmp_path_factory.mktemp("groups") / "practice", mentor="Ada", course=False
    ).practice
    for name in NAMES:
        mentorships.add_student(practice, name)
    return practice


@pytest.fixture
def group(founded):
    """The sessions of a live group; any that are still live at the end are closed."""
    session = group_sessions.group_session_to_hold(founded, IDS)
    gathered = session_setup.set_up_session(founded, session)
    yield gathered
    for one in group_sessions.session_members(founded, session):
        if one.state is SessionState.LIVE:
            session_lifecycle.change_state(founded, one.id, "fail")


def edit(gathered, change) -> None:
    path = gathered.root / "record.json"
    content = json.loads(path.read_text())
    change(content["items"])
    path.write_text(json.dumps(content))


def line(items, number):
    return next(key for key in items if key.startswith(f"check:{number}-"))


def test_each_has_a_session_and_a_copy_and_all_have_one_board(founded, group):
    assert [one.student_id for one in group.sessions] == list(IDS)
    assert {one.state for one in group.sessions} == {SessionState.LIVE}
    assert len({one.group for one in group.sessions}) == 1
    assert len({tuple(item.id for item in one.agenda) for one in group.sessions}) == 1
    for one in group.sessions:
        copy = session_workspace.notebook_path(founded, one)
        assert copy == group.root / one.student_id / f"{one.student_id}.ipynb"
        assert json.loads(copy.read_text())["cells"]
        assert not (founded.workspace(one.student_id) / "sessions").exists()
    items = json.loads((group.root / "record.json").read_text())["items"]
    assert {items[key]["milestone"] for key in items if key.startswith("check:")} == set(NAMES)
    assert live_session.find_live_session(founded, "ben-okafor").id == group.sessions[1].id


def test_what_stood_before_is_on_no_board(founded):
    now = datetime.now(UTC)
    with founded.store.begin() as tx:
        tx.actions.save(ActionItem("secret", "Ana's own promise"), "ana-roy", None)
    session = group_sessions.group_session_to_hold(founded, IDS)
    gathered = session_setup.set_up_session(founded, session)
    items = json.loads((gathered.root / "record.json").read_text())["items"]
    skill = line(items, 1).removeprefix("check:1-")
    with founded.store.begin() as tx:
        tx.marks.add(Mark("ana-roy", skill, "student", gathered.sessions[0].id, now, True))
    everything = "".join(p.read_text() for p in gathered.root.rglob("*") if p.is_file())
    assert "Ana's own promise" not in everything
    assert not any(item.get("ticked") for item in items.values())
    # What is not ticked on the board is not taken back, and what was promised stays promised.
    closing_of = preview_close(founded, gathered.sessions[0].id).closing
    assert closing_of.marks == ()
    assert closing_of.actions == ()
    for one in gathered.sessions:
        session_lifecycle.change_state(founded, one.id, "fail")
    with founded.store.begin() as tx:
        tx.marks.add(Mark("ana-roy", skill, "student", gathered.sessions[0].id, datetime.now(UTC), False))


def test_what_became_of_a_copy_is_left_to_the_server_that_had_it(founded, group):
    copy = group.root / "ana-roy" / "ana-roy.ipynb"
    kept = copy.read_bytes()
    copy.unlink()
    copy.parent.chmod(0)
    session_setup.set_up_session(founded, group.sessions[0], served=True)
    assert not copy.exists()
    session_setup.set_up_session(founded, group.sessions[0])
    assert copy.read_bytes() == kept


def test_what_a_link_in_a_copys_place_leads_to_stays_shut(founded, group, tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    folder = group.root / IDS[0]
    kept = folder.rename(group.root / "kept")
    folder.symlink_to(private)
    with pytest.raises(StorageError):
        session_setup.set_up_session(founded, group.sessions[0])
    assert private.stat().st_mode & 0o777 == 0o700
    assert list(private.iterdir()) == []
    folder.unlink()
    kept.rename(folder)


def test_invalid_never_shared_notebook_is_made_anew(founded):
    """An invalid notebook is replaced if it was never shared."""
    session = session_lifecycle.plan_session(founded, "ana-roy", datetime.now(UTC), anyway=True)
    path = session_workspace.notebook_path(founded, session)
    for number, harm in enumerate(
        (lambda: path.write_text("{"), path.mkdir, lambda: path.write_text("[" * 9999)), 1
    ):
        path.unlink()
        harm()
        gathered = session_setup.set_up_session(founded, session)
        assert json.loads(gathered.notebook.read_text())["cells"]
        assert path.with_name(f"session-damaged-{number}.ipynb").exists()
        session = gathered.sessions[0]
    path.unlink()
    assert session_setup.set_up_session(founded, session, served=True).notebook == path
    assert not path.exists()
    session_lifecycle.change_state(founded, session.id, "fail")


def test_the_same_group_goes_on_and_nobody_is_in_two(founded, group):
    assert group_sessions.group_session_to_hold(founded, reversed(IDS)).group == group.id
    with pytest.raises(StateError, match="is live, and ana-roy is in it"):
        group_sessions.group_session_to_hold(founded, IDS[:2])
    with pytest.raises(InputError, match="planned already"):
        group_sessions.group_session_to_hold(founded, IDS, minutes=45)
    later = datetime.now(UTC) + timedelta(days=1)
    with pytest.raises(StateError, match="never closed"):
        group_sessions.group_session_to_hold(founded, IDS, now=later)


@pytest.mark.parametrize("names", [("ana-roy", "ana-roy"), ("ana-roy",) * 7])
def test_a_group_has_two_to_six_students_each_once(founded, names):
    with pytest.raises(InputError, match="2 to 6 students"):
        group_sessions.group_session_to_hold(founded, names)


def test_the_close_gives_each_their_part(founded, group):
    def change(items):
        first = next(key for key in items if key.startswith("agenda:"))
        items[first]["state"] = "discussed"
        items[line(items, 1)]["ticked"] = True
        items[line(items, 2)] |= {"ticked": True, "confirmed": True}
        owners = {"hers": "student:ana-roy", "all": "student", "mine": "mentor", "lost": "student:nobody"}
        for name, owner in owners.items():
            items[f"action:{name}"] = {"id": name, "text": name, "owner": owner}

    edit(group, change)
    mine = founded.workspace("ana-roy") / "sessions"
    with pytest.raises(StateError, match="group's"):
        close_session.close_session(founded, group.sessions[0].id)
    # A file of the student's that has the name stays.
    target = session_workspace.notebook_path(founded, closing_time(group.sessions[0]))
    target.parent.mkdir(parents=True)
    target.write_text("mine")
    closed = close_session.close_group(founded, group.sessions[1].id, note="Went well.")
    assert [one.session.student_id for one in closed] == list(IDS)

    with founded.store.read() as tx:
        for session in (tx.sessions.get(one.id) for one in group.sessions):
            assert session.state is SessionState.HELD
            assert sum(item.state is AgendaState.DISCUSSED for item in session.agenda) == 1
            assert len([one for one in tx.ledger.all() if one.session_id == session.id]) == 1
        marks = {
            name: sorted(mark.by for mark in tx.marks.for_student(name) if mark.session_id in ids(group))
            for name in IDS
        }
        promised = {
            name: {
                (action.text, action.owner)
                for action in tx.actions.for_student(name, ActionState.OPEN)
                if "own promise" not in action.text
            }
            for name in IDS
        }
    assert marks == {"ana-roy": ["student"], "ben-okafor": ["mentor", "student"], "zoe-lefevre": []}
    common = {("all", "student"), ("mine", "mentor"), ("lost", "student")}
    assert promised["ana-roy"] == common | {("hers", "student")}
    assert promised["zoe-lefevre"] == common
    assert target.read_text() == "mine"
    copy = (group.root / "ana-roy" / "ana-roy.ipynb").read_bytes()
    assert target.with_name("session-2.ipynb").read_bytes() == copy
    assert len(list(mine.rglob("board.ipynb"))) == 1
    kept = target.with_name("record.json").read_text()
    assert "hers" in kept
    assert "Ben" not in kept
    with pytest.raises(StateError, match="with those of the others"):
        session_lifecycle.start_session(founded, group.sessions[0].id)
    assert not list(founded.workspace("ana-roy").rglob("ben*"))


def ids(gathered):
    return {one.id for one in gathered.sessions}


def closing_time(session):
    return session.act("close")


def test_a_close_that_was_cut_short_is_gone_on_with(founded, group):
    first = group.sessions[0]
    preview = preview_close(founded, first.id)
    session_setup.hand_over(founded, preview.closing.session, preview.notebook, preview.entries)
    closing_data.confirm_close(founded, preview)
    left = close_session.close_group(founded, first.id)
    assert [one.session.student_id for one in left] == list(IDS[1:])
    with pytest.raises(StateError):
        close_session.close_group(founded, first.id)


def test_who_does_not_come_is_left_out_of_the_close(founded, group):
    session_lifecycle.record_no_show(founded, group.sessions[2].id, "student")
    closed = close_session.close_group(founded, group.sessions[0].id)
    assert [one.session.student_id for one in closed] == list(IDS[:2])
