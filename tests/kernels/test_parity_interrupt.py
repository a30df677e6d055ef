# ruff: noqa: E501 - the code in strings keeps its own lines
"""An interrupt ends an endless cell, and the next cell runs."""

from __future__ import annotations

import time

import pytest

from tests.kernels.kernel_conversation import OURS, STOCK
from tests.patience import PATIENCE_S

# Seconds that the hanging calls would take by themselves at the least, where they end at all.
HANGING_S = 60
HANGING = {
    "a loop": "while True:\n    pass",
    "a sleep": "import time\ntime.sleep(60)",
    "a regular expression": "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
    "many numbers": "import itertools\nany(n < 0 for n in itertools.count())",
    "a lock": "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(3,), daemon=True).start()\n"
    "threading.Event().wait(60)",
    "a queue": "import queue\nqueue.Queue().get()",
    "a pipe": "import os\nr, w = os.pipe()\nos.read(r, 1)",
    "a socket": "import socket\none, two = socket.socketpair()\none.recv(1)",
    "a zmq socket": "import zmq\nwith zmq.Context() as context, context.socket(zmq.PULL) as pull:\n    pull.recv()",
    "a child": "import subprocess\nsubprocess.run(['sleep', '60'])",
    "a shell": "!echo RUNNING; sleep 60; echo not reached",
    "a pool": "import multiprocessing as mp, time\n"
    "with mp.get_context('fork').Pool(1) as pool:\n    pool.map(time.sleep, [60])",
    "an await": "import asyncio\nawait asyncio.sleep(60)",
    "a gather": "import asyncio\nawait asyncio.gather(asyncio.sleep(60), asyncio.Event().wait())",
    "endless output": "import time\nwhile True:\n    print('x' * 50)\n    time.sleep(0.001)",
}
# What reports the interrupt in another way than by a KeyboardInterrupt.
AWAITS = ("an await", "a gather")
ELSEWISE = {"an await": "CancelledError", "a gather": "CancelledError", "a shell": ""}


def interrupted(talk, code: str, after: float = 0.25, *, nudge: bool = False, said="BEGUN", **options):
    """Run code, interrupt it once it has begun; its reply and how long that took.

    A stock kernel that awaits sees the interrupt only when its loop wakes up, for instance at a message:
    `nudge` sends one. `said` is the first line of output. The pause after it lets the line leave the kernel:
    a thread sends flushed output, and waits for ever if a call in C holds the interpreter's lock.
    """
    began = []

    def watch(message):
        if message["msg_type"] == "stream" and said in message["content"]["text"] and not began:
            time.sleep(after)
            began.append(time.monotonic())
            talk.manager.interrupt_kernel()
            if nudge:
                # The signal is there before the message.
                time.sleep(0.2)
                talk.client.kernel_info()

    reply = talk.run(
        f"print('BEGUN', flush=True)\n__import__('time').sleep(0.1)\n{code}", on_message=watch, **options
    )
    return reply, time.monotonic() - began[0]


@pytest.mark.parametrize("what", HANGING)
def test_it_is_interrupted(talk, what):
    # A shell that has not started yet is another thing to interrupt: IPython's own code.
    said = "RUNNING" if what == "a shell" else "BEGUN"
    reply, took = interrupted(talk, HANGING[what], nudge=what in AWAITS, said=said)
    assert took < HANGING_S / 2, reply.said
    assert reply.error in {ELSEWISE.get(what, "KeyboardInterrupt"), "KeyboardInterrupt"}, reply.said
    assert talk.run("20 + 3").value == "23"


@pytest.mark.skipif(OURS == STOCK, reason="stock kernels wait for the next message")
@pytest.mark.parametrize("what", AWAITS)
def test_an_await_is_interrupted_without_a_nudge(start, what):
    talk = start(OURS)
    reply, took = interrupted(talk, HANGING[what])
    assert took < HANGING_S / 2, reply.said
    assert reply.error in {"CancelledError", "KeyboardInterrupt"}, reply.said


def test_the_traceback_says_where_it_was(talk):
    reply, _took = interrupted(talk, "def forever():\n    while True:\n        pass\n\nforever()")
    assert "forever()" in "".join(reply.outputs[-1].traceback)
    assert reply.outputs[-1].ename == "KeyboardInterrupt"


def test_code_may_catch_it(talk):
    code = "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('caught')"
    reply, _took = interrupted(talk, code)
    assert reply.status == "ok"
    assert "caught" in reply.stream()


def test_code_may_have_a_handler_of_its_own(talk):
    code = (
        "import signal, time\nheard = []\nold = signal.signal(signal.SIGINT, lambda *a: heard.append(1))\n"
        "end = time.monotonic() + 5\n"
        "while not heard and time.monotonic() < end:\n    time.sleep(0.05)\n"
        "_ = signal.signal(signal.SIGINT, old)\nprint(heard)"
    )
    reply, _took = interrupted(talk, code)
    assert "[1]" in reply.stream(), reply.said
    assert interrupted(talk, "while True:\n    pass")[0].error == "KeyboardInterrupt"


def test_between_cells_it_does_nothing(talk):
    talk.run("kept = 1")
    for _time in range(3):
        talk.manager.interrupt_kernel()
        # Signals that come together are one.
        time.sleep(0.05)
    assert talk.run("kept").value == "1"


def test_a_background_task_survives_it(talk):
    talk.run(
        "import asyncio\nbeats = []\n"
        "async def beat():\n    while True:\n        beats.append(1)\n        await asyncio.sleep(0.02)\n"
        "beating = asyncio.create_task(beat())"
    )
    assert interrupted(talk, "await asyncio.sleep(60)", nudge=True)[0].status == "error"
    before = talk.value("len(beats)")
    # Ten beats.
    time.sleep(0.2)
    assert talk.value("len(beats)") > before
    talk.run("beating.cancel()")


def test_what_waits_behind_it_is_aborted(talk):
    first = talk.client.execute("print('BEGUN', flush=True)\nimport time\ntime.sleep(60)")
    second = talk.client.execute("1 + 1")
    talk.hear(lambda m: m["msg_type"] == "stream")
    talk.manager.interrupt_kernel()
    replies = {}
    while len(replies) < 2:
        reply = talk.client.get_shell_msg(timeout=PATIENCE_S)
        replies[reply["parent_header"]["msg_id"]] = reply["content"]["status"]
    assert replies == {first: "error", second: "aborted"}
    # What comes while it still aborts is aborted as well.
    time.sleep(0.1)
    assert talk.run("1 + 2").value == "3"


def test_a_question_is_interrupted(talk):
    def refuse(_request):
        # It asks before it waits for the answer.
        time.sleep(0.1)
        talk.manager.interrupt_kernel()

    reply = talk.client.execute_interactive(
        "input('Name? ')", stdin_hook=refuse, output_hook=print, timeout=10
    )
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert talk.run("1 + 3").value == "4"


def test_with_a_message_too(talk):
    """Clients without a kernel manager send the interrupt on the control channel."""
    talk.client.execute("print('BEGUN', flush=True)\nimport time\ntime.sleep(60)")
    talk.hear(lambda m: m["msg_type"] == "stream")
    # Until it has left the line that says so.
    time.sleep(0.1)
    assert talk.ask("interrupt_request", channel="control")["status"] == "ok"
    assert talk.client.get_shell_msg(timeout=PATIENCE_S)["content"]["ename"] == "KeyboardInterrupt"
