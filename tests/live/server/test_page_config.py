"""The configuration that a page of a shared session receives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from toolkit.domain.record_entries import ExerciseEntry, TestEntry
from toolkit.live.server.page_config import build_page_config, panel_strings
from toolkit.live.session_settings import Guest, LiveSettings
from toolkit.widgets import Agenda, Record

SOURCES = Path(__file__).parents[3] / "toolkit/lab/src"
ADA = Guest(id="mentor", role="mentor", name="Ada Byron")
ZOE = Guest(id="zoe", role="student", name="Zoé Lefèvre")


@pytest.fixture
def settings(tmp_path):
    return LiveSettings(
        session="zoe-1",
        root=tmp_path,
        notebook="sessions/zoe-1/session.ipynb",
        state=tmp_path / "state",
        guests=(ADA, ZOE),
        language="fr",
    )


def test_each_is_told_who_they_are_and_with_whom(settings):
    config = build_page_config(ZOE, settings)
    assert (config["role"], config["name"]) == ("student", "Zoé Lefèvre")
    assert config["partners"] == [{"role": "mentor", "name": "Ada Byron"}]
    assert config["notebook"] == settings.notebook
    assert json.loads(json.dumps(config)) == config


def test_group_page_has_the_exercise_without_its_tests(settings):
    """A group's page gets the exercise without its tests."""
    assert build_page_config(ZOE, settings)["card"] is None
    test = TestEntry(name="one", source="assert secret", points=2)
    card = ExerciseEntry(id="median", title="The median", tests=[test], hint_count=3)
    told = build_page_config(ZOE, settings.model_copy(update={"card": card}))["card"]
    assert told == {
        "id": "median",
        "title": "The median",
        "skills": [],
        "minutes": 10,
        "tests": [{"name": "one", "points": 2, "outcome": "not run", "message": ""}],
    }


def test_panel_strings_match_the_widgets_in_session_language(settings):
    """The panel has the texts of the widgets, in the session's language."""
    strings = build_page_config(ADA, settings)["strings"]
    own = Agenda(language="fr").strings
    assert {**strings["agenda"], **{name: own[name] for name in ("waiting", "asleep")}} == own
    assert strings["agenda"]["title"] == "Ordre du jour"
    assert "noyau" not in strings["agenda"]["waiting"]


def test_the_usual_agenda_is_as_long_as_the_session(settings):
    assert sum(part["minutes"] for part in build_page_config(ADA, settings)["usual"]) == 30
    settings.record.parent.mkdir(parents=True)
    session = {"id": "zoe-1", "student": "zoe", "language": "fr", "starts_at": "2026-11-24T18:00:00Z"}
    Record.create(settings.record, {"session": {**session, "minutes": 45}})
    config = build_page_config(ADA, settings)
    assert sum(part["minutes"] for part in config["usual"]) == 45
    assert config["minutes"] == 45
    assert "45 min" in config["strings"]["agenda"]["usual"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_panel_strings_are_exactly_those_its_code_uses(language):
    """The panel gets exactly the texts that its code uses."""
    code = "\n".join(path.read_text("utf-8") for path in SOURCES.glob("*.ts"))
    words = panel_strings(language)
    asked = set(re.findall(r"(?:words|panel)\['(\w+)'\]", code)) - {"plural"}
    assert asked - words.keys() == set()
    for name in words.keys() - asked - {"plural"}:
        assert f"'{name}'" in code or name.startswith("did "), name
