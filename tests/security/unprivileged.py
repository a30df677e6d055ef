# ruff: noqa: E501 - attacks are quoted as they are
"""Run tests again with an ordinary user's rights: root starts them and gives up its own rights first."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["again"]

ROOT = Path(__file__).parents[2]
UID = 1234
# What root owns may lie where nobody else can go: those folders alone are shown at their places.
ENTER = """
set -eu
for hidden in $HIDDEN; do
    mkdir -p "$STAGE/$hidden"
    for folder in $NEEDED; do
        case "$folder/" in "$hidden"/*) mkdir -p "$STAGE/$folder"; mount --rbind "$folder" "$STAGE/$folder" ;; esac
    done
    mount --rbind "$STAGE/$hidden" "$hidden"
done
exec setpriv --reuid "$ID" --regid "$ID" --clear-groups --inh-caps=-all "$@"
"""


def again(*paths: Path, least: int, options: Sequence[str] = ()) -> None:
    """Run the tests in some files or folders; all pass, none is skipped, and there are some."""
    scratch = Path(tempfile.mkdtemp(prefix="mo-", dir="/tmp"))
    try:
        for name in ("home", "tmp"):
            (scratch / name).mkdir()
            os.chown(scratch / name, UID, UID)
        scratch.chmod(0o755)
        needed = [str(path) for path in {ROOT, Path(sys.prefix), Path(sys.base_prefix)}]
        hidden = sorted({found for path in needed if (found := _first_closed(Path(path)))})
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(scratch / "home"),
            "TMPDIR": str(scratch / "tmp"),
            "STAGE": str(scratch / "stage"),
            "ID": str(UID),
            "HIDDEN": " ".join(hidden),
            "NEEDED": " ".join(needed),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *map(str, paths)]
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=550,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        summary = done.stdout.splitlines()[-1]
        passed = re.search(r"(\d+) passed", summary)
        assert passed, summary
        assert int(passed[1]) >= least, summary
        assert "skipped" not in summary
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _first_closed(path: Path) -> str:
    """Return the outermost folder on the way to ``path`` that others may not enter."""
    for folder in [*reversed(path.parents), path]:
        if not folder.stat().st_mode & 0o001:
            return str(folder)
    return ""
