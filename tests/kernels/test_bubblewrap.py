"""The system folders and interpreter folders that are visible in a sandbox."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.kernels import bubblewrap
from toolkit.kernels.containment import check_out_of_reach


@pytest.fixture
def environment(tmp_path):
    """Make a virtual environment in a project's folder, with the toolkit installed; return its Python."""
    home = tmp_path / "project"
    for folder in ("bin", "lib/python3.11/site-packages/toolkit/_share/exercises/source", "exercises/source"):
        (home / folder).mkdir(parents=True)
    (home / "lib64").symlink_to("lib")
    (home / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
    (home / "bin/python").symlink_to(sys.executable)
    return home / "bin/python"


def test_the_exercises_of_an_installed_toolkit_are_empty(environment):
    project = environment.parent.parent
    shown = bubblewrap.visible_folders(environment)
    assert project / "lib/python3.11/site-packages/toolkit/_share" in shown.secrets
    line = bubblewrap.root_arguments(environment, network=False, files={}, made=[])
    for secret in map(str, shown.secrets):
        at = line.index(secret)
        assert line[at - 1] == "--tmpfs"
        assert at > max(line.index(str(part)) for part in shown.parts if Path(secret).is_relative_to(part))


def test_a_second_way_to_the_packages_is_a_link(environment):
    lib64 = environment.parent.parent / "lib64"
    line = bubblewrap.root_arguments(environment, network=False, files={}, made=[])
    at = line.index(str(lib64))
    assert line[at - 2 : at] == ["--symlink", "lib"]


def test_of_a_project_that_is_an_environment_the_programs_are_shown(environment):
    project = environment.parent.parent
    shown = bubblewrap.visible_folders(environment)
    assert shown.contains(environment)
    assert shown.contains(project / "lib/python3.11/site-packages/numpy")
    for secret in ("exercises/source", "source/median", ".mentoring", "students/zoe", ".git/objects", ""):
        assert not shown.contains(project / secret), secret


def test_an_environment_in_another_one_is_shown(environment):
    """Conda environments are nested this way."""
    outer = environment.parent.parent
    inner = outer / "envs/inner/bin/python"
    inner.parent.mkdir(parents=True)
    inner.symlink_to(environment)
    (outer / "envs/inner/pyvenv.cfg").write_text(f"home = {outer}/bin\n")
    shown = bubblewrap.visible_folders(inner)
    assert shown.contains(inner)
    assert shown.contains(environment)
    assert not shown.contains(outer / "envs/other")


@pytest.mark.parametrize("place", ["/usr/share/course", "/usr/local/lib/course", f"{sys.prefix}/lib/course"])
def test_a_practice_among_the_programs_is_refused(place):
    with pytest.raises(InputError, match="Student code could read") as caught:
        check_out_of_reach(Path(place))
    assert place in str(caught.value)
    assert "Move the practice" in caught.value.hint


def test_a_practice_elsewhere_is_not_refused(tmp_path):
    for place in (tmp_path, Path("/usr/course"), Path("/home/ada/practice"), Path(sys.prefix) / "practice"):
        check_out_of_reach(place)
