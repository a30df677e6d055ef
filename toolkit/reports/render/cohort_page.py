"""The cohort view as one HTML page for the mentor only; it works without network and server."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

from babel.dates import format_date as babel_date

from toolkit.domain.attempt import test_display_name
from toolkit.domain.cohort_rows import PERIOD_DAYS, CohortRow, SharedFailure
from toolkit.i18n import _, current_language, format_date, format_datetime, format_time, ngettext
from toolkit.reports.render.html_blocks import escaped, isolated, paragraph, text_with_code

__all__ = ["render_cohort"]

_HERE = Path(__file__).parent
_MAX_STUCK_EXERCISES = 3
_MAX_MESSAGE_CHARS = 400


def render_cohort(
    rows: Sequence[CohortRow],
    fails: Sequence[SharedFailure],
    total: int,
    at: datetime,
    reports: Mapping[str, str],
) -> str:
    """Return the page, in the current language.

    Parameters
    ----------
    rows : sequence of CohortRow
        One row per student.
    fails : sequence of SharedFailure
        Failures that several students share.
    total : int
        Number of students that match the selection; may be larger than the number of rows.
    at : datetime
        Time of the data; aware.
    reports : mapping of str to str
        Path of the progress page, relative to this page, by student id; students without a page are missing.
    """
    style, script = _part("cohort.css"), _part("cohort.js")
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    names = {row.student.id: _name(row, reports) for row in rows}
    return (
        f'<!DOCTYPE html>\n<html lang="{current_language()}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(_('The cohort'))}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"{''.join(_head(rows, fails, total, at))}{_table(rows, names)}{''.join(_alike(fails, names))}\n"
        f"</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


@cache
def _part(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _digest(part: str) -> str:
    return b64encode(sha256(part.encode()).digest()).decode()


def _head(
    rows: Sequence[CohortRow], fails: Sequence[SharedFailure], total: int, at: datetime
) -> Iterator[str]:
    yield f"<h1>{escaped(_('The cohort'))}</h1>"
    parts = [
        format_datetime(at),
        ngettext("{count} student", "{count} students", total).format(count=total),
        _("for you alone: do not share this window in a call"),
    ]
    yield paragraph(f'<span class="soft">{escaped(" · ".join(parts))}</span>')
    if len(rows) < total:
        some = _(
            "The {count} who meet soonest are shown. The others: `mentor cohort --find NAME`, or `--limit`."
        ).format(count=len(rows))
        yield paragraph(text_with_code(some))
    if fails:
        count = len(fails)
        more = ngettext(
            "{count} test that several fail alike", "{count} tests that several fail alike", count
        )
        yield paragraph(f'<a href="#alike">{escaped(more.format(count=count))}</a>')


def _table(rows: Sequence[CohortRow], names: Mapping[str, str]) -> str:
    if not rows:
        return paragraph(
            escaped(_("No student fits what was asked for. Take one on: mentor student add NAME"))
        )
    flags = {
        "due": _("something to refresh"),
        "late": _("an action overdue"),
        "stuck": _("stuck somewhere"),
        "unplanned": _("no session planned"),
    }
    boxes = "".join(
        f'<label><input type="checkbox" data-flag="{flag}"> {escaped(word)}</label>'
        for flag, word in flags.items()
    )
    hint = _("Find (press /)")
    shown = _("{shown} of {total} shown")
    status = f'<span class="soft" role="status" data-text="{escape(shown)}"></span>'
    tools = (
        f'<div class="tools"><input type="search" aria-label="{escape(hint)}" placeholder="{escape(hint)}" '
        f'autocomplete="off">{boxes}{status}</div>'
    )
    head = "".join(
        f'<th scope="col" data-first="{first}"{sorted_by}>'
        f'<button type="button">{escaped(title)}</button></th>'
        for title, first, sorted_by in _columns()
    )
    body = "".join(_row(row, names[row.student.id]) for row in rows)
    caption = escaped(_("Every student in a row; a heading sorts by its column."))
    return (
        f'{tools}<div class="wide"><table><caption class="soft">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _columns() -> Iterator[tuple[str, str, str]]:
    """Yield each column's heading, its first sort direction, and its ``aria-sort`` attribute if any."""
    up, down = "ascending", "descending"
    yield _("Student"), up, ""
    yield _("Last session"), up, ""
    yield _("Next session"), up, ' aria-sort="ascending"'
    yield _("Skills shown"), down, ""
    yield _("New in the last {days} days").format(days=PERIOD_DAYS), down, ""
    yield _("To refresh"), down, ""
    yield _("Open actions"), down, ""
    yield _("Stuck where"), down, ""
    yield _("To begin with"), up, ""


