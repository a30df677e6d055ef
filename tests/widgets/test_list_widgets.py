"""Agenda, checklist and actions: accepted changes, refused changes, and the resulting record on disk."""

from __future__ import annotations

from datetime import date

import pytest

from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.widgets import ActionItems, Agenda, Checklist, Record


def send(widget, token=1, ids=(), **state):
    """Change traits as the front end does."""
    widget.set_state({**state, "touched": {"token": token, "ids": list(ids)}})


def changed(widget, name, **fields):
    return [{**row, **fields} if row["id"] == name else row for row in widget.items]


def test_an_agenda_without_a_record():
    agenda = Agenda(items=[{"text": "Recursion", "minutes": 10}, {"text": "Sets"}])
    assert [row["text"] for row in agenda.items] == ["Recursion", "Sets"]
    assert [row["order"] for row in agenda.items] == [0.0, 1.0]
    agenda.add("Tuples", minutes=3)
    assert agenda.items[-1]["minutes"] == 3
    assert agenda.saved == ""
    assert repr(agenda) == "<Agenda: 3 points, 18 min>"
    with pytest.raises(InputError):
        Agenda(Record("record.json"), items=[])


def test_the_life_of_an_agenda_item_is_saved(record):
    agenda = Agenda(record)
    assert agenda.error == agenda.saved == ""
    agenda.discuss("a0")
    assert agenda.items[0]["state"] == "discussed"
    assert record.get("agenda:a0").state == "discussed"
    assert len(agenda.saved) == 5
    agenda.reopen("a0")
    agenda.edit("a0", text="Hello", minutes=2)
    agenda.carry("a1")
    agenda.drop("a2")
    assert [row["state"] for row in Agenda(record).items] == ["open", "carried", "dropped"]
    with pytest.raises(StateError, match="carry"):
        agenda.carry("a2")
    with pytest.raises(NotFoundError, match="no 'a7'"):
        agenda.discuss("a7")
    with pytest.raises(InputError):
        agenda.add("  ")
    with pytest.raises(InputError, match="above 240"):
        agenda.edit("a0", minutes=1000)
    assert record.get("agenda:a0").text == "Hello"


def test_moving_touches_one_item_until_floats_run_out(record):
    agenda = Agenda(record)
    agenda.move("a2", before="a0")
    assert [row["id"] for row in agenda.items] == ["a2", "a0", "a1"]
    agenda.move("a2")
    agenda.move("a2", before="a2")
    assert [row["id"] for row in agenda.items] == ["a0", "a1", "a2"]
    for _ in range(70):
        agenda.move("a2", before="a1")
        agenda.move("a1", before="a2")
    assert [row["id"] for row in agenda.items] == ["a0", "a1", "a2"]
    assert list(record.items("agenda:")) == ["agenda:a0", "agenda:a1", "agenda:a2"]


def test_actions_are_moved_as_talking_points_are(record):
    actions = ActionItems(record)
    later = actions.add("Write to Ada")
    actions.move(later, before="x1")
    assert [row["id"] for row in actions.items] == [later, "x1"]
    assert list(record.items("action:")) == [f"action:{later}", "action:x1"]


def test_one_item_runs_and_ends_when_it_is_ticked(record):
    agenda = Agenda(record)
    agenda.start("a1")
    assert agenda.running == "a1"
    assert record.get("timer").item == "a1"
    assert Agenda(record).running_since == agenda.running_since != ""
    agenda.discuss("a1")
    assert (agenda.running, agenda.running_since) == ("", "")
    assert record.get("timer").item is None
    with pytest.raises(StateError, match="not open"):
        agenda.start("a1")
    agenda.running = "a2"
    assert record.get("timer").item == "a2"
    with pytest.raises(NotFoundError):
        agenda.running = "nobody"
    assert agenda.running == "a2"
    agenda.start(None)
    assert agenda.running == ""


def test_the_usual_agenda_fills_the_session(record):
    record.put({f"agenda:a{number}": None for number in range(3)})
    agenda = Agenda(record)
    send(agenda, usual_requested=1)
    assert sum(row["minutes"] for row in agenda.items) == 45
    send(agenda, usual_requested=2)  # a second click of an impatient hand
    assert len(agenda.items) == len(record.items("agenda:")) == 7
    agenda.propose_usual(30)
    assert len(agenda.items) == 14


