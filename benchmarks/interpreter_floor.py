"""The floor of a benchmark: the same source, compiled and run in a fork of a warm interpreter."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

__all__ = ["floor"]

# Runs each source of a request in a fork; one that fails does not stop the next, as in a notebook.
_SERVER = """
import json, os, sys
exec(sys.argv[1])
answers = os.fdopen(os.dup(1), "w")
nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(nowhere, 1), os.dup2(nowhere, 2)
for line in sys.stdin:
    request = json.loads(line)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.chdir(request["folder"])
            names = {"__name__": "__main__"}
            for source in request["sources"]:
                try:
                    exec(compile(source, "<cell>", "exec"), names)
                except Exception:
                    pass
            code = 0
        finally:
            sys.stdout.flush()
            os._exit(code)
    answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\\n")
    answers.flush()
"""


@contextmanager
def floor(warm: str) -> Iterator[Callable[[Sequence[str], Path], None]]:
    """Yield a warm interpreter that runs each source in a fork of itself."""
    line = [sys.executable, "-c", _SERVER, warm]
    variables = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    with Popen(line, stdin=PIPE, stdout=PIPE, text=True, env=variables) as process:
        asked, answered = process.stdin, process.stdout
        if asked is None or answered is None:
            raise RuntimeError("no pipes")

        def run(sources: Sequence[str], folder: Path) -> None:
            asked.write(json.dumps({"sources": list(sources), "folder": str(folder)}) + "\n")
            asked.flush()
            if answered.readline() != "0\n":
                raise RuntimeError("the floor failed")

        yield run
        asked.close()
