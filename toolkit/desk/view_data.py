"""The parts of the session desk as plain data for the view, in the current language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from toolkit.desk.session_state import SessionFacts
from toolkit.domain.agenda import ActionState, AgendaItem, AgendaState
from toolkit.domain.record_entries import ActionEntry, AgendaEntry, Entry, ExerciseEntry, TimerEntry
from toolkit.domain.session import SessionState
from toolkit.domain.session_close import mark_changes, stated_opinions
from toolkit.i18n import _, format_date, format_datetime, format_time, ngettext, use_language
from toolkit.reports.render.session_brief import (
    SessionBrief,
    attempt_line,
    promise_line,
    review_line,
    wish_lines,
)
from toolkit.reports.snapshot.skill_models import SkillLine
from toolkit.services.sessions.close_session import describe_close, describe_marks, describe_opinions
from toolkit.services.sessions.closing_data import ClosePreview
from toolkit.store import Note

__all__ = [
    "ENDED_STATES",
    "brief_view",
    "close_view",
    "evidence_view",
    "hints_view",
    "notes_view",
    "session_view",
    "solutions_view",
    "table_view",
]


ENDED_STATES = frozenset({SessionState.HELD, SessionState.REPORTED})
"""The states of a closed session: the stored data is shown then, no longer the shared record."""


def session_view(facts: SessionFacts) -> dict[str, Any]:
    """Return the session and its state."""
    now = facts.session
    return {
        "id": now.id,
        "student": facts.student.name,
        "student_id": facts.student.id,
        "when": format_datetime(now.starts_at),
        "minutes": now.minutes,
        "state": str(now.state),
        "word": _(str(now.state)),
        "exercise": facts.prepared.before.exercise,
    }


def brief_view(facts: SessionFacts) -> dict[str, Any]:
    """Return the mentor's brief before the session."""
    found = facts.prepared.before.brief
    return {
        "opener": f"{found.opener} {found.why}",
        "summary": ", ".join(_counted(found)),
        "wish": wish_lines(facts.prepared.before.wish),
        "news": found.news,
        "standing": found.standing,
        "promises": [
            {"text": promise_line(action), "more": action.plan, "late": action.late}
            for action in found.promises
        ],
        "attempts": [
            {"text": attempt_line(attempt), "more": next(iter(attempt.messages), attempt.reason)}
            for attempt in found.attempts
        ],
        "reviews": [{"text": review_line(review), "more": review.reason} for review in found.reviews],
        "notes": [_note(note) for note in facts.prepared.before.notes[:3]],
    }


def table_view(facts: SessionFacts) -> dict[str, Any]:
    """Return the live state of the agenda, and the ticks, agreements and test results so far."""
    timer = facts.entries.get("timer")
    clock = TimerEntry(minutes=facts.session.minutes)
    items: list[AgendaEntry | AgendaItem] = list(facts.session.agenda)
    if facts.session.state not in ENDED_STATES:
        clock = timer if isinstance(timer, TimerEntry) else clock
        items = [entry for entry in facts.entries.values() if isinstance(entry, AgendaEntry)]
    items.sort(key=lambda entry: (entry.order, entry.id))
    still = [entry for entry in items if entry.state is AgendaState.OPEN]
    running = next((entry for entry in still if entry.id == clock.item), None)
    following = next((entry.text for entry in still if entry is not running), "")
    return {
        "problems": list(facts.problems),
        "started_at": _iso(clock.started_at),
        "minutes": clock.minutes,
        "running": {"text": running.text, "minutes": running.minutes, "since": _iso(clock.item_started_at)}
        if running
        else {},
        "next": following,
        "done": sum(entry.state is AgendaState.DISCUSSED for entry in items),
        "total": len(items),
        "items": [
            {"text": entry.text, "minutes": entry.minutes, "state": str(entry.state)} for entry in items
        ],
        "ticks": [
            *describe_marks(mark_changes(facts.entries, facts.standing)),
            *describe_opinions(stated_opinions(facts.entries, facts.standing)),
        ],
        "agreed": [_promise(entry) for entry in _agreed(facts)],
        "kept": [
            entry.text
            for entry in facts.entries.values()
            if isinstance(entry, ActionEntry)
            and entry.state is ActionState.DONE
            and entry.id in facts.standing.known_actions
        ],
        "tests": _tests(facts.entries.get(f"exercise:{facts.session.exercise}")),
    }


