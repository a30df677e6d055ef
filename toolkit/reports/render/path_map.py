"""Map of the learning path: skills, their states and prerequisites; as SVG, and the same in words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

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


def render_path_map(snapshot: StudentSnapshot) -> str:
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
    lines = "".join(_line(places[before], places[after]) for before, after in _edges(places))
    boxes = "".join(_box(place) for place in places.values())
    titles = "".join(
        f'<text x="{_MARGIN_PX}" y="{at:g}" class="head">{_text(title, 60)}</text>' for at, title in heads
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX} {height}" width="{_WIDTH_PX}" '
        f'height="{height}"><style>{THEMES}text{{font:12.5px system-ui,sans-serif;fill:currentColor}}'
        ".head{font-size:11.5px;font-weight:600;stroke:#faf8f4;stroke-width:5px;paint-order:stroke}"
        "@media(prefers-color-scheme:dark){.head{stroke:#24221f}}"
        ".box{stroke:currentColor;stroke-opacity:.35}"
        ".line{fill:none;stroke:currentColor;stroke-opacity:.4;stroke-width:1.5}"
        "@media print{.box{fill:#fff}.head{stroke:#fff}}</style>"
        f'<rect class="card" x=".5" y=".5" width="{_WIDTH_PX - 1}" height="{height - 1}" rx="6"/>'
        f"{lines}{titles}{boxes}</svg>"
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


def _line(before: _Place, after: _Place) -> str:
    top, bottom = before.y + _BOX_PX, after.y
    bend = max(12.0, min(40.0, (bottom - top) / 2))
    return (
        f'<path class="line" d="M{before.middle:g} {top:g}C{before.middle:g} {top + bend:g} '
        f'{after.middle:g} {bottom - bend:g} {after.middle:g} {bottom:g}"/>'
        f'<path class="line" d="M{after.middle - 3.5:g} {bottom - 5:g}l3.5 4.5l3.5 -4.5"/>'
    )


def _box(place: _Place) -> str:
    lines = _lines(place.skill.title)
    first = place.y + _BOX_PX / 2 + 4.5 - 7.5 * (len(lines) - 1)
    words = "".join(
        f'<text x="{place.x + 34:g}" y="{first + 15 * number:g}">{_text(line, _LINE_CHARS)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<rect class="card box" x="{place.x:g}" y="{place.y:g}" width="{place.width:g}" height="{_BOX_PX}"'
        ' rx="6"/>'
        f'<g transform="translate({place.x + 10:g} {place.y + _BOX_PX / 2 - 8:g})">'
        f"{SKILL_ICONS[place.skill.state]}</g>{words}"
    )


def _lines(title: str) -> list[str]:
    wrapped = textwrap.wrap(title, _LINE_CHARS, break_on_hyphens=False) or [""]
    return [wrapped[0], _short(" ".join(wrapped[1:]), _LINE_CHARS)] if len(wrapped) > 1 else wrapped


def _short(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else f"{text[: max_chars - 1].rstrip()}…"


def _text(text: str, max_chars: int) -> str:
    return escape(_NO_XML.sub("", _short(text, max_chars)))
