"""No sequence of actions breaks the state tables, loses an open action, or bills twice."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from toolkit.domain.agenda import ActionItem, ActionState, AgendaItem, AgendaState
from toolkit.domain.ledger import LEDGER_LINE, BillingRules, ledger_line_for
from toolkit.domain.people import MENTORSHIP, MentorshipState
from toolkit.domain.record_entries import ActionEntry, AgendaEntry, CheckEntry
from toolkit.domain.session import SESSION, Session, SessionState
from toolkit.domain.session_close import StudentBaseline, compute_close, open_agenda_items
from toolkit.errors import StateError

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
HELD = {SessionState.HELD, SessionState.REPORTED}
AHEAD = {SessionState.PLANNED, SessionState.CONFIRMED, SessionState.LIVE}
TERMINAL = [state for state in SessionState if not SESSION.actions(state)]


class MentorshipLife(RuleBasedStateMachine):
    """A mentor, one student, many sessions; every action may be tried at any time."""

    sessions = Bundle("sessions")

    @initialize(late=st.booleans(), no_show=st.booleans())
    def begin(self, late, no_show):
        self.rules = BillingRules(late, no_show)
        self.ids = (f"i{n}" for n in itertools.count())
        self.mentorship = MentorshipState.INVITED
        self.kept: dict[str, Session] = {}
        self.ledger: dict[str, list] = {}
        self.actions: dict[str, ActionItem] = {}
        self.promised: set[str] = set()
        self.agreed = 0
        self.records: dict[str, dict] = {}

    @rule(action=st.sampled_from(sorted({a for _, a in MENTORSHIP.table})))
    def mentorship_action(self, action):
        try:
            self.mentorship = MENTORSHIP.transition(self.mentorship, action)
        except StateError:
            assert action not in MENTORSHIP.actions(self.mentorship)

    @rule(target=sessions, hours=st.integers(-5, 72), topics=st.integers(0, 3))
    def plan(self, hours, topics):
        name = next(self.ids)
        agenda = tuple(AgendaItem(next(self.ids), f"point {n}", 5, float(n)) for n in range(topics))
        carried = open_agenda_items(self.kept.values())
        agenda += tuple(AgendaItem(next(self.ids), p.text, 5, 9.0, carried_from=p.id) for p in carried)
        # The table is laid now; other sessions may settle things before this one is closed.
        self.records[name] = {
            f"action:{a.id}": ActionEntry(id=a.id, text=a.text)
            for a in self.actions.values()
            if a.state is ActionState.OPEN
        }
        self.kept[name] = Session(name, "ana", NOW + timedelta(hours=hours), agenda=agenda)
        return name

    def settle(self, session):
        self.kept[session.id] = session
        line = ledger_line_for(session, self.rules)
        if line:
            self.ledger.setdefault(session.id, []).append(line)

    @rule(name=sessions, action=st.sampled_from(sorted({a for _, a in SESSION.table} - {"close"})))
    def session_action(self, name, action):
        session = self.kept[name]
        try:
            after = session.act(action)
        except StateError:
            assert action not in SESSION.actions(session.state)
            return
        # A report or a confirmation is no new reason to bill.
        if after.state in {SessionState.REPORTED, SessionState.CONFIRMED, SessionState.LIVE}:
            self.kept[name] = after
        else:
            self.settle(after)

    @rule(name=sessions, by=st.sampled_from(["mentor", "student"]), hours=st.integers(-80, 5))
    def cancel(self, name, by, hours):
        session = self.kept[name]
        at = session.starts_at + timedelta(hours=hours)
        try:
            after = session.cancel(by, at)
        except StateError:
            return
        assert (after.state is SessionState.CANCELLED_LATE) == (by == "student" and hours > -24)
        self.settle(after)

    @rule(
        name=sessions,
        data=st.data(),
        new=st.lists(st.sampled_from(list(ActionState)), max_size=3),
        ticked=st.booleans(),
    )
    def close(self, name, data, new, ticked):
        session = self.kept[name]
        record = dict(self.records[name])
        for item in session.agenda:
            state = data.draw(st.sampled_from([None, *AgendaState]))
            if state:  # None: somebody deleted it from the table
                record[f"agenda:{item.id}"] = AgendaEntry(id=item.id, text=item.text, state=state)
        open_before = [a for a in self.actions.values() if a.state is ActionState.OPEN]
        for item in open_before:
            state = data.draw(st.sampled_from([None, *ActionState]))
            if state:
                record[f"action:{item.id}"] = ActionEntry(id=item.id, text=item.text, state=state)
            else:
                record.pop(f"action:{item.id}", None)
        for state in new:
            key = next(self.ids)
            record[f"action:{key}"] = ActionEntry(id=key, text="new", state=state)
        record["check:loops"] = CheckEntry(id="loops", title="Loops", milestone="M", ticked=ticked)
        try:
            standing = StudentBaseline(open_before, set(self.actions), (), {"loops"})
            closing = compute_close(session, record, standing, self.rules, lambda: next(self.ids))
        except StateError:
            assert session.state is not SessionState.LIVE
            return
        assert closing.session.state is SessionState.HELD
        assert all(item.state is not AgendaState.OPEN for item in closing.session.agenda)
        assert {item.id for item in session.agenda} <= {item.id for item in closing.session.agenda}
        assert [(m.skill, m.by, m.given) for m in closing.marks] == [("loops", "student", True)] * ticked
        self.agreed += len(new)
        self.promised |= {a.id for a in closing.actions}
        self.actions |= {a.id: a for a in closing.actions}
        self.kept[name] = closing.session
        self.ledger.setdefault(name, []).append(closing.ledger)

    @invariant()
    def states_are_known(self):
        if hasattr(self, "kept"):
            assert all(s.state in SessionState for s in self.kept.values())

    @invariant()
    def billed_at_most_once(self):
        for lines in getattr(self, "ledger", {}).values():
            assert len(lines) == 1

    @invariant()
    def no_open_action_is_lost(self):
        actions = getattr(self, "actions", {})
        assert getattr(self, "promised", set()) == set(actions)
        followers = [a.carried_from for a in actions.values() if a.carried_from]
        assert len(followers) == len(set(followers))
        for item in actions.values():
            if item.state is ActionState.CARRIED:
                assert item.id in followers, "carried, and nothing goes on in its place"
        roots = [a for a in actions.values() if a.carried_from is None]
        assert len(roots) == getattr(self, "agreed", 0), "an action came back that was settled"

    @invariant()
    def no_carried_point_is_lost(self):
        sessions = getattr(self, "kept", {}).values()
        carried = {
            i.id for s in sessions if s.state in HELD for i in s.agenda if i.state is AgendaState.CARRIED
        }
        alive = [s for s in sessions if s.state in {*HELD, *AHEAD}]
        goes_on = {i.carried_from for s in alive for i in s.agenda}
        assert carried <= goes_on | {p.id for p in open_agenda_items(sessions)}


MentorshipLife.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestMentorshipLife = MentorshipLife.TestCase


def test_every_state_is_reached_and_terminal_states_stay():
    reached = {SessionState.PLANNED} | set(SESSION.table.values())
    assert reached == set(SessionState)
    assert SessionState.REPORTED in TERMINAL
    for state in TERMINAL:
        for action in {a for _, a in SESSION.table}:
            try:
                SESSION.transition(state, action)
            except StateError as error:
                assert error.hint
            else:
                raise AssertionError((state, action))


def test_ledger_line_moves_one_way():
    session = replace(Session("a-1", "a", NOW), state=SessionState.HELD)
    line = ledger_line_for(session, BillingRules())
    assert line.act("state").act("pay").state == "paid"
    assert set(LEDGER_LINE.actions(line.act("state").act("pay").state)) == set()
