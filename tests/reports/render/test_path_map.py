from __future__ import annotations

from xml.etree import ElementTree

import pytest

from toolkit.reports.render.path_map import describe_path_map, render_path_map

SVG = "{http://www.w3.org/2000/svg}"


def test_every_skill_has_its_place_and_its_words(story):
    snapshot = story.told()
    drawing = ElementTree.fromstring(render_path_map(snapshot))
    said = [text.text for text in drawing.iter(f"{SVG}text")]
    assert said == ["First steps", "Working with data", "Values", "Loops", "Lists", "Text"]
    assert len([line for line in drawing.iter(f"{SVG}path") if line.get("class") == "line"]) == 2 * 3
    assert describe_path_map(snapshot) == (
        "First steps: Values, refresh due; Loops, learning, builds on Values. "
        "Working with data: Lists, learning, builds on Loops; Text, not started, builds on Loops."
    )


@pytest.mark.parametrize(
    "nasty", ["</text><script>alert(1)</script>", "\x00\x08 אבג 🙂 \u202e", "A" * 300, "w " * 150]
)
def test_titles_stay_text(story, nasty):
    path = story.told().model_copy()
    milestones = tuple(
        one.model_copy(
            update={
                "title": nasty,
                "skills": tuple(skill.model_copy(update={"title": nasty}) for skill in one.skills),
            }
        )
        for one in path.milestones
    )
    drawing = ElementTree.fromstring(render_path_map(path.model_copy(update={"milestones": milestones})))
    assert not list(drawing.iter(f"{SVG}script"))
    assert all(len(text.text) <= 60 for text in drawing.iter(f"{SVG}text"))


def test_a_path_that_goes_in_circles_is_drawn_all_the_same(story):
    path = story.told()
    skills = {skill.id: skill for skill in path.skills}
    first = path.milestones[0].model_copy(
        update={
            "skills": (
                skills["values"].model_copy(update={"prerequisites": ("loops", "gone")}),
                skills["loops"],
            )
        }
    )
    ElementTree.fromstring(render_path_map(path.model_copy(update={"milestones": (first,)})))
