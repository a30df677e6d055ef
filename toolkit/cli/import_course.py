"""`mentor import`."""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli.command import mentor_command
from toolkit.cli.output import current_practice, print_next_step, print_problems
from toolkit.i18n import _, ngettext
from toolkit.services.exercises.solution_check import check_solutions
from toolkit.services.grading.receipts import ReceiptStatus
from toolkit.services.practice.nbgrader_import import import_course

__all__ = ["import_command"]


@mentor_command(
    "import",
    _(
        "Bring an nbgrader course directory into the practice: exercises, students, submissions. "
        "The directory stays as it is; what was handed in there waits to be graded."
    ),
    "mentor import ~/courses/python101",
    "mentor import .",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_context
def import_command(ctx: click.Context, folder: Path) -> None:
    """Import a course; exit with 1 if a submission was not collected.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    folder : Path
        The nbgrader course directory.
    """
    practice = current_practice(ctx)
    brought = import_course(practice, folder)
    print_problems(check_solutions(practice, brought.exercises))
    for name in brought.left:
        click.echo(
            _("Exercise '{name}' is another one here; ours stays as it is.").format(name=name), err=True
        )
    new = [receipt for receipt in brought.receipts if receipt.received is ReceiptStatus.NEW]
    for n, text in (
        (len(brought.exercises), ngettext("{n} exercise.", "{n} exercises.", len(brought.exercises))),
        (len(brought.students), ngettext("{n} student.", "{n} students.", len(brought.students))),
        (len(new), ngettext("{n} submission.", "{n} submissions.", len(new))),
    ):
        click.echo(text.format(n=n))
    fine = {ReceiptStatus.NEW, ReceiptStatus.AGAIN, ReceiptStatus.LEFT}
    bad = [one for one in brought.receipts if one.received not in fine]
    for receipt in [one for one in brought.receipts if one.message or one in bad]:
        click.echo(f"{receipt.source}  {_(str(receipt.received))}  {receipt.message}", err=True)
    print_next_step(_("Next: mentor grade") if new else _("Next: mentor exercise list"))
    if bad:
        ctx.exit(1)
