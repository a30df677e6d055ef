"""Fixtures and hooks for several parts of the tests."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.own_fork_servers import own_fork_servers
from tests.xdist_scheduling import Spread, before_others, processors
from toolkit._internal.lazy_imports import without_slow_formats
from toolkit.i18n import use_language

if TYPE_CHECKING:
    from toolkit.practice import Practice

# Each process of tests begins two seconds sooner.
with without_slow_formats():
    import nbformat  # noqa: F401 - it imports what is slow

# Tests judge results, and a busy machine may take its time over one example, or over making one.
settings.register_profile("mentoring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mentoring")


def pytest_xdist_auto_num_workers() -> int:
    """Use one process more than can work at a time, for the tests that wait."""
    return processors() + 1


def pytest_xdist_make_scheduler(config, log) -> Spread:
    return Spread(config, log)


def pytest_terminal_summary(terminalreporter) -> None:
    """Report when nothing was skipped; otherwise the summary above lists each skip with its reason."""
    if not terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("No test was skipped.")


# By folder or file; a test that kills processes says so itself.
_MARKED = {
    "browser": ("tests/browser/",),
    "slow": (
        "tests/browser/fault_injection/",
        "tests/kernels/test_parity_outputs.py",
        "tests/live/process/test_unprivileged.py",
        "tests/security/test_unprivileged.py",
        "tests/services/grading/test_nbgrader_compatibility.py",
        "tests/services/practice/test_nbgrader_quickstart.py",
        "tests/test_readme.py",
    ),
    "sandbox": (
        "tests/exercises/",
        "tests/kernels/",
        "tests/live/process/",
        "tests/security/",
        "tests/services/",
    ),
}


def pytest_itemcollected(item: pytest.Item) -> None:
    for marker, folders in _MARKED.items():
        if item.nodeid.startswith(folders):
            item.add_marker(marker)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=before_others)


@pytest.fixture(scope="session", autouse=True)
def _fork_servers_of_its_own() -> Iterator[None]:
    """Use fork servers of this test process alone, because some tests count or end them."""
    with own_fork_servers():
        yield


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, worker_id) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return a function that makes a folder once for all processes of a run: ``made_once("demo", make)``."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent

    def _made_once(name: str, make: Callable[[Path], object]) -> Path:
        folder, made = base / f"shared-{name}", base / f"shared-{name}.made"
        with (base / f"shared-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                # What a process left that failed in the middle.
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                made.touch()
        return folder

    return _made_once


@pytest.fixture(scope="session")
def built_demo(made_once) -> Path:
    """The demo practice, built once with every real part; tests must not change it."""

    def _build(folder: Path) -> None:
        # Here, for it takes long, and the tests of an ordinary user or of one file may not need it.
        from toolkit.services.practice import demo_builder

        with use_language("en"):
            demo_builder.build_demo(folder / "practice")

    return made_once("demo", _build) / "practice"


@pytest.fixture
def demo_practice(built_demo, tmp_path) -> Practice:
    """A copy of the demo practice, which a test may change."""
    from toolkit.practice import Practice

    return Practice(Path(shutil.copytree(built_demo, tmp_path / "practice")))
