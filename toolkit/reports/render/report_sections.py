"""Sections of a progress report: changes, failing tests, done actions, earlier sessions, evidence, marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import quote

from babel.dates import format_date as babel_date
from markupsafe import Markup

from toolkit.i18n import _, current_language, format_date, format_number, ngettext
from toolkit.reports.render.html_blocks import (
    Block,
    escaped,
    html_list,
    html_table,
    isolated,
    joined,
    muted,
    paragraph,
    small_line,
    text_with_code,
)
from toolkit.reports.render.icons import MARK, icon
from toolkit.reports.render.summary_sentences import HELD_STATES, session_just_held
from toolkit.reports.snapshot.skill_models import EvidenceLine, SayingLine, SkillLine
from toolkit.reports.snapshot.snapshot_models import FailingLine
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot

__all__ = [
    "earlier_sessions",
    "evidence_list",
    "failing_section",
    "has_marks",
    "kept_section",
    "news_section",
    "opinions_list",
    "short_date",
    "shorten_message",
]

_MAX_NEWS = 8
_MAX_TESTS = 6
_MAX_KEPT = 8
_MAX_EVIDENCE = 3
_MAX_MESSAGE_CHARS = 240


def news_section(snapshot: StudentSnapshot) -> Block:
    """Show the changes since the last session."""
    if not snapshot.changes:
        return Block(_session_news(snapshot), "news")
    lines = [isolated(change.sentence) for change in snapshot.changes[:_MAX_NEWS]]
    more = len(snapshot.changes) - _MAX_NEWS
    if more > 0:
        lines.append(muted(escaped(ngettext("And {n} more.", "And {n} more.", more).format(n=more))))
    head = Markup("")
    if snapshot.since:
        since = _("Since the session of {date}:").format(date=format_date(snapshot.since))
        head = paragraph(muted(escaped(since)))
    return Block(head + html_list(lines), "news")


def _session_news(snapshot: StudentSnapshot) -> Markup:
    """Return the points and agreements of a session that was just held; else that there is no news."""
    session = session_just_held(snapshot)
    if session is None:
        return paragraph(escaped(_("Nothing new so far.")))
    day = format_date(session.starts_at.astimezone().date())
    agreed = (
        Markup("{}{}").format(isolated(line.text), small_line(escaped(_("agreed"))))
        for line in session.agreed
    )
    lines = [*map(isolated, session.discussed), *agreed][:_MAX_NEWS]
    return paragraph(muted(escaped(_("In the session of {date}:").format(date=day)))) + html_list(lines)


def failing_section(snapshot: StudentSnapshot) -> Block:
    """Show the tests that fail most often, with their last messages and likely misconceptions."""
    lines = snapshot.failing[:_MAX_TESTS]
    if not lines:
        return Block(paragraph(escaped(_("No test has failed so far."))), "failing")
    head = [_("Test"), _("Failed"), _("What it said last, and what that points at")]
    rows = (
        [
            isolated(line.name) + small_line(isolated(line.title)),
            _failed(line),
            _pointed_at(line),
        ]
        for line in lines
    )
    more = len(snapshot.failing) - len(lines)
    note = ngettext("{n} more test failed at times.", "{n} more tests failed at times.", more)
    rest = paragraph(muted(escaped(note.format(n=more)))) if more else Markup("")
    return Block(html_table(head, rows, "failing") + rest, "failing")


def _failed(line: FailingLine) -> Markup:
    times = ngettext("{n} time", "{n} times", line.times).format(n=format_number(line.times))
    since = "" if line.still else _("passes since")
    return escaped(times) + small_line(escaped(since))


def _pointed_at(line: FailingLine) -> Markup:
    said = isolated(text_with_code(shorten_message(line.message))) if line.message else Markup("–")
    return said + small_line(
        isolated(text_with_code(line.misconception)) if line.misconception else Markup("")
    )


def kept_section(snapshot: StudentSnapshot) -> Block:
    """Show the action items that are done."""
    lines = [
        Markup("{} {}{}").format(
            icon(MARK),
            isolated(line.text),
            small_line(escaped(" · ".join(_facts(line.owner, line.agreed_on)))),
        )
        for line in snapshot.kept[:_MAX_KEPT]
    ]
    if not lines:
        return Block(Markup(""), "kept")
    title = ngettext("{n} kept", "{n} kept", len(snapshot.kept)).format(n=format_number(len(snapshot.kept)))
    return Block(Markup("<h3>{}</h3>{}").format(title, html_list(lines)), "kept")


def _facts(owner: str, agreed_on: date | None) -> Iterator[str]:
    yield _("Student") if owner == "student" else _("Mentor")
    if agreed_on:
        yield _("agreed on {date}").format(date=format_date(agreed_on))


def earlier_sessions(snapshot: StudentSnapshot, shown: int) -> Markup:
    """Return a line with the dates of the earlier sessions that were held.

    Parameters
    ----------
    snapshot : StudentSnapshot
        The student's snapshot.
    shown : int
        Number of latest sessions that are shown elsewhere and left out here.
    """
    held = [session for session in snapshot.sessions if session.state in HELD_STATES][shown:]
    days = ", ".join(short_date(session.starts_at.astimezone().date()) for session in held)
    if not held:
        return Markup("")
    sentence = ngettext("{n} earlier session: {days}.", "{n} earlier sessions: {days}.", len(held))
    return paragraph(muted(escaped(sentence.format(n=len(held), days=days))))


def evidence_list(skill: SkillLine) -> Markup:
    """Return the evidence for a skill's state, latest first, each with a link to the attempt's feedback."""
    good = [item for item in skill.evidence if item.success]
    chosen = sorted(good or skill.evidence, key=lambda item: item.on, reverse=True)[:_MAX_EVIDENCE]
    return joined(" · ", map(_one, chosen))


def _one(item: EvidenceLine) -> Markup:
    if item.session:
        what = escaped(_("seen in the session of {date}").format(date=short_date(item.on)))
    else:
        what = Markup("{}, {}").format(isolated(item.title), short_date(item.on))
        if item.page:
            what = Markup('<a href="{}">{}</a>').format(quote(item.page), what)
    help_ = _("with help") if item.aided else _("alone")
    how = help_ if item.success else _("not yet")
    return Markup("{} ({})").format(what, how)


def opinions_list(skill: SkillLine) -> Markup:
    """Return the opinions of student and mentor about a skill, shown beside the evidence."""
    return Markup("<br>").join(_marks(skill))


def _marks(skill: SkillLine) -> Iterator[Markup]:
    if skill.student_says:
        yield _said(_("Student"), skill.student_says)
    elif skill.ticked_on:
        yield Markup("{} {} {}").format(icon(MARK), _("Student"), muted(escaped(short_date(skill.ticked_on))))
    if skill.mentor_says:
        yield _said(_("Mentor"), skill.mentor_says)


def _said(who: str, saying: SayingLine) -> Markup:
    head = escaped(_("{who}: {word}").format(who=who, word=saying.word))
    words = Markup("<br>{}").format(isolated(saying.words)) if saying.words else Markup("")
    return Markup("{} {}").format(head, muted(escaped(short_date(saying.on)) + words))


def short_date(day: date) -> str:
    """Return a date in short form: "24 Nov 2026"."""
    return babel_date(day, "d MMM y", locale=current_language())


def shorten_message(message: str) -> str:
    """Return a test's message, cut after 240 characters."""
    return message if len(message) <= _MAX_MESSAGE_CHARS else f"{message[:_MAX_MESSAGE_CHARS].rstrip()}…"


def has_marks(skills: Iterable[SkillLine]) -> bool:
    """Return True if student or mentor has marked any of the skills."""
    return any(skill.ticked_on or skill.student_says or skill.mentor_says for skill in skills)
