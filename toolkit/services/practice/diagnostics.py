"""Diagnostics of the machine and the practice: each finding has a state and, if needed, a fix."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from toolkit import kernels
from toolkit._internal.atomic_io import disk_errors, storage_error
from toolkit._internal.extras import DISTRIBUTION, EXTRAS
from toolkit.errors import MentoringError, StorageError
from toolkit.i18n import N_, _
from toolkit.kernels.containment import containment, missing_layer_hint, sandbox_layers
from toolkit.practice import Practice
from toolkit.services.practice.fork_server_control import try_sandbox
from toolkit.store import DatabaseCondition, Store, advise_backup

__all__ = ["DiagnosticResult", "HealthStatus", "run_diagnostics"]

MIN_FREE_DISK_BYTES = 1_000_000_000
"""Minimum free disk space, bytes; less gives a warning."""


class HealthStatus(StrEnum):
    """State of a checked component."""

    GOOD = N_("good")
    WARNING = N_("look at it")
    BAD = N_("does not work")


@dataclass(frozen=True)
class DiagnosticResult:
    """Result of one check.

    Parameters
    ----------
    subject : str
        Name of the checked component, in the current language.
    health : HealthStatus
        Its state.
    text : str
        Details, in the current language.
    mend : str
        Command or advice that fixes it; empty if nothing is wrong.
    """

    subject: str
    health: HealthStatus
    text: str
    mend: str = ""


def run_diagnostics(practice: Practice | None) -> Iterator[DiagnosticResult]:
    """Check the machine and the practice, and yield each finding as it is made; nothing is changed.

    Parameters
    ----------
    practice : Practice or None
        The practice to check; None to check only the machine.
    """
    yield _python()
    yield _packages()
    yield _kernels()
    yield from _sandbox()
    yield _browser()
    yield _disk(practice.root if practice else Path.cwd())
    if practice is None:
        yield DiagnosticResult(
            _("Practice"),
            HealthStatus.WARNING,
            _("There is none here."),
            _("mentor init DIR, or mentor demo"),
        )
        return
    yield _run_check(_("Configuration"), lambda: _configuration(practice))
    yield _run_check(_("Partial files"), lambda: _partial_files(practice))
    database = _run_check(_("Database"), lambda: _database(practice))
    yield database
    if database.health is HealthStatus.GOOD:
        yield _run_check(_("Submissions kept"), lambda: _submissions(practice))
        yield _run_check(_("Sessions kept"), lambda: _sessions(practice))


def _run_check(subject: str, check: Callable[[], DiagnosticResult]) -> DiagnosticResult:
    try:
        return check()
    except MentoringError as error:
        return DiagnosticResult(subject, HealthStatus.BAD, error.message, error.hint)
    except OSError as error:
        found = storage_error(error.filename or subject, error)
        return DiagnosticResult(subject, HealthStatus.BAD, found.message, found.hint)


def _python() -> DiagnosticResult:
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return DiagnosticResult(
        _("Python"),
        HealthStatus.GOOD if fits else HealthStatus.BAD,
        f"{version} ({sys.executable})",
        "" if fits else _("Create the environment again with Python 3.11, 3.12 or 3.13."),
    )


def _packages() -> DiagnosticResult:
    wrong = []
    absent = [extra for extra, module in EXTRAS.items() if find_spec(module) is None]
    installed = ["", *(extra for extra in EXTRAS if extra not in absent)]
    for line in metadata.requires(DISTRIBUTION) or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if requirement.name == DISTRIBUTION or (
            marker and not any(marker.evaluate({"extra": extra}) for extra in installed)
        ):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(_("{package} is missing").format(package=requirement.name))
            continue
        if version not in requirement.specifier:
            wrong.append(f"{requirement.name} {version} ({requirement.specifier})")
    wrong = list(dict.fromkeys(wrong))
    if wrong:
        return DiagnosticResult(
            _("Packages"),
            HealthStatus.BAD,
            ", ".join(wrong),
            f'{sys.executable} -m pip install --upgrade "{DISTRIBUTION}[{",".join(installed[1:])}]"',
        )
    if absent:
        return DiagnosticResult(
            _("Packages"),
            HealthStatus.WARNING,
            _("not installed: the extras {extras}").format(extras=", ".join(absent)),
            f'{sys.executable} -m pip install "{DISTRIBUTION}[{",".join(absent)}]"',
        )
    return DiagnosticResult(_("Packages"), HealthStatus.GOOD, _("all there, at versions that fit"))


def _kernels() -> DiagnosticResult:
    from jupyter_client.kernelspec import KernelSpecManager

    specs = KernelSpecManager().find_kernel_specs()
    if "python3" not in specs:
        return DiagnosticResult(
            _("Kernels"),
            HealthStatus.BAD,
            _("no kernel '{name}'").format(name="python3"),
            f"{sys.executable} -m ipykernel install --sys-prefix",
        )
    if not metadata.entry_points(group="jupyter_client.kernel_provisioners", name="mentoring-provisioner"):
        return DiagnosticResult(
            _("Kernels"),
            HealthStatus.BAD,
            _("Jupyter does not know how to start the sandboxed kernel"),
            f"{sys.executable} -m pip install --force-reinstall --no-deps mentoring-toolkit",
        )
    if "mentoring" not in specs:
        folder = Path(kernels.__file__).parent / "kernelspec"
        install = f"{sys.executable} -m jupyter_client.kernelspecapp install"
        return DiagnosticResult(
            _("Kernels"),
            HealthStatus.BAD,
            _("no kernel '{name}'").format(name="mentoring"),
            f"{install} --sys-prefix --name mentoring {folder}",
        )
    return DiagnosticResult(_("Kernels"), HealthStatus.GOOD, ", ".join(sorted(specs)))


def _sandbox() -> Iterator[DiagnosticResult]:
    now = containment()
    for layer in sandbox_layers():
        absent = HealthStatus.BAD if layer.needed and not now.unsafe else HealthStatus.WARNING
        mend = layer.mend or _("Use a Linux that has it; those of the usual distributions do.")
        yield DiagnosticResult(
            _("Sandbox: {layer}").format(layer=layer.name),
            HealthStatus.GOOD if layer.holds else absent,
            layer.text,
            "" if layer.holds else mend,
        )
    if now.unsafe:
        yield DiagnosticResult(_("Sandbox"), HealthStatus.WARNING, now.summary, "unset MENTORING_KERNELS")
    elif not now.sandboxed:
        yield DiagnosticResult(_("Sandbox"), HealthStatus.BAD, now.summary, missing_layer_hint())
    else:
        yield _run_check(_("Sandbox"), _trial)


def _trial() -> DiagnosticResult:
    trial = try_sandbox()
    if trial.problem:
        return DiagnosticResult(_("Sandbox"), HealthStatus.BAD, trial.problem, "mentor kernels stop")
    return DiagnosticResult(
        _("Sandbox"),
        HealthStatus.GOOD,
        _("a kernel started in it and answered after {ms} ms").format(ms=round(trial.seconds * 1000)),
    )


def _browser() -> DiagnosticResult:
    for name in ("chromium", "chromium-browser", "google-chrome", "firefox", "firefox-esr"):
        if found := shutil.which(name):
            return DiagnosticResult(_("Browser"), HealthStatus.GOOD, found)
    return DiagnosticResult(
        _("Browser"),
        HealthStatus.WARNING,
        _("none found on this machine; only the tests need one here"),
        _("On Debian: {command}").format(command="apt-get install chromium"),
    )


def _disk(folder: Path) -> DiagnosticResult:
    while not folder.exists():
        folder = folder.parent
    try:
        with disk_errors(folder), tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(1 << 16))
            file.flush()
    except StorageError as error:
        return DiagnosticResult(_("Disk"), HealthStatus.BAD, error.message, error.hint)
    free = shutil.disk_usage(folder).free
    text = _("{size} GB free").format(size=round(free / 1e9, 1))
    if free < MIN_FREE_DISK_BYTES:
        return DiagnosticResult(_("Disk"), HealthStatus.WARNING, text, _("Free some space."))
    return DiagnosticResult(_("Disk"), HealthStatus.GOOD, text)


def _configuration(practice: Practice) -> DiagnosticResult:
    config = practice.config
    return DiagnosticResult(
        _("Configuration"), HealthStatus.GOOD, f"{practice.root} ({config.practice.language})"
    )


def _partial_files(practice: Practice) -> DiagnosticResult:
    found = practice.partial_files()
    if not found:
        return DiagnosticResult(_("Partial files"), HealthStatus.GOOD, _("none"))
    return DiagnosticResult(
        _("Partial files"),
        HealthStatus.WARNING,
        _("left by a command that was killed: {paths}").format(paths=", ".join(map(str, found))),
        _("The next command removes them: {command}").format(command="mentor student list"),
    )


def _database(practice: Practice) -> DiagnosticResult:
    path = practice.private / "practice.db"
    # Opening the store would create or upgrade the database, but a diagnosis must change nothing.
    match Store.condition(path):
        case DatabaseCondition.MISSING:
            return DiagnosticResult(
                _("Database"),
                HealthStatus.BAD,
                _("There is no {path}.").format(path=path),
                advise_backup(path),
            )
        case DatabaseCondition.OLDER:
            return DiagnosticResult(
                _("Database"),
                HealthStatus.WARNING,
                _("of an older version of the toolkit; any other command makes a copy of it and upgrades it"),
                "mentor student list",
            )
    with practice.store.read() as tx:
        students, waiting = len(tx.students.all()), len(tx.attempts.waiting())
    text = _("intact; {students} students, {waiting} submissions to grade").format(
        students=students, waiting=waiting
    )
    return DiagnosticResult(_("Database"), HealthStatus.GOOD, text, "mentor grade" if waiting else "")


def _submissions(practice: Practice) -> DiagnosticResult:
    with practice.store.read() as tx:
        digests = {attempt.sha256 for attempt in tx.attempts.all()}
    _verify_digests(practice, digests)
    return DiagnosticResult(
        _("Submissions kept"), HealthStatus.GOOD, _("{n}, each as it was received").format(n=len(digests))
    )


def _sessions(practice: Practice) -> DiagnosticResult:
    with practice.store.read() as tx:
        sessions = tx.sessions.all()
    digests = {digest for s in sessions for digest in (s.record_sha256, s.notebook_sha256) if digest}
    _verify_digests(practice, digests)
    closed = sum(1 for s in sessions if s.record_sha256 or s.notebook_sha256)
    return DiagnosticResult(
        _("Sessions kept"), HealthStatus.GOOD, _("{n}, each as it was at its close").format(n=closed)
    )


def _verify_digests(practice: Practice, digests: set[str]) -> None:
    for digest in sorted(digests):
        practice.kept(digest)
