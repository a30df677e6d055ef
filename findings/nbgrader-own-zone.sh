#!/bin/sh
# nbgrader 0.9.6 with python-dateutil 2.9.0.post0, Python 3.11: it misreads the moments that it writes itself.
#
# `Exchange.timezone = "Europe/Paris"` is a documented setting. `nbgrader submit` then writes `timestamp.txt` in the
# setting's own format, whose zone is a name: "CEST" in summer. `parse_utc`, by which `nbgrader autograde` and `collect`
# read it, does not know that name and takes the time for UTC: every summer's submission is two hours late, and a late
# penalty may apply. In winter ("CET") it is right. `to_numeric_tz`, which by its docstring makes "a format which can be
# read by parse_utc", makes "+0200"; as the third word of a time parse_utc takes that for 200 seconds.
#
# Seen (noon in Paris is 10:00 UTC in summer, 11:00 in winter):
#   summer, written: 2026-07-01 12:00:00.000000 CEST
#   summer, read:    2026-07-01 12:00:00
#   winter, written: 2026-01-01 12:00:00.000000 CET
#   winter, read:    2026-01-01 11:00:00
#   by number, read: 2026-07-01 11:56:40
set -eu
self=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check nbgrader==0.9.6 python-dateutil==2.9.0.post0
cat >tried.py <<'PYTHON'
import datetime

from dateutil.tz import gettz
from nbgrader.exchange.abc import Exchange
from nbgrader.utils import parse_utc

paris = gettz("Europe/Paris")
for season, month in (("summer", 7), ("winter", 1)):
    noon = datetime.datetime(2026, month, 1, 12, tzinfo=paris)
    # As `Exchange.set_timestamp` does it.
    written = noon.strftime(Exchange.timestamp_format.default_value)
    print(f"{season}, written: {written}")
    print(f"{season}, read:    {parse_utc(written)}")
# As `to_numeric_tz("Europe/Paris")` does it, which asks for today's.
number = datetime.datetime(2026, 7, 1, tzinfo=paris).strftime("%z")
print("by number, read:", parse_utc(f"2026-07-01 12:00:00 {number}"))
PYTHON
venv/bin/python -W ignore tried.py | tee seen.txt
sed -n '/^# Seen/,/^set/s/^#   //p' "$self" >expected.txt
cmp expected.txt seen.txt || { echo "It is otherwise now." >&2; exit 1; }
