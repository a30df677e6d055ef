"""The exercise card: the messages of a check, and protection against student code."""

from __future__ import annotations

import linecache
import signal
import threading
import time
from datetime import UTC, datetime

import pytest

from tests.patience import PATIENCE_S
from toolkit.domain.record_entries import TestEntry as Check
from toolkit.domain.submission_status import SubmissionStatus, SubmissionTestStatus
from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.widgets import ExerciseCard, Record
from toolkit.widgets.visible_test_run import run_tests
from toolkit.workspace.hint_requests import HintRequester
from toolkit.workspace.submission_outbox import Outbox


def run(source: str, namespace=None, seconds=0.3):
    return run_tests([Check(name="t", source=source)], namespace or {}, seconds=seconds)[0]


def defined(code: str, filename="/tmp/ipykernel_1/1.py"):
    """Run ``code`` as a notebook's cell: in linecache, but in no file."""
    names: dict[str, object] = {}
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    exec(compile(code, filename, "exec"), names)
    return names


@pytest.mark.parametrize(
    ("source", "outcome", "message"),
    [
        ("assert 1 == 1", "passed", ""),
        ("assert 1 == 2, 'should give `2`'", "failed", "should give `2`"),
        ("x = 1\nassert x == 2", "failed", "Not true yet: `assert x == 2`"),
        ("raise NotImplementedError", "failed", "Not yet written."),
        (
            "median([1])",
            "failed",
            "`NameError: name 'median' is not defined`. Has the cell with the code been run?",
        ),
        ("1 / 0", "failed", "`ZeroDivisionError: division by zero`"),
        ("raise SystemExit", "failed", "`SystemExit`"),
        ("input('?')", "failed", "`EOFError: a check cannot answer input()`"),
        ("raise ValueError('\\ud800')", "failed", "`ValueError: ?`"),
        ("while True: pass", "timed out", "This takes too long: is there a loop that never ends?"),
        ("import time; time.sleep(60)", "timed out", "This takes too long: is there a loop that never ends?"),
        ("while True:\n try: 1 / 0\n except Exception: pass", "timed out", None),
        ("while True:\n try: pass\n except: pass", "timed out", None),
        ("class E(Exception):\n def __str__(self): 1 / 0\nraise E", "failed", "`E`"),
        ("class E(Exception):\n def __str__(self):\n  while True: pass\nraise E", "timed out", None),
        ("def f(): f()\nf()", "failed", None),
        ("def f(:", "failed", None),
        ("import sys; sys.stdout.write('x' * 10**7); print('loud'); assert 0, 'end'", "failed", "end"),
    ],
)
def test_outcomes(source, outcome, message, capsys):
    result = run(source)
    assert result.outcome == outcome
    assert message is None or result.message == message
    assert capsys.readouterr().out == ""


def test_the_students_own_line_is_quoted():
    names = defined("def median(values):\n    return values[0] + 'x'\n")
    assert run("median([1])", names).message == (
        "`TypeError: unsupported operand type(s) for +: 'int' and 'str'` in the line `return values[0] + 'x'`"
    )


def test_a_huge_message_is_cut():
    assert len(run("assert 0, 'x' * 10**6").message) == 2000


def test_tests_run_in_order_in_one_copy_of_the_names():
    names = {"values": [1]}
    results = run_tests(
        [Check(name="1", source="extra = 5"), Check(name="2", source="assert extra == 5")], names
    )
    assert [result.outcome for result in results] == ["passed", "passed"]
    assert names == {"values": [1]}


def test_an_interruption_leaves_the_rest_for_later():
    tests = [
        Check(name="1", source="pass"),
        Check(name="2", source="raise KeyboardInterrupt"),
        Check(name="3", source=""),
    ]
    assert [result.outcome for result in run_tests(tests, {})] == ["passed", "not run", "not run"]


def test_an_alarm_of_somebody_else_stays_set():
    rang = []
    before = signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
    old = signal.setitimer(signal.ITIMER_REAL, 0.4)
    try:
        assert run("while True: pass", seconds=0.1).outcome == "timed out"
        assert not rang
        deadline = time.monotonic() + PATIENCE_S
        while not rang and time.monotonic() < deadline:
            time.sleep(0.01)
        assert rang
    finally:
        signal.setitimer(signal.ITIMER_REAL, *old)
        signal.signal(signal.SIGALRM, before)


