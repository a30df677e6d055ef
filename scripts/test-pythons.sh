#!/bin/sh
# Run the tests that depend on the version of Python (kernels and sandbox) on the other supported versions that are installed.
# A missing version is named and skipped; the first failing test ends the run.
set -eu
suits='import sys, venv, ensurepip; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])'
for version in 3.12 3.13; do
    found=
    # pyenv puts names on PATH that do not run: asking is the only test.
    for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
        "$candidate" -c "$suits" "$version" >/dev/null 2>&1 || continue
        found=$candidate
        break
    done
    if [ -z "$found" ]; then
        echo "Python $version is not here: its kernels are not tested."
        continue
    fi
    echo "Python $version: $found"
    "${MAKE:-make}" test VENV=".venv-$version" PYTHON="$found" ARGS="${ARGS:--n auto tests/kernels tests/security}"
done
