"""The parts of a progress report: one method per cell of the template."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import wraps
from typing import Any

from markupsafe import Markup, escape

from toolkit.domain.mastery import MasteryState
from toolkit.i18n import _, format_date, format_datetime, format_number, ngettext, use_language
from toolkit.reports.render import report_sections, summary_sentences
from toolkit.reports.render.charts import MAX_LANES, attempt_kind, attempts_over_time
from toolkit.reports.render.html_blocks import (
    Block,
    escaped,
    html_list,
    html_table,
    icon_with_word,
    isolated,
    joined,
    muted,
    paragraph,
    small_line,
    text_with_code,
)
from toolkit.reports.render.icons import ATTEMPT_ICONS, SKILL_ICONS, icon, share_bar
from toolkit.reports.render.markdown import render_markdown
from toolkit.reports.render.path_map import describe_path_map, render_path_map
from toolkit.reports.render.template_contract import parse_snapshot
from toolkit.reports.snapshot.skill_models import SkillLine
from toolkit.reports.snapshot.snapshot_models import ActionLine, ExerciseLine, NextLine, SessionLine
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot

__all__ = ["Page"]

_MAX_SESSIONS = 3
_MAX_NEXT_EXERCISES = 5


def _in_student_language(part: Callable[[Page], Block]) -> Callable[[Page], Block]:
    """Decorate a part of the page so that its texts are in the student's language."""

    @wraps(part)
    def translated(page: Page) -> Block:
        with use_language(page.snapshot.student.language):
            return part(page)

    return translated