def hints_view(facts: SessionFacts) -> dict[str, Any]:
    """Return all hints of the exercise of the day, given and later ones, in the student's language."""
    card = facts.prepared.card
    with use_language(facts.student.language):
        hints = [str(hint) for hint in card.hints] if card else []
    return {
        "exercise": facts.prepared.before.exercise,
        "language": facts.student.language,
        "hints": hints,
        "given": min(facts.hints, len(hints)),
        "asked": format_time(facts.asked) if facts.asked and facts.hints < len(hints) else "",
    }


def solutions_view(facts: SessionFacts) -> dict[str, Any]:
    """Return the worked solution, and the typical wrong answers."""
    card = facts.prepared.card
    return {
        "solution": _cells(facts.prepared.solution),
        "wrong": [
            {
                "name": wrong.name,
                "why": str(wrong.why),
                "cells": _cells(wrong.cells),
                "message": wrong.message,
            }
            for wrong in (card.wrong_answers if card else ())
        ],
    }


def evidence_view(facts: SessionFacts) -> dict[str, Any]:
    """Return the skills with this session's observations; those of the exercise of the day are separate."""
    card = facts.prepared.card
    seen: dict[str, list[dict[str, Any]]] = {}
    for one in facts.seen:
        seen.setdefault(one.skill, []).append({"aided": one.aided, "at": format_time(one.seen_at)})
    mine = set(card.skills if card else ()) | seen.keys()
    lines = [_skill(skill, seen.get(skill.id, [])) for skill in facts.prepared.before.skills]
    return {
        "skills": [line for line in lines if line["id"] in mine],
        "others": [line for line in lines if line["id"] not in mine],
    }


def close_view(preview: ClosePreview) -> dict[str, Any]:
    """Return the changes that a close would store, as sentences."""
    return {
        "lines": describe_close(preview),
        "problems": list(preview.problems),
        "draft": preview.closing.draft,
    }


def notes_view(facts: SessionFacts) -> list[dict[str, str]]:
    """Return the stored private notes on this session."""
    return [_note(note) for note in facts.notes]


def _counted(found: SessionBrief) -> Iterator[str]:
    promised, tried = len(found.promises), len(found.attempts)
    if promised:
        yield ngettext("{count} open action", "{count} open actions", promised).format(count=promised)
    if tried:
        yield ngettext("{count} attempt", "{count} attempts", tried).format(count=tried)


def _note(note: Note) -> dict[str, str]:
    return {"at": format_date(note.written_at.astimezone().date()), "text": note.text}


def _cells(cells: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "source": source} for name, source in cells.items()]


def _skill(skill: SkillLine, seen: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": skill.id,
        "title": skill.title,
        "state": str(skill.state),
        "word": skill.word,
        "seen": seen,
    }


def _agreed(facts: SessionFacts) -> list[ActionEntry]:
    new = [
        entry
        for entry in facts.entries.values()
        if isinstance(entry, ActionEntry)
        and entry.id not in facts.standing.known_actions
        and entry.state is not ActionState.DROPPED
    ]
    return sorted(new, key=lambda entry: (entry.order, entry.id))


def _promise(entry: ActionEntry) -> str:
    parts = [entry.text, _("student") if entry.owner == "student" else _("mentor")]
    if entry.due:
        parts.append(_("by {date}").format(date=format_date(entry.due)))
    return " · ".join(parts)


def _tests(entry: Entry | None) -> str:
    if not isinstance(entry, ExerciseEntry) or entry.checked_at is None or not entry.tests:
        return ""
    return _("Checked {time}: {n} of {total} tests pass.").format(
        time=format_time(entry.checked_at),
        n=sum(test.outcome == "passed" for test in entry.tests),
        total=len(entry.tests),
    )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
