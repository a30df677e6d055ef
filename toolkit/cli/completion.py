"""Tab completion: the names that exist."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from toolkit.errors import MentoringError
from toolkit.practice import Practice

__all__ = ["exercises", "sessions", "sessions_and_students", "students"]


def _items(names: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=text) for name, text in names if name.startswith(incomplete)]


def students(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete a student's id."""
    try:
        with Practice.find(ctx.find_root().params.get("practice")).store.read() as tx:
            return _items(((s.id, s.name) for s in tx.students.all()), incomplete)
    except MentoringError:
        return []  # a shell that is completing is no place for an error


def sessions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete a session's id."""
    try:
        with Practice.find(ctx.find_root().params.get("practice")).store.read() as tx:
            return _items(((s.id, str(s.state)) for s in tx.sessions.all()), incomplete)
    except MentoringError:
        return []


def sessions_and_students(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete a session's id, or a student's."""
    return [*sessions(ctx, param, incomplete), *students(ctx, param, incomplete)]


def exercises(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete an exercise's id."""
    try:
        source = Practice.find(ctx.find_root().params.get("practice")).root / "source"
        return _items(((folder.name, "") for folder in sorted(source.iterdir())), incomplete)
    except (MentoringError, OSError):
        return []
