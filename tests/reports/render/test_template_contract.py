from __future__ import annotations

import pytest

from toolkit.errors import InputError
from toolkit.reports.render.template_contract import describe_contract, parse_snapshot


def test_every_part_is_listed():
    listed = dict(describe_contract())
    assert listed["snapshot.student.name"] == "str"
    assert listed["snapshot.milestones[].skills[].evidence[].page"] == "str"
    assert listed["snapshot.next_session"] == "SessionLine | None"
    assert not any("toolkit" in kind for kind in listed.values())


def test_what_is_missing_is_named_with_what_comes_near(story):
    given = story.told().model_dump(mode="json")
    assert parse_snapshot(given).student.id == "ana"
    with pytest.raises(InputError, match=r"lacks: student, .*--parameters"):
        parse_snapshot({})
    given["milestone"] = given.pop("milestones")
    with pytest.raises(InputError, match=r"lacks: milestones. Did you mean milestone"):
        parse_snapshot(given)
    given["milestones"] = given.pop("milestone")
    with pytest.raises(InputError, match=r"snapshot.atempts.*Did you mean attempts"):
        parse_snapshot({**given, "atempts": []})
