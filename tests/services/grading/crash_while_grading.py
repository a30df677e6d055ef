"""Grade a practice again and again, each time in a fork of this process that a test kills.

Everything is imported once, so that fifty crashes are a matter of seconds. The fork does the work of its
workers itself, so a kill can come while it reads, runs, or writes the gradebook or the store.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import Executor, Future
from pathlib import Path

from toolkit import exercises
from toolkit.exercises.nbgrader_worker import autograde, gradebook_writer, private_course  # noqa: F401 - not in each fork anew
from toolkit.practice import Practice
from toolkit.services.grading import grading_batch


class Here(Executor):
    """Runs submitted calls at once, in this process."""

    def __init__(self, _count: int) -> None:
        pass

    def submit(self, fn, /, *args, **kwargs):
        future: Future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        return future


def main() -> None:
    root = Path(sys.argv[1])
    for name in sys.argv[2:]:
        assert private_course.private_course(root, name).pipeline is not None
    exercises.WorkerPool = Here
    for _line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                found = grading_batch.grade_attempts(Practice(root))
                code = 3 if any(one.problem for one in found) else 0
            finally:
                os._exit(code)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
