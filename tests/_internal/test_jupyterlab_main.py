"""Our start of JupyterLab takes the stock arguments, omits slow imports, and ends despite working threads."""

from __future__ import annotations

import subprocess
import sys

MAIN = "toolkit._internal.jupyterlab_main"

STOPPED = f"""
import asyncio, threading, time
import anyio.to_thread
from {MAIN} import cancel_leftover_tasks

loop = asyncio.new_event_loop()
task = loop.create_task(anyio.to_thread.run_sync(time.sleep, 0.3))
loop.call_later(0.05, loop.stop)
loop.run_forever()
assert not task.done()
cancel_leftover_tasks(loop)
print(task.cancelled(), len(asyncio.all_tasks(loop)))
"""


def said(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=120
    )


def test_it_takes_the_arguments_of_jupyterlab_and_omits_slow_imports():
    ours = said("-X", "importtime", "-m", MAIN, "--version")
    assert ours.stdout == said("-m", "jupyterlab", "--version").stdout
    assert "jsonschema" in ours.stderr
    assert "rfc3987_syntax.syntax_helpers" not in ours.stderr


def test_a_process_ends_whose_loop_was_stopped_beside_a_working_thread():
    assert said("-c", STOPPED).stdout.split() == ["True", "0"]


def test_a_loop_without_tasks_stays_as_it_is():
    code = f"import asyncio; from {MAIN} import cancel_leftover_tasks as end\nloop = asyncio.new_event_loop()"
    assert said("-c", f"{code}\nend(loop); loop.close(); end(loop)").stdout == ""
