#!/bin/sh
# Provide a Firefox for the one test that needs it: the system's, or Debian's if we are root.
# Prints the program's path, or nothing if there is none; the test then reports that it is skipped.
set -u
system() { command -v firefox-esr || command -v firefox; }
system && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Firefox from Debian's packages." >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends firefox-esr; } >&2
    system && exit 0
fi
echo "No Firefox: the test in it is skipped. On Debian, as root: apt-get install firefox-esr" >&2
