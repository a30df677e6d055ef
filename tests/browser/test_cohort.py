"""The cohort page in a browser, opened from a file: sorting, filtering and navigation by keyboard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from toolkit.domain.cohort_rows import CohortRow, SharedFailure, StuckExercise, StudentCounts
from toolkit.domain.people import Student
from toolkit.reports.render.cohort_page import render_cohort

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"


def row(number: int, name: str) -> CohortRow:
    stuck = (StuckExercise("till", "At the till", 3 + number, ("test-change",)),) if number % 3 == 0 else ()
    ahead = NOW + timedelta(number) if number % 2 else None
    counts = StudentCounts(NOW - timedelta(number), ahead, open_actions=number % 4)
    return CohortRow(
        Student(f"s{number}", name, NOW), counts, number, 600, number % 5, 1, 0, None, "", 0, stuck
    )


def test_five_hundred_students(page: Page, tmp_path: Path) -> None:
    rows = [row(n, f"Student {n}") for n in range(498)]
    rows += [row(498, "Zoé Lefèvre"), row(499, HOSTILE)]
    alike = SharedFailure("till", "At the till", "test-change", HOSTILE, HOSTILE, ("s498", "s499"))
    path = tmp_path / "cohort.html"
    path.write_text(render_cohort(rows, [alike], 500, NOW, {"s1": "../students/s1/progress.html"}), "utf-8")
    page.goto(path.as_uri())
    status = page.get_by_role("status")
    expect(status).to_have_text("500 of 500 shown")
    names = page.locator("tbody tr:visible th")

    shown = page.get_by_role("button", name="Skills shown")
    shown.focus()
    page.keyboard.press("Enter")
    head = page.get_by_role("columnheader", name="Skills shown")
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(names.first).to_contain_text("img src")
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("[aria-sort]")).to_have_count(1)
    page.get_by_role("button", name="Next session").click()
    assert names.nth(0).inner_text() == "Student 1"
    expect(page.locator("tbody tr").last.locator("td").nth(1)).to_have_text("–")

    page.keyboard.press("/")
    page.keyboard.type("LEFEVRE")
    expect(status).to_have_text("1 of 500 shown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "Zoé Lefèvre"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(status).to_have_text("500 of 500 shown")
    page.get_by_label("stuck somewhere").check()
    page.get_by_label("no session planned").check()
    expect(status).to_have_text(f"{sum(n % 6 == 0 for n in range(500))} of 500 shown")

    page.locator("summary").click()
    assert page.title() == "The cohort"
    assert page.complaints == []  # type: ignore[attr-defined]
