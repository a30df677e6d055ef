from __future__ import annotations

import re

import click
import nbformat
import pytest

from toolkit._internal import resources
from toolkit._internal.resources import resource_folder
from toolkit.cli.main import MentorGroup
from toolkit.errors import NotFoundError


def test_a_checkout_and_a_wheel(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "toolkit")
    with pytest.raises(NotFoundError, match="'templates' is missing"):
        resource_folder("templates")
    (tmp_path / "templates").mkdir()
    assert resource_folder("templates") == tmp_path / "templates"
    shared = tmp_path / "toolkit" / "_share" / "templates"
    shared.mkdir(parents=True)
    assert resource_folder("templates") == shared


@pytest.mark.parametrize("kind", ["templates", "notebooks"])
def test_every_notebook_that_we_ship_is_valid_and_clean(kind):
    found = sorted(resource_folder(kind).rglob("*.ipynb"))
    assert found
    for path in found:
        nb = nbformat.read(path, as_version=4)
        nbformat.validate(nb)
        for cell in nb.cells:
            assert cell.cell_type != "code" or (not cell.outputs and cell.execution_count is None), path


def test_what_is_said_in_one_language_is_said_in_the_other():
    for path in resource_folder("templates").rglob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        tags = [tag for cell in cells for tag in cell.metadata.get("tags", [])]
        # French says some things twice: to whom it says tu, and to whom vous.
        assert tags.count("needs-tu") == tags.count("needs-vous"), path
        assert tags.count("lang-en") == tags.count("lang-fr") - tags.count("needs-vous"), path


def _run(path, changes=()):
    """Run a notebook's code in one namespace, as a reader who follows it would."""
    names: dict[str, object] = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            source = cell.source
            for old, new in changes:
                source = source.replace(old, new)
            exec(compile(source, path.name, "exec"), names)
    return names


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_first_steps_can_be_taken(language, capsys):
    names = _run(resource_folder("notebooks") / f"mentor-first-steps-{language}.ipynb")
    assert names["agenda"].language == language
    assert str(resource_folder("templates")) in capsys.readouterr().out
    student = resource_folder("notebooks") / f"student-first-steps-{language}.ipynb"
    with pytest.raises(NotImplementedError):
        _run(student)
    with pytest.raises(AssertionError, match=r"double\(4\)"):
        _run(student, [("raise NotImplementedError()", "return number + 2")])
    _run(student, [("raise NotImplementedError()", "return number * 2")])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_first_steps_name_commands_that_there_are(language):
    nb = nbformat.read(resource_folder("notebooks") / f"mentor-first-steps-{language}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in nb.cells)
    typed = re.findall(r"(?m)(?:^|`)mentor (?:--lang fr )?([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", text)
    assert len(typed) > 12
    group = MentorGroup()
    for name, second in typed:
        command = group.get_command(click.Context(group), name)
        assert command is not None, name
        if isinstance(command, click.Group):
            assert command.get_command(click.Context(command), second) is not None, second
