"""The path as a map: skills, their states, and what builds on what; as SVG, and the same in words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from toolkit.i18n import _
from toolkit.reports.render.icons import SKILL_ICONS, THEMES
from toolkit.reports.snapshot.skill_models import MilestoneLine, SkillLine
from toolkit.reports.snapshot.student_snapshot import Snapshot

__all__ = ["in_words", "path_map"]

_WIDTH = 460  # pixels that the text is sized for; the image grows and shrinks with the page
_MARGIN, _GAP = 14, 16
_BOX = 36
_BETWEEN = 22  # from a row to the next: room for a line to bend
_HEAD = 26
_LETTERS = 24  # of a title, a line
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


def path_map(snapshot: Snapshot) -> str:
    """Return the map as SVG."""
    heads: list[tuple[float, str]] = []
    places: dict[str, _Place] = {}
    y = float(_MARGIN)
    for milestone in snapshot.milestones:
        heads.append((y + 11, milestone.title))
        y += _HEAD
        for row in _rows(milestone):
            width = (_WIDTH - 2 * _MARGIN - (_PER_ROW - 1) * _GAP) / _PER_ROW
            left = _MARGIN if len(row) > 1 else (_WIDTH - width) / 2
            for number, skill in enumerate(row):
                places[skill.id] = _Place(skill, left + number * (width + _GAP), y, width)
            y += _BOX + _BETWEEN
    height = round(y)
    lines = "".join(_line(places[before], places[after]) for before, after in _edges(places))
    boxes = "".join(_box(place) for place in places.values())
    titles = "".join(
        f'<text x="{_MARGIN}" y="{at:g}" class="head">{_text(title, 60)}</text>' for at, title in heads
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}"><style>{THEMES}text{{font:12.5px system-ui,sans-serif;fill:currentColor}}'
        ".head{font-size:11.5px;font-weight:600;stroke:#faf8f4;stroke-width:5px;paint-order:stroke}"
        "@media(prefers-color-scheme:dark){.head{stroke:#24221f}}"
        ".box{stroke:currentColor;stroke-opacity:.35}"
        ".line{fill:none;stroke:currentColor;stroke-opacity:.4;stroke-width:1.5}"
        "@media print{.box{fill:#fff}.head{stroke:#fff}}</style>"
        f'<rect class="card" x=".5" y=".5" width="{_WIDTH - 1}" height="{height - 1}" rx="6"/>'
        f"{lines}{titles}{boxes}</svg>"
    )


def in_words(snapshot: Snapshot) -> str:
    """Return what the map shows, for those who do not see it."""
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
    """Yield the skills of a milestone in rows: what builds on another comes below it."""
    inside = {skill.id: skill for skill in milestone.skills}
    level: dict[str, int] = {}
    for skill in milestone.skills:
        # A path names what a skill builds on before the skill; where it does not, the line goes up.
        level[skill.id] = 1 + max(
            (level.get(name, -1) for name in skill.prerequisites if name in inside), default=-1
        )
    for depth in sorted(set(level.values())):
        row = [skill for skill in milestone.skills if level[skill.id] == depth]
        for start in range(0, len(row), _PER_ROW):
            yield row[start : start + _PER_ROW]


def _edges(places: Mapping[str, _Place]) -> Iterator[tuple[str, str]]:
    """Yield what directly builds on what: a line that others say already is left out."""
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
    top, bottom = before.y + _BOX, after.y
    bend = max(12.0, min(40.0, (bottom - top) / 2))
    return (
        f'<path class="line" d="M{before.middle:g} {top:g}C{before.middle:g} {top + bend:g} '
        f'{after.middle:g} {bottom - bend:g} {after.middle:g} {bottom:g}"/>'
        f'<path class="line" d="M{after.middle - 3.5:g} {bottom - 5:g}l3.5 4.5l3.5 -4.5"/>'
    )


def _box(place: _Place) -> str:
    lines = _lines(place.skill.title)
    first = place.y + _BOX / 2 + 4.5 - 7.5 * (len(lines) - 1)
    words = "".join(
        f'<text x="{place.x + 34:g}" y="{first + 15 * number:g}">{_text(line, _LETTERS)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<rect class="card box" x="{place.x:g}" y="{place.y:g}" width="{place.width:g}" height="{_BOX}"'
        ' rx="6"/>'
        f'<g transform="translate({place.x + 10:g} {place.y + _BOX / 2 - 8:g})">'
        f"{SKILL_ICONS[place.skill.state]}</g>{words}"
    )


def _lines(title: str) -> list[str]:
    wrapped = textwrap.wrap(title, _LETTERS, break_on_hyphens=False) or [""]
    return [wrapped[0], _short(" ".join(wrapped[1:]), _LETTERS)] if len(wrapped) > 1 else wrapped


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _text(text: str, longest: int) -> str:
    return escape(_NO_XML.sub("", _short(text, longest)))