class Page:
    """The progress of one student as blocks for the cells of a template: ``page.letter()``.

    Parameters
    ----------
    snapshot : StudentSnapshot or mapping
        The template's parameter ``snapshot``.
    """

    def __init__(self, snapshot: StudentSnapshot | Mapping[str, Any]) -> None:
        self.snapshot = snapshot if isinstance(snapshot, StudentSnapshot) else parse_snapshot(snapshot)

    def __repr__(self) -> str:
        return f"Page({self.snapshot.student.id!r}, {self.snapshot.generated_at:%Y-%m-%d})"

    @_in_student_language
    def letter(self) -> Block:
        """Show the name, the date, and a summary in three sentences."""
        snapshot = self.snapshot
        name = snapshot.student.name
        sentences = [
            summary_sentences.progress_sentence(snapshot),
            summary_sentences.news_sentence(snapshot),
            summary_sentences.outlook_sentence(snapshot),
        ]
        facts = Markup("{} · {}").format(_day(snapshot.generated_at), isolated(snapshot.path_title))
        if snapshot.next_session:
            when = _("Next session: {moment}").format(moment=format_datetime(snapshot.next_session.starts_at))
            facts += Markup("<br>{}").format(when)
        hello = escape(_("Hello {name},")).format(name=isolated(snapshot.student.given_name))
        return Block(
            Markup("<h1>{}</h1>{}{}{}").format(
                isolated(name),
                paragraph(muted(facts)),
                paragraph(hello),
                paragraph(escaped(" ".join(sentences))),
            ),
            "letter",
        )

    @_in_student_language
    def news(self) -> Block:
        """Show the changes since the last session."""
        return report_sections.news_section(self.snapshot)

    @_in_student_language
    def map(self) -> Block:
        """Show the path as a map: each skill with its state and its prerequisites."""
        caption = escaped(summary_sentences.progress_sentence(self.snapshot)) + small_line(
            escaped(_("A line leads to what builds on it."))
        )
        return Block(
            _figure(render_path_map(self.snapshot), describe_path_map(self.snapshot), caption), "map"
        )

    @_in_student_language
    def path(self) -> Block:
        """Show each skill by milestone: its state, the evidence, and the marks of student and mentor."""
        marked = report_sections.has_marks(self.snapshot.skills)
        parts = []
        for milestone in self.snapshot.milestones:
            done = sum(skill.shown_on is not None for skill in milestone.skills)
            head = [_("Skill"), _("State"), *([_("Marks")] if marked else [])]
            rows = (
                [
                    isolated(skill.title)
                    + small_line(escaped(_since(skill)))
                    + small_line(report_sections.evidence_list(skill)),
                    icon_with_word(icon(SKILL_ICONS[skill.state]), skill.word),
                    *([report_sections.opinions_list(skill)] if marked else []),
                ]
                for skill in milestone.skills
            )
            count = _("{n} of {total} shown").format(n=done, total=len(milestone.skills))
            parts.append(
                Markup("<h3>{} {}</h3>{}").format(
                    isolated(milestone.title), muted(escaped(f"· {count}")), html_table(head, rows, "skills")
                )
            )
        return Block(joined("", parts), "path")

    @_in_student_language
    def key(self) -> Block:
        """Show the meaning of the states that occur."""
        meanings = {
            MasteryState.NOT_STARTED: _("no attempt yet"),
            MasteryState.LEARNING: _("tried, or solved with help"),
            MasteryState.SHOWN: _("solved without help"),
            MasteryState.RETAINED: _("solved without help again, a week later or more"),
            MasteryState.REFRESH_DUE: _("shown some time ago, to be looked at again"),
        }
        present = {skill.state: skill.word for skill in self.snapshot.skills}
        parts = [
            _labelled(icon_with_word(icon(SKILL_ICONS[state]), present[state]), escaped(meaning))
            for state, meaning in meanings.items()
            if state in present
        ]
        return Block(paragraph(muted(joined(" · ", parts))), "key")

    @_in_student_language
    def attempts(self) -> Block:
        """Show the attempts over time as a chart, with the same content as a sentence."""
        snapshot = self.snapshot
        if not snapshot.attempts:
            return Block(paragraph(escaped(_("No attempt yet. The first one will stand here."))), "attempts")
        solved = sum(line.solved_on is not None for line in snapshot.exercises)
        tried = ngettext(
            "{attempts} at {count} exercise since {date}: {solved} solved.",
            "{attempts} at {count} exercises since {date}: {solved} solved.",
            len(snapshot.exercises),
        ).format(
            attempts=_count(len(snapshot.attempts)),
            count=len(snapshot.exercises),
            date=_day(snapshot.attempts[0].received_at),
            solved=solved,
        )
        kinds = {
            "solved": _("solved"),
            "helped": _("solved with help"),
            "not yet": _("not yet"),
            "stopped": _("stopped or unreadable"),
            "waiting": _("waits for its result"),
        }
        present = {attempt_kind(attempt) for attempt in snapshot.attempts}
        legend = joined(
            " · ",
            (
                icon_with_word(icon(ATTEMPT_ICONS[kind]), word)
                for kind, word in kinds.items()
                if kind in present
            ),
        )
        notes = [_("A mark is an attempt, a dotted line a session.")]
        if len(snapshot.exercises) > MAX_LANES:
            notes.append(_("The last {count} exercises are shown.").format(count=MAX_LANES))
        caption = escaped(tried) + small_line(Markup("{} {}").format(" ".join(notes), legend))
        return Block(_figure(attempts_over_time(snapshot), tried, caption), "attempts")

    @_in_student_language
    def points(self) -> Block:
        """Show the best points for each exercise, and the last test message of an unsolved one."""
        lines = self.snapshot.exercises
        if not lines:
            return Block(Markup(""), "points")
        head = [_("Exercise"), _("Points"), _("Attempts"), _("Hints")]
        rows = (
            [
                isolated(line.title) + _said(line),
                _points(line),
                escaped(format_number(line.attempts)),
                escaped(_hints(line)),
            ]
            for line in lines
        )
        return Block(html_table(head, rows, "points"), "points")

    @_in_student_language
    def failing(self) -> Block:
        """Show the tests that fail most often, with their likely misconceptions."""
        return report_sections.failing_section(self.snapshot)

    @_in_student_language
    def sessions(self) -> Block:
        """Show the recaps of the last sessions, latest first."""
        held = [session for session in self.snapshot.sessions if _was_held(session)]
        others = [session for session in self.snapshot.sessions if not _was_held(session)]
        recent = held[:_MAX_SESSIONS]
        parts = [_session(session) for session in recent]
        since = recent[-1].starts_at if recent else None
        missed = [
            _("{date} ({state})").format(date=_day(session.starts_at), state=session.word)
            for session in others
            if since is None or session.starts_at > since
        ]
        if missed:
            parts.append(
                paragraph(muted(escaped(_("Not held: {sessions}.").format(sessions=", ".join(missed)))))
            )
        parts.append(report_sections.earlier_sessions(self.snapshot, _MAX_SESSIONS))
        if not any(parts):
            parts = [paragraph(escaped(_("No session has been held yet.")))]
        return Block(joined("", parts), "sessions")

    @_in_student_language
    def actions(self) -> Block:
        """Show every open action item: owner, due date, and the if-then plan."""
        if not self.snapshot.actions:
            return Block(paragraph(escaped(_("No action is open."))), "actions")
        return Block(html_list(_action(action) for action in self.snapshot.actions), "actions")

    @_in_student_language
    def kept(self) -> Block:
        """Show the action items that are done."""
        return report_sections.kept_section(self.snapshot)

    @_in_student_language
    def next_steps(self) -> Block:
        """Show the suggested exercises, each with the reason."""
        lines = self.snapshot.next_exercises[:_MAX_NEXT_EXERCISES]
        if not lines:
            return Block(paragraph(escaped(_("No exercise is open just now."))), "next")
        return Block(html_list(_next(line) for line in lines), "next")

    @_in_student_language
    def reviews(self) -> Block:
        """Show the skills that are due for a refresh, or the date of the next review."""
        lines = self.snapshot.reviews
        if lines:
            return Block(
                html_list(
                    Markup("{} {}{}").format(
                        icon(SKILL_ICONS[MasteryState.REFRESH_DUE]),
                        isolated(line.title),
                        small_line(escaped(line.reason + _with(line.exercise_title))),
                    )
                    for line in lines
                ),
                "reviews",
            )
        to_come = min((skill.review_on for skill in self.snapshot.skills if skill.review_on), default=None)
        if to_come is None:
            return Block(paragraph(escaped(_("Nothing is to be looked at again yet."))), "reviews")
        sentence = _("Nothing is to be looked at again before {date}.").format(date=_day(to_come))
        return Block(paragraph(escaped(sentence)), "reviews")


