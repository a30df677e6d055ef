#!/bin/sh
# Provide a Chromium for the browser tests: the system's, Debian's if we are root, or Playwright's own.
# Prints the program's path, or nothing if Playwright finds its own. The version without a window is preferred: it
# loads JupyterLab with a quarter less processor time.
set -u
python=$1
system() { command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome; }
system && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium from Debian's packages." >&2
    install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"; }
    { apt-get update -qq && { install chromium-headless-shell || install chromium; }; } >&2
    system && exit 0
fi
echo "Installing Playwright's Chromium." >&2
if ! "$python" -m playwright install chromium >&2; then
    echo "error: no Chromium for the browser tests. On Debian, as root: apt-get install chromium" >&2
    exit 1
fi
