"""`mentor open`: a link that leads to the very file, and only into the practice."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

import pytest

from toolkit.errors import InputError, StorageError
from toolkit.practice import Practice
from toolkit.services.practice import create_practice, jupyterlab_launcher


@pytest.fixture
def practice(tmp_path):
    return create_practice.create_practice(tmp_path / "practice", course=False).practice


@pytest.mark.parametrize("name", ["a note.ipynb", "50%.ipynb", "what?.ipynb", "#1.ipynb", "Zoé.ipynb"])
def test_the_link_leads_to_the_file_whatever_its_name(practice, name):
    path = practice.root / "students" / name
    path.write_text("{}")
    url = urlsplit(jupyterlab_launcher.prepare_lab(practice, path).url)
    assert unquote(url.path) == f"/lab/tree/students/{name}"
    assert url.query.startswith("token=")
    assert url.fragment == ""
    assert " " not in url.path


def test_a_way_up_and_out_is_no_way_in(practice, monkeypatch):
    outside = practice.root.parent / "outside"
    outside.mkdir()
    monkeypatch.chdir(practice.root)
    for path in ("students/../../outside", "..", str(outside)):
        with pytest.raises(InputError, match="is not in the practice"):
            jupyterlab_launcher.prepare_lab(practice, practice.root / path)
    assert (
        "/lab/tree/students?"
        in jupyterlab_launcher.prepare_lab(practice, practice.root / "source/../students").url
    )


def test_the_practice_may_be_reached_by_another_name(practice):
    link = practice.root.parent / "link"
    link.symlink_to(practice.root)
    for known, named in ((link, practice.root), (practice.root, link)):
        assert (
            "/lab/tree/students?" in jupyterlab_launcher.prepare_lab(Practice(known), named / "students").url
        )


def test_a_workspace_may_be_the_mentor_s_link_to_a_shared_folder(practice):
    shared = practice.root.parent / "shared"
    shared.mkdir()
    practice.workspace("zoe").symlink_to(shared)
    assert (
        "/lab/tree/students/zoe?" in jupyterlab_launcher.prepare_lab(practice, practice.workspace("zoe")).url
    )


def test_what_is_no_path_is_named(practice):
    with pytest.raises(InputError, match="There is no"):
        jupyterlab_launcher.prepare_lab(practice, practice.root / "nowhere")
    with pytest.raises(StorageError, match="too long"):
        jupyterlab_launcher.prepare_lab(practice, practice.root / ("x" * 300))


@pytest.mark.parametrize("port", ["70000", "0", "-1"])
def test_a_port_that_there_is_not(mentor, practice, port):
    code, _out, err = mentor("--practice", practice.root, "open", "--port", port)
    assert code == 2
    assert "--port" in err


def test_the_link_s_file_is_the_practice_s(practice):
    ready = jupyterlab_launcher.prepare_lab(practice, practice.root / "students", port=None)
    assert f"--ServerApp.root_dir={practice.root}" in ready.command
    assert ready.environment["JUPYTER_TOKEN"] in ready.url
    assert ready.environment["JUPYTER_TOKEN"] not in " ".join(ready.command)
    assert os.fspath(ready.root) == os.fspath(practice.root)
