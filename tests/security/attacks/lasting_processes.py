"""Tries to leave a process that runs on after the end of the kernel."""

# outside: none
import os
import signal
import sys
import time

from attack import GIVEN, say

kind = GIVEN["kind"]
MARK = "outlives-" + GIVEN["mark"]
LIVE = ["/bin/sh", "-c", f"trap '' TERM INT HUP QUIT; while :; do sleep 0.2; done # {MARK}"]


def daemon():
    """Forked twice, in a session of its own, ignoring every signal that can be ignored."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 3)
            os.execv(LIVE[0], LIVE)
        os._exit(0)
    os.wait()
    time.sleep(0.2)


def zombies():
    for _ in range(30):
        if os.fork() == 0:
            os._exit(0)


def orphans():
    for _ in range(20):
        if os.fork() == 0:
            if os.fork() == 0:
                time.sleep(0.05)
                os._exit(0)
            os._exit(0)
        os.wait()


def stopped():
    child = os.fork()
    if child == 0:
        os.setsid()
        os.kill(os.getpid(), signal.SIGSTOP)
        os.execv(LIVE[0], LIVE)
    time.sleep(0.2)


def traced_group():
    """Children everywhere: other groups, other sessions, stopped, ignoring signals."""
    for number in range(8):
        if os.fork() == 0:
            if number % 2:
                os.setsid()
            else:
                os.setpgid(0, 0)
            os.execv(LIVE[0], LIVE)
    time.sleep(0.2)


globals()[kind]()
say(f"STARTED {kind}")
if GIVEN.get("then") == "exit":
    sys.stdout.flush()
    os._exit(7)
