"""Probe that runs in the kernel with the worked solution and collects the results stated in its notebook.

Its source is sent as a cell, so it imports the standard library only and prefixes every name: `_mentoring`.
"""

import ast as _mentoring_ast
import doctest as _mentoring_doctest
import time as _mentoring_time
from types import TracebackType as _MentoringTrace

_mentoring_seen: list[str] = []
_mentoring_names: dict[str, object] = {}
# CPU time, not wall time: the load of other processes must not count against the exercise.
_mentoring_begun = _mentoring_time.process_time()


def _mentoring_saw(value: object) -> None:
    # Stored as text immediately: a later line may mutate the value.
    _mentoring_seen.append(repr(value))


def _mentoring_calls(calls: list[str]) -> list[tuple[str, str]]:
    """Return the `repr` of each expression's value, or "" and the error."""
    found = []
    for call in calls:
        try:
            found.append((repr(eval(call, dict(_mentoring_names))), ""))  # noqa: S307 - the author's own
        except Exception as error:  # noqa: BLE001 - whatever the author wrote
            found.append(("", f"{type(error).__name__}: {error}"))
    return found


class _MentoringRunner(_mentoring_doctest.DocTestRunner):
    def __init__(self) -> None:
        super().__init__(verbose=False)
        self.came: list[tuple[int, bool, str, str]] = []

    def report_start(self, *_about: object) -> None:
        pass

    def report_success(
        self, _out: object, _test: object, example: _mentoring_doctest.Example, got: str
    ) -> None:
        self.came.append((example.lineno, True, got, ""))

    def report_failure(
        self, _out: object, _test: object, example: _mentoring_doctest.Example, got: str
    ) -> None:
        self.came.append((example.lineno, False, got, ""))

    def report_unexpected_exception(
        self,
        _out: object,
        _test: object,
        example: _mentoring_doctest.Example,
        exc_info: tuple[type[BaseException], BaseException, _MentoringTrace],
    ) -> None:
        self.came.append((example.lineno, False, "", f"{exc_info[0].__name__}: {exc_info[1]}"))


def _mentoring_doctests(texts: list[str]) -> list[list[tuple[int, bool, str, str]]]:
    """Return for each example of each docstring: line, True if as expected, output, error."""
    found = []
    for text in texts:
        test = _mentoring_doctest.DocTestParser().get_doctest(text, dict(_mentoring_names), "doc", None, 0)
        runner = _MentoringRunner()
        runner.run(test, out=lambda _text: None)
        found.append(runner.came)
    return found


class _MentoringDifferent(BaseException):
    pass


def _mentoring_answer(sources: list[str]) -> tuple[int, str] | None:
    """Return the index of the first result that another answer gets wrong, and its value; None if none."""
    place = 0
    got = ""

    def compare(value: object) -> None:
        nonlocal place, got
        wanted = _mentoring_ast.literal_eval(_mentoring_seen[place])
        if value is not wanted and (wanted is None or value != wanted):
            got = repr(value)
            raise _MentoringDifferent
        place += 1

    names = {"__name__": "__main__", "_mentoring_saw": compare}
    try:
        for source in sources:
            exec(source, names)  # noqa: S102 - the author's own
    except _MentoringDifferent:
        return place, got
    return None
