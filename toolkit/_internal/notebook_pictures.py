"""Pictures of a notebook as HTML that fetches nothing; a picture that is missing is named in its place."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from markupsafe import Markup

from toolkit.i18n import _

__all__ = ["image_html", "joined_text", "notice", "picture_html"]

_MAX_IMAGE_CHARS = 8_000_000
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
# The first bytes of PNG, JPEG, GIF and WebP; browsers go by them, and not by the MIME type.
_SIGNATURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_DATA_URL = re.compile(r"data:(?P<mime>image/[a-z+.-]+)(?:;[a-z]+=[\w-]+)*;base64,(?P<data>.*)", re.DOTALL)
_MAX_NAME_CHARS = 200


def notice(text: str) -> Markup:
    """Return a line of our own about a part that is not shown, as HTML.

    Parameters
    ----------
    text : str
        Plain text in the current language.
    """
    return Markup('<small class="soft">{}</small>').format(text)


def joined_text(value: Any) -> str:  # noqa: ANN401 - untrusted JSON
    """Return a text of a notebook, which may be a list of lines.

    Parameters
    ----------
    value : object
        Untrusted JSON.
    """
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def image_html(mime: str, data: str, description: str) -> Markup | None:
    """Return an image element with its data; None if it is not an image that a browser shows.

    Parameters
    ----------
    mime : str
        MIME type.
    data : str
        The image in base64, or the source of an SVG.
    description : str
        Text for readers who do not see it.
    """
    if mime not in _SHOWN:
        return None
    if len(data) > _MAX_IMAGE_CHARS:
        return notice(_("(A very large image is left out.)"))
    is_svg = mime == "image/svg+xml"
    if is_svg and data.lstrip().startswith("<"):
        content = data.encode(errors="replace")
    else:
        try:
            content = base64.b64decode(data)
        except (binascii.Error, ValueError):
            return None
    # Browsers neither run scripts nor fetch resources of an SVG in an `img` element.
    if not (b"<svg" in content if is_svg else content.startswith(_SIGNATURES)):
        return None
    encoded = base64.b64encode(content).decode()
    return Markup('<img src="data:{};base64,{}" alt="{}">').format(mime, encoded, description)


def picture_html(address: str, description: str, attachments: Mapping[str, Any]) -> Markup:
    """Return what stands for an image element of a notebook.

    Parameters
    ----------
    address : str
        The image's address; untrusted.
    description : str
        The image's description; untrusted.
    attachments : mapping
        The cell's attachments: MIME bundles by name; untrusted.
    """
    if address.startswith("attachment:"):
        name = unquote(address.removeprefix("attachment:"))
        bundle = attachments.get(name, attachments.get(address.removeprefix("attachment:")))
        return _attached(name, bundle, description)
    inline = _DATA_URL.fullmatch(address)
    if inline:
        shown = image_html(inline["mime"], inline["data"], description)
        return shown or notice(_("(A picture that cannot be shown: {name})").format(name=inline["mime"]))
    name = _shortened(address or description)
    if re.match(r"(?:https?:)?//", address, re.IGNORECASE):
        return notice(_("(A picture from another site is not loaded here: {address})").format(address=name))
    if not name:
        return notice(_("(A picture is missing here.)"))
    return notice(_("(The picture {name} is missing: it was not handed in.)").format(name=name))


def _attached(name: str, bundle: object, description: str) -> Markup:
    short = _shortened(name)
    if not isinstance(bundle, dict) or not bundle:
        return notice(_("(The picture {name} is missing: it was not handed in.)").format(name=short))
    for mime in _SHOWN:
        shown = image_html(mime, joined_text(bundle[mime]), description or name) if mime in bundle else None
        if shown:
            return shown
    return notice(_("(A picture that cannot be shown: {name})").format(name=short))


def _shortened(name: str) -> str:
    return name if len(name) <= _MAX_NAME_CHARS else f"{name[:_MAX_NAME_CHARS]}…"
