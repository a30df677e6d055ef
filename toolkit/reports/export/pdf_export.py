"""PDF export: the system's Chromium prints an HTML file, without network access."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit.errors import ExecutionError
from toolkit.i18n import _

__all__ = ["chromium", "to_pdf"]

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_VARIABLE = "MENTORING_CHROMIUM"
_TIMEOUT_S = 120
_FLAGS = (
    "--headless=new",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--no-first-run",
    "--no-default-browser-check",
    # The page's policy forbids scripts and every address; this prevents any fetch even without the policy.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    # /dev/shm is small in containers.
    "--disable-dev-shm-usage",
)


def chromium() -> str:
    """Return the path of Chromium: the one in ``MENTORING_CHROMIUM``, or the first one found.

    Raises
    ------
    ExecutionError
        If Chromium is not installed.
    """
    named = os.environ.get(_VARIABLE)
    program = shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        raise ExecutionError(
            _("There is no Chromium at {path}.").format(path=named)
            if named
            else _("A PDF is printed by Chromium, and there is none here."),
            _("Install it (apt-get install chromium), or name it: export {variable}=…").format(
                variable=_VARIABLE
            ),
        )
    return program


def to_pdf(page: Path, output: Path, within: Path | None = None) -> Path:
    """Print an HTML file as PDF and return ``output``; an existing file stays if printing fails.

    Parameters
    ----------
    page : Path
        A self-contained HTML file; external resources are not fetched.
    output : Path
        The PDF file.
    within : Path, optional
        The student's workspace if ``output`` lies in one: no link below it is followed.

    Raises
    ------
    ExecutionError
        If Chromium is not installed, or fails.
    StorageError
        If the disk refuses.
    """
    program = chromium()
    with TemporaryDirectory(prefix="mentoring-pdf-", ignore_cleanup_errors=True) as apart:
        # A copy: a browser would follow a link that replaces the page.
        copy, printed = Path(apart, "page.html"), Path(apart, "page.pdf")
        with disk_errors(page):
            copy.write_bytes(page.read_bytes())
        line = [
            program,
            *_FLAGS,
            f"--user-data-dir={apart}/profile",
            f"--print-to-pdf={printed}",
            copy.as_uri(),
        ]
        said = _run(line)
        if not printed.is_file() and "sandbox" in said.lower():
            # Chromium's sandbox does not work as root or without user namespaces; the page runs no code.
            said = _run([*line[:-1], "--no-sandbox", line[-1]])
        if not printed.is_file() or not printed.stat().st_size:
            raise ExecutionError(
                _("{page} could not be printed: {reason}").format(
                    page=page, reason=said.strip().splitlines()[-1] if said.strip() else "?"
                ),
                _("The notebook and the page are there. Try: {line}").format(line=f"{program} --version"),
            )
        atomic_write(output, printed.read_bytes(), within)
    return output


def _run(line: Sequence[str]) -> str:
    """Run Chromium and return its messages (stderr)."""
    # Only the necessary variables: no keyring, no session bus, no display.
    variables = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    with subprocess.Popen(
        line, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True, text=True, errors="replace",
    ) as process:  # fmt: skip
        try:
            _out, said = process.communicate(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # All of its processes, since they keep the pipe open.
            os.killpg(process.pid, 9)
            return _("it took longer than {seconds} s").format(seconds=_TIMEOUT_S)
    return said
