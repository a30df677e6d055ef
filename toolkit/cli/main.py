"""The entry point of `mentor`: it selects the language, runs a command, and turns errors into exit codes."""

from __future__ import annotations

import atexit
import gc
import gettext
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

import click

from toolkit._internal.disk_faults import disk_fault
from toolkit._internal.extras import Extra, require_extra, requiring_extra
from toolkit._internal.lazy_imports import without_slow_formats
from toolkit.cli.logs import log_exit, start_logging
from toolkit.errors import MentoringError
from toolkit.i18n import LANGUAGES, LOCALE_DIR, N_, _, detect_language, use_language

__all__ = ["COMMANDS", "MentorGroup", "command_group", "main"]

COMMANDS = {
    "init": ("practice", N_("Make a practice, or adopt an nbgrader course directory.")),
    "import": ("import_course", N_("Bring an nbgrader course into the practice.")),
    "demo": ("demo", N_("Build a demo practice and share a session in it.")),
    "doctor": ("doctor", N_("Check this machine, and say how to fix it.")),
    "student": ("student", N_("The students and their mentorships.")),
    "path": ("path", N_("The learning paths.")),
    "exercise": ("exercise", N_("The exercises: list, write, check, preview, release, make variants.")),
    "collect": ("grading", N_("Take submissions in: files, folders, archives.")),
    "grade": ("grading", N_("Grade what was taken in.")),
    "review": ("review", N_("Grade by hand what waits for you.")),
    "feedback": ("grading", N_("Write the feedback on what was graded.")),
    "watch": ("watch", N_("Grade what students hand in, at once, until Ctrl-C.")),
    "check": ("check", N_("Try the visible tests on a notebook.")),
    "session": ("session", N_("The sessions: plan, start, close.")),
    "live": ("live", N_("Share a session: two people, one notebook.")),
    "invite": ("live", N_("Make a new link into the session that is live.")),
    "close": ("close", N_("Close the session that is live.")),
    "snapshot": ("snapshot", N_("The snapshots of a session: show, compare, restore.")),
    "replay": ("replay", N_("Replay a session, if the student agrees.")),
    "desk": ("desk", N_("Your own side of a session: hints, notes, evidence, close-out.")),
    "skill": ("skill", N_("The skills of a student: what you say of them, beside the evidence.")),
    "cohort": ("cohort", N_("All your students on a page: who meets when, who is stuck where.")),
    "report": ("report", N_("Write the progress notebooks.")),
    "kernels": ("kernels", N_("The fork servers that kernels come from: look, warm up, stop.")),
    "open": ("practice", N_("Open the practice in JupyterLab.")),
}
"""Every command: its module, and its line in the list of commands."""

_NEEDS: dict[str, Extra] = {
    "close": "reports",
    "cohort": "reports",
    "demo": "live",
    "desk": "live",
    "invite": "live",
    "live": "live",
    "open": "live",
    "replay": "reports",
    "report": "reports",
    "session": "reports",
    "snapshot": "live",
}
"""The extra that a command needs; the others need "grading", as any practice does."""

_GC_THRESHOLD = 50_000  # new objects between two runs of the garbage collector


