"""What the project says of itself in several places is the same everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(lines):
    return {normal(r.name): r.specifier for r in map(Requirement, lines)}


def test_environment_yml_says_what_pyproject_says():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    from_pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    conda = declared(re.sub(r"\s+", "", entry) for entry in entries if isinstance(entry, str))
    conda |= declared(entry for entry in from_pip if not entry.startswith("-e"))
    assert conda.pop("python") == Requirement(f"python{PROJECT['requires-python']}").specifier
    conda.pop("pip")
    assert conda == declared(PROJECT["dependencies"]) | declared(PROJECT["optional-dependencies"]["test"])


def test_the_locks_hold_every_dependency_at_a_version_that_pyproject_allows():
    wanted = declared(PROJECT["dependencies"])
    extras = PROJECT["optional-dependencies"]
    for lock, needed in {
        "requirements.lock": wanted,
        "requirements-dev.lock": wanted
        | declared(extras["test"])
        | declared(extras["lint"])
        | declared(extras["docs"]),
    }.items():
        pins = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE)
        for name, specifier in needed.items():
            versions = [version for pin, version in pins if normal(pin) == name]
            assert versions, f"{name} is not in {lock}: run `make lock`"
            assert all(version in specifier for version in versions), (name, versions)


def test_a_wheel_carries_the_catalogues_the_views_the_templates_and_the_course(tmp_path):
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            tmp_path,
            ROOT,
        ],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "toolkit/locale/fr/LC_MESSAGES/mentoring.mo",
        "toolkit/store/migrations/env.py",
        "toolkit/widgets/views/agenda.js",
        "toolkit/widgets/views/style.css",
        "toolkit/_share/templates/session.ipynb",
        "toolkit/_share/templates/reports/progress.ipynb",
        "toolkit/_share/exercises/paths/python-foundations.yaml",
    ):
        assert needed in names, needed
    ours = "share/jupyter/labextensions/@mentoring-toolkit/lab/package.json"
    assert [name for name in names if name.endswith(ours)]
    assert not [name for name in names if name.startswith("toolkit/lab/")]
    assert not [name for name in names if name.startswith(("tests/", "exercises/", "templates/"))]
