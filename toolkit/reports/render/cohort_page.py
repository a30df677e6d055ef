"""The cohort view as one HTML page for the mentor only; it works without network and server."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from babel.dates import format_date as babel_date
from markupsafe import Markup

from toolkit.domain.attempt import test_display_name
from toolkit.domain.cohort_rows import PERIOD_DAYS, CohortRow, SharedFailure
from toolkit.i18n import _, current_language, format_date, format_datetime, format_time, ngettext
from toolkit.reports.render.html_blocks import escaped, isolated, joined, paragraph, text_with_code

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
) -> Markup:
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
    policy = Markup(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; "
        "base-uri 'none'; form-action 'none'"
    ).format(_digest(style), _digest(script))
    names = {row.student.id: _name(row, reports) for row in rows}
    return Markup(
        '<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n'
        "<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        "{head}{table}{alike}\n</main>\n<script>{script}</script>\n</body>\n</html>\n"
    ).format(
        language=current_language(),
        policy=policy,
        title=_("The cohort"),
        style=style,
        head=joined("", _head(rows, fails, total, at)),
        table=_table(rows, names),
        alike=joined("", _alike(fails, names)),
        script=script,
    )


@cache
def _part(name: str) -> Markup:
    return Markup((_HERE / name).read_text("utf-8"))  # noqa: S704 - our own file


def _digest(part: str) -> str:
    return b64encode(sha256(part.encode()).digest()).decode()


def _head(
    rows: Sequence[CohortRow], fails: Sequence[SharedFailure], total: int, at: datetime
) -> Iterator[Markup]:
    yield Markup("<h1>{}</h1>").format(_("The cohort"))
    parts = [
        format_datetime(at),
        ngettext("{count} student", "{count} students", total).format(count=total),
        _("for you alone: do not share this window in a call"),
    ]
    yield paragraph(Markup('<span class="soft">{}</span>').format(" · ".join(parts)))
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
        yield paragraph(Markup('<a href="#alike">{}</a>').format(more.format(count=count)))


def _table(rows: Sequence[CohortRow], names: Mapping[str, Markup]) -> Markup:
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
    boxes = joined(
        "",
        (
            Markup('<label><input type="checkbox" data-flag="{}"> {}</label>').format(flag, word)
            for flag, word in flags.items()
        ),
    )
    status = Markup('<span class="soft" role="status" data-text="{}"></span>').format(
        _("{shown} of {total} shown")
    )
    tools = Markup(
        '<div class="tools"><input type="search" aria-label="{hint}" placeholder="{hint}" '
        'autocomplete="off">{boxes}{status}</div>'
    ).format(hint=_("Find (press /)"), boxes=boxes, status=status)
    head = joined(
        "",
        (
            Markup('<th scope="col" data-first="{}"{}><button type="button">{}</button></th>').format(
                first, sorted_by, title
            )
            for title, first, sorted_by in _columns()
        ),
    )
    body = joined("", (_row(row, names[row.student.id]) for row in rows))
    return Markup(
        '{}<div class="wide"><table><caption class="soft">{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(tools, _("Every student in a row; a heading sorts by its column."), head, body)


def _columns() -> Iterator[tuple[str, str, Markup]]:
    """Yield each column's heading, its first sort direction, and its ``aria-sort`` attribute if any."""
    up, down, none = "ascending", "descending", Markup("")
    yield _("Student"), up, none
    yield _("Last session"), up, none
    yield _("Next session"), up, Markup(' aria-sort="ascending"')
    yield _("Skills shown"), down, none
    yield _("New in the last {days} days").format(days=PERIOD_DAYS), down, none
    yield _("To refresh"), down, none
    yield _("Open actions"), down, none
    yield _("Stuck where"), down, none
    yield _("To begin with"), up, none


