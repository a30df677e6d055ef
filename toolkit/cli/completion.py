"""Shell completion of the ids of students, sessions and exercises."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from toolkit.errors import MentoringError
from toolkit.practice import Practice

__all__ = ["complete_exercises", "complete_sessions", "complete_sessions_and_students", "complete_students"]


def _items(names: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=text) for name, text in names if name.startswith(incomplete)]


def complete_students(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete a student's id.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    param : click.Parameter
        Parameter to complete; not used.
    incomplete : str
        Beginning of the id.
    """
    try:
        with Practice.find(ctx.find_root().params.get("practice")).store.read() as tx:
            return _items(((s.id, s.name) for s in tx.students.all()), incomplete)
    except MentoringError:
        return []  # an error message would disturb the line that the user types


def complete_sessions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete a session's id.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    param : click.Parameter
        Parameter to complete; not used.
    incomplete : str
        Beginning of the id.
    """
    try:
        with Practice.find(ctx.find_root().params.get("practice")).store.read() as tx:
            return _items(((s.id, str(s.state)) for s in tx.sessions.all()), incomplete)
    except MentoringError:
        return []


def complete_sessions_and_students(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the id of a session or of a student.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    param : click.Parameter
        Parameter to complete.
    incomplete : str
        Beginning of the id.
    """
    return [*complete_sessions(ctx, param, incomplete), *complete_students(ctx, param, incomplete)]


def complete_exercises(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete an exercise's id.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    param : click.Parameter
        Parameter to complete; not used.
    incomplete : str
        Beginning of the id.
    """
    try:
        source = Practice.find(ctx.find_root().params.get("practice")).root / "source"
        return _items(((folder.name, "") for folder in sorted(source.iterdir())), incomplete)
    except (MentoringError, OSError):
        return []
