"""Looks for solutions and hidden tests where students would see them."""

from __future__ import annotations

from toolkit.exercises.course.notebook import Notebook, grade_id, is_solution, open_and_secret
from toolkit.i18n import _

__all__ = ["HIDDEN", "MARK_SCHEME", "SOLUTION", "leaks"]

HIDDEN = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
SOLUTION = ("BEGIN SOLUTION", "END SOLUTION")
MARK_SCHEME = ("BEGIN MARK SCHEME", "END MARK SCHEME")


def leaks(source: Notebook, released: Notebook) -> tuple[str, ...]:
    """Return, a sentence each, what of the source's secrets stands in its released form."""
    found: list[str] = []
    sources = {grade_id(cell): cell for cell in source["cells"] if grade_id(cell)}
    for cell in released["cells"]:
        name = grade_id(cell)
        text = cell["source"]
        if any(mark in text for marks in (HIDDEN, SOLUTION, MARK_SCHEME) for mark in marks):
            found.append(_("Cell '{cell}' still has nbgrader's delimiters in it.").format(cell=name or "?"))
        if cell.get("outputs"):
            found.append(_("Cell '{cell}' still has outputs.").format(cell=name or "?"))
        original = sources.get(name)
        if original is not None and is_solution(cell) and _whole_answer(original["source"], text):
            found.append(_("Cell '{cell}' is released with its solution.").format(cell=name))
    secrets = _secret_lines(source)
    for cell in released["cells"]:
        shown = {line.strip() for line in cell["source"].split("\n")}
        found.extend(
            _("A line of a solution or hidden test stands in cell '{cell}': {line}").format(
                cell=grade_id(cell) or "?", line=line[:60]
            )
            for line in sorted(secrets & shown)
        )
    return tuple(found)


def _whole_answer(source: str, released: str) -> bool:
    return bool(source.strip()) and source.strip() == released.strip()


def _secret_lines(source: Notebook) -> set[str]:
    """Return the lines that stand in secret regions and nowhere in the open."""
    secret: set[str] = set()
    public: set[str] = set()
    for cell in source["cells"]:
        shown, hidden = open_and_secret(cell["source"], HIDDEN, SOLUTION, MARK_SCHEME)
        if is_solution(cell) and not hidden:
            shown, hidden = [], shown  # nbgrader replaces an answer without a region as a whole
        secret |= {line.strip() for line in hidden}
        public |= {line.strip() for line in shown}
    # A closing bracket or a bare `return` gives nothing away.
    return {line for line in secret - public if len(line) >= 12}
