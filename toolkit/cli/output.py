"""How things are shown in the terminal: a table, JSON, a bar, a last line."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.progress_callback import Step, silent

__all__ = ["agreed", "bar", "busy", "commands", "here", "next_step", "plain", "relative", "rows"]

# Marks that change the direction of what follows: "gpj.exe" reads as "exe.jpg".
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def here(ctx: click.Context) -> Practice:
    """Return the practice that the command is about."""
    return Practice.find(ctx.find_root().obj)


def rows(
    columns: Sequence[str],
    lines: Sequence[Mapping[str, Any]],
    *,
    as_json: bool = False,
    empty: str = "",
    always_table: bool = False,
) -> None:
    """Print things as one table, or as a JSON list.

    Parameters
    ----------
    columns : sequence of str
        The headings, in the reader's language, in the order of each line's values.
    lines : sequence of mapping
        The values; the keys are JSON's, always English.
    empty : str
        What to say where there is nothing.
    always_table : bool
        A table in pipes, too: it is there to be looked at, not to be read by a program.
    """
    if as_json:
        click.echo(json.dumps(list(lines), ensure_ascii=False, indent=2, default=str))
    elif not lines:
        click.echo(empty)
    elif not sys.stdout.isatty() and not always_table:
        # For pipes: one line a thing, never folded.
        for line in lines:
            click.echo("\t".join(plain(value) for value in line.values()))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, column in enumerate(columns):
            # The first is what one types again: it must not be broken.
            table.add_column(column, overflow="fold", no_wrap=place == 0)
        for line in lines:
            table.add_row(*(plain(value) for value in line.values()))
        width = None if sys.stdout.isatty() else 140
        Console(highlight=False, markup=False, width=width).print(table)


def plain(value: object) -> str:
    """Return ``value`` as text that a terminal only shows."""
    if value is None:
        return "–"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    # What came from elsewhere may hold characters that a terminal obeys, or that turn the line around.
    return "".join(" " if commands(char) else char for char in str(value))


def commands(char: str) -> bool:
    """Return whether a terminal obeys a character, or turns around the line that it is in."""
    return unicodedata.category(char) in {"Cc", "Cs"} or unicodedata.bidirectional(char) in _TURNING


@contextmanager
def bar(what: str) -> Iterator[Step]:
    """Show a progress bar on standard error (what, how many, how long yet) where that is a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    # Rich takes a while to import: only who sees something of it waits for it.
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
def busy(what: str) -> Iterator[None]:
    """Show on standard error, where that is a terminal, that something goes on."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(escape(what)):
        yield


def agreed(question: str) -> bool:
    """Ask a question, and return whether the answer was yes, in either language; no answer is a no."""
    letters = _("y/N")
    while True:
        answer = click.prompt(f"{question} [{letters}]", default="", show_default=False).strip().casefold()
        if answer in {"y", "yes", "o", "oui"}:
            return True
        if answer in {"", "n", "no", "non"}:
            return False


def next_step(text: str) -> None:
    """Print the last line: what to do next."""
    if sys.stdout.isatty():
        click.echo(click.style(text, bold=True))
    else:
        click.echo(text)


def relative(path: Path) -> str:
    """Return ``path`` as one would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
