"""The three sentences at the start of a report: progress on the path, news, and outlook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from toolkit.domain.mastery import MasteryState
from toolkit.domain.session import SessionState
from toolkit.i18n import _, format_date, ngettext
from toolkit.reports.snapshot.snapshot_models import AttemptLine, SessionLine
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot

__all__ = [
    "HELD_STATES",
    "last_held",
    "news_sentence",
    "outlook_sentence",
    "progress_sentence",
    "recent_attempts",
    "session_just_held",
]

HELD_STATES = frozenset({SessionState.HELD, SessionState.REPORTED})

_JUST_HELD = timedelta(hours=12)
_SHOWN_STATES = {MasteryState.SHOWN, MasteryState.RETAINED, MasteryState.REFRESH_DUE}


def progress_sentence(snapshot: StudentSnapshot) -> str:
    """Return the student's progress on the path, in one sentence."""
    states = [skill.state for skill in snapshot.skills]
    total = len(states)
    shown = sum(state in _SHOWN_STATES for state in states)
    learning = sum(state is MasteryState.LEARNING for state in states)
    if shown:
        sentence = ngettext(
            "Of the {total} skills on the path, {count} is shown without help",
            "Of the {total} skills on the path, {count} are shown without help",
            shown,
        ).format(total=total, count=shown)
    elif learning:
        sentence = _("Of the {total} skills on the path, none is shown without help yet").format(total=total)
    else:
        return ngettext(
            "The path has {total} skill, and its first exercise is still to come.",
            "The path has {total} skills, and its first exercise is still to come.",
            total,
        ).format(total=total)
    if learning:
        return ngettext(
            "{sentence}, and {count} is being learned.",
            "{sentence}, and {count} are being learned.",
            learning,
        ).format(sentence=sentence, count=learning)
    return _("{sentence}.").format(sentence=sentence)


def last_held(snapshot: StudentSnapshot) -> SessionLine | None:
    """Return the last session that was held."""
    return next((session for session in snapshot.sessions if session.state in HELD_STATES), None)


def recent_attempts(snapshot: StudentSnapshot) -> list[AttemptLine]:
    """Return the attempts since the last session, or all if none was held; earliest first."""
    last = last_held(snapshot)
    return [one for one in snapshot.attempts if last is None or one.received_at >= last.starts_at]


def session_just_held(snapshot: StudentSnapshot) -> SessionLine | None:
    """Return the last session if it ended within twelve hours and no attempt has come in since."""
    last = last_held(snapshot)
    if last is None or not (last.discussed or last.agreed):
        return None
    end = last.starts_at + timedelta(minutes=last.minutes)
    is_recent = snapshot.generated_at < end + _JUST_HELD
    return last if is_recent and all(one.received_at < end for one in snapshot.attempts) else None


def _session_sentence(session: SessionLine) -> str:
    discussed, agreed = len(session.discussed), len(session.agreed)
    brought = [
        ngettext("{n} point discussed", "{n} points discussed", discussed).format(n=discussed),
        ngettext("{n} action agreed", "{n} actions agreed", agreed).format(n=agreed),
    ]
    return _("The session of {date} brought: {brought}.").format(
        date=_day(session.starts_at),
        brought=", ".join(text for text, n in zip(brought, (discussed, agreed), strict=True) if n),
    )


def news_sentence(snapshot: StudentSnapshot) -> str:
    """Return what the last session brought, if it was just held, and the attempts since its start."""
    last = last_held(snapshot)
    recent = recent_attempts(snapshot)
    held = session_just_held(snapshot)
    if held is not None:
        return " ".join([_session_sentence(held), *([_attempts_sentence(recent, last)] if recent else [])])
    if not recent:
        if last is None:
            return _("No attempt has come in yet.")
        return _("No attempt has come in since the session of {date}.").format(date=_day(last.starts_at))
    return _attempts_sentence(recent, last)


def _attempts_sentence(recent: Sequence[AttemptLine], last: SessionLine | None) -> str:
    if last is None:
        sentence = ngettext(
            "{count} attempt has come in", "{count} attempts have come in", len(recent)
        ).format(count=len(recent))
    else:
        sentence = ngettext(
            "Since the session of {date}, {count} attempt has come in",
            "Since the session of {date}, {count} attempts have come in",
            len(recent),
        ).format(date=_day(last.starts_at), count=len(recent))
    return _("{sentence}; the latest, at “{title}”: {word}.").format(
        sentence=sentence, title=recent[-1].title, word=recent[-1].word
    )


def outlook_sentence(snapshot: StudentSnapshot) -> str:
    """Return the next exercise or review, and the open actions, in one sentence."""
    due = len(snapshot.reviews)
    if snapshot.next_exercises:
        sentence = _("Next comes “{title}”").format(title=snapshot.next_exercises[0].title)
    elif due:
        sentence = _("Next comes a look back")
    elif any(skill.state not in _SHOWN_STATES for skill in snapshot.skills):
        sentence = _("Nothing new can be begun before a result is in")
    else:
        sentence = _("Every skill on the path is shown")
    promised = len(snapshot.actions)
    extras = []
    if promised:
        extras.append(
            ngettext("{count} open action", "{count} open actions", promised).format(count=promised)
        )
    if due:
        extras.append(
            ngettext("{count} skill to be refreshed", "{count} skills to be refreshed", due).format(count=due)
        )
    if extras:
        return _("{sentence}, with {extras}.").format(sentence=sentence, extras=_(" and ").join(extras))
    return _("{sentence}.").format(sentence=sentence)


def _day(moment: datetime) -> str:
    return format_date(moment.astimezone().date())