def _row(row: CohortRow, name: str) -> str:
    counts, student, opener = row.counts, row.student, _opener(row)
    flags = {
        "due": row.reviews,
        "late": counts.late_actions,
        "stuck": row.stuck,
        "unplanned": counts.next_session is None,
    }
    late = ngettext("{count} overdue", "{count} overdue", counts.late_actions).format(
        count=counts.late_actions
    )
    cells = [
        _cell(_moment(counts.last_session), _iso(counts.last_session)),
        _cell(_moment(counts.next_session, hour=True), _iso(counts.next_session)),
        _cell(escaped(_("{n} of {total}").format(n=row.shown, total=row.skills)), row.shown),
        _cell(_trend(row), row.recent),
        _cell(_counted(row.reviews, _since(row.due_since)), row.reviews),
        _cell(
            _counted(counts.open_actions, late if counts.late_actions else "", "late"), counts.open_actions
        ),
        _cell("".join(_stuck(row)) or _nothing(), sum(one.attempts for one in row.stuck), "where"),
        _cell(f"<small>{isolated(opener)}</small>", opener, "where"),
    ]
    set_flags = " ".join(flag for flag, is_set in flags.items() if is_set)
    state = "" if student.state == "active" else f"<small>{escaped(_(str(student.state)))}</small>"
    return (
        f'<tr data-flags="{set_flags}"><th scope="row" data-v="{escape(student.name)}">{name}{state}</th>'
        f"{''.join(cells)}</tr>"
    )


def _opener(row: CohortRow) -> str:
    """Return a suggestion for the start of the session; the session's brief gives a more detailed one."""
    if row.stuck:
        return _("Ask to be shown how far “{title}” has come.").format(title=row.stuck[0].title)
    if row.due_skill:
        return _("Warm up without help: “{skill}”.").format(skill=row.due_skill)
    if row.counts.last_session is None:
        return _("Ask what the first thing is that they would like to be able to do.")
    return _("Ask what has been on their mind since the last session.")


def _name(row: CohortRow, reports: Mapping[str, str]) -> str:
    link = reports.get(row.student.id)
    if link is None:
        return f'<span tabindex="-1">{isolated(row.student.name)}</span>'
    return f'<a href="{escape(link)}">{isolated(row.student.name)}</a>'


def _cell(html: str, value: object, kind: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    return f'<td{kind} data-v="{escape(str(value or ""))}">{html}</td>'


def _nothing() -> str:
    return '<span class="soft">–</span>'


def _counted(count: int, more: str, kind: str = "") -> str:
    if not count:
        return _nothing()
    more = f'<small class="{kind}">{escaped(more)}</small>' if more else ""
    return f"{count}{more}"


def _trend(row: CohortRow) -> str:
    """Return the numbers of skills shown in the last two periods, with an arrow for the trend."""
    if not row.recent and not row.before:
        return _nothing()
    arrow = "↗" if row.recent > row.before else "↘" if row.recent < row.before else "→"
    before = _("before: +{count}").format(count=row.before)
    return f'<span aria-hidden="true">{arrow} </span>+{row.recent}<small>{escaped(before)}</small>'


def _since(day: date | None) -> str:
    return _("since {date}").format(date=_brief(day)) if day else ""


def _stuck(row: CohortRow) -> Iterator[str]:
    for one in row.stuck[:_MAX_STUCK_EXERCISES]:
        tries = ngettext("{count} attempt", "{count} attempts", one.attempts).format(count=one.attempts)
        tests = ", ".join(test_display_name(test) for test in one.tests)
        facts = f"{tries} · {tests}" if tests else tries
        yield f"<div>{isolated(one.title)}<small>{isolated(facts)}</small></div>"
    rest = len(row.stuck) - _MAX_STUCK_EXERCISES
    if rest > 0:
        more = ngettext("and {count} more", "and {count} more", rest).format(count=rest)
        yield f"<small>{escaped(more)}</small>"


def _alike(fails: Iterable[SharedFailure], names: Mapping[str, str]) -> Iterator[str]:
    fails = list(fails)
    if not fails:
        return
    title = _("What several fail alike")
    yield f'<h2 id="alike">{escaped(title)}</h2>'
    for one in fails:
        count = len(one.students)
        who = ngettext("{count} student", "{count} students", count).format(count=count)
        message = (
            one.message
            if len(one.message) <= _MAX_MESSAGE_CHARS
            else f"{one.message[:_MAX_MESSAGE_CHARS].rstrip()}…"
        )
        yield (
            f"<details><summary>{isolated(one.title)} · {isolated(test_display_name(one.test))} "
            f'<span class="soft">· {escaped(who)}</span></summary>'
        )
        if one.misconception:
            yield paragraph(f"<bdi>{text_with_code(one.misconception)}</bdi>")
        if message:
            yield paragraph(f'<span class="soft" dir="auto">{text_with_code(message)}</span>')
        yield paragraph(", ".join(names.get(name, isolated(name)) for name in one.students))
        if one.said:
            yield paragraph(escaped(_("What was written before to somebody who had failed it:")))
        for said in one.said[:3]:
            day = f"<small> – {escaped(format_date(said.on))}</small>"
            yield f'<blockquote dir="auto">{text_with_code(said.text)}{day}</blockquote>'
        yield "</details>"


def _moment(moment: datetime | None, *, hour: bool = False) -> str:
    if moment is None:
        return _nothing()
    local = moment.astimezone()
    if not hour:
        return f'<span class="day">{escaped(_brief(local.date()))}</span>'
    day = babel_date(local.date(), "EEE d MMM", locale=current_language())
    return f'<span class="day">{escaped(day)}</span><small>{escaped(format_time(moment))}</small>'


def _brief(day: date) -> str:
    return babel_date(day, "d MMM y", locale=current_language())


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
