"""Whatever changes an agenda, in Python or from a page, it shows the content of the disk."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from toolkit.domain.agenda import AGENDA_ITEM
from toolkit.errors import MentoringError
from toolkit.widgets import Agenda, Record, Timer

names = st.integers(0, 5)
states = st.sampled_from(["open", "discussed", "carried", "dropped", "nonsense"])


class AgendaMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.record = Record.create(Path(self.folder.name) / "record.json", {})
        self.agenda = Agenda(self.record)
        self.other = Agenda(Record(self.record.path))  # another kernel
        self.timer = Timer(self.record)
        self.token = 0
        self.before: dict[str, str] = {}

    def teardown(self):
        self.folder.cleanup()

    def name(self, number):
        rows = self.agenda.items
        return rows[number % len(rows)]["id"] if rows else "nobody"

    def attempt(self, action, *arguments, **options):
        with suppress(MentoringError):
            action(*arguments, **options)

    @rule(text=st.text(max_size=20), minutes=st.integers(-5, 300))
    def add(self, text, minutes):
        self.attempt(self.agenda.add, text, minutes)

    @rule(number=names, action=st.sampled_from(["discuss", "reopen", "drop", "carry", "start"]))
    def act(self, number, action):
        self.attempt(getattr(self.agenda, action), self.name(number))

    @rule(number=names, before=names)
    def move(self, number, before):
        self.attempt(self.agenda.move, self.name(number), self.name(before))

    @rule(number=names, state=states, text=st.text(max_size=5))
    def page(self, number, state, text):
        self.token += 1
        rows = [dict(row) for row in self.agenda.items]
        for row in rows:
            if row["id"] == self.name(number):
                row.update(state=state, text=text)
        touched = {"token": self.token, "ids": [self.name(number)]}
        self.agenda.set_state({"items": rows, "running": self.name(number), "touched": touched})
        assert self.agenda.answered == self.token

    @rule(number=names)
    def elsewhere(self, number):
        self.attempt(self.other.discuss, self.name(number))
        self.other.add("from elsewhere")
        self.agenda.refresh()

    @rule(minutes=st.integers(-3, 300))
    def clock(self, minutes):
        self.attempt(setattr, self.timer, "minutes", minutes)
        self.timer.start()

    @invariant()
    def the_page_shows_the_disk(self):
        saved = self.record.items("agenda:")
        assert [entry.model_dump(mode="json") for entry in saved.values()] == self.agenda.items
        timer = self.record.get("timer")
        assert self.agenda.running in {"", timer and timer.item}
        assert not self.agenda.error.startswith("Not saved")
        if self.agenda.running:
            assert saved[f"agenda:{self.agenda.running}"].state == "open"

    @invariant()
    def nothing_is_lost_and_no_state_is_skipped(self):
        now = {row["id"]: row["state"] for row in self.agenda.items}
        assert set(self.before) <= set(now)
        reachable = {(str(old), str(new)) for (old, _action), new in AGENDA_ITEM.table.items()}
        for name, old in self.before.items():
            assert old == now[name] or (old, now[name]) in reachable
        self.before = now


AgendaMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAgendaMachine = AgendaMachine.TestCase
