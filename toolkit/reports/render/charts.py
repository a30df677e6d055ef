"""The charts of a report, as SVG that is readable on light and dark backgrounds."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes

from toolkit.domain.attempt import Verdict
from toolkit.i18n import current_language
from toolkit.reports.render.icons import COLOURS, THEMES
from toolkit.reports.snapshot.snapshot_models import AttemptLine
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot

__all__ = ["MAX_LANES", "attempt_kind", "attempts_over_time"]

MAX_LANES = 10
"""Largest number of exercises in the chart."""

_STYLE = Path(__file__).with_name("mentoring.mplstyle")
_INK = "#010203"
_WIDTH_PX = 460  # the width for which the text size is chosen; the image scales with the page
_LANE_PX = 36
_FOOT_PX = 34

_CHECK = [(-3.2, 0.3), (-1.0, -2.0), (3.3, 2.7)]


def attempt_kind(attempt: AttemptLine) -> str:
    """Return the kind of marker for an attempt: "solved", "helped", "not yet", "stopped" or "waiting"."""
    if attempt.solved:
        return "helped" if attempt.aided else "solved"
    if attempt.verdict is None:
        return "waiting"
    return "not yet" if attempt.verdict in {Verdict.GRADED, Verdict.PARTLY_GRADED} else "stopped"


def attempts_over_time(snapshot: StudentSnapshot) -> Markup:
    """Return a chart of the attempts over time as SVG: one lane per exercise, one marker per attempt."""
    exercises = [line.id for line in snapshot.exercises][-MAX_LANES:]
    height = _LANE_PX * len(exercises) + _FOOT_PX
    stream = io.StringIO()
    with _suppressed_warnings():
        # Imported here because matplotlib takes 0.5 s to import, and most commands draw no chart.
        from matplotlib import rc_context, style
        from matplotlib.figure import Figure

        with rc_context():
            style.use(["default", _STYLE])
            figure = Figure(figsize=(_WIDTH_PX / 72, height / 72))
            axes = figure.add_axes((0.03, _FOOT_PX / height, 0.94, 1 - (_FOOT_PX + 6) / height))
            _draw(axes, snapshot, exercises)
            nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            figure.savefig(stream, format="svg", metadata=nothing)
    return _adapt_to_page(stream.getvalue(), height)


@contextmanager
def _suppressed_warnings() -> Iterator[None]:
    """Suppress matplotlib's log messages and font warnings, which would appear in the report."""
    log = logging.getLogger("matplotlib")
    level = log.level
    # On a new machine matplotlib logs that it builds a font cache.
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # The reader's fonts draw the text, so glyphs missing in matplotlib's fonts do not matter.
            warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
            yield
    finally:
        log.setLevel(level)


def _draw(axes: Axes, snapshot: StudentSnapshot, exercises: Sequence[str]) -> None:
    shown = [attempt for attempt in snapshot.attempts if attempt.exercise in exercises]
    titles = {line.id: line.title for line in snapshot.exercises}
    start = min(attempt.received_at for attempt in shown)
    end = max(snapshot.generated_at, *(attempt.received_at for attempt in shown))
    if end - start < timedelta(7):
        start = end - timedelta(7)
    days = (end - start) / timedelta(1)

    def at(moment: datetime) -> float:
        return (moment - start) / timedelta(1)

    axes.set_xlim(-0.025 * days, 1.025 * days)
    axes.set_ylim(len(exercises) - 0.15, -0.3)
    for session in snapshot.sessions:
        if start <= session.starts_at <= end:
            axes.axvline(at(session.starts_at), color=_INK, linewidth=1, alpha=0.25, ls=(0, (2, 3)))
    for lane, exercise in enumerate(exercises):
        axes.axhline(lane + 0.5, color=_INK, linewidth=1, alpha=0.15)
        title = _short(titles[exercise])
        axes.text(-0.02 * days, lane + 0.09, title, parse_math=False, va="center", fontsize=11)
    for attempt in shown:
        _mark(axes, at(attempt.received_at), exercises.index(attempt.exercise) + 0.5, attempt_kind(attempt))
    ticks = _ticks(start, days)
    axes.set_yticks([])
    axes.set_xticks([when for when, _label in ticks], [label for _when, label in ticks], fontsize=11)


def _mark(axes: Axes, x: float, y: float, kind: str) -> None:
    from matplotlib.path import Path as Outline

    looks: dict[str, dict[str, Any]] = {
        "solved": {"marker": "o", "color": COLOURS["blue"]},
        "helped": {
            "marker": "o",
            "color": COLOURS["blue"],
            "fillstyle": "left",
            "markerfacecoloralt": "none",
        },
        "not yet": {"marker": "o", "color": COLOURS["gold"], "markerfacecolor": "none"},
        "stopped": {"marker": "D", "color": COLOURS["red"], "markerfacecolor": "none", "markersize": 8},
        "waiting": {"marker": "o", "color": COLOURS["grey"], "markersize": 4},
    }
    axes.plot([x], [y], linestyle="none", clip_on=False, zorder=3, **looks[kind])
    if kind == "solved":
        axes.plot(
            [x],
            [y],
            linestyle="none",
            clip_on=False,
            zorder=4,
            marker=Outline(_CHECK),
            markersize=6,
            markerfacecolor="none",
            markeredgecolor="#ffffff",
            markeredgewidth=1.8,
        )


def _short(title: str) -> str:
    return title if len(title) <= 48 else f"{title[:47].rstrip()}…"


def _ticks(start: datetime, days: float) -> Sequence[tuple[float, str]]:
    step = next((step for step in (1, 2, 7, 14, 28, 61, 122, 183, 366) if days / step < 6), days / 4)
    pattern = "d MMM" if days < 300 else "MMM y"
    midnight = (start + timedelta(1)).replace(hour=0, minute=0, second=0, microsecond=0)
    first = (midnight - start) / timedelta(1)
    found = []
    while first <= days:
        day = (start + timedelta(first)).date()
        found.append((first, format_date(day, pattern, locale=current_language())))
        first += step
    return found


def _adapt_to_page(svg: str, height: int) -> Markup:
    """Use the reader's colours and fonts, and remove matplotlib's metadata."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", svg)
    svg = svg.replace(_INK, "currentColor")
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {_WIDTH_PX} {height}" width="{_WIDTH_PX}" height="{height}"><style>{THEMES}</style>'
        f'<rect class="card" x=".5" y=".5" width="{_WIDTH_PX - 1}" height="{height - 1}" rx="6"/>'
    )
    # It is matplotlib's own SVG, with its text as text.
    return Markup(re.sub(r"<svg[^>]*>", lambda _match: opening, svg, count=1))  # noqa: S704
