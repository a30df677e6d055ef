"""Finds solutions and hidden tests in the students' version of an exercise."""

from __future__ import annotations

from toolkit.exercises.course.answer_stubs import CONVENTIONAL_STUBS, Conventions, is_stub
from toolkit.exercises.course.notebook import Notebook, grade_id, is_solution, split_delimited_lines
from toolkit.i18n import _

__all__ = ["HIDDEN_TESTS_DELIMITERS", "MARK_SCHEME_DELIMITERS", "SOLUTION_DELIMITERS", "find_leaks"]

_NBGRADER = Conventions()
HIDDEN_TESTS_DELIMITERS = _NBGRADER.hidden_tests
SOLUTION_DELIMITERS = _NBGRADER.solution
MARK_SCHEME_DELIMITERS = _NBGRADER.mark_scheme

_MIN_SECRET_CHARS = 12


def find_leaks(source: Notebook, released: Notebook, conventions: Conventions = _NBGRADER) -> tuple[str, ...]:
    """Return a message for each secret of the source that its released version contains.

    Secrets are solutions, hidden tests, mark schemes and outputs. A stub is no secret, even if it stands in
    the source, too: a question without a worked solution, or a method that the solution leaves abstract.

    Parameters
    ----------
    source : dict
        Source notebook.
    released : dict
        Students' version of it.
    conventions : Conventions
        Stubs and delimiters of the course; nbgrader's own if left out.
    """
    found: list[str] = []
    sources = {grade_id(cell): cell for cell in source["cells"] if grade_id(cell)}
    for cell in released["cells"]:
        name = grade_id(cell)
        text = cell["source"]
        if any(mark in text for marks in (*_NBGRADER.regions, *conventions.regions) for mark in marks):
            found.append(_("Cell '{cell}' still has nbgrader's delimiters in it.").format(cell=name or "?"))
        if cell.get("outputs"):
            found.append(_("Cell '{cell}' still has outputs.").format(cell=name or "?"))
        original = sources.get(name)
        if (
            original is not None
            and is_solution(cell)
            and (_whole_answer(original["source"], text) and not is_stub(text, conventions.stubs))
        ):
            found.append(_("Cell '{cell}' is released with its solution.").format(cell=name))
    secrets = _secret_lines(source, conventions)
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


def _secret_lines(source: Notebook, conventions: Conventions) -> set[str]:
    """Return the lines that occur in secret regions only."""
    secret: set[str] = set()
    public: set[str] = set()
    for cell in source["cells"]:
        shown, hidden = split_delimited_lines(cell["source"], *conventions.regions)
        if is_solution(cell) and not hidden:
            shown, hidden = [], shown  # nbgrader replaces an answer without a region as a whole
        secret |= {line.strip() for line in hidden}
        public |= {line.strip() for line in shown}
    stubs = tuple(line for stub in (*CONVENTIONAL_STUBS, *conventions.stubs) for line in stub.split("\n"))
    # Short lines (a closing bracket, a bare `return`) reveal nothing, and neither do the lines of a stub.
    return {line for line in secret - public if len(line) >= _MIN_SECRET_CHARS and not is_stub(line, stubs)}
