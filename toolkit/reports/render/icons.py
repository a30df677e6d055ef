"""The icons of the states (shape and colour), shown beside the word; defined once for all uses."""

from __future__ import annotations

from base64 import b64encode

from markupsafe import Markup

from toolkit.domain.mastery import MasteryState

__all__ = ["ATTEMPT_ICONS", "COLOURS", "MARK", "SKILL_ICONS", "THEMES", "icon", "share_bar"]

# Mid-tones with a contrast of 3:1 on white and on black; they differ in lightness for colour-blind readers.
# After Okabe and Ito.
COLOURS = {
    "grey": "#80807c",
    "gold": "#b98212",
    "blue": "#3f83c4",
    "green": "#17906f",
    "red": "#cf5c36",
}

# The page's colours by the reader's theme. The background is part of the image: an image cannot read the
# theme of the notebook around it, so it must be readable on any background.
THEMES = (
    "svg{color:#2b2926}.card{fill:#faf8f4;stroke:#dcd7cc}"
    "@media(prefers-color-scheme:dark){svg{color:#e6e2da}.card{fill:#24221f;stroke:#45413b}}"
    "@media print{svg{color:#000}.card{fill:none;stroke:none}}"
)
_RING = Markup('<circle cx="8" cy="8" r="6" fill="none" stroke="{0}" stroke-width="2"/>')
_DISC = Markup('<circle cx="8" cy="8" r="7" fill="{0}"/>')
_HALF = Markup('<path d="M8 2a6 6 0 0 0 0 12z" fill="{0}"/>')
_CHECK = Markup('<path d="M4.8 8.3 7 10.5 11.3 5.8" fill="none" stroke="#fff" stroke-width="2"/>')

SKILL_ICONS = {
    MasteryState.NOT_STARTED: _RING.format(COLOURS["grey"]),
    MasteryState.LEARNING: _RING.format(COLOURS["gold"]) + _HALF.format(COLOURS["gold"]),
    MasteryState.SHOWN: _DISC.format(COLOURS["blue"]),
    MasteryState.RETAINED: _DISC.format(COLOURS["green"]) + _CHECK,
    MasteryState.REFRESH_DUE: _DISC.format(COLOURS["red"])
    + Markup(
        '<path d="M11.2 8A3.2 3.2 0 1 1 9.9 5.4M10.3 3.2v2.6H7.7" fill="none" stroke="#fff"'
        ' stroke-width="1.6"/>'
    ),
}

ATTEMPT_ICONS = {
    "solved": _DISC.format(COLOURS["blue"]) + _CHECK,
    "helped": _RING.format(COLOURS["blue"]) + _HALF.format(COLOURS["blue"]),
    "not yet": _RING.format(COLOURS["gold"]),
    "waiting": Markup('<circle cx="8" cy="8" r="2.5" fill="{}"/>').format(COLOURS["grey"]),
    "stopped": Markup(
        '<path d="M8 2.2 13.8 8 8 13.8 2.2 8z" fill="none" stroke="{}" stroke-width="2"/>'
    ).format(COLOURS["red"]),
}

MARK = Markup('<path d="M3 8.5 6.5 12 13 4.5" fill="none" stroke="{}" stroke-width="2"/>').format(
    COLOURS["grey"]
)


def icon(drawing: Markup) -> Markup:
    """Return ``drawing`` as an HTML image; decorative, since the word beside it has the same meaning."""
    return _image(drawing, 16, 16)


def share_bar(share: float) -> Markup:
    """Return a progress bar filled to ``share`` (0 to 1); decorative, since the figures stand beside it."""
    bars = Markup(
        '<rect width="72" height="8" rx="4" fill="{}" fill-opacity=".3"/>'
        '<rect width="{}" height="8" rx="4" fill="{}"/>'
    )
    width = round(72 * min(1.0, max(0.0, share)), 1)
    return _image(bars.format(COLOURS["grey"], width, COLOURS["blue"]), 72, 8)


def _image(drawing: Markup, width: int, height: int) -> Markup:
    # As an image, not as an SVG element: JupyterLab shows no SVG element in an untrusted notebook, and no
    # script can run inside an image.
    svg = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}">{2}</svg>'
    ).format(width, height, drawing)
    return Markup(
        '<img class="icon" src="data:image/svg+xml;base64,{}" alt="" width="{}" height="{}" '
        'style="display: inline; vertical-align: middle; margin: 0">'
    ).format(b64encode(svg.encode()).decode(), width, height)
