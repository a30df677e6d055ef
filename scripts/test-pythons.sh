#!/bin/sh
# Run what depends on the version of Python, the tests of kernels and of the sandbox, on the others that are supported and here.
# One that is not here is named and left out; a test that fails ends it.
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
