"""Descriptors that a child process inherits: pipes, and files without a name."""

from __future__ import annotations

import os
from contextlib import ExitStack
from io import FileIO

__all__ = ["make_pipe", "memory_file"]


def make_pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    """Return the reading and the writing end of a new pipe, which ``stack`` closes."""
    reading, writing = os.pipe()
    return stack.enter_context(FileIO(reading, "r")), stack.enter_context(FileIO(writing, "w"))


def memory_file(stack: ExitStack, content: bytes) -> int:
    """Return the descriptor of an anonymous file in memory, at its start, which ``stack`` closes.

    Parameters
    ----------
    stack : ExitStack
    content : bytes

    Raises
    ------
    OSError
        The system has no memory left for it.
    """
    file = stack.enter_context(FileIO(os.memfd_create("mentoring"), "r+"))
    file.write(content)
    file.seek(0)
    return file.fileno()