def test_outside_the_main_thread_tests_still_run():
    results = []
    thread = threading.Thread(target=lambda: results.append(run("assert 0, 'no'")))
    thread.start()
    thread.join()
    assert results[0].message == "no"


def test_a_check_is_saved(record):
    card = ExerciseCard(
        record, "median", namespace={"median": lambda values: sorted(values)[len(values) // 2]}
    )
    assert card.entry["title"] == "The median"
    results = card.check()
    assert [result.outcome for result in results] == ["passed"]
    assert record.get("exercise:median").tests == results
    assert record.get("exercise:median").checked_at is not None
    assert card.checking == ""
    assert repr(ExerciseCard(record)) == "<ExerciseCard: The median, 1 of 1 tests pass>"


def test_page_requests_a_check_and_shows_a_hint_given_elsewhere(record):
    """A page requests a check, and shows a hint that was given elsewhere."""
    card = ExerciseCard(record, namespace={})
    entry = record.get("exercise:median")
    Record(record.path).put({"exercise:median": entry.model_copy(update={"hints": ["Sort first."]})})
    card.set_state({"check_requested": 1, "touched": {"token": 5, "ids": []}})
    assert card.answered == 5
    assert card.entry["tests"][0]["outcome"] == "failed"
    assert card.entry["hints"] == record.get("exercise:median").hints == ["Sort first."]
    checked_at = card.entry["checked_at"]
    card.set_state({"check_requested": "x", "entry": {}, "checking": "running"})
    assert (card.entry["checked_at"], card.checking) == (checked_at, "")


def test_a_card_needs_one_exercise(record):
    with pytest.raises(InputError):
        ExerciseCard()
    with pytest.raises(NotFoundError, match="Did you mean median"):
        ExerciseCard(record, "medina")
    card = ExerciseCard(exercise={"title": "Alone", "tests": [{"name": "t", "source": "pass"}]})
    assert card.check()[0].outcome == "passed"


def test_a_card_of_a_damaged_record_says_so(record):
    record.path.write_text("{")
    assert "damaged" in ExerciseCard(record).error


def hand_in(record, name="session.ipynb", content="{}"):
    (record.path.parent / name).write_text(content)
    return ExerciseCard(record, namespace={})


def test_a_submission_is_a_copy_of_the_notebook_and_stays_noted(record):
    card = hand_in(record, "work.ipynb", '{"cells": []}')
    assert card.submission["state"] == ""
    card.set_state({"notebook": "work.ipynb", "submit_requested": 1, "touched": {"token": 5, "ids": []}})
    assert (card.submission["state"], card.submission["request"]) == ("handed in", 1)
    entry = record.get("exercise:median")
    assert entry.handed_in[:12] == card.submission["sha"]
    (path,) = (record.path.parent / "outbox").iterdir()
    assert (path.name, path.read_text()) == (f"median-{entry.handed_in[:12]}.ipynb", '{"cells": []}')
    again = ExerciseCard(record)
    assert again.submission["sha"] == card.submission["sha"]
    assert entry.handed_in[:12] in again.to_html()


def test_the_answer_appears_on_the_card(record):
    card = hand_in(record)
    digest = card.submit()
    outbox = Outbox.of_record(record.path)
    said = SubmissionStatus(
        sha256=digest,
        state="graded",
        received_at=datetime.now(UTC),
        verdict="graded",
        points=2,
        max_points=4,
        tests=(SubmissionTestStatus(name="odd", outcome="failed", message="<b>no</b>"),),
        page="feedback/x.html",
    )
    outbox.say(f"median-{digest[:12]}.ipynb", said)
    card.refresh()
    assert (card.submission["state"], card.submission["points"]) == ("graded", "2 of 4 points")
    assert card.submission["page"] == "feedback/x.html"
    assert "<b>" not in card.to_html()


def test_without_anybody_there_it_says_when_it_is_received(record, monkeypatch):
    card = hand_in(record)
    card.submit()
    monkeypatch.setattr("toolkit.workspace.hand_in._RECEIPT_TIMEOUT_S", 0.0)
    card.refresh()
    assert card.submission["state"] == "alone"


@pytest.mark.parametrize("name", ["../../x.ipynb", "/etc/passwd", "x.txt", "missing.ipynb", "..", 7])
def test_a_page_cannot_hand_in_what_is_no_notebook_here(record, name):
    card = hand_in(record)
    card.set_state({"notebook": name, "submit_requested": 1})
    if name == 7:
        assert card.notebook == ""
    else:
        assert card.submission["state"] == "problem"
        assert card.submission["message"].startswith("Not handed in. ")
        assert not (record.path.parent / "outbox").exists()
    assert card.submission["request"] == 1


def test_without_a_record_there_is_no_submit(record):
    card = ExerciseCard(exercise={"title": "Alone", "tests": []})
    assert card.submission == {}
    with pytest.raises(StateError, match="Without a record"):
        card.submit()


def given(record, *hints):
    """Give hints as the mentor's side does; the card no longer requests them."""
    entry = record.get("exercise:median")
    Record(record.path).put({"exercise:median": entry.model_copy(update={"hints": list(hints)})})
    outbox = Outbox.of_record(record.path)
    for request in outbox.requests():
        outbox.drop(request)


def test_a_page_asks_for_a_hint_and_it_comes_in_its_place(record):
    card = ExerciseCard(record, namespace={})
    assert card.hint == {"state": "", "step": 1, "request": 0}
    card.set_state({"hint_requested": 1, "touched": {"token": 5, "ids": []}})
    assert (card.hint["state"], card.hint["step"], card.hint["request"]) == ("asked", 1, 1)
    outbox = Outbox.of_record(record.path)
    assert [request.name for request in outbox.requests()] == ["median-1.hint"]
    assert card.ask() == 1
    assert len(outbox.requests()) == 1, "asked twice it is one request"
    assert ExerciseCard(record).hint["at"] == card.hint["at"], "it is known after a restart"
    assert card._update_hint()
    given(record, "Sort first.")
    assert not card._update_hint()
    assert card.entry["hints"] == ["Sort first."]
    assert card.hint == {"state": "", "step": 2, "request": 1}


def test_after_the_last_hint_there_is_none_to_ask_for(record):
    given(record, "Sort first.", "Take the middle.")
    card = ExerciseCard(record)
    assert card.hint == {"state": "none", "request": 0}
    with pytest.raises(StateError, match="no further hint"):
        card.ask()
    card.set_state({"hint_requested": 1})
    assert (card.hint["state"], card.hint["message"][:14]) == ("problem", "Not asked for.")
    assert Outbox.of_record(record.path).requests() == []


def test_without_anybody_there_it_says_when_the_hint_comes(record):
    entry = record.get("exercise:median")
    asking = HintRequester(record, patience=0.0)
    asking.put(entry)
    assert asking.state(entry)["state"] == "alone"
    assert HintRequester(record, patience=60.0).state(entry)["state"] == "asked"


def test_what_the_disk_refuses_is_said_on_the_card(record, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (record.path.parent / "outbox").symlink_to(tmp_path / "elsewhere")
    card = ExerciseCard(record)
    card.set_state({"hint_requested": 1})
    assert card.hint["state"] == "problem"
    assert "link" in card.hint["message"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_without_a_record_there_is_no_asking():
    card = ExerciseCard(exercise={"title": "Alone", "tests": [], "hint_count": 2})
    assert card.hint == {}
    with pytest.raises(StateError, match="Without a record"):
        card.ask()


def test_an_alarm_outside_the_test_is_not_raised(monkeypatch):
    """On a busy machine the repeated signal arrives while the timer is being stopped."""
    real = signal.setitimer

    def late(which, seconds, interval=0.0):
        if not seconds:
            signal.raise_signal(signal.SIGALRM)
        return real(which, seconds, interval)

    before = signal.getsignal(signal.SIGALRM)
    with monkeypatch.context() as patch:
        patch.setattr(signal, "setitimer", late)
        assert run("while True: pass").outcome == "timed out"
    assert signal.getsignal(signal.SIGALRM) is before
