"""Reads the time of a submission: from `timestamp.txt`, and from names that learning platforms give."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

__all__ = ["TIMESTAMP_NAME", "parse_timestamp", "time_in_names"]

#: Name of the file in which nbgrader keeps the time of a submission.
TIMESTAMP_NAME = "timestamp.txt"
_MAX_CHARS = 200
_NUMERIC = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2}|\d{8})[T ]+"
    r"(?P<time>\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?|\d{6})\s*(?P<zone>.*)"
)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*(?P<sign>[+\-\u2212])\s*(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?")
# Hours from UTC. Of several meanings of an abbreviation the machine's own zone decides, if it uses one.
_ABBREVIATIONS = {
    name: float(hours)
    for line in """
        Z 0 UTC 0 UCT 0 GMT 0 UT 0 ZULU 0 WET 0 WEST 1 BST 1 CET 1 MEZ 1 MET 1 WAT 1
        CEST 2 MESZ 2 MEST 2 EET 2 SAST 2 CAT 2 EEST 3 MSK 3 EAT 3 TRT 3 IDT 3
        IRST 3.5 GST 4 SAMT 4 AFT 4.5 PKT 5 UZT 5 IST 5.5 NPT 5.75 BDT 6 MMT 6.5 ICT 7 WIB 7
        HKT 8 SGT 8 AWST 8 PHT 8 WITA 8 JST 9 KST 9 WIT 9 ACST 9.5 ACDT 10.5 AEST 10 AEDT 11 NZST 12 NZDT 13
        NST -3.5 NDT -2.5 BRT -3 ART -3 CLT -4 CLST -3 COT -5 PET -5
        AST -4 ADT -3 EST -5 EDT -4 CST -6 CDT -5 MST -7 MDT -6 PST -8 PDT -7 AKST -9 AKDT -8 HST -10
    """.splitlines()
    for name, hours in zip(line.split()[::2], line.split()[1::2], strict=True)
}
# Blackboard and nbgrader's zip files: "2016-01-30-15-30-10"; its exchange: "2015-02-02 15:58:23.948203 UTC".
_IN_NAME = (
    re.compile(r"(?:attempt|tentative)[_ (]+(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)", re.IGNORECASE),
    re.compile(r"\+(\d{4})-(\d\d)-(\d\d)[ _T](\d\d)[:\-_]?(\d\d)[:\-_]?(\d\d)(\.\d+)?[ _]([A-Za-z/]+)"),
)


def parse_timestamp(text: str) -> datetime | None:
    """Return the time that the text of a `timestamp.txt` says, in UTC; None if it says none.

    Every form is read that nbgrader reads, and zones by name, abbreviation or offset. A time without a zone
    is in UTC, as for nbgrader.

    Parameters
    ----------
    text : str
        Content of the file.
    """
    line = next((line.strip() for line in text.lstrip("\ufeff").splitlines() if line.strip()), "")
    if not line or len(line) > _MAX_CHARS:
        return None
    with suppress(ValueError, OverflowError):
        found = _NUMERIC.fullmatch(line)
        if found is None:
            return _in_words(line)
        moment = datetime.fromisoformat(f"{_day(found['day'])} {_time(found['time'])}")
        return _in_zone(moment, found["zone"].strip())
    return None


def time_in_names(parts: Iterable[str]) -> datetime | None:
    """Return the time that a learning platform wrote into the name of a file or folder, in UTC.

    Parameters
    ----------
    parts : iterable of str
        Parts of a path; the last one with a time counts. A time without a zone is in the machine's own.
    """
    moment = None
    for part in parts:
        for pattern in _IN_NAME:
            found = pattern.search(part)
            if found is None:
                continue
            with suppress(ValueError, OverflowError):
                numbers = [int(number) for number in found.groups()[:6]]
                plain = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone comes next
                named = found.groups()[7] if pattern.groups > 6 else None
                moment = (_in_zone(plain, named) if named else None) or plain.astimezone(UTC)
    return moment


def _day(text: str) -> str:
    year, month, day = text.split("-") if "-" in text else (text[:4], text[4:6], text[6:])
    return f"{year}-{int(month):02}-{int(day):02}"


def _time(text: str) -> str:
    if ":" not in text:
        return f"{text[:2]}:{text[2:4]}:{text[4:]}"
    hours, _colon, rest = text.replace(",", ".").partition(":")
    whole, _point, fraction = rest.partition(".")
    return f"{int(hours):02}:{whole}" + (f".{fraction[:6]:0<6}" if fraction else "")


def _in_zone(moment: datetime, zone: str) -> datetime | None:
    found = _zone(zone, moment)
    return None if found is None else moment.replace(tzinfo=found).astimezone(UTC)


def _in_words(line: str) -> datetime | None:
    """Return the time of a date in words ("Feb 2 2015 3:58 PM EST"), as dateutil reads it."""
    # Imported here because only few submissions need it.
    from dateutil import parser as date_parser  # type: ignore[import-untyped]

    zones: list[str] = []

    def zone(name: str | None, offset: int | None) -> tzinfo | None:
        if offset is not None:
            return timezone(timedelta(seconds=offset))
        zones.append(name or "")
        return UTC

    found: datetime = date_parser.parse(line, tzinfos=zone)
    named = next(filter(None, zones), "")
    if named:
        return _in_zone(found.replace(tzinfo=None), named)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _zone(name: str, moment: datetime) -> tzinfo | None:
    """Return the zone of this name at a moment without a zone; None if there is no such zone."""
    name = name.strip().strip("()").strip()
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        minutes = int(offset["hours"]) * 60 + int(offset["minutes"] or 0)
        return timezone(timedelta(minutes=minutes if offset["sign"] == "+" else -minutes))
    own = moment.astimezone()
    if name and name.upper() == (own.tzname() or "").upper():
        return own.tzinfo
    hours = _ABBREVIATIONS.get(name.upper() or "UTC")
    if hours is not None:
        return timezone(timedelta(hours=hours))
    with suppress(LookupError, ValueError, OSError):
        return ZoneInfo(name)
    return None
