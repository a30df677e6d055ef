"""nbgrader's configuration of a course, and how its converters are started."""

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

from toolkit.errors import ExecutionError, InputError
from toolkit.i18n import _

__all__ = ["converter", "course_config", "course_directory", "quiet_log", "run", "working_in"]


def course_config(root: Path) -> Config:
    """Return what ``nbgrader`` would be configured with in ``root``: the person's files, then the course's.

    Raises
    ------
    InputError
        A configuration file does not run.
    """
    return copy.deepcopy(_config(root, _files_state(root)))


def _files_state(root: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Return what tells one state of the configuration's files from another."""
    found = []
    for folder in (str(root), *jupyter_config_path()):
        for name in ("nbgrader_config.py", "nbgrader_config.json"):
            with suppress(OSError):
                file = os.stat(f"{folder}/{name}")  # noqa: PTH116 - a dozen places at each submission
                found.append((f"{folder}/{name}", file.st_ino, file.st_size, file.st_mtime_ns))
    return tuple(found)


@lru_cache(maxsize=8)
def _config(root: Path, _state: tuple[tuple[str, int, int, int], ...]) -> Config:
    app = NbGrader(raise_config_file_errors=True)
    app.log.setLevel(logging.CRITICAL)
    try:
        with working_in(root):
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
    """Return nbgrader's view of the course at ``root``."""
    config = copy.deepcopy(config)
    config.CourseDirectory.root = str(root)
    return CourseDirectory(config=config, **ids)


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in another directory for a while, as nbgrader's configuration and converters expect."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class _Memory(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record.getMessage())

    def last_words(self) -> str:
        """Return the exception that nbgrader swallowed, or what it said at the end."""
        for text in self.records:
            if "Traceback (most recent call last)" in text:
                return text.strip().splitlines()[-1]
        return self.records[0] if self.records else ""


def converter(kind: type[BaseConverter], directory: CourseDirectory, **traits: Any) -> BaseConverter:  # noqa: ANN401
    """Return one of nbgrader's converters, configured, that overwrites what it made before."""
    return kind(coursedir=directory, config=directory.config, force=True, **traits)


def run(step: BaseConverter, what: str) -> None:
    """Run a converter.

    Parameters
    ----------
    what : str
        What it works on, for the message.

    Raises
    ------
    ExecutionError
        nbgrader gave up; the message has its own words.
    """
    memory = _Memory()
    log = quiet_log(step)
    log.addHandler(memory)
    try:
        with _hushed():
            step.start()
    except (NbGraderException, SchemaTooOldError, SchemaTooNewError) as error:
        raise ExecutionError(
            _("nbgrader could not process {what}: {why}").format(
                what=what, why=memory.last_words() or str(error)
            )
        ) from error
    finally:
        log.removeHandler(memory)


@contextmanager
def _hushed() -> Iterator[None]:
    # The kernels that nbgrader itself starts for its autotests write their own log on the terminal.
    before = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def quiet_log(step: LoggingConfigurable) -> logging.Logger:
    """Keep what a step of nbgrader's says from the terminal; return where it says it."""
    log = logging.getLogger("mentoring.nbgrader")
    log.propagate = False
    log.setLevel(logging.ERROR)
    step.log = log
    return log
