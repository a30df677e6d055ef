#!/bin/sh
# Install OpenSSH's server for the test of a remote student: Debian's package, if we are root. Without root we do not
# install a service on a machine; the test then reports that it is skipped.
set -u
[ -x /usr/sbin/sshd ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing openssh-server from Debian's packages." >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openssh-server; } >&2 && exit 0
fi
echo "No sshd: the test of a remote student is skipped. On Debian, as root: apt-get install openssh-server" >&2
