# ruff: noqa: E501 - attacks are quoted as they are
"""Answers that send messages in the kernel's name, on its connection or through its own functions."""

from __future__ import annotations

__all__ = ["CHANNEL", "FORGED"]

# The executor's socket, and frames on it: tests/security/test_protocol.py has what a kernel must not say.
CHANNEL = """
import json, os, socket, struct, time
own = [o for o in gc.get_objects() if type(o).__name__ == "_Channel"][0]
cells = [o for o in gc.get_objects() if type(o).__name__ == "_Cells"][0]
taken = socket.socket(fileno=os.dup(own.socket.fileno()))
def frame(data):
    data = json.dumps(data).encode()
    taken.sendall(struct.pack(">I", len(data)) + data)
def done(number):
    frame({"done": number, "reply": {"status": "ok", "execution_count": number}})
def now():
    return int(cells.kernel.get_parent()["header"]["msg_id"])
"""

FORGED: dict[str, str] = {
    "json": (
        "was = json.dumps\ndef lie(message, **k):\n"
        "    if isinstance(message, dict) and 'reply' in message:\n"
        "        message['reply'] = {'status': 'ok', 'execution_count': 1}\n"
        "    if isinstance(message, dict) and message.get('msg_type') == 'error':\n"
        "        message = dict(message, msg_type='stream', content={'name': 'stdout', 'text': ''})\n"
        "    return was(message, **k)\njson.dumps = lie"
    ),
    "the channel": (
        "send = own.send\ndef lie(message, more=False):\n    if message.get('msg_type') == 'error': return\n"
        "    if 'reply' in message: message['reply'] = {'status': 'ok', 'execution_count': 1}\n"
        "    send(message, more=more)\nown.send = lie"
    ),
    "the loop of cells": (
        "async def run(number, code, *a, **k): own.send({'done': number, 'reply': {'status': 'ok'}})\n"
        "cells._run = run"
    ),
    "says that it is done": "def answer(*n):\n    done(now())\n    time.sleep(0.2)",
    "a child says that it is done": (
        "def answer(*n):\n    if not os.fork():\n        done(now())\n        os._exit(0)\n    time.sleep(0.2)"
    ),
    "a result before the failure": (
        "def answer(*n):\n"
        "    frame({'msg_type': 'execute_result', 'metadata': {}, 'parent': str(now()), 'content':\n"
        "        {'data': {'text/plain': '1'}, 'metadata': {}, 'execution_count': 1}})"
    ),
    "a result in words": (
        "def answer(*n):\n"
        "    frame({'msg_type': 'execute_result', 'metadata': {}, 'parent': str(now()), 'content':\n"
        "        {'data': {'text/plain': 'passed'}, 'metadata': {}, 'execution_count': 1}})"
    ),
    "a result below nothing": (
        "def answer(*n):\n"
        "    frame({'msg_type': 'execute_result', 'metadata': {}, 'parent': str(now()), 'content':\n"
        "        {'data': {'text/plain': '-1'}, 'metadata': {}, 'execution_count': 1}})"
    ),
    "a result without text": (
        "def answer(*n):\n"
        "    frame({'msg_type': 'execute_result', 'metadata': {}, 'parent': str(now()), 'content':\n"
        "        {'data': {'image/png': ''}, 'metadata': {}, 'execution_count': 1}})"
    ),
    "clears the failure": (
        "def clear():\n    time.sleep(0.05)\n    frame({'msg_type': 'clear_output', 'metadata': {}, 'parent': '', 'content': {'wait': False}})\n"
        "def answer(*n):\n    if not os.fork():\n        clear(); os._exit(0)"
    ),
}