def _row(row: CohortRow, name: Markup) -> Markup:
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
        _cell(joined("", _stuck(row)) or _nothing(), sum(one.attempts for one in row.stuck), "where"),
        _cell(Markup("<small>{}</small>").format(isolated(opener)), opener, "where"),
    ]
    set_flags = " ".join(flag for flag, is_set in flags.items() if is_set)
    state = Markup("<small>{}</small>").format(_(str(student.state)))
    return Markup('<tr data-flags="{}"><th scope="row" data-v="{}">{}{}</th>{}</tr>').format(
        set_flags, student.name, name, "" if student.state == "active" else state, joined("", cells)
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


def _name(row: CohortRow, reports: Mapping[str, str]) -> Markup:
    link = reports.get(row.student.id)
    if link is None:
        return Markup('<span tabindex="-1">{}</span>').format(isolated(row.student.name))
    return Markup('<a href="{}">{}</a>').format(link, isolated(row.student.name))


def _cell(html: Markup, value: object, kind: str = "") -> Markup:
    of_kind = Markup(' class="{}"').format(kind) if kind else Markup("")
    return Markup('<td{} data-v="{}">{}</td>').format(of_kind, str(value or ""), html)


def _nothing() -> Markup:
    return Markup('<span class="soft">–</span>')


def _counted(count: int, more: str, kind: str = "") -> Markup:
    if not count:
        return _nothing()
    said = Markup('<small class="{}">{}</small>').format(kind, more) if more else Markup("")
    return Markup("{}{}").format(count, said)


def _trend(row: CohortRow) -> Markup:
    """Return the numbers of skills shown in the last two periods, with an arrow for the trend."""
    if not row.recent and not row.before:
        return _nothing()
    arrow = "↗" if row.recent > row.before else "↘" if row.recent < row.before else "→"
    before = _("before: +{count}").format(count=row.before)
    return Markup('<span aria-hidden="true">{} </span>+{}<small>{}</small>').format(arrow, row.recent, before)


def _since(day: date | None) -> str:
    return _("since {date}").format(date=_brief(day)) if day else ""


def _stuck(row: CohortRow) -> Iterator[Markup]:
    for one in row.stuck[:_MAX_STUCK_EXERCISES]:
        tries = ngettext("{count} attempt", "{count} attempts", one.attempts).format(count=one.attempts)
        tests = ", ".join(test_display_name(test) for test in one.tests)
        facts = f"{tries} · {tests}" if tests else tries
        yield Markup("<div>{}<small>{}</small></div>").format(isolated(one.title), isolated(facts))
    rest = len(row.stuck) - _MAX_STUCK_EXERCISES
    if rest > 0:
        more = ngettext("and {count} more", "and {count} more", rest).format(count=rest)
        yield Markup("<small>{}</small>").format(more)


def _alike(fails: Iterable[SharedFailure], names: Mapping[str, Markup]) -> Iterator[Markup]:
    fails = list(fails)
    if not fails:
        return
    title = _("What several fail alike")
    yield Markup('<h2 id="alike">{}</h2>').format(title)
    for one in fails:
        count = len(one.students)
        who = ngettext("{count} student", "{count} students", count).format(count=count)
        message = (
            one.message
            if len(one.message) <= _MAX_MESSAGE_CHARS
            else f"{one.message[:_MAX_MESSAGE_CHARS].rstrip()}…"
        )
        yield Markup('<details><summary>{} · {} <span class="soft">· {}</span></summary>').format(
            isolated(one.title), isolated(test_display_name(one.test)), who
        )
        if one.misconception:
            yield paragraph(isolated(text_with_code(one.misconception)))
        if message:
            yield paragraph(Markup('<span class="soft" dir="auto">{}</span>').format(text_with_code(message)))
        yield paragraph(joined(", ", (names.get(name, isolated(name)) for name in one.students)))
        if one.said:
            yield paragraph(escaped(_("What was written before to somebody who had failed it:")))
        for said in one.said[:3]:
            day = Markup("<small> – {}</small>").format(format_date(said.on))
            yield Markup('<blockquote dir="auto">{}{}</blockquote>').format(text_with_code(said.text), day)
        yield Markup("</details>")


def _moment(moment: datetime | None, *, hour: bool = False) -> Markup:
    if moment is None:
        return _nothing()
    local = moment.astimezone()
    if not hour:
        return Markup('<span class="day">{}</span>').format(_brief(local.date()))
    day = babel_date(local.date(), "EEE d MMM", locale=current_language())
    return Markup('<span class="day">{}</span><small>{}</small>').format(day, format_time(moment))


def _brief(day: date) -> str:
    return babel_date(day, "d MMM y", locale=current_language())


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
