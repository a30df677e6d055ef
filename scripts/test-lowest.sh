#!/bin/sh
# Run the tests that the arguments name with every declared distribution at its floor, in an environment of its own, on Python 3.11.
set -eu
uv=$1
venv=$2
shift 2
"$uv" venv --quiet --allow-existing --python 3.11 "$venv"
floors=$(mktemp)
trap 'rm -f "$floors"' EXIT
"$uv" pip compile --quiet --no-header --no-annotate --resolution lowest-direct --python-version 3.11 \
    --output-file "$floors" --extra all --extra test pyproject.toml
# If another distribution requires more than a floor, that floor would be declared but never tested.
"$(dirname "$uv")/python" scripts/floors.py "$floors"
"$uv" pip sync --quiet --python "$venv/bin/python" "$floors"
# A test needs pip.
"$uv" pip install --quiet --python "$venv/bin/python" --no-deps --editable . pip
"$venv/bin/python" -m pytest "$@"
