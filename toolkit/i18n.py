"""Translation with gettext, and the choice of the language.

See docs/decisions/0004-compiled-messages.md.
"""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from babel.dates import format_date as _babel_date
from babel.dates import format_datetime as _babel_datetime
from babel.dates import format_time as _babel_time
from babel.numbers import format_decimal

__all__ = [
    "LANGUAGES",
    "LOCALE_DIR",
    "N_",
    "Language",
    "_",
    "current_language",
    "detect_language",
    "format_date",
    "format_datetime",
    "format_number",
    "format_time",
    "ngettext",
    "pick",
    "use_language",
]

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")

LOCALE_DIR = Path(__file__).parent / "locale"
_current: ContextVar[Language | None] = ContextVar("mentoring_language", default=None)


@cache
def _catalogue(language: Language) -> _gettext.NullTranslations:
    # English is the msgid, so it needs no catalogue.
    if language == "en":
        return _gettext.NullTranslations()
    return _gettext.translation("mentoring", LOCALE_DIR, [language])


def detect_language(environ: Mapping[str, str] = os.environ) -> Language:
    """Return the language that the environment variables name; English if none of them is set."""
    for variable in ("MENTORING_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable, "")
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


def current_language() -> Language:
    """Return the language of the current context; the environment's language if none was set."""
    return _current.get() or detect_language()


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Translate every text inside the ``with`` block into ``language`` ("en" or "fr"; others mean "en")."""
    token = _current.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _current.reset(token)


def _(message: str) -> str:
    """Return ``message`` in the current language."""
    return _catalogue(current_language()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the singular or plural form for ``n`` things, in the current language.

    Parameters
    ----------
    singular, plural : str
        The two English forms; ``singular`` is the msgid.
    n : int
        The number of things.
    """
    return _catalogue(current_language()).ngettext(singular, plural, n)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark ``message`` for the catalogue without translating it; the code that shows it translates it."""
    return message


def pick(texts: Mapping[str, str]) -> str:
    """Return the text of the current language from ``{"en": ..., "fr": ...}``; English if missing."""
    return texts.get(current_language()) or texts["en"]


def format_datetime(moment: datetime) -> str:
    """Return date and time of day in the usual format of the language, in the local time zone."""
    pattern = "EEEE d MMMM y 'à' HH:mm" if current_language() == "fr" else "EEEE d MMMM y, HH:mm"
    return _babel_datetime(moment.astimezone(), pattern, locale=current_language())


def format_date(day: date) -> str:
    """Return a date in the usual format of the language: "24 November 2026"."""
    if current_language() == "fr" and day.day == 1:
        return _babel_date(day, "1'er' MMMM y", locale="fr")
    return _babel_date(day, "d MMMM y", locale=current_language())


def format_time(moment: datetime) -> str:
    """Return the time of day, "18:42", in the local time zone."""
    return _babel_time(moment.astimezone(), "HH:mm", locale=current_language())


def format_number(value: float) -> str:
    """Return a number with the separators of the language and at most two decimals."""
    return format_decimal(value, "#,##0.##", locale=current_language())
