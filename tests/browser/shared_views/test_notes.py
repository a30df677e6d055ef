"""The shared notes, edited by two people at the same time."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.shared_notebook import panel
from tests.browser.shared_views.page_actions import announced, at_once


def test_two_type_in_the_notes_at_once_and_both_texts_stay(pair, table):
    mentor, student = pair
    fields = [panel(page).get_by_role("textbox", name="Shared notes") for page in pair]
    fields[0].fill("Sort first 🐍")
    expect(fields[1]).to_have_value("Sort first 🐍")
    expect(panel(student).locator(".mt-notes summary")).to_have_attribute("data-by", "AB")
    expect(announced(student)).to_contain_text("Ada Byron writes in the shared notes.")
    typed = """el.focus(); const at = {at};
        el.setRangeText({text}, at, at, 'end');
        el.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));"""
    at_once(
        (fields[0], typed.format(at="el.value.length", text=json.dumps("\nthen look"))),
        (fields[1], typed.format(at="0", text=json.dumps("Median: "))),
    )
    for field in fields:
        expect(field).to_have_value("Median: Sort first 🐍\nthen look")
    # The caret stays where it was in one's own words.
    student.keyboard.type("the ")
    mentor.keyboard.type(" twice")
    for field in fields:
        expect(field).to_have_value("Median: the Sort first 🐍\nthen look twice")
    # What is typed within half a second is taken back in one step.
    steps = 0
    while "Median: " in fields[1].input_value():
        assert steps < len("the ") + 1
        student.keyboard.press("Control+z")
        steps += 1
    for field in fields:
        expect(field).to_have_value("Sort first 🐍\nthen look twice")
    for _step in range(steps):
        student.keyboard.press("Control+Shift+z")
    for field in fields:
        expect(field).to_have_value("Median: the Sort first 🐍\nthen look twice")
    expect(panel(student).locator(".mt-status")).to_contain_text("Saved")
