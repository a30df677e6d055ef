"""Builds the outputs of a cell from the kernel's messages, with nbclient's rules."""

from __future__ import annotations

import base64
import codecs
import logging
import math
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from jupyter_client.session import Session
from nbclient import NotebookClient
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_notebook

from toolkit.i18n import _

__all__ = ["OutputCollector", "storable_text"]

_log = logging.getLogger("mentoring.kernels")
# Fields of each output type and their types, as in the schema of nbformat.
_FIELDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": (int, type(None))},
    "error": {"ename": str, "evalue": str, "traceback": list},
}
# In the `str` of a message: half a character, or a number that is none. No file in JSON and UTF-8 holds them.
_UNSTORABLE = re.compile(r"\\ud[89a-f]|\b(?:nan|inf)\b")
_SURROGATE = re.compile("[\ud800-\udfff]")


class OutputCollector:
    """Collects the outputs of the cells of one kernel, one cell at a time.

    Parameters
    ----------
    send : callable
        Sends a message to the kernel; needed for output widgets, whose state is updated with each output.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._session = Session()
        self._notebook: NotebookNode = new_notebook()  # type: ignore[no-untyped-call]
        self._client = _Client(self._notebook, store_widget_state=True, log=_log)
        # The part of a kernel client that nbclient uses to answer a widget.
        self._client.kc = SimpleNamespace(  # type: ignore[assignment]
            session=self._session, shell_channel=SimpleNamespace(send=self._answer)
        )
        self._number = 0
        self._cell: NotebookNode = NotebookNode()  # type: ignore[no-untyped-call]
        self._ceiling = 0
        self._size = 0
        self._decoders: dict[str, codecs.IncrementalDecoder] = {}

    @property
    def full(self) -> bool:
        """Whether the cell's output exceeds the limit."""
        return self._size > self._ceiling

    @property
    def execution_count(self) -> int | None:
        """The kernel's execution count of the cell; None if unknown."""
        count = self._cell.get("execution_count")
        return count if isinstance(count, int) else None

    def fresh(self, number: int, ceiling: int) -> None:
        """Start the next cell.

        Parameters
        ----------
        number : int
            Id of the cell's run, the parent of its messages.
        ceiling : int
            Maximum size of the kept output, characters.
        """
        self._number = number
        self._ceiling = ceiling
        self._size = 0
        self._cell = _node(
            {"cell_type": "code", "metadata": {}, "source": "", "outputs": [], "execution_count": None}
        )
        self._notebook.cells.append(self._cell)
        self._client.clear_before_next_output = False
        self._decoders = {
            name: codecs.getincrementaldecoder("utf-8")("replace") for name in ("stdout", "stderr")
        }

    def write(self, name: str, data: bytes) -> None:
        """Add data that was written to a standard stream.

        Parameters
        ----------
        name : {"stdout", "stderr"}
            The stream.
        data : bytes
            UTF-8; may end inside a character.
        """
        text = self._decoders[name].decode(data)
        if text:
            self._output({"msg_type": "stream", "content": {"name": name, "text": text}, "metadata": {}})

    def take(self, message: dict[str, Any]) -> None:
        """Process one message of the kernel.

        Raises
        ------
        ValueError, TypeError, KeyError, AttributeError
            The message is malformed.
        """
        # As in nbclient, messages of another cell are ignored.
        if message["parent"] not in {str(self._number), ""}:
            return
        message["buffers"] = [base64.b64decode(buffer) for buffer in message.get("buffers", ())]
        self._output(message)

    def collected(self) -> list[NotebookNode]:
        """Return the outputs of the cell, with consecutive outputs of a stream merged."""
        outputs: list[NotebookNode] = []
        for output in self._cell.outputs:
            last = outputs[-1] if outputs else None
            if (
                last is not None
                and output.output_type == last.output_type == "stream"
                and output.name == last.name
            ):
                last.text += output.text
            else:
                outputs.append(output)
        self._cell.outputs = outputs
        return outputs

    def drop(self, size: int, kept: str = "") -> None:
        """Drop an output that exceeds the limit; the first time, add a notice.

        Parameters
        ----------
        size : int
            Size of the output.
        kept : str
            Beginning of the output, to show before the notice.
        """
        if self._size <= self._ceiling:
            text = kept + "\n" + _("… the rest of this output was dropped …") + "\n"
            self._cell.outputs.append(_node({"output_type": "stream", "name": "stdout", "text": text}))
        self._size += max(size, self._ceiling)

    def _output(self, message: dict[str, Any]) -> None:
        content = message["content"]
        if not isinstance(content, dict) or not isinstance(message["metadata"], dict):
            raise TypeError
        room = self._ceiling - self._size
        is_error = message["msg_type"] == "error"
        written = str(content)
        if _UNSTORABLE.search(written):
            message = {**message, "content": _storable(content)}
        size = len(written)
        if self._size + size > self._ceiling and not is_error:
            self.drop(
                size, str(content.get("text", ""))[: max(0, room)] if message["msg_type"] == "stream" else ""
            )
            return
        self._size += size
        header = {"msg_id": str(self._number)}
        self._client.process_message(
            {**message, "header": {"msg_type": message["msg_type"]}, "parent_header": header},
            self._cell,
            len(self._notebook.cells) - 1,
        )

    def _answer(self, message: dict[str, Any]) -> None:
        self._send({"comm": {key: message[key] for key in ("msg_type", "content", "metadata")}})


class _Client(NotebookClient):
    """nbclient's message handling, without its schema validation of every output.

    That validation takes as long as a small cell; `_checked` replaces it.
    """

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Add the output of a message to its cell."""
        if self.output_hook_stack[msg["parent_header"]["msg_id"]]:
            return super().output(outs, msg, display_id, cell_index)
        if msg["msg_type"] not in _FIELDS:
            return None
        output = _checked(msg["msg_type"], msg["content"])
        if self.clear_before_next_output:
            outs[:] = []
            self.clear_display_id_mapping(cell_index)
            self.clear_before_next_output = False
        if display_id:
            places = self._display_id_map.setdefault(display_id, {}).setdefault(cell_index, [])
            places.append(len(outs))
        outs.append(output)
        return output


def _checked(kind: str, content: dict[str, Any]) -> NotebookNode:
    """Return the output of a message.

    Raises
    ------
    TypeError, KeyError
        The output violates the schema of nbformat.
    """
    fields = {name: content[name] for name in _FIELDS[kind]}
    for name, wanted in _FIELDS[kind].items():
        if not isinstance(fields[name], wanted):
            raise TypeError(name)
    if not _is_text(fields.get("traceback", [])):
        raise TypeError(kind)
    if "data" in fields:
        # Code may display a bundle with a value of any type, and the test cells after it must still run.
        fields["data"] = {
            mime: value if _is_json(mime) or _is_text(value) else str(value)
            for mime, value in fields["data"].items()
        }
    return _node({"output_type": kind, **fields})


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(part, str) for part in value)
    )


def storable_text(text: str) -> str:
    """Return a text with a mark in place of each half of a character (a lone surrogate).

    Parameters
    ----------
    text : str
        Text of student code.
    """
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _storable(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a message's content with a mark in place of each half character, and null for no number."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_json(mime: str) -> bool:
    return mime.startswith("application/") and mime.endswith(("/json", "+json"))


def _node(plain: dict[str, Any]) -> NotebookNode:
    node: NotebookNode = from_dict(plain)  # type: ignore[no-untyped-call]
    return node
