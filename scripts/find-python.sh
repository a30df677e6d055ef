#!/bin/sh
# Print a Python that can make the environment (3.11 to 3.13, with venv), or print on stderr the missing part and its fix.
# If $PYTHON is set, no other Python is tried.
# See docs/decisions/0011-python-3-14.md.
suits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
found=
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
    # pyenv puts names on PATH that do not run: asking is the only test.
    "$candidate" -c "$suits" >/dev/null 2>&1 || continue
    found=$candidate
    "$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys; print(sys.executable)'
    exit 0
done
if [ -n "$found" ]; then
    version=$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "error: $found has no venv module. On Debian: apt-get install python$version-venv" >&2
else
    echo "error: no Python 3.11, 3.12 or 3.13 here. On Debian: apt-get install python3 python3-venv (or name one: make PYTHON=/path/to/python)" >&2
fi
exit 1
