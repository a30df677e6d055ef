"""Run work in a forked child, for changes to a process that cannot be undone."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import traceback
import warnings


def in_child(work, *, user: int = 0, no_new_privileges: bool = False):
    """What `work` returns, run in a forked child; a negative number: the signal that ended it."""
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of other threads: they stay behind
        child = os.fork()
    if child == 0:
        try:
            signal.alarm(20)
            if user and os.geteuid() == 0:
                os.setgid(user)
                os.setuid(user)
            if no_new_privileges:
                allow_no_new_privileges()
            answer = {"answer": work()}
        except BaseException:  # noqa: BLE001 - it is for the process of the tests to judge
            answer = {"failed": traceback.format_exc()}
        os.write(theirs, json.dumps(answer).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read()
    _pid, status = os.waitpid(child, 0)
    if not said:
        return os.waitstatus_to_exitcode(status)
    answer = json.loads(said)
    assert "failed" not in answer, answer["failed"]
    return answer["answer"]


def allow_no_new_privileges():
    assert ctypes.CDLL(None).prctl(38, *(ctypes.c_ulong(value) for value in (1, 0, 0, 0))) == 0
