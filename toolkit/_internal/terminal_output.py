"""Final terminal view of a cell's text output: of a progress bar only the last step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["apply_control_characters", "join_stream_outputs"]

# A control sequence (CSI), a line end, a carriage return, a backspace, or text.
_TOKEN = re.compile(r"\x1b\[([0-?]*)[ -/]*([@-~])|\n|\r|\x08|[^\x1b\n\r\x08]+|\x1b")
_MOVES = re.compile(r"[\r\x08]")
_RESET = "\x1b[0m"
_MAX_CODES = 6  # codes that combine to one style: bold, underlined, foreground, background


def join_stream_outputs(outputs: Iterable[Any]) -> list[Any]:
    """Return a cell's outputs with successive outputs of one stream merged: a flush does not end a line.

    Parameters
    ----------
    outputs : iterable of dict
        Outputs as in a notebook; a text may be a list of lines. They are not changed.
    """
    found: list[Any] = []
    for output in outputs:
        if output.get("output_type") != "stream":
            found.append(output)
            continue
        text = output.get("text", "")
        whole = "".join(map(str, text)) if isinstance(text, list) else str(text)
        last = found[-1] if found else {}
        if last.get("output_type") == "stream" and last.get("name") == output.get("name"):
            last["text"] += whole
        else:
            # Of the same class: nbformat's nodes are a subclass of dict.
            found.append(type(output)({**output, "text": whole}))
    return found


def apply_control_characters(text: str) -> str:
    """Return ``text`` with carriage returns and backspaces applied; each character keeps its colour."""
    if _MOVES.search(text) is None:
        return text
    screen = _Screen()
    for piece in _TOKEN.finditer(text):
        screen.take(piece.group(), piece.group(1) or "", piece.group(2) or "")
    return screen.text()


class _Screen:
    """Terminal screen: the current line, and the finished lines above it."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._line: list[tuple[str, str]] = []  # colours and character, by column
        self._column = 0
        self._colours: tuple[str, ...] = ()
        self._shown = ""

    def take(self, piece: str, parameters: str, code: str) -> None:
        """Apply one token of the text.

        Parameters
        ----------
        piece : str
            The token.
        parameters, code : str
            Parameters and final character of a control sequence; empty for other tokens.
        """
        if piece == "\n":
            self._end_line()
            self._done.append("\n")
        elif piece == "\r":
            self._column = 0
        elif piece == "\x08":
            self._column = max(0, self._column - 1)
        elif code == "m":
            begins = parameters.split(";", maxsplit=1)[0] in {"", "0"}
            self._colours = (
                () if parameters in {"", "0"} else (*(() if begins else self._colours), piece)[-_MAX_CODES:]
            )
        elif code == "K":
            self._erase(parameters)
        elif not code and piece != "\x1b":
            self._write(piece)

    def text(self) -> str:
        """Return the content of the screen."""
        self._end_line()
        return "".join(self._done) + (_RESET if self._shown else "")

    def _write(self, text: str) -> None:
        end = self._column + len(text)
        # A terminal fills a gap with blanks; no gap can occur here, since no token moves to the right.
        colour = "".join(self._colours)
        self._line[self._column : end] = [(colour, character) for character in text]
        self._column = end

    def _erase(self, parameters: str) -> None:
        if parameters in {"", "0"}:
            del self._line[self._column :]
        elif parameters == "1":
            self._line[: self._column] = [("", " ")] * min(self._column, len(self._line))
        elif parameters == "2":
            self._line = [("", " ")] * self._column

    def _end_line(self) -> None:
        for colour, character in self._line:
            if colour != self._shown:
                self._done.append((_RESET if self._shown else "") + colour)
                self._shown = colour
            self._done.append(character)
        self._line, self._column = [], 0
