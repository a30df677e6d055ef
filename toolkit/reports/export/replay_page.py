"""The replay of a session: one page with the notebook at each agenda item, changes marked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from toolkit.i18n import Language, _, format_date, format_time, ngettext
from toolkit.reports.export.html_export import render_page

__all__ = ["REPLAY_NAME", "ReplayStep", "render_replay", "render_withdrawn_replay"]

REPLAY_NAME = "replay.html"
"""Name of the file, beside the session's notebook."""

_MAX_DIFF_LINES = 4000
"""Largest number of lines, old and new together, for which a cell's line differences are shown."""

_POLICY = Markup("default-src 'none'; img-src data:; style-src 'unsafe-inline'")


@dataclass(frozen=True)
class ReplayStep:
    """The notebook at one moment of the session.

    Parameters
    ----------
    at : datetime
        The moment; aware.
    title : str
        The talking point at which the snapshot was taken, or another occasion.
    notebook : mapping
        The notebook, format 4, as `nbformat` reads it.
    """

    at: datetime
    title: str
    notebook: Mapping[str, Any]


@dataclass(frozen=True)
class _CellChange:
    """A cell of a step, with its change since the step before."""

    cell: Mapping[str, Any]
    mark: str
    before: str = ""


def render_replay(
    steps: Sequence[ReplayStep],
    *,
    day: date,
    name: str,
    granted: datetime,
    language: Language,
    templates: Path | None = None,
) -> str:
    """Return the replay as a self-contained HTML page without scripts.

    Parameters
    ----------
    steps : sequence of ReplayStep
        Earliest first; at least one.
    day : date
        Day of the session.
    name : str
        Name of the student.
    granted : datetime
        Time of the student's consent; aware.
    language : {"en", "fr"}
        The current language, which must be the student's.
    templates : Path, optional
        The folder `templates` of the practice; its files take precedence over the toolkit's.

    Raises
    ------
    ExecutionError
        If one of the practice's nbconvert templates fails.
    """
    from nbformat import from_dict

    title = _("Replay of the session of {date}").format(date=format_date(day))
    shown = [_compared(before, step) for before, step in zip([None, *steps], steps, strict=False)]
    cells: list[dict[str, Any]] = []
    for number, (step, found) in enumerate(zip(steps, shown, strict=True), 1):
        cells += _section(number, len(steps), step, found)
    head = _head(title, name, granted, steps, [_news(found) for found in shown])
    notebook = {
        "cells": cells,
        "metadata": {
            "title": f"{title}: {name}",
            "mentoring": {"language": language},
            "replay": {"head": str(head), "style": _style(len(steps))},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return render_page(from_dict(notebook), title, templates=templates, template="replay.html.j2")  # type: ignore[no-untyped-call]


def render_withdrawn_replay(starts_at: datetime, withdrawn: datetime, language: Language) -> Markup:
    """Return the page that replaces a replay after the consent was withdrawn, in the current language.

    Parameters
    ----------
    starts_at : datetime
        Start of the session; aware.
    withdrawn : datetime
        Time of the withdrawal; aware.
    language : {"en", "fr"}
        The current language, for the page's ``lang`` attribute.
    """
    title = _("Replay of the session of {date}").format(date=format_date(starts_at.astimezone().date()))
    text = _(
        "The consent to look at this session again was withdrawn on {date}. "
        "The replay is no longer available."
    ).format(date=format_date(withdrawn.astimezone().date()))
    return Markup(
        '<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        "<title>{title}</title>\n"
        "<style>body {{ margin: 40px auto; padding: 0 24px; max-width: 68ch; "
        "font: 17px/1.55 system-ui, sans-serif }}</style>\n</head>\n"
        "<body><main><h1>{title}</h1><p>{text}</p></main></body>\n</html>\n"
    ).format(language=language, policy=_POLICY, title=title, text=text)


def _head(
    title: str, name: str, granted: datetime, steps: Sequence[ReplayStep], news: Sequence[str]
) -> Markup:
    agreed = _("{name} agreed to this page on {date}, and can take that back at any time.").format(
        name=name, date=format_date(granted.astimezone().date())
    )
    how = _("Choose an item of the agenda: the notebook is shown as it was at its end.")
    links = Markup("").join(
        Markup(
            '<li><a href="#step-{}"><span class="when">{}</span>'
            '<span class="what" dir="auto">{}</span><span class="news">{}</span></a></li>'
        ).format(number, _time(step), step.title, text)
        for number, (step, text) in enumerate(zip(steps, news, strict=True), 1)
    )
    return Markup(
        '<header class="about"><h1>{}</h1><p>{}</p><p><small>{}</small></p><p>{}</p>'
        '<nav id="agenda" aria-label="{}"><ol>{}</ol></nav></header>'
    ).format(title, name, agreed, how, _("Agenda"), links)


def _style(count: int) -> str:
    """Return the CSS rules that highlight the current agenda item; the page has no script to do it."""
    here = "font-weight: 600; background: var(--tint); box-shadow: inset 3px 0 var(--link)"
    chosen = [f'body:has(#step-{n}:target) a[href="#step-{n}"]' for n in range(1, count + 1)]
    last = f'body:not(:has(.step:target)) nav a[href="#step-{count}"]'
    return f"{', '.join(f'{one}:not(.turn a)' for one in chosen)}, {last} {{ {here} }}"


def _section(
    number: int, count: int, step: ReplayStep, cells: Sequence[_CellChange]
) -> Iterator[dict[str, Any]]:
    last = " last" if number == count else ""
    turns = [
        (number - 1, _("Previous item")) if number > 1 else None,
        (number + 1, _("Next item")) if number < count else None,
    ]
    links = Markup("").join(Markup('<a href="#step-{}">{}</a>').format(*one) for one in turns if one)
    back = Markup('<a href="#agenda">{}</a>').format(_("To the agenda"))
    yield _mark(
        f"begin-{number}",
        Markup(
            '<section class="step{last}" id="step-{n}" aria-labelledby="title-{n}">'
            '<h2 id="title-{n}" dir="auto">{time} · {title}</h2><p class="turn">{links}</p>'
        ).format(last=last, n=number, time=_time(step), title=step.title, links=links),
    )
    for place, shown in enumerate(cells):
        yield _cell(f"step-{number}-{place}", shown)
    yield _mark(f"end-{number}", Markup('<p class="turn">{}{}</p></section>').format(links, back))


def _mark(name: str, html: Markup) -> dict[str, Any]:
    return {
        "cell_type": "markdown",
        "id": name,
        "metadata": {"replay": {"before": str(html), "alone": True, "after": ""}},
        "source": "",
    }


def _cell(name: str, shown: _CellChange) -> dict[str, Any]:
    words = {
        "new": _("New since the item before"),
        "changed": _("Changed since the item before"),
        "ran": _("Other outputs than at the item before"),
        "gone": _("Taken out since the item before"),
    }
    kind = f" is-{shown.mark}" if shown.mark else ""
    label = Markup('<p class="mark">{}</p>').format(words[shown.mark]) if shown.mark else Markup("")
    differs = _lines(shown.before, _text(shown.cell)) if shown.mark == "changed" else Markup("")
    if shown.mark == "gone":
        was = Markup('<div class="cell is-gone">{}<pre>{}</pre></div>').format(label, _text(shown.cell))
        return _mark(name, was)
    cell = deepcopy(dict(shown.cell))
    tags = cell.get("metadata", {}).get("tags", [])
    kept = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    # All other metadata of the cell is dropped, so that it cannot influence the export.
    cell["metadata"] = {
        "tags": kept,
        "replay": {
            "before": str(Markup('<div class="cell{}">{}').format(kind, label)),
            "alone": False,
            "after": str(Markup("{}</div>").format(differs)),
        },
    }
    cell["id"] = name
    return cell


def _lines(before: str, now: str) -> Markup:
    old, new = before.splitlines(), now.splitlines()
    if len(old) + len(new) > _MAX_DIFF_LINES:
        return Markup("")
    found: list[Markup] = []
    # By whole lines: a search for similar lines can take hours with an adversarial input.
    for _kind, at, end, start, stop in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if old[at:end] != new[start:stop]:
            found += [Markup("<del>− {}</del>").format(line or " ") for line in old[at:end]]
            found += [Markup("<ins>+ {}</ins>").format(line or " ") for line in new[start:stop]]
    if not found:
        return Markup("")
    return Markup('<details><summary>{}</summary><pre class="lines">{}</pre></details>').format(
        _("What changed"), Markup("").join(found)
    )


def _compared(before: ReplayStep | None, step: ReplayStep) -> list[_CellChange]:
    cells = list(_keyed_cells(step.notebook))
    if before is None:
        return [_CellChange(cell, "") for _key, cell in cells]
    earlier = dict(_keyed_cells(before.notebook))
    shown = []
    for key, cell in cells:
        old = earlier.pop(key, None)
        if old is None:
            shown.append(_CellChange(cell, "new"))
        elif _text(old) != _text(cell) or old.get("cell_type") != cell.get("cell_type"):
            shown.append(_CellChange(cell, "changed", _text(old)))
        else:
            shown.append(_CellChange(cell, "ran" if _outputs(old) != _outputs(cell) else ""))
    # A deleted empty cell is not shown.
    return shown + [_CellChange(cell, "gone") for cell in earlier.values() if _text(cell).strip()]


def _keyed_cells(notebook: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Yield each cell with its key: its id, or its position if it has none."""
    taken: set[str] = set()
    for place, cell in enumerate(notebook["cells"]):
        key = str(cell.get("id") or f"{place}")
        key = key if key not in taken else f"{place}:{key}"
        taken.add(key)
        yield key, cell


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _outputs(cell: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the visible part of the outputs, without execution counts and metadata."""
    numbers = {"execution_count", "metadata"}
    found = [
        {name: value for name, value in output.items() if name not in numbers}
        for output in cell.get("outputs", [])
    ]
    for output in found:
        if "data" in output:
            output["data"] = {k: v for k, v in output["data"].items() if not k.startswith("application/")}
    return found


def _news(cells: Sequence[_CellChange]) -> str:
    n = sum(bool(shown.mark) for shown in cells)
    return ngettext("{n} change", "{n} changes", n).format(n=n) if n else ""


def _time(step: ReplayStep) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(step.at.isoformat(), format_time(step.at))
