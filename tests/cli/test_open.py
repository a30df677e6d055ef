"""`mentor open` prints a link to exactly the given file, and only for files inside the practice."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, closing
from urllib.parse import unquote, urlsplit

import pytest

from toolkit.errors import InputError, StorageError
from toolkit.practice import Practice
from toolkit.services.practice import create_practice, jupyterlab_launcher


@pytest.fixture
def practice(tmp_path):
    return create_practice.create_practice(tmp_path / "practice", course=False).practice


@pytest.fixture
def prepare(practice):
    """Return a function that prepares a JupyterLab; the ports are freed at the end."""
    with ExitStack() as stack:

        def prepare(path=None, port=None, practice=practice):
            return stack.enter_context(closing(jupyterlab_launcher.prepare_lab(practice, path, port)))

        yield prepare


@pytest.mark.parametrize("name", ["a note.ipynb", "50%.ipynb", "what?.ipynb", "#1.ipynb", "Zoé.ipynb"])
def test_the_link_leads_to_the_file_whatever_its_name(practice, name, prepare):
    path = practice.root / "students" / name
    path.write_text("{}")
    url = urlsplit(prepare(path).url)
    assert unquote(url.path) == f"/lab/tree/students/{name}"
    assert url.query.startswith("token=")
    assert url.fragment == ""
    assert " " not in url.path


def test_a_way_up_and_out_is_no_way_in(practice, monkeypatch, prepare):
    outside = practice.root.parent / "outside"
    outside.mkdir()
    monkeypatch.chdir(practice.root)
    for path in ("students/../../outside", "..", str(outside)):
        with pytest.raises(InputError, match="is not in the practice"):
            prepare(practice.root / path)
    assert "/lab/tree/students?" in prepare(practice.root / "source/../students").url


def test_the_practice_may_be_reached_by_another_name(practice, prepare):
    link = practice.root.parent / "link"
    link.symlink_to(practice.root)
    for known, named in ((link, practice.root), (practice.root, link)):
        assert "/lab/tree/students?" in prepare(named / "students", practice=Practice(known)).url


def test_a_workspace_may_be_the_mentor_s_link_to_a_shared_folder(practice, prepare):
    shared = practice.root.parent / "shared"
    shared.mkdir()
    practice.workspace("zoe").symlink_to(shared)
    assert "/lab/tree/students/zoe?" in prepare(practice.workspace("zoe")).url


def test_what_is_no_path_is_named(practice, prepare):
    with pytest.raises(InputError, match="There is no"):
        prepare(practice.root / "nowhere")
    with pytest.raises(StorageError, match="too long"):
        prepare(practice.root / ("x" * 300))


@pytest.mark.parametrize("port", ["70000", "0", "-1"])
def test_a_port_that_there_is_not(mentor, practice, port):
    code, _out, err = mentor("--practice", practice.root, "open", "--port", port)
    assert code == 2
    assert "--port" in err


def test_the_link_s_file_is_the_practice_s(practice, prepare):
    ready = prepare(practice.root / "students", port=None)
    assert f"--ServerApp.root_dir={practice.root}" in ready.command
    assert ready.environment["JUPYTER_TOKEN"] in ready.url
    assert ready.environment["JUPYTER_TOKEN"] not in " ".join(ready.command)
    assert os.fspath(ready.root) == os.fspath(practice.root)


def test_two_starts_at_once_choose_two_ports(practice, prepare):
    first, second = (prepare() for _start in range(2))
    assert urlsplit(first.url).port != urlsplit(second.url).port
    with socket.create_server(
        ("127.0.0.1", urlsplit(first.url).port or 0)
    ) as server:  # as JupyterLab binds it
        address = server.getsockname()
        socket.create_connection(address).close()


def test_a_port_in_use_is_named(practice, prepare):
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(InputError, match="is taken"):
        prepare(port=server.getsockname()[1])
