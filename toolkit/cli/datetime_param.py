"""Parsing of a date and time as users type them, in English or French."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import click

from toolkit.i18n import _

__all__ = ["DateTimeParam", "parse_datetime"]

_DAYS = (
    ("monday", "lundi"),
    ("tuesday", "mardi"),
    ("wednesday", "mercredi"),
    ("thursday", "jeudi"),
    ("friday", "vendredi"),
    ("saturday", "samedi"),
    ("sunday", "dimanche"),
)
_DAY_OFFSETS = {"yesterday": -1, "hier": -1, "today": 0, "tomorrow": 1, "demain": 1}
_MAX_AHEAD = timedelta(days=3660)
"""A time further ahead than this, ten years, is taken for a typing error."""
_TIME = re.compile(r"\s*(.*?)[\sT]+(?:at |à )?(\d{1,2})\s*(?::|h)\s*(\d{2})?\s*$", re.IGNORECASE)
_IN_DAYS = re.compile(r"(?:in|dans) (\d{1,3}) (?:days?|jours?)$")


def parse_datetime(text: str, now: datetime) -> datetime:
    """Parse a date and time.

    The formats are "2026-11-24 18:00", "tomorrow 18:00", "friday 9:30" (the next one), "in 7 days 18:00", the
    same in French ("demain 18h00"), and ISO 8601 with an offset.

    Parameters
    ----------
    text : str
        The date and time.
    now : datetime
        Current time, timezone-aware.

    Returns
    -------
    datetime
        The time, timezone-aware, in the local time zone.

    Raises
    ------
    ValueError
        The text has another format.
    """
    try:
        exact = datetime.fromisoformat(text.strip())
    except ValueError:
        pass
    else:
        # "2026-11-24" alone has no time of day.
        if exact.tzinfo or re.search(r"\d[T ]\d", text):
            return exact.astimezone()
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(text)
    day, hour, minute = found[1].lower(), int(found[2]), int(found[3] or 0)
    naive = datetime.combine(_day(day, now.astimezone().date()), datetime.min.time())
    # `astimezone` takes the offset of that day, which may differ from today's.
    return naive.replace(hour=hour, minute=minute).astimezone()


def _day(text: str, today: date) -> date:
    if text in {"aujourd'hui", "aujourd’hui"}:
        return today
    if text in _DAY_OFFSETS:
        return today + timedelta(_DAY_OFFSETS[text])
    if found := _IN_DAYS.fullmatch(text):
        return today + timedelta(int(found[1]))
    for number, names in enumerate(_DAYS):
        if text in names:
            return today + timedelta((number - today.weekday() - 1) % 7 + 1)
    return date.fromisoformat(text)


class DateTimeParam(click.ParamType[datetime]):
    """Parameter type of a date and time."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse an option's or argument's value.

        Parameters
        ----------
        value : object
            The typed text, or a datetime, which is returned as it is.
        param : click.Parameter or None
            Parameter that has the value.
        ctx : click.Context or None
            Context of the command.

        Raises
        ------
        click.BadParameter
            The text is no date and time, or is too far in the future.
        """
        if isinstance(value, datetime):
            return value
        now = datetime.now().astimezone()
        try:
            found = parse_datetime(str(value), now)
            mistyped = found - now > _MAX_AHEAD
        except (ValueError, OverflowError):
            mistyped = True
        if mistyped:
            return self.fail(
                _(
                    "'{text}' is no time. Write it like '2026-11-24 18:00', 'tomorrow 18:00' "
                    "or 'friday 9:30'."
                ).format(text=value),
                param,
                ctx,
            )
        return found
