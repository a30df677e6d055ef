"""Reports with changes are written again; shared reports stay unchanged."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event

from toolkit.domain.agenda import ActionItem
from toolkit.errors import ExecutionError, NotFoundError
from toolkit.practice import Practice
from toolkit.services.practice import mentorships
from toolkit.services.reports import frozen_reports, progress_notebooks

ZOE = "zoe-lefevre"


def new(practice, **options):
    """Return the students whose reports were written again."""
    return {
        one.student_id
        for one in progress_notebooks.write_progress_notebooks(practice, **options)
        if one.is_new
    }


def test_only_what_has_changed_is_written(demo_practice):
    everybody = {"aicha-benali", "ben-okafor", ZOE}
    now = datetime.now(UTC)
    new(demo_practice, now=now)
    assert new(demo_practice, now=now) == set()
    # A day on which nothing is due says the same; files that were written by hand, or are gone, do not.
    folder = demo_practice.workspace
    (folder("ben-okafor") / "progress.html").unlink()
    (folder("aicha-benali") / "progress.ipynb").write_text("mine")
    assert new(demo_practice, now=now, jobs=2) == {"ben-okafor", "aicha-benali"}
    with demo_practice.store.begin() as tx:
        tx.actions.save(ActionItem("x", "Draw a list", due=now.date() + timedelta(days=3)), ZOE)
    assert new(demo_practice, now=now) == {ZOE}
    assert "Draw a list" in (folder(ZOE) / "progress.html").read_text(encoding="utf-8")
    assert ZOE in new(demo_practice, now=now + timedelta(days=4)), "the action is late by then"
    style = demo_practice.root / "templates" / "nbconvert" / "mentoring" / "static" / "report.css"
    style.parent.mkdir(parents=True)
    style.write_text("p { color: teal }")
    assert new(demo_practice, now=now) == everybody


def test_a_template_that_fails_keeps_the_last_good_ones(demo_practice):
    progress_notebooks.write_progress_notebooks(demo_practice)
    page = demo_practice.workspace(ZOE) / "progress.html"
    good = page.read_bytes()
    own = demo_practice.root / "templates" / "reports" / "progress.ipynb"
    own.parent.mkdir(parents=True)
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": []}
    fails = "if snapshot['student']['id'].startswith('zoe'): raise ValueError('not today')"
    cells = [
        {**cell, "id": "p", "metadata": {"tags": ["parameters"]}, "source": "snapshot = {}"},
        {**cell, "source": fails},
    ]
    own.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    written = {
        one.student_id: one for one in progress_notebooks.write_progress_notebooks(demo_practice, jobs=2)
    }
    assert isinstance(written[ZOE].problem, ExecutionError)
    assert "ValueError: not today" in str(written[ZOE].problem)
    assert page.read_bytes() == good
    assert {one.student_id for one in written.values() if one.is_new} == {"ben-okafor", "aicha-benali"}
    assert isinstance(
        progress_notebooks.write_progress_notebooks(demo_practice, [ZOE])[0].problem, ExecutionError
    ), "it is tried again"


def test_a_printed_page_does_not_outlive_its_page(demo_practice):
    pdf = demo_practice.workspace(ZOE) / "progress.pdf"
    progress_notebooks.write_progress_notebooks(demo_practice, [ZOE])
    pdf.write_bytes(b"%PDF- of a page that said what the page says now")
    assert new(demo_practice, students=[ZOE]) == set()
    assert pdf.exists()
    with demo_practice.store.begin() as tx:
        tx.actions.save(ActionItem("x", "Draw a list"), ZOE)
    assert new(demo_practice, students=[ZOE]) == {ZOE}
    assert not pdf.exists()


def test_many_are_looked_up_with_a_few_queries(demo_practice):
    for number in range(8):
        mentorships.add_student(demo_practice, f"Student {number}")
    asked: list[str] = []

    def hear(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        assert len(new(demo_practice, now=datetime.now(UTC) + timedelta(days=400), jobs=2)) >= 8
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    about = [line for line in asked if "FROM attempts" in line and "ORDER BY" in line]
    assert 0 < len(about) <= 4, "one for all whose rows are hashed, and one for ten whose story is told"


def test_one_whose_path_is_gone_stops_nobody_else(demo_practice):
    with demo_practice.store.begin() as tx:
        tx.students.save(replace(tx.students.get(ZOE), path="gone"))
    others = {"ben-okafor", "aicha-benali"}
    for name in others:
        (demo_practice.workspace(name) / "progress.html").unlink(missing_ok=True)
    written = {one.student_id: one for one in progress_notebooks.write_progress_notebooks(demo_practice)}
    assert isinstance(written[ZOE].problem, NotFoundError)
    assert {name for name, one in written.items() if one.is_new} == others


def test_what_was_shared_stays(demo_practice):
    progress_notebooks.write_progress_notebooks(demo_practice, [ZOE])
    first = frozen_reports.share_report(demo_practice, ZOE)
    assert (first.number, first.is_new, first.intact) == (1, True, True)
    assert not first.page.stat().st_mode & 0o222
    assert replace(frozen_reports.share_report(demo_practice, ZOE), is_new=True) == first, (
        "the same is the same version"
    )
    content = first.page.read_bytes()
    with demo_practice.store.begin() as tx:
        tx.actions.save(ActionItem("x", "Draw a list"), ZOE)
    progress_notebooks.write_progress_notebooks(demo_practice, [ZOE])
    second = frozen_reports.share_report(demo_practice, ZOE)
    assert (second.number, second.is_new) == (2, True)
    assert second.page != first.page
    assert first.page.read_bytes() == content
    # Whoever owns the folder can replace a file in it: it is seen, and what was shared is put back.
    second.page.unlink()
    second.page.write_text("forged")
    assert [version.intact for version in frozen_reports.list_shared_reports(demo_practice, ZOE)] == [
        True,
        False,
    ]
    assert frozen_reports.share_report(demo_practice, ZOE).intact
    assert second.page.read_text(encoding="utf-8").count("Draw a list")


def test_only_a_report_as_it_was_written_is_shared(demo_practice):
    progress_notebooks.write_progress_notebooks(demo_practice, [ZOE])
    (demo_practice.workspace(ZOE) / "progress.html").write_text("forged")
    with pytest.raises(NotFoundError, match="mentor report zoe-lefevre"):
        frozen_reports.share_report(demo_practice, ZOE)


def test_looking_costs_no_more_for_what_others_have_stored(demo_practice):
    with demo_practice.store.read() as tx:
        ids = [ZOE]
        one = tx.reports.fingerprints(ids)
        all_ = tx.reports.fingerprints([student.id for student in tx.students.all()])
    assert all_[ZOE] == one[ZOE]
    with demo_practice.store.begin() as tx:
        tx.actions.save(ActionItem("x", "Draw a list"), "ben-okafor")
    with closing(Practice(demo_practice.root).store) as store, store.read() as tx:
        after = tx.reports.fingerprints([student.id for student in tx.students.all()])
    assert {name for name in after if after[name] != all_[name]} == {"ben-okafor"}
