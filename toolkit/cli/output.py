"""Output in the terminal: tables, JSON, progress bars, questions, and the line with the next step."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.progress_callback import ProgressCallback, ignore_progress

__all__ = [
    "busy_indicator",
    "confirm",
    "current_practice",
    "is_control_character",
    "print_next_step",
    "print_problems",
    "print_rows",
    "printable_text",
    "progress_bar",
    "relative_path",
]

# Unicode characters that change the direction of the following text: "gpj.exe" reads as "exe.jpg".
_BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def current_practice(ctx: click.Context) -> Practice:
    """Return the practice of the command: of `--practice`, or of the current folder.

    What a killed command has left of files that it was receiving is removed.
    """
    practice = Practice.find(ctx.find_root().obj)
    practice.remove_partial_files()
    return practice


def print_rows(
    columns: Sequence[str],
    lines: Sequence[Mapping[str, Any]],
    *,
    as_json: bool = False,
    empty: str = "",
    always_table: bool = False,
) -> None:
    """Print rows as a table, or as a JSON list; into a pipe, one tab-separated line for each row.

    Parameters
    ----------
    columns : sequence of str
        Headings, in the current language, in the order of each row's values.
    lines : sequence of mapping
        The rows; the keys are those of the JSON output, always in English.
    as_json : bool
        Whether to print JSON.
    empty : str
        Message if there are no rows.
    always_table : bool
        Whether to print a table into a pipe as well: for output that is not read by programs.
    """
    if as_json:
        click.echo(json.dumps(list(lines), ensure_ascii=False, indent=2, default=str))
    elif not lines:
        click.echo(empty)
    elif not sys.stdout.isatty() and not always_table:
        # For pipes: one line for each row, never folded.
        for line in lines:
            click.echo("\t".join(printable_text(value) for value in line.values()))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, column in enumerate(columns):
            # Never wrap the first column: users copy its ids.
            table.add_column(column, overflow="fold", no_wrap=place == 0)
        for line in lines:
            table.add_row(*(printable_text(value) for value in line.values()))
        width = None if sys.stdout.isatty() else 140
        Console(highlight=False, markup=False, width=width).print(table)


def printable_text(value: object) -> str:
    """Return a value as text without control characters, safe to print in a terminal."""
    if value is None:
        return "–"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    # A student's text may hold characters that control the terminal or reverse the line.
    return "".join(" " if is_control_character(char) else char for char in str(value))


def is_control_character(char: str) -> bool:
    """Return whether a character controls the terminal, or changes the direction of the text."""
    return unicodedata.category(char) in {"Cc", "Cs"} or unicodedata.bidirectional(char) in _BIDI_CONTROLS


@contextmanager
def progress_bar(what: str) -> Iterator[ProgressCallback]:
    """Show a progress bar with count and remaining time on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield ignore_progress
        return
    # Imported here: rich takes long to import, and only a terminal needs it.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    with progress:
        task = progress.add_task(what, total=None)

        def step(what: str, done: int, total: int) -> None:
            progress.update(task, description=what[:40], completed=done, total=total)

        yield step


@contextmanager
def busy_indicator(what: str) -> Iterator[None]:
    """Show a spinner on standard error during the block, if that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(escape(what)):
        yield


def confirm(question: str) -> bool:
    """Ask a question, and return whether the answer is yes, in English or French; an empty answer is no."""
    letters = _("y/N")
    while True:
        answer = click.prompt(f"{question} [{letters}]", default="", show_default=False).strip().casefold()
        if answer in {"y", "yes", "o", "oui"}:
            return True
        if answer in {"", "n", "no", "non"}:
            return False


def print_problems(problems: Iterable[object]) -> None:
    """Print one line for each problem on stderr; nothing else was stopped by it."""
    for problem in problems:
        click.echo(str(problem), err=True)


def print_next_step(text: str) -> None:
    """Print the last line of a command's output: the next step."""
    if sys.stdout.isatty():
        click.echo(click.style(text, bold=True))
    else:
        click.echo(text)


def relative_path(path: Path) -> str:
    """Return a path relative to the current folder if it is in it, or else the path itself."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
