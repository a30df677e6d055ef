"""Facts that the project states in several places are the same everywhere."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import toolkit
from toolkit._internal.extras import DISTRIBUTION, EXTRAS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(lines):
    return {normal(r.name): r.specifier for r in map(Requirement, lines)}


def whole():
    """Return all requirements of the core and the extras; an extra may require more than the core."""
    extras = PROJECT["optional-dependencies"]
    found = declared(PROJECT["dependencies"])
    for extra in EXTRAS:
        found |= declared(extras[extra])
    del found[DISTRIBUTION]
    return found


def test_environment_yml_says_what_pyproject_says():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    from_pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    conda = declared(re.sub(r"\s+", "", entry) for entry in entries if isinstance(entry, str))
    conda |= declared(entry for entry in from_pip if not entry.startswith("-e"))
    assert "-e .[all]" in from_pip
    assert conda.pop("python") == Requirement(f"python{PROJECT['requires-python']}").specifier
    conda.pop("pip")
    assert conda == whole() | declared(PROJECT["optional-dependencies"]["test"])


def test_locks_hold_every_dependency_at_an_allowed_version():
    """The lock files hold every dependency at a version that pyproject allows."""
    wanted = whole()
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


def test_all_is_every_extra():
    (line,) = PROJECT["optional-dependencies"]["all"]
    assert Requirement(line).extras == set(EXTRAS)


def test_the_version_is_said_in_one_place():
    assert toolkit.__version__ == PROJECT["version"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "-w", folder, ROOT], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_has_catalogues_views_templates_and_course(wheel):
    """A wheel contains the catalogues, the views, the templates and the course."""
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
    # It is in the package, where the session's server alone looks for labextensions.
    assert not [name for name in names if "share/jupyter/labextensions" in name]
    built = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "toolkit/lab/built").rglob("*")
        if path.is_file()
    }
    assert {name for name in names if name.startswith("toolkit/lab/")} == built
    assert not [name for name in names if name.startswith(("tests/", "exercises/", "templates/"))]


def test_a_wheel_carries_the_pages_that_messages_point_to(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    pages = set()
    for path in (ROOT / "toolkit").rglob("*.py"):
        text = path.read_text("utf-8")
        # A path into the repository would be there in a checkout only.
        messages = [
            node.args[0].value
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
            if node.args and isinstance(node.args[0], ast.Constant)
        ]
        assert not [message for message in messages if re.search(r"docs/[\w-]+\.md", message)], path
        pages |= set(re.findall(r'resource_folder\("docs"\) / "([\w-]+\.md)"', text))
    assert pages
    for page in pages:
        assert (ROOT / "docs" / page).is_file()
        assert f"toolkit/_share/docs/{page}" in names


def test_a_wheel_s_own_page_has_no_link_that_leads_nowhere(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = BytesParser().parsebytes(archive.read(name))
    page = metadata.get_payload()
    assert "# Mentoring toolkit" in page
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert links
    assert not [link for link in links if not link.startswith(("https://", "#"))]
    assert [link for link in links if link.startswith("https://raw.") and link.endswith(".png")]
    urls = dict(line.split(", ", 1) for line in metadata.get_all("Project-URL"))
    assert urls.keys() >= {"Documentation", "Source", "Changelog", "Issues"}


_CORE = """
import json, sys
import ipykernel
import toolkit
from toolkit import *
toolkit.Agenda(toolkit.Record("record.json"))
agenda = toolkit.Agenda(items=[{"text": "Recursion", "minutes": 10}])
assert agenda.items[0]["text"] == "Recursion"
names = {name: getattr(toolkit, name).__module__ for name in toolkit.__all__}
try:
    toolkit.Practice.find(toolkit.practice.Path(sys.argv[1])).store
except toolkit.errors.MissingExtraError as error:
    said = str(error)
print(json.dumps([ipykernel.__version__, toolkit.__version__, len(names), said, sorted(sys.modules)]))
"""


@pytest.mark.index
def test_the_core_alone_works_beside_an_older_ipykernel(wheel, tmp_path):
    python = tmp_path / "venv/bin/python"
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    quiet = {"capture_output": True, "text": True, "cwd": tmp_path}
    subprocess.run([uv, "venv", "--python", sys.executable, tmp_path / "venv"], **quiet, check=True)
    subprocess.run([uv, "pip", "install", "--python", python, "ipykernel==6.17.1"], **quiet, check=True)
    # At their floors, which `make test-lowest` does not reach where an extra asks for more.
    lowest = [re.sub(r">=([\w.]+).*", r"==\1", line) for line in PROJECT["dependencies"]]
    subprocess.run([uv, "pip", "install", "--python", python, *lowest, wheel], **quiet, check=True)

    (tmp_path / "mentoring.toml").write_text("")
    run = subprocess.run([python, "-c", _CORE, tmp_path], **quiet, check=True)
    ipykernel, version, names, said, loaded = json.loads(run.stdout.splitlines()[-1])
    assert ipykernel.startswith("6.")
    assert version == PROJECT["version"]
    assert names == len(toolkit.__all__)
    assert said.endswith('pip install "mentoring-toolkit[grading]"')
    heavy = {"sqlalchemy", "nbgrader", "jupyter_server", "matplotlib", "papermill", "pandas"}
    assert not heavy & set(loaded)

    def mentor(*args):
        environ = {**os.environ, "MENTORING_LANG": "en"}
        done = subprocess.run(
            [python.parent / "mentor", *args],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    assert mentor("--version")[:2] == (0, f"mentor, version {version}\n")
    assert mentor("--help")[0] == 0
    for command, extra in {"grade": "grading", "session": "reports", "live": "live"}.items():
        line = f'pip install "mentoring-toolkit[{extra}]"'
        code, out, err = mentor(command)
        assert (code, out) == (5, "")
        assert err == (
            f"Error: This needs the extra '{extra}' of the toolkit, which is not installed. "
            f"Install it: {line}\n"
        )
    assert "demande l\u2019extra" in mentor("--lang", "fr", "grade")[2]
