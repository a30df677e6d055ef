#!/bin/sh
# Run tests with the clock set ahead, because no result may depend on today's date:
#     scripts/test-ahead.sh .venv/bin/python +1y tests/domain tests/live
# libfaketime comes from PyPI (built on the spot, with a C compiler), in an environment of its own: Debian 12's, 0.9.10,
# breaks every wait of Python's by the monotonic clock.
set -eu
python=$1 ahead=$2
shift 2
home=.venv-ahead
find_library() { find "$home" -name 'libfaketime.so.1' 2>/dev/null | head -n 1; }
if [ -z "$(find_library)" ]; then
    echo "Building libfaketime into $home" >&2
    "$python" -m venv --clear "$home"
    if ! "$home/bin/python" -m pip --disable-pip-version-check install --quiet libfaketime==3.0.1 >&2; then
        echo "error: libfaketime could not be built. On Debian: apt-get install build-essential" >&2
        exit 1
    fi
fi
# Only the date is changed: waits use the monotonic clock.
LD_PRELOAD="$PWD/$(find_library)" FAKETIME="$ahead" FAKETIME_DONT_FAKE_MONOTONIC=1 exec "$python" -m pytest "$@"