def test_assigning_items_checks_and_saves_them(record):
    agenda = Agenda(record)
    agenda.items = [{"id": "a0", "text": "Check-in"}, {"text": "New"}]
    assert [entry.text for entry in record.items("agenda:").values()] == ["Check-in", "New"]
    before = agenda.items
    for bad in ([{"text": ""}], [{"text": "a", "colour": "red"}], [{"id": "a", "text": "b"}] * 2):
        with pytest.raises(InputError):
            agenda.items = bad
        assert agenda.items == before


def test_traits_can_be_observed(record):
    agenda = Agenda(record)
    seen = []
    agenda.observe(lambda change: seen.append(change["new"][0]["state"]), "items")
    agenda.discuss("a0")
    send(agenda, items=changed(agenda, "a0", state="open"), ids=["a0"])
    assert seen == ["discussed", "open"]


def test_a_page_changes_an_item(record):
    agenda = Agenda(record)
    send(agenda, 41, ["a0"], items=changed(agenda, "a0", state="discussed"))
    assert record.get("agenda:a0").state == "discussed"
    assert (agenda.answered, agenda.error) == (41, "")
    new = {
        "id": "p1",
        "text": "From the page",
        "minutes": 5,
        "order": 9,
        "state": "open",
        "added_by": "student",
    }
    send(agenda, 42, ["p1"], items=[*agenda.items, new])
    assert record.get("agenda:p1").added_by == "student"


def test_two_hands_at_once_lose_nothing(record):
    agenda = Agenda(record)
    one = changed(agenda, "a0", state="discussed")
    two = changed(agenda, "a1", state="discussed")
    send(agenda, 1, ["a0"], items=one)
    send(agenda, 2, ["a1"], items=two)  # has not seen the first
    assert [row["state"] for row in agenda.items] == ["discussed", "discussed", "open"]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": ""},
        {"text": "half \ud800"},
        {"minutes": -1},
        {"minutes": "many"},
        {"order": float("nan")},
        {"state": "gone"},
        {"colour": "red"},
        {"text": {"a": 1}},
    ],
)
def test_a_bad_change_from_a_page_is_refused_and_undone(record, fields):
    agenda = Agenda(record)
    before, content = agenda.items, record.path.read_bytes()
    send(agenda, 7, ["a0"], items=changed(agenda, "a0", **fields))
    assert agenda.items == before
    assert agenda.error.startswith("This change was not taken over.")
    assert agenda.answered == 7
    assert record.path.read_bytes() == content
    send(agenda, 8, ["a0"], items=changed(agenda, "a0", text="Better"))
    assert (agenda.error, record.get("agenda:a0").text) == ("", "Better")


@pytest.mark.parametrize("junk", [None, 5, "x", [1, 2], [None], {"a": 1}])
def test_junk_from_a_page_changes_nothing(record, junk):
    for widget in (Agenda(record), Checklist(record), ActionItems(record)):
        before = widget.items
        widget.set_state({"items": junk, "touched": junk, "strings": junk, "saved": "now", "unknown": 1})
        assert widget.items == before
        widget.set_state({"items": [{"id": junk}], "touched": {"token": 1, "ids": [junk, "a0"]}})
        assert widget.items == before
        assert widget.saved == ""
        assert isinstance(widget.strings, dict)


def test_a_page_cannot_skip_a_state(record):
    agenda = Agenda(record)
    agenda.discuss("a0")
    send(agenda, 1, ["a0"], items=changed(agenda, "a0", state="carried"))
    assert agenda.items[0]["state"] == "discussed"
    assert "carry" in agenda.error
    send(agenda, 2, [], running="a0", running_since="")
    assert (agenda.running, "not open" in agenda.error) == ("", True)


def test_two_widgets_of_one_record_agree(record):
    one, two = Agenda(record), Agenda(record)
    one.discuss("a0")
    assert two.items[0]["state"] == "discussed"


def test_another_program_is_heard_at_the_next_change(record):
    agenda = Agenda(record)
    Record(record.path).put({"agenda:b1": {"id": "b1", "text": "From elsewhere", "order": 7}})
    agenda.discuss("a0")
    assert agenda.items[-1]["id"] == "b1"
    Record(record.path).put({"agenda:b1": None})
    agenda.refresh()
    assert agenda.items[-1]["id"] == "a2"


def test_a_page_that_is_behind_changes_only_what_it_touched(record):
    agenda = Agenda(record)
    stale = changed(agenda, "a0", state="discussed")
    fresh = record.get("agenda:a0").model_copy(update={"text": "Hello"})
    Record(record.path).put({"agenda:a0": fresh})
    send(agenda, 1, ["a0"], items=stale)
    assert (agenda.items[0]["text"], agenda.items[0]["state"]) == ("Hello", "discussed")
    Record(record.path).put({"agenda:a1": record.get("agenda:a1").model_copy(update={"state": "carried"})})
    send(agenda, 2, ["a1"], items=changed(agenda, "a1", state="dropped"))
    assert record.get("agenda:a1").state == "carried"
    assert "drop" in agenda.error


