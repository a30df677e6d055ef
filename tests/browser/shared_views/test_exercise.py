"""The exercise of the day in the panel: either person can check it, the student hands it in."""

from __future__ import annotations

import json

from playwright.sync_api import Locator, Page, expect

from tests.browser.shared_notebook import panel
from tests.browser.shared_views.page_actions import announced, run


def card(page: Page) -> Locator:
    return panel(page).locator(".mt-exercise")


def test_driver_runs_the_check_and_both_see_the_outcome(pair, table):
    """The driver runs a check, and both people see its outcome."""
    mentor, student = pair
    record = table.lab.folder / "record.json"
    panel(mentor).get_by_role("button", name="Take the wheel").click()
    expect(panel(student).locator(".mt-steering")).to_contain_text("Ada Byron drives.")
    task = panel(student).locator(".mt-task")
    expect(task).to_contain_text("the middle one, or the mean of the two")
    expect(panel(student).get_by_role("heading", name="The median")).to_have_count(1)
    run(mentor, 4)
    card(student).get_by_role("button", name="Check").click()
    table.until(lambda found: found.get("@exercise/checking", {}).get("state") == "done")
    assert table.map()["@exercise/check"]["name"] == "Zoé Lefèvre"
    expect(card(mentor).locator(".mt-check-line")).to_have_attribute("data-by", "ZL")
    assert table.map()["@exercise/checking"]["at"] == table.map()["@exercise/check"]["at"]
    checked = json.loads(record.read_text())["items"]["exercise:median"]
    assert [test["outcome"] for test in checked["tests"]] == ["passed", "failed"]
    # As the bridge does.
    fields = {f"exercise:median/{field}": checked[field] for field in ("tests", "checked_at")}
    table.tell(map=fields)
    for page in pair:
        expect(card(page).locator(".mt-result")).to_contain_text("Passed: 1 of 2.")
        expect(card(page).locator(".mt-message:visible")).to_have_text(
            "median([4, 1, 3, 2]) should give 2.5, yours gave 3"
        )
        expect(announced(page)).to_contain_text("Zoé Lefèvre checked the exercise. Passed: 1 of 2.")
    # What goes wrong is said to both.
    record.write_text(record.read_text().replace('"exercise:median"', '"exercise:away"'))
    card(mentor).get_by_role("button", name="Check").click()
    for page in pair:
        expect(card(page).locator(".mt-result")).to_contain_text("Not checked. record.json is damaged")
    record.write_text(record.read_text().replace('"exercise:away"', '"exercise:median"'))


def test_the_student_hands_in_and_both_see_what_comes_of_it(pair, table):
    mentor, student = pair
    said, hint = "exercise:median/submission", "exercise:median/hint"
    table.tell(server={said: {"state": "", "asked": ""}, hint: {"state": "", "step": 1, "asked": ""}})
    expect(card(mentor).get_by_role("button", name="Submit")).to_have_count(0)
    expect(card(mentor).get_by_role("button", name="Ask for hint")).to_have_count(0)
    card(student).get_by_role("button", name="Submit").click()
    expect(card(student).locator(".mt-submitted")).to_have_text("Handing in…")
    table.until(lambda found: "@exercise/submit" in found)
    wish = table.map()["@exercise/submit"]
    assert {**wish, "at": ""} == {"exercise": "median", "role": "student", "name": "Zoé Lefèvre", "at": ""}
    now = "2026-11-25T18:42:00Z"
    told_now = {"at": now, "sha": "0123456789ab", "asked": wish["at"]}
    handed = {"exercise:median/handed_in": "0" * 64, "exercise:median/handed_in_at": now}
    table.tell(server={said: {"state": "handed in", **told_now}}, map=handed)
    for page in pair:
        expect(card(page).locator(".mt-submitted")).to_contain_text("Handed in")
        expect(announced(page)).to_contain_text("The exercise was handed in.")
    graded = {"received": now, "verdict": "", "points": "1 of 2 points", "tests": [], "message": ""}
    table.tell(server={said: {"state": "graded", **graded, **told_now}})
    for page in pair:
        expect(card(page).locator(".mt-submitted")).to_have_text("1 of 2 points")
        expect(announced(page)).to_contain_text("There is feedback on the exercise. 1 of 2 points")

    card(student).get_by_role("button", name="Ask for hint 1 of 2").click()
    table.until(lambda found: "@exercise/hint" in found)
    asked = {"state": "asked", "step": 1, "at": now, "asked": table.map()["@exercise/hint"]["at"]}
    table.tell(server={hint: asked})
    expect(card(student).locator(".mt-ask")).to_contain_text("Asked")
    expect(card(mentor).locator(".mt-ask")).to_contain_text("Hint 1 was asked for at")
    given = {"exercise:median/hints": ["What does `sorted` give?"]}
    table.tell(server={hint: {"state": "", "step": 2, "asked": asked["asked"]}}, map=given)
    for page in pair:
        expect(card(page).locator(".mt-hint-text:visible")).to_have_text("What does sorted give?")
        expect(announced(page)).to_contain_text("Hint 1 was given.")
