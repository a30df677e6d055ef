"""A kernel of a given name, and a client that sends it one request after another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode
from nbformat.v4 import output_from_msg

from tests.patience import PATIENCE_S

STOCK = "python3"
# What is compared with the stock kernel: the one line to change, or to set, for another kernel.
OURS = os.environ.get("MENTORING_PARITY_KERNEL", "mentoring")

OUTPUTS = {"stream", "display_data", "execute_result", "error"}
Message = dict[str, Any]


def environment() -> dict[str, str]:
    """The environment of a kernel, without pytest's variable: with it ipykernel leaves fds 1 and 2 alone."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@dataclass
class Reply:
    """The reply to one snippet."""

    content: Message
    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> str:
        return str(self.content["status"])

    @property
    def count(self) -> int:
        return int(self.content["execution_count"])

    @property
    def outputs(self) -> list[NotebookNode]:
        return [output_from_msg(m) for m in self.messages if m["msg_type"] in OUTPUTS]

    def stream(self, name: str = "stdout") -> str:
        return "".join(o.text for o in self.outputs if o.output_type == "stream" and o.name == name)

    @property
    def value(self) -> str:
        return "".join(o.data["text/plain"] for o in self.outputs if o.output_type == "execute_result")

    @property
    def error(self) -> str:
        return str(self.content.get("ename", ""))

    @property
    def said(self) -> str:
        """All output, for the message of an assertion."""
        return f"{self.status} {self.content.get('ename')} {self.content.get('evalue')} {self.outputs}"


class Conversation:
    """One kernel and its client."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel(cwd=str(folder), env=environment())
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.stuck = False
        try:
            self.ready()
        except BaseException:
            self.close()
            raise

    def ready(self) -> None:
        self.client.wait_for_ready(timeout=PATIENCE_S)

    def run(
        self,
        code: str,
        *,
        answers: Iterable[str] = (),
        allow_stdin: bool = False,
        on_message: Callable[[Message], None] | None = None,
        seconds: float = PATIENCE_S,
        **options: Any,
    ) -> Reply:
        """Run a snippet to its end; `answers` are given to its `input()` calls."""
        messages: list[Message] = []
        waiting = list(answers)

        def hear(message: Message) -> None:
            messages.append(message)
            if on_message:
                on_message(message)

        def answer(message: Message) -> None:
            messages.append(message)
            self.client.input(waiting.pop(0))

        try:
            reply = self.client.execute_interactive(
                code,
                allow_stdin=allow_stdin or bool(waiting),
                output_hook=hear,
                stdin_hook=answer,
                timeout=seconds,
                **options,
            )
        except TimeoutError:
            self.stuck = True
            raise
        return Reply(reply["content"], messages)

    def value(self, expression: str) -> Any:
        """The Python value of an expression, through its repr."""
        reply = self.run(f"print(repr(({expression})), end='')")
        assert reply.status == "ok", reply.said
        return eval(reply.stream())

    def ask(self, kind: str, content: Message | None = None, channel: str = "shell") -> Message:
        """Send a request and wait for its reply."""
        end = getattr(self.client, f"{channel}_channel")
        request = self.client.session.msg(kind, content or {})
        end.send(request)
        while True:
            reply = end.get_msg(timeout=PATIENCE_S)
            if reply["parent_header"].get("msg_id") == request["msg_id"]:
                return dict(reply["content"])

    def tell(self, kind: str, content: Message) -> str:
        """Send a message that has no reply; return its id."""
        message = self.client.session.msg(kind, content)
        self.client.shell_channel.send(message)
        return str(message["msg_id"])

    def hear(self, wanted: Callable[[Message], bool], seconds: float = PATIENCE_S) -> list[Message]:
        """Return the iopub messages up to and including the first wanted one."""
        heard: list[Message] = []
        end = time.monotonic() + seconds
        while not heard or not wanted(heard[-1]):
            try:
                heard.append(self.client.get_iopub_msg(timeout=max(0.01, end - time.monotonic())))
            except Empty:
                raise AssertionError(f"not heard in {seconds} s: {[m['msg_type'] for m in heard]}") from None
        return heard

    def restart(self) -> None:
        self.manager.restart_kernel(now=True)
        self.stuck = False
        self.ready()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
