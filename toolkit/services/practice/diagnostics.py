"""Diagnostics of the machine and the practice: each finding has a state and, if needed, a fix."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from toolkit import kernels
from toolkit._internal.extras import DISTRIBUTION, EXTRAS
from toolkit.errors import MentoringError
from toolkit.i18n import N_, _
from toolkit.kernels.containment import containment, layers, missing
from toolkit.practice import Practice
from toolkit.services.practice.fork_server_control import try_out
from toolkit.store import Condition, Store

__all__ = ["Finding", "Health", "examine"]

ENOUGH_DISK = 1_000_000_000
"""Minimum free disk space, bytes; less gives a warning."""


class Health(StrEnum):
    """State of a checked component."""

    GOOD = N_("good")
    WARNING = N_("look at it")
    BAD = N_("does not work")


@dataclass(frozen=True)
class Finding:
    """Result of one check.

    Parameters
    ----------
    subject : str
        Name of the checked component, in the current language.
    health : Health
        Its state.
    text : str
        Details, in the current language.
    mend : str
        Command or advice that fixes it; empty if nothing is wrong.
    """

    subject: str
    health: Health
    text: str
    mend: str = ""


def examine(practice: Practice | None) -> Iterator[Finding]:
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
        yield Finding(
            _("Practice"), Health.WARNING, _("There is none here."), _("mentor init DIR, or mentor demo")
        )
        return
    yield _run_check(_("Configuration"), lambda: _configuration(practice))
    database = _run_check(_("Database"), lambda: _database(practice))
    yield database
    if database.health is Health.GOOD:
        yield _run_check(_("Submissions kept"), lambda: _submissions(practice))
        yield _run_check(_("Sessions kept"), lambda: _sessions(practice))


def _run_check(subject: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except MentoringError as error:
        return Finding(subject, Health.BAD, error.message, error.hint)


def _python() -> Finding:
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding(
        _("Python"),
        Health.GOOD if fits else Health.BAD,
        f"{version} ({sys.executable})",
        "" if fits else _("Create the environment again with Python 3.11, 3.12 or 3.13."),
    )


def _packages() -> Finding:
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
        return Finding(
            _("Packages"),
            Health.BAD,
            ", ".join(wrong),
            f'{sys.executable} -m pip install --upgrade "{DISTRIBUTION}[{",".join(installed[1:])}]"',
        )
    if absent:
        return Finding(
            _("Packages"),
            Health.WARNING,
            _("not installed: the extras {extras}").format(extras=", ".join(absent)),
            f'{sys.executable} -m pip install "{DISTRIBUTION}[{",".join(absent)}]"',
        )
    return Finding(_("Packages"), Health.GOOD, _("all there, at versions that fit"))


def _kernels() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager

    specs = KernelSpecManager().find_kernel_specs()
    if "python3" not in specs:
        return Finding(
            _("Kernels"),
            Health.BAD,
            _("no kernel '{name}'").format(name="python3"),
            f"{sys.executable} -m ipykernel install --sys-prefix",
        )
    if not metadata.entry_points(group="jupyter_client.kernel_provisioners", name="mentoring-provisioner"):
        return Finding(
            _("Kernels"),
            Health.BAD,
            _("Jupyter does not know how to start the sandboxed kernel"),
            f"{sys.executable} -m pip install --force-reinstall --no-deps mentoring-toolkit",
        )
    if "mentoring" not in specs:
        folder = Path(kernels.__file__).parent / "kernelspec"
        install = f"{sys.executable} -m jupyter_client.kernelspecapp install"
        return Finding(
            _("Kernels"),
            Health.BAD,
            _("no kernel '{name}'").format(name="mentoring"),
            f"{install} --sys-prefix --name mentoring {folder}",
        )
    return Finding(_("Kernels"), Health.GOOD, ", ".join(sorted(specs)))


def _sandbox() -> Iterator[Finding]:
    now = containment()
    for layer in layers():
        absent = Health.BAD if layer.needed and not now.unsafe else Health.WARNING
        mend = layer.mend or _("Use a Linux that has it; those of the usual distributions do.")
        yield Finding(
            _("Sandbox: {layer}").format(layer=layer.name),
            Health.GOOD if layer.holds else absent,
            layer.text,
            "" if layer.holds else mend,
        )
    if now.unsafe:
        yield Finding(_("Sandbox"), Health.WARNING, now.summary, "unset MENTORING_KERNELS")
    elif not now.sandboxed:
        yield Finding(_("Sandbox"), Health.BAD, now.summary, missing())
    else:
        yield _run_check(_("Sandbox"), _trial)


def _trial() -> Finding:
    trial = try_out()
    if trial.problem:
        return Finding(_("Sandbox"), Health.BAD, trial.problem, "mentor kernels stop")
    return Finding(
        _("Sandbox"),
        Health.GOOD,
        _("a kernel started in it and answered after {ms} ms").format(ms=round(trial.seconds * 1000)),
    )


def _browser() -> Finding:
    for name in ("chromium", "chromium-browser", "google-chrome", "firefox", "firefox-esr"):
        if found := shutil.which(name):
            return Finding(_("Browser"), Health.GOOD, found)
    return Finding(
        _("Browser"),
        Health.WARNING,
        _("none found on this machine; only the tests need one here"),
        _("On Debian: {command}").format(command="apt-get install chromium"),
    )


def _disk(folder: Path) -> Finding:
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return Finding(
            _("Disk"),
            Health.BAD,
            _("No permission to use {path}.").format(path=folder),
            f"chmod u+rwX {folder}",
        )
    free = shutil.disk_usage(folder).free
    text = _("{size} GB free").format(size=round(free / 1e9, 1))
    if free < ENOUGH_DISK:
        return Finding(_("Disk"), Health.WARNING, text, _("Free some space."))
    return Finding(_("Disk"), Health.GOOD, text)


def _configuration(practice: Practice) -> Finding:
    config = practice.config
    return Finding(_("Configuration"), Health.GOOD, f"{practice.root} ({config.practice.language})")


def _database(practice: Practice) -> Finding:
    path = practice.private / "practice.db"
    # Opening the store would create or upgrade the database, but a diagnosis must change nothing.
    match Store.condition(path):
        case Condition.MISSING:
            return Finding(
                _("Database"),
                Health.BAD,
                _("There is no {path}.").format(path=path),
                _("Put a copy from {folder} in its place.").format(folder=practice.private / "backups"),
            )
        case Condition.OLDER:
            return Finding(
                _("Database"),
                Health.WARNING,
                _("of an older version of the toolkit; any other command makes a copy of it and upgrades it"),
                "mentor student list",
            )
    with practice.store.read() as tx:
        students, waiting = len(tx.students.all()), len(tx.attempts.waiting())
    text = _("intact; {students} students, {waiting} submissions to grade").format(
        students=students, waiting=waiting
    )
    return Finding(_("Database"), Health.GOOD, text, "mentor grade" if waiting else "")


def _submissions(practice: Practice) -> Finding:
    with practice.store.read() as tx:
        digests = {attempt.sha256 for attempt in tx.attempts.all()}
    _verify_digests(practice, digests)
    return Finding(
        _("Submissions kept"), Health.GOOD, _("{n}, each as it was received").format(n=len(digests))
    )


def _sessions(practice: Practice) -> Finding:
    with practice.store.read() as tx:
        sessions = tx.sessions.all()
    digests = {digest for s in sessions for digest in (s.record_sha256, s.notebook_sha256) if digest}
    _verify_digests(practice, digests)
    closed = sum(1 for s in sessions if s.record_sha256 or s.notebook_sha256)
    return Finding(_("Sessions kept"), Health.GOOD, _("{n}, each as it was at its close").format(n=closed))


def _verify_digests(practice: Practice, digests: set[str]) -> None:
    for digest in sorted(digests):
        practice.kept(digest)
