"""`mentor watch`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from toolkit.cli.command import mentor_command
from toolkit.cli.hint_line import hint_request_line
from toolkit.cli.output import current_practice, print_next_step, relative_path
from toolkit.errors import ExecutionError
from toolkit.i18n import _, format_number, format_time, ngettext
from toolkit.kernels.containment import containment, missing_layer_hint
from toolkit.services.grading.receipts import ReceiptStatus
from toolkit.services.grading.watch_submissions import WatchEvent, watch_submissions

__all__ = ["interrupt_on_sigterm", "print_event", "watch_command"]

_RESEND_DELAY_S = 0.02
"""Seconds after which a lost signal is sent again."""


@mentor_command(
    "watch",
    _("Grade what students hand in at once, and answer it in their notebook, until Ctrl-C."),
    "mentor watch",
)
@click.pass_context
def watch_command(ctx: click.Context) -> None:
    """Grade submissions as they are made, until Ctrl-C."""
    practice = current_practice(ctx)
    now = containment()
    if now.unsafe:
        click.secho(now.summary, bold=True, err=True)
    elif not now.sandboxed:
        raise ExecutionError(
            _("{summary}. Nothing was graded.").format(summary=now.summary),
            _("To fix it: {line}").format(line=missing_layer_hint()),
        )
    graded = 0

    def told(news: WatchEvent) -> None:
        nonlocal graded
        graded += news.attempt is not None and news.attempt.outcome is not None
        print_event(news)

    def ready() -> None:
        click.echo(_("Watching {path}. Ctrl-C ends it.").format(path=relative_path(practice.root)))

    try:
        with interrupt_on_sigterm():
            click.echo(_("Getting ready…"), err=True)
            watch_submissions(practice, told, ready=ready)
    except KeyboardInterrupt:
        # Ctrl-C is the normal end of a watch, and no submission is lost.
        click.echo("")
    text = ngettext("Graded {n} submission.", "Graded {n} submissions.", graded)
    click.echo(text.format(n=graded))
    print_next_step(_("What comes from now on is taken in by the next: mentor grade"))


def print_event(news: WatchEvent) -> None:
    """Print a line about an event; nothing for a normal receipt, whose result follows."""
    line = _line(news)
    if line:
        click.echo(f"{format_time(datetime.now(UTC))}  {line}", err=bool(news.problem or news.solution))


def _line(news: WatchEvent) -> str:
    if news.receipt:
        receipt = news.receipt
        if receipt.received in {ReceiptStatus.NEW, ReceiptStatus.AGAIN}:
            return ""  # its result follows
        state = _(str(receipt.received))
        return f"{receipt.student_id}  {relative_path(Path(receipt.source))}  {state}  {receipt.message}"
    if news.asked or news.solution:
        return hint_request_line(news.asked) if news.asked else str(news.solution)
    who = f"{news.attempt.student_id}  {news.attempt.exercise_id}" if news.attempt else ""
    if news.problem:
        return f"{who}  {news.problem}"
    outcome = news.attempt.outcome if news.attempt else None
    if outcome is None:
        return ""
    points = _("{points} of {most}").format(
        points=format_number(outcome.points), most=format_number(outcome.max_points)
    )
    took = _("{n} s").format(n=format_number(round(news.seconds, 2)))
    return "  ".join([who, _(str(outcome.verdict)), points, took])


@contextmanager
def interrupt_on_sigterm() -> Iterator[None]:
    """Handle SIGTERM, which a service manager sends, like Ctrl-C during the block, and let no signal be lost.

    An exception that a signal raises in a finalizer is printed and dropped by Python: then it is sent again.
    """

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    def unraisable(found: sys.UnraisableHookArgs) -> None:
        if issubclass(found.exc_type, KeyboardInterrupt):
            # Not at once: Python drops an exception raised in this hook, too.
            thread_id = threading.get_ident()
            threading.Timer(_RESEND_DELAY_S, signal.pthread_kill, (thread_id, signal.SIGINT)).start()
        else:
            hook(found)

    before, hook = signal.signal(signal.SIGTERM, stop), sys.unraisablehook
    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGTERM, before)