class MentorGroup(click.Group):
    """The group of all commands, each imported only when it is called, so that `mentor` starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order of a mentor's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None if it does not exist.

        Parameters
        ----------
        ctx : click.Context
            Context of the command.
        cmd_name : str
            Name of the command.

        Raises
        ------
        MissingExtraError
            The extra that the command needs is not installed.
        """
        if cmd_name not in COMMANDS:
            return None
        extra = _NEEDS.get(cmd_name, "grading")
        # Checked before the command begins, so that it does not fail half-way. Completion shows no errors.
        if not ctx.resilient_parsing:
            require_extra(extra)
        with requiring_extra(extra):
            module = importlib.import_module(f"toolkit.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing them.

        Parameters
        ----------
        ctx : click.Context
            Context of the command.
        formatter : click.HelpFormatter
            Formatter that receives the list.
        """
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(text)) for name, (_module, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name; for an unknown name, suggest a similar one.

        Parameters
        ----------
        ctx : click.Context
            Context of the command.
        args : list of str
            Arguments after `mentor` and its options.

        Raises
        ------
        click.UsageError
            There is no such command.
        """
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            near = get_close_matches(args[0], COMMANDS, n=1)
            message = _("There is no command '{name}'.").format(name=args[0])
            hint = _("Did you mean {names}?").format(names=near[0]) if near else ""
            raise click.UsageError(f"{message} {hint}".strip(), ctx)
        return super().resolve_command(ctx, args)


def command_group() -> click.Group:
    """Return `mentor` as an object, with its words in the current language."""

    @click.group(
        cls=MentorGroup,
        name="mentor",
        help=_("Live one-to-one programming mentoring in Jupyter."),
        epilog=_("`mentor COMMAND --help` explains each, with examples. A first look: mentor demo"),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    @click.option(
        "--practice",
        type=click.Path(path_type=Path, file_okay=False),
        help=_("The practice's folder; by default the one you are in."),
    )
    @click.option("--lang", type=click.Choice(LANGUAGES), expose_value=False, help=_("Speak this language."))
    @click.option("--debug", is_flag=True, expose_value=False, help=_("Show the traceback of an error."))
    @click.option(
        "-v",
        "--verbose",
        count=True,
        help=_("Say on standard error what is done; twice (-vv): in detail."),
    )
    @click.option(
        "--log-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help=_("Add to this file what is logged, in detail."),
    )
    @click.version_option(package_name="mentoring-toolkit", prog_name="mentor")
    @click.pass_context
    def mentor(ctx: click.Context, practice: Path | None, verbose: int, log_file: Path | None) -> None:
        ctx.obj = practice
        start_logging(ctx, verbose, log_file)

    return mentor


def _language(args: Sequence[str]) -> str:
    # Read before click parses: the texts of `--help` are translated when a command is created.
    for position, arg in enumerate(args):
        if arg.startswith("--lang="):
            return arg.removeprefix("--lang=")
        if arg == "--lang" and position + 1 < len(args):
            return args[position + 1]
    return detect_language()


def main(args: Sequence[str] | None = None) -> None:
    """Run `mentor`, and exit with one of these codes.

    ===  =====================================================
    0    success
    1    a part failed; the output names each failure
    2    an argument or a submitted file cannot be used
    3    the action is not allowed now
    4    the practice's folder or database cannot be used
    5    code could not be run, or a tool failed
    70   a fault in the toolkit itself
    130  stopped by Ctrl-C
    ===  =====================================================
    """
    args = list(sys.argv[1:] if args is None else args)
    language = _language(args)
    os.environ["MENTORING_LANG"] = os.environ["LANGUAGE"] = language
    gettext.bindtextdomain("mentoring", LOCALE_DIR)
    gettext.textdomain("mentoring")
    # Hundreds of modules are imported, and their objects stay alive: with the default threshold, 700 objects,
    # the garbage collector takes a tenth of a command's time.
    gc.set_threshold(_GC_THRESHOLD, 20, 20)
    # No collection of these objects at exit either.
    atexit.register(gc.freeze)
    debug = "--debug" in args
    # `--debug` is accepted at any position.
    args = [arg for arg in args if arg != "--debug"]
    try:
        # Outside its standalone mode click returns the command's exit code. When the reader of a pipe (head,
        # less) closes it, click ends quietly with 1.
        # The language is set once: reading the environment takes longer than translating a text.
        with use_language(language), log_exit(), requiring_extra("grading"), without_slow_formats():
            code = command_group().main(args, prog_name="mentor", standalone_mode=False) or 0
            # Here, so that a full disk below the output is said like any other.
            sys.stdout.flush()
            sys.exit(code)
    except (click.Abort, KeyboardInterrupt):
        _say("\n" + _("Stopped. What was done so far is kept."))
        sys.exit(130)
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        sys.exit(error.exit_code)
    except MentoringError as error:
        if debug:
            raise
        _exit_with(error)
    except Exception as error:
        if debug:
            raise
        fault = disk_fault(error, _("the files of this command"))
        if fault is not None:
            _drop_output()
            _exit_with(fault)
        _say(
            _(
                "Error: a fault in the toolkit: {kind}: {error}. Nothing that was saved is lost. "
                "Run the same with --debug to see where, and tell us."
            ).format(kind=type(error).__name__, error=error),
        )
        sys.exit(70)


def _drop_output() -> None:
    """Keep Python from writing at its end what could not be written, which would change the exit code."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _exit_with(error: MentoringError) -> NoReturn:
    _say(_("Error: {message}").format(message=error))
    sys.exit(error.exit_code)


def _say(text: str) -> None:
    # The exit code says it as well, where standard error is a file on a full disk.
    with suppress(OSError):
        click.echo(text, err=True)
