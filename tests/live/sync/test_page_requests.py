"""A page requests a submission or a hint, and receives the answers."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from jupyter_ydoc import YNotebook

from toolkit.domain.submission_status import SubmissionStatus, SubmissionTestStatus
from toolkit.live.sync.page_requests import HINT_KEY, SUBMIT_KEY, PageRequests
from toolkit.workspace.submission_outbox import Outbox, submission_file_name

AT = "2026-11-25T18:42:00.000Z"
SAID = "exercise:median/submission"
NEXT = "exercise:median/hint"


def wish(**more) -> dict:
    return {"exercise": "median", "role": "student", "name": "Zoé", "at": AT, **more}


@pytest.fixture
def errands(record) -> PageRequests:
    document = YNotebook()
    cell = {
        "cell_type": "code",
        "id": "c",
        "metadata": {},
        "source": "x = 1",
        "outputs": [],
        "execution_count": 1,
    }
    document.source = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return PageRequests(record, document)


@pytest.fixture
def outbox(settings) -> Outbox:
    return Outbox(settings.root)


def ask(errands, record, key, value=None, role="student") -> dict:
    errands.handle_change([key, "agenda:a0/text"], role)
    return asyncio.run(errands.run({key: wish() if value is None else value}, record.items()))


def test_what_both_see_is_handed_in_and_the_record_says_so(errands, record, outbox):
    told = ask(errands, record, SUBMIT_KEY)
    (name,) = outbox.waiting()
    notebook = json.loads(outbox.read(name))
    assert notebook["cells"][0]["source"] in ("x = 1", ["x = 1"])
    entry = record.get("exercise:median")
    assert name == submission_file_name("median", entry.handed_in)
    assert told[SAID]["state"] == "handed in"
    assert told[SAID]["asked"] == AT
    assert told[SAID]["sha"] == entry.handed_in[:12]


@pytest.mark.parametrize("role", ["mentor", None])
@pytest.mark.parametrize(("key", "said"), [(SUBMIT_KEY, SAID), (HINT_KEY, NEXT)])
def test_nobody_else_does_it_in_the_students_name(errands, record, outbox, key, said, role):
    told = ask(errands, record, key, role=role)
    assert told[said]["state"] == "problem"
    assert "Only the student" in told[said]["message"]
    assert told[said]["asked"] == AT
    assert outbox.waiting() == []
    assert outbox.requests() == []
    assert record.get("exercise:median").handed_in == ""


@pytest.mark.parametrize(
    "value",
    [
        5,
        None,
        [],
        {},
        wish(more=1),
        wish(exercise="other"),
        wish(exercise="../x"),
        wish(role="admin"),
        wish(at="0" * 99),
    ],
)
def test_what_is_no_wish_does_nothing(errands, record, outbox, value):
    told = asyncio.run(errands.run({}, record.items()))
    errands.handle_change([SUBMIT_KEY], "student")
    assert asyncio.run(errands.run({SUBMIT_KEY: value}, record.items())) == {}
    assert told[SAID]["asked"] == ""
    assert outbox.waiting() == []


def test_answer_arrives_without_fields_guests_cannot_reach(errands, record, outbox):
    """The answer arrives without the fields that guests must not see."""
    ask(errands, record, SUBMIT_KEY)
    sha = record.get("exercise:median").handed_in
    test = SubmissionTestStatus(name="odd", outcome="failed", message="x" * 5000)
    now = datetime.now(UTC)
    answer = SubmissionStatus(
        sha256=sha,
        state="graded",
        received_at=now,
        verdict="Graded",
        points=1,
        max_points=2,
        tests=(test,) * 150,
        page="feedback/median.html",
    )
    outbox.say(submission_file_name("median", sha), answer)
    told = asyncio.run(errands.run({}, record.items()))[SAID]
    assert (told["state"], told["points"], told["asked"]) == ("graded", "1 of 2 points", AT)
    assert "page" not in told
    assert len(json.dumps(told)) < 250_000
    # Nothing new, nothing to say.
    assert asyncio.run(errands.run({}, record.items())) == {}


def test_a_hint_is_asked_for_and_its_coming_ends_the_wish(errands, record, outbox):
    told = ask(errands, record, HINT_KEY)[NEXT]
    assert (told["state"], told["step"], told["asked"]) == ("asked", 1, AT)
    assert [request.step for request in outbox.requests()] == [1]
    entry = record.get("exercise:median")
    record.put({"exercise:median": entry.model_copy(update={"hints": ["One", "Two"]})})
    told = asyncio.run(errands.run({}, record.items()))[NEXT]
    assert told["state"] == "none"
    told = ask(errands, record, HINT_KEY, wish(at="2026-11-25T18:50:00.000Z"))[NEXT]
    assert "no further hint" in told["message"]


def test_a_disk_that_refuses_is_said_and_stops_nothing(errands, record, settings):
    (settings.root / "outbox").symlink_to(settings.root)
    told = ask(errands, record, SUBMIT_KEY)[SAID]
    assert told["state"] == "problem"
    assert told["message"]
    assert record.get("exercise:median").handed_in == ""