def test_what_cannot_be_saved_is_kept_and_tried_again(record, tmp_path):
    agenda = Agenda(record)
    record.path.rename(tmp_path / "away")
    agenda.discuss("a0")
    agenda.add("More")
    assert agenda.error.startswith("Not saved. There is no record.json")
    assert agenda.saved == ""
    (tmp_path / "away").rename(record.path)
    agenda.refresh()
    assert agenda.items[0]["state"] == "discussed"
    agenda.drop("a1")
    assert agenda.error == ""
    assert [entry.state for entry in record.items("agenda:").values()] == [
        "discussed",
        "dropped",
        "open",
        "open",
    ]


def test_a_damaged_record_is_shown_and_left_alone(record):
    record.path.write_text("{")
    agenda = Agenda(record)
    assert "damaged" in agenda.error
    agenda.add("Still there")
    assert [row["text"] for row in agenda.items] == ["Still there"]
    assert record.path.read_text() == "{"


def test_tick_and_confirmation_are_two_marks(record):
    checklist = Checklist(record)
    checklist.tick("loops")
    checklist.confirm("dicts")
    marks = [(row["ticked"], row["confirmed"]) for row in Checklist(record).items]
    assert marks == [(True, False), (False, True)]
    checklist.tick("loops", on=False)
    assert record.get("check:loops").ticked is False


def test_a_student_does_not_confirm(record):
    checklist = Checklist(record, role="student")
    with pytest.raises(StateError, match="Only the mentor"):
        checklist.confirm("loops")
    send(checklist, 1, ["loops"], items=changed(checklist, "loops", confirmed=True, ticked=True))
    assert "Only the mentor" in checklist.error
    assert record.get("check:loops").confirmed is False
    send(checklist, 2, ["loops"], items=changed(checklist, "loops", ticked=True))
    assert record.get("check:loops").ticked is True


def test_how_a_student_rates_themselves(record):
    checklist = Checklist(record, role="student")
    checklist.rate("loops", "with help", "Nested ones confuse me.")
    entry = record.get("check:loops")
    assert (entry.says, entry.words, entry.ticked) == ("with help", "Nested ones confuse me.", False)
    assert "with help “Nested ones confuse me.”" in checklist.to_html()
    send(checklist, 1, ["loops"], items=changed(checklist, "loops", says="certain"))
    assert checklist.error
    assert record.get("check:loops").says == "with help"
    checklist.rate("loops", "", "left behind")
    assert (record.get("check:loops").says, record.get("check:loops").words) == ("", "")


def test_nobody_writes_mastery_or_adds_a_skill_from_a_page(record):
    checklist = Checklist(record)
    send(checklist, 1, ["loops"], items=changed(checklist, "loops", mastery="retained"))
    assert "Only what is said" in checklist.error
    send(checklist, 2, ["new"], items=[*checklist.items, {"id": "new", "title": "N", "milestone": "M"}])
    assert "not on this list" in checklist.error
    assert len(record.items("check:")) == 2


def test_the_life_of_an_action(record):
    actions = ActionItems(record)
    name = actions.add(
        "Write median", owner="mentor", due="2026-11-30", plan="If it is Monday, then I write."
    )
    assert record.get(f"action:{name}").due == date(2026, 11, 30)
    actions.finish(name)
    actions.reopen(name)
    actions.edit(name, due=None, owner="student")
    actions.carry(name)
    actions.drop("x1")
    assert [row["state"] for row in ActionItems(record).items] == [
        "dropped",
        "carried",
    ]
    with pytest.raises(StateError):
        actions.finish(name)
    with pytest.raises(InputError):
        actions.edit("x1", due="tomorrow")
    with pytest.raises(InputError):
        actions.edit("x1", state="flying")


def test_french_comes_from_the_record(french_record):
    agenda = Agenda(french_record)
    assert agenda.language == "fr"
    assert agenda.strings["title"] == "Ordre du jour"
    assert agenda.strings["plural"] == "n > 1"
    assert 'lang="fr"' in agenda.to_html()
    agenda.discuss("a0")
    with pytest.raises(StateError, match="n’est pas possible"):
        agenda.discuss("a0")
    agenda.language = "en"
    assert agenda.strings["title"] == "Agenda"
