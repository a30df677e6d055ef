"""Loads nbgrader's configuration of a course and runs its converters."""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from nbgrader.apps import NbGrader
from nbgrader.converters import BaseConverter
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import SchemaTooNewError, SchemaTooOldError
from traitlets.config import Config, LoggingConfigurable

from toolkit._internal.nofollow_open import FileFingerprint
from toolkit.errors import ExecutionError, InputError
from toolkit.i18n import _

__all__ = [
    "capture_log",
    "course_config",
    "course_directory",
    "make_converter",
    "run_converter",
    "working_directory",
]


def course_config(root: Path) -> Config:
    """Return the configuration of ``nbgrader`` in ``root``: the user's files, overridden by the course's.

    Raises
    ------
    InputError
        A configuration file raises an error.
    """
    return copy.deepcopy(_config(root, _files_fingerprint(root)))


def _files_fingerprint(root: Path) -> tuple[tuple[str, FileFingerprint], ...]:
    """Return the paths and fingerprints of the configuration files."""
    found = []
    for folder in (str(root), *jupyter_config_path()):
        for name in ("nbgrader_config.py", "nbgrader_config.json"):
            with suppress(OSError):
                file = os.stat(f"{folder}/{name}")  # noqa: PTH116 - faster; a dozen calls per submission
                found.append((f"{folder}/{name}", FileFingerprint.of(file)))
    return tuple(found)


@lru_cache(maxsize=8)
def _config(root: Path, _state: tuple[tuple[str, FileFingerprint], ...]) -> Config:
    app = NbGrader(raise_config_file_errors=True)
    app.log.setLevel(logging.CRITICAL)
    try:
        with working_directory(root):
            app.load_config_file()
    except Exception as error:  # a configuration file is a program: it may fail in any way
        raise InputError(
            _("nbgrader's configuration in {folder} does not run: {why}").format(
                folder=root, why=f"{type(error).__name__}: {error}"
            ),
            _("Correct nbgrader_config.py; `nbgrader --help-all` lists what can be set."),
        ) from error
    config: Config = app.config
    return config


def course_directory(root: Path, config: Config, **ids: str) -> CourseDirectory:
    """Return nbgrader's `CourseDirectory` for ``root``.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    config : Config
        nbgrader's configuration; not changed.
    **ids : str
        ``assignment_id`` and ``student_id`` to work on; all if missing.
    """
    config = copy.deepcopy(config)
    config.CourseDirectory.root = str(root)
    return CourseDirectory(config=config, **ids)


@contextmanager
def working_directory(folder: Path) -> Iterator[None]:
    """Change the working directory temporarily, as nbgrader's configuration files expect."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class _ErrorCapture(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record.getMessage())

    def message(self) -> str:
        """Return the last line of the first logged traceback, else the first logged error."""
        for text in self.records:
            if "Traceback (most recent call last)" in text:
                return text.strip().splitlines()[-1]
        return self.records[0] if self.records else ""


def make_converter(kind: type[BaseConverter], directory: CourseDirectory, **traits: Any) -> BaseConverter:  # noqa: ANN401
    """Return a configured nbgrader converter that overwrites existing files.

    Parameters
    ----------
    kind : type
        Class of the converter.
    directory : CourseDirectory
        Course to work on, with its configuration.
    **traits
        Further traits of the converter.
    """
    return kind(coursedir=directory, config=directory.config, force=True, **traits)


def run_converter(step: BaseConverter, what: str) -> None:
    """Run a converter.

    Parameters
    ----------
    step : BaseConverter
        The converter.
    what : str
        Description of its input, for the error message.

    Raises
    ------
    ExecutionError
        nbgrader fails; the message quotes its error.
    """
    capture = _ErrorCapture()
    log = capture_log(step)
    log.addHandler(capture)
    try:
        with _stderr_silenced():
            step.start()
    except (NbGraderException, SchemaTooOldError, SchemaTooNewError) as error:
        raise ExecutionError(
            _("nbgrader could not process {what}: {why}").format(
                what=what, why=capture.message() or str(error)
            )
        ) from error
    finally:
        log.removeHandler(capture)


@contextmanager
def _stderr_silenced() -> Iterator[None]:
    # The kernels that nbgrader starts for its autotests write their log to the terminal.
    before = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def capture_log(step: LoggingConfigurable) -> logging.Logger:
    """Redirect the log of an nbgrader component to a logger without a terminal handler; return the logger."""
    log = logging.getLogger("mentoring.nbgrader")
    log.propagate = False
    log.setLevel(logging.ERROR)
    step.log = log
    return log
