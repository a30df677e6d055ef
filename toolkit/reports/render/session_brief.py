"""The brief: the mentor's two-minute preparation before a session."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.domain.session_wish import SessionWish
from toolkit.i18n import _, format_date
from toolkit.reports.render.summary_sentences import (
    last_held,
    news_sentence,
    progress_sentence,
    recent_attempts,
)
from toolkit.reports.snapshot.snapshot_models import ActionLine, AttemptLine, ReviewLine
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot

__all__ = [
    "SessionBrief",
    "attempt_line",
    "build_brief",
    "opening_sentence",
    "promise_line",
    "review_line",
    "wish_lines",
]


@dataclass(frozen=True)
class SessionBrief:
    """The mentor's information before a session; the texts are in the current language.

    Parameters
    ----------
    opener, why : str
        A suggestion for the start of the session, and its reason; one sentence each.
    news : str
        Attempts since the last session, in one sentence.
    standing : str
        Progress on the path, in one sentence.
    promises : tuple of ActionLine
        Open action items.
    attempts : tuple of AttemptLine
        Attempts since the last session, earliest first.
    reviews : tuple of ReviewLine
        Skills that are due for a refresh.
    """

    opener: str
    why: str
    news: str
    standing: str
    promises: tuple[ActionLine, ...]
    attempts: tuple[AttemptLine, ...]
    reviews: tuple[ReviewLine, ...]


def build_brief(snapshot: StudentSnapshot) -> SessionBrief:
    """Return the brief for ``snapshot``, whose texts must be in the current language."""
    first, why = _opener(snapshot)
    return SessionBrief(
        first,
        why,
        news_sentence(snapshot),
        progress_sentence(snapshot),
        snapshot.actions,
        tuple(recent_attempts(snapshot)),
        snapshot.reviews,
    )


def opening_sentence(snapshot: StudentSnapshot) -> str:
    """Return a suggestion for the start: about a success, else a promise, an attempt, or a due review."""
    return _opener(snapshot)[0]


def _opener(snapshot: StudentSnapshot) -> tuple[str, str]:
    """Return the suggestion for the start, and its reason."""
    recent = recent_attempts(snapshot)
    solved = [one for one in recent if one.solved]
    promised = [action for action in snapshot.actions if action.owner == "student"]
    if solved:
        text = _("Begin with what went well: “{title}”. How was it done?").format(title=solved[-1].title)
        return text, _("It was solved on {date}.").format(date=_day(solved[-1]))
    if promised:
        due = promised[0].due
        why = _("It is promised for {date}.").format(date=format_date(due)) if due else _("It is promised.")
        return _("Ask how it went: “{text}”.").format(text=promised[0].text), why
    if recent:
        text = _("Ask to be shown how far “{title}” has come.").format(title=recent[-1].title)
        return text, _("The last attempt came in on {date}: {word}.").format(
            date=_day(recent[-1]), word=recent[-1].word
        )
    if snapshot.reviews:
        review = snapshot.reviews[0]
        return _("Warm up without help: “{skill}”.").format(skill=review.title), review.reason
    if last_held(snapshot) is None:
        text = _("Ask what the first thing is that they would like to be able to do.")
        return text, _("No session has been held yet.")
    text = _("Ask what has been on their mind since the last session.")
    return text, _("Nothing has come in since, and nothing is promised or due.")


def _day(attempt: AttemptLine) -> str:
    return format_date(attempt.received_at.astimezone().date())


def promise_line(action: ActionLine) -> str:
    """Return an open action item in one line: text, owner, due date."""
    parts = [action.text, _("student") if action.owner == "student" else _("mentor")]
    if action.due:
        due = _("overdue since {date}") if action.late else _("by {date}")
        parts.append(due.format(date=format_date(action.due)))
    return " · ".join(parts)


def attempt_line(attempt: AttemptLine) -> str:
    """Return an attempt in one line: exercise, result, date."""
    day = format_date(attempt.received_at.astimezone().date())
    return " · ".join([attempt.title, attempt.word, day])


def review_line(review: ReviewLine) -> str:
    """Return a due review in one line: skill, exercise."""
    return " · ".join(part for part in (review.title, review.exercise_title) if part)


def wish_lines(wish: SessionWish) -> list[str]:
    """Return the parts of the student's wish, one line each, without empty parts."""
    lines = [
        (_("A win: {text}"), wish.win),
        (_("A block: {text}"), wish.block),
        (_("A goal: {text}"), wish.goal),
        (_("They said: {text}"), wish.words),
    ]
    return [line.format(text=" ".join(text.split())) for line, text in lines if text.strip()]
