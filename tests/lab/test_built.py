"""The built front end matches its sources."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jupyterlab_server.config import get_page_config

from toolkit.live.server.jupyter_config import OUR_LABEXTENSIONS

ROOT = Path(__file__).parents[2]
LAB = ROOT / "toolkit/lab"
SCRIPT = ROOT / "scripts/lab.py"
DEFAULTS = ROOT / "scripts/front_end_defaults.py"


def content(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=500)


def test_it_was_built_from_the_sources_that_lie_here():
    done = run("--check")
    assert done.returncode == 0, done.stdout


def test_a_change_of_any_source_is_noticed(tmp_path):
    for name in ("lab", "widgets/views"):
        ignore = shutil.ignore_patterns("node_modules")
        shutil.copytree(ROOT / "toolkit" / name, tmp_path / name, ignore=ignore)

    def fresh() -> bool:
        return run("--check", tmp_path / "lab").returncode == 0

    assert fresh()
    for name in (
        "lab/src/driver.ts",
        "lab/style/panel.css",
        "lab/package-lock.json",
        "widgets/views/listRows.js",
    ):
        path = tmp_path / name
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        assert not fresh(), name
        path.write_bytes(before)
    assert fresh()


def test_the_defaults_are_those_of_the_models():
    done = subprocess.run([sys.executable, DEFAULTS, "--check"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_another_default_is_noticed(tmp_path):
    copy = tmp_path / "entryDefaults.js"
    text = (ROOT / "toolkit/widgets/views/entryDefaults.js").read_text("utf-8")
    copy.write_text(text.replace("minutes: 5,", "minutes: 6,"), "utf-8")
    command = [sys.executable, DEFAULTS, "--check", copy]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1


def test_the_sessions_server_is_given_what_lies_here():
    assert content(OUR_LABEXTENSIONS) == content(LAB / "built")


def test_no_other_jupyterlab_of_the_environment_has_it(tmp_path):
    """Neither the extension nor the plugins it disables: jupyter-collaboration runs cells there as before."""
    folder = Path(sys.prefix) / "share/jupyter/labextensions"
    environ = os.environ | {"HOME": str(tmp_path), "JUPYTER_PREFER_ENV_PATH": "1"}
    command = [Path(sys.executable).with_name("jupyter"), "labextension", "list", "--verbose"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, env=environ, timeout=120)
    told = listed.stdout + listed.stderr
    assert "@jupyter/docprovider-extension" in told
    assert "mentoring" not in told, "an earlier version lies there: run `make install`"
    page = get_page_config([str(folder)], str(Path(sys.prefix) / "share/jupyter/lab/settings"))
    assert "@jupyter/docprovider-extension:notebook-cell-executor" not in page["disabledExtensions"]
    session = get_page_config([str(OUR_LABEXTENSIONS), str(folder)])
    assert "@jupyter/docprovider-extension:notebook-cell-executor" in session["disabledExtensions"]


def test_it_bundles_nothing_that_the_page_has():
    licences = json.loads((LAB / "built/@mentoring-toolkit/lab/static/third-party-licenses.json").read_text())
    names = {package["name"] for package in licences["packages"]}
    assert names <= {"css-loader", "style-loader", "process"}
    assert all(package["licenseId"] and package["extractedText"] for package in licences["packages"])


def test_the_lock_file_names_no_place():
    lock = json.loads((LAB / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all("resolved" not in one and "://" not in one.get("version", "") for one in packages.values())
    assert all("integrity" in one for one in packages.values())


@pytest.mark.skipif(not os.environ.get("CI"), reason="needs the registry; CI has it")
def test_a_build_elsewhere_makes_the_same_files(tmp_path):
    ignore = shutil.ignore_patterns("built", "node_modules")
    shutil.copytree(LAB, tmp_path / "toolkit/lab", ignore=ignore)
    shutil.copytree(ROOT / "toolkit/widgets/views", tmp_path / "toolkit/widgets/views")
    if (LAB / "node_modules").exists():
        shutil.copytree(
            LAB / "node_modules", tmp_path / "toolkit/lab/node_modules", copy_function=os.link, symlinks=True
        )
    done = run(tmp_path / "toolkit/lab")
    assert done.returncode == 0, done.stdout + done.stderr
    assert content(tmp_path / "toolkit/lab/built") == content(LAB / "built")