def _figure(svg: str, alternative: str, caption: Markup) -> Markup:
    """Return a drawing as an image, the text that says the same, and what stands below it."""
    return Markup(
        '<figure style="margin: 0"><img class="chart" src="data:image/svg+xml;base64,{}" alt="{}" '
        'style="max-width: 100%; width: 560px"><figcaption>{}</figcaption></figure>'
    ).format(b64encode(svg.encode()).decode(), alternative, caption)


def _day(day: date | datetime) -> str:
    return format_date(day.astimezone().date() if isinstance(day, datetime) else day)


def _count(number: int) -> str:
    return ngettext("{count} attempt", "{count} attempts", number).format(count=number)


def _since(skill: SkillLine) -> str:
    """Return one line on the evidence for the skill's state."""
    parts = []
    if skill.retained_on:
        parts.append(_("retained on {date}").format(date=_day(skill.retained_on)))
    elif skill.shown_on:
        parts.append(_("shown on {date}").format(date=_day(skill.shown_on)))
    elif skill.evidence:
        tried = sum(bool(item.attempt) for item in skill.evidence)
        parts.append(_count(tried) if tried else _("seen in a session"))
        if any(item.success for item in skill.evidence):
            parts.append(_("solved with help"))
    if skill.review_on and skill.state is not MasteryState.REFRESH_DUE:
        parts.append(_("next look on {date}").format(date=_day(skill.review_on)))
    return ", ".join(parts)


def _points(line: ExerciseLine) -> Markup:
    if not line.max_points:
        return Markup("–")
    count = _("{points} of {total}").format(
        points=format_number(line.points), total=format_number(line.max_points)
    )
    waiting = ""
    if line.pending:
        waiting = _("{points} wait for the mentor").format(points=format_number(line.pending))
    return Markup("{} {}{}").format(
        share_bar(line.points / line.max_points), count, small_line(escaped(waiting))
    )


def _hints(line: ExerciseLine) -> str:
    if not line.hints_used:
        return "–"
    if line.hint_count < line.hints_used:
        return format_number(line.hints_used)
    return _("{n} of {total}").format(n=format_number(line.hints_used), total=format_number(line.hint_count))


def _said(line: ExerciseLine) -> Markup:
    if not line.messages:
        return Markup("")
    message = report_sections.shorten_message(line.messages[0])
    more = len(line.messages) - 1
    rest = ngettext(" · and {count} more", " · and {count} more", more).format(count=more) if more else ""
    return small_line(isolated(text_with_code(message)) + rest)


def _was_held(session: SessionLine) -> bool:
    return session.state in summary_sentences.HELD_STATES


def _session(session: SessionLine) -> Markup:
    title = Markup("<h3>{}</h3>").format(_day(session.starts_at))
    agreed = [f"{promise.text} ({promise.word})" for promise in session.agreed]
    if session.recap.strip():
        since = _labelled(escaped(_("What was agreed, today")), _listed(agreed)) if agreed else Markup("")
        return title + render_markdown(session.recap) + (paragraph(muted(since)) if since else Markup(""))
    lines = {
        _("Discussed"): session.discussed,
        _("Carried to the next session"): session.carried,
        _("Agreed"): agreed,
    }
    return title + html_list(
        _labelled(escaped(label), _listed(things)) for label, things in lines.items() if things
    )


def _labelled(label: Markup, html: Markup) -> Markup:
    """Join a label and its content, both safe HTML."""
    return escape(_("{label}: {content}")).format(label=label, content=html)


def _listed(things: Iterable[str]) -> Markup:
    return joined(" · ", (isolated(thing) for thing in things))


def _action(action: ActionLine) -> Markup:
    plan = isolated(action.plan) if action.plan else Markup("")
    return isolated(action.text) + small_line(escaped(" · ".join(_facts(action)))) + small_line(plan)


def _facts(action: ActionLine) -> Iterator[str]:
    yield _("Student") if action.owner == "student" else _("Mentor")
    if action.due:
        yield (_("was due on {date}") if action.late else _("by {date}")).format(date=_day(action.due))
    if action.carried:
        yield _("from an earlier session")


def _next(line: NextLine) -> Markup:
    minutes = _("{n} min").format(n=line.minutes)
    return Markup("{} {}{}").format(
        isolated(line.title), muted(escaped(f"· {minutes}")), small_line(escaped(line.reason))
    )


def _with(exercise: str) -> str:
    return " " + _("For instance with “{title}”.").format(title=exercise) if exercise else ""
