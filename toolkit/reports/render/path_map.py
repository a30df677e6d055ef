"""Map of the learning path: skills, their states and prerequisites; as SVG, and the same in words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from toolkit.i18n import _
from toolkit.reports.render.icons import SKILL_ICONS, THEMES
from toolkit.reports.snapshot.skill_models import MilestoneLine, SkillLine
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot

__all__ = ["describe_path_map", "render_path_map"]

_WIDTH_PX = 460  # the width for which the text size is chosen; the image scales with the page
_MARGIN_PX, _GAP_PX = 14, 16
_BOX_PX = 36
_ROW_GAP_PX = 22  # room for the curve of a line between two rows
_HEAD_PX = 26
_LINE_CHARS = 24  # of a title
_PER_ROW = 2
_STYLE = (
    "text{font:12.5px system-ui,sans-serif;fill:currentColor}"
    ".head{font-size:11.5px;font-weight:600;stroke:#faf8f4;stroke-width:5px;paint-order:stroke}"
    "@media(prefers-color-scheme:dark){.head{stroke:#24221f}}"
    ".box{stroke:currentColor;stroke-opacity:.35}"
    ".line{fill:none;stroke:currentColor;stroke-opacity:.4;stroke-width:1.5}"
    "@media print{.box{fill:#fff}.head{stroke:#fff}}"
)
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Place:
    skill: SkillLine
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def render_path_map(snapshot: StudentSnapshot) -> Markup:
    """Return the map as SVG."""
    heads: list[tuple[float, str]] = []
    places: dict[str, _Place] = {}
    y = float(_MARGIN_PX)
    for milestone in snapshot.milestones:
        heads.append((y + 11, milestone.title))
        y += _HEAD_PX
        for row in _rows(milestone):
            width = (_WIDTH_PX - 2 * _MARGIN_PX - (_PER_ROW - 1) * _GAP_PX) / _PER_ROW
            left = _MARGIN_PX if len(row) > 1 else (_WIDTH_PX - width) / 2
            for number, skill in enumerate(row):
                places[skill.id] = _Place(skill, left + number * (width + _GAP_PX), y, width)
            y += _BOX_PX + _ROW_GAP_PX
    height = round(y)
    lines = Markup("").join(_line(places[before], places[after]) for before, after in _edges(places))
    boxes = Markup("").join(_box(place) for place in places.values())
    titles = Markup("").join(
        Markup('<text x="{}" y="{:g}" class="head">{}</text>').format(_MARGIN_PX, at, _text(title, 60))
        for at, title in heads
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        'height="{height}"><style>{style}</style>'
        '<rect class="card" x=".5" y=".5" width="{inner_width}" height="{inner_height}" rx="6"/>'
        "{lines}{titles}{boxes}</svg>"
    ).format(
        width=_WIDTH_PX,
        height=height,
        style=THEMES + _STYLE,
        inner_width=_WIDTH_PX - 1,
        inner_height=height - 1,
        lines=lines,
        titles=titles,
        boxes=boxes,
    )


def describe_path_map(snapshot: StudentSnapshot) -> str:
    """Return the content of the map as text, for screen readers."""
    titles = {skill.id: skill.title for skill in snapshot.skills}
    return " ".join(
        _("{milestone}: {skills}.").format(
            milestone=milestone.title, skills="; ".join(_said(skill, titles) for skill in milestone.skills)
        )
        for milestone in snapshot.milestones
    )


def _said(skill: SkillLine, titles: Mapping[str, str]) -> str:
    before = [titles[name] for name in skill.prerequisites if name in titles]
    if not before:
        return _("{skill}, {state}").format(skill=skill.title, state=skill.word)
    return _("{skill}, {state}, builds on {others}").format(
        skill=skill.title, state=skill.word, others=", ".join(before)
    )


def _rows(milestone: MilestoneLine) -> Iterator[Sequence[SkillLine]]:
    """Yield the skills of a milestone in rows; a skill comes below its prerequisites."""
    inside = {skill.id: skill for skill in milestone.skills}
    level: dict[str, int] = {}
    for skill in milestone.skills:
        # A path usually lists prerequisites before the skill; otherwise the line goes upwards.
        level[skill.id] = 1 + max(
            (level.get(name, -1) for name in skill.prerequisites if name in inside), default=-1
        )
    for depth in sorted(set(level.values())):
        row = [skill for skill in milestone.skills if level[skill.id] == depth]
        for start in range(0, len(row), _PER_ROW):
            yield row[start : start + _PER_ROW]


def _edges(places: Mapping[str, _Place]) -> Iterator[tuple[str, str]]:
    """Yield the edges (prerequisite, skill) of the transitive reduction of the prerequisites."""
    above = {name: {*place.skill.prerequisites} & places.keys() for name, place in places.items()}

    def reaches(name: str, wanted: str, seen: frozenset[str] = frozenset()) -> bool:
        return name not in seen and any(
            other == wanted or reaches(other, wanted, seen | {name}) for other in above[name]
        )

    for name, before in above.items():
        for one in sorted(before):
            if not any(reaches(other, one) for other in before - {one}):
                yield one, name


def _line(before: _Place, after: _Place) -> Markup:
    top, bottom = before.y + _BOX_PX, after.y
    bend = max(12.0, min(40.0, (bottom - top) / 2))
    return Markup(
        '<path class="line" d="M{x:g} {y:g}C{x:g} {down:g} {to_x:g} {up:g} {to_x:g} {to_y:g}"/>'
        '<path class="line" d="M{tip_x:g} {tip_y:g}l3.5 4.5l3.5 -4.5"/>'
    ).format(
        x=before.middle,
        y=top,
        down=top + bend,
        to_x=after.middle,
        up=bottom - bend,
        to_y=bottom,
        tip_x=after.middle - 3.5,
        tip_y=bottom - 5,
    )


def _box(place: _Place) -> Markup:
    lines = _lines(place.skill.title)
    first = place.y + _BOX_PX / 2 + 4.5 - 7.5 * (len(lines) - 1)
    words = Markup("").join(
        Markup('<text x="{:g}" y="{:g}">{}</text>').format(
            place.x + 34, first + 15 * number, _text(line, _LINE_CHARS)
        )
        for number, line in enumerate(lines)
    )
    return Markup(
        '<rect class="card box" x="{:g}" y="{:g}" width="{:g}" height="{}" rx="6"/>'
        '<g transform="translate({:g} {:g})">{}</g>{}'
    ).format(
        place.x,
        place.y,
        place.width,
        _BOX_PX,
        place.x + 10,
        place.y + _BOX_PX / 2 - 8,
        SKILL_ICONS[place.skill.state],
        words,
    )


def _lines(title: str) -> list[str]:
    wrapped = textwrap.wrap(title, _LINE_CHARS, break_on_hyphens=False) or [""]
    return [wrapped[0], _short(" ".join(wrapped[1:]), _LINE_CHARS)] if len(wrapped) > 1 else wrapped


def _short(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else f"{text[: max_chars - 1].rstrip()}…"


def _text(text: str, max_chars: int) -> str:
    return _NO_XML.sub("", _short(text, max_chars))
