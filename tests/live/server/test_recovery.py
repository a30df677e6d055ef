"""Changes that a killed server had stored, but not yet written to the notebook's file, are recovered."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import nbformat
import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Doc
from pycrdt.store import YDocNotFound
from tornado.web import HTTPError

from tests.live.damaged_notebooks import BEGIN, GARBLED, OLD
from tests.ordinary_rights import ordinary_rights
from toolkit.live.server.contents import WorkspaceContents
from toolkit.live.server.no_checkpoints import NoCheckpoints
from toolkit.live.server.recovery import recover_notebook
from toolkit.live.sync.ystore import open_ystore

NAME = "one.ipynb"


@pytest.fixture
def contents(tmp_path) -> WorkspaceContents:
    root = tmp_path / "workspace"
    root.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("one")]), root / NAME)
    made = WorkspaceContents(root_dir=str(root), checkpoints_class=NoCheckpoints)
    made.keep(NAME, tmp_path / "written.json")
    return made


def source(contents: WorkspaceContents) -> str:
    return nbformat.read(f"{contents.root_dir}/{NAME}", 4).cells[0].source


async def saved_and_typed(contents: WorkspaceContents, store, junk: object = None) -> None:
    """Run a server that saves the notebook, receives typed text, and is killed."""
    model = await contents.get(NAME)
    doc: Doc = Doc()
    notebook = YNotebook(doc)
    await notebook.aset(model["content"])
    await contents.save({"type": "notebook", "format": "json", "content": await notebook.aget()}, NAME)
    text = notebook.ycells[0]["source"]
    text += " and typed"
    if junk is not None:
        notebook.ycells.append(junk)
    async with store:
        store.follow(doc)
        await store.flush()


def test_what_was_typed_last_is_brought_into_the_file(contents, tmp_path):
    kept = open_ystore(tmp_path / "updates.db")
    asyncio.run(saved_and_typed(contents, kept(path="one")))
    assert source(contents) == "one"
    asyncio.run(recover_notebook(kept(path="one"), contents, NAME))
    assert source(contents) == "one and typed"
    before = (tmp_path / "workspace" / NAME).stat().st_mtime_ns
    asyncio.run(recover_notebook(kept(path="one"), contents, NAME))
    assert (tmp_path / "workspace" / NAME).stat().st_mtime_ns == before


def test_a_file_that_somebody_else_wrote_stays(contents, tmp_path):
    kept = open_ystore(tmp_path / "updates.db")
    asyncio.run(saved_and_typed(contents, kept(path="one")))
    restored = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("restored")])
    nbformat.write(restored, tmp_path / "workspace" / NAME)
    asyncio.run(recover_notebook(kept(path="one"), contents, NAME))
    assert source(contents) == "restored"


@pytest.mark.parametrize("harm", ["missing", "broken"])
def test_without_a_store_the_file_stays(contents, tmp_path, harm):
    kept = open_ystore(tmp_path / "updates.db")
    asyncio.run(saved_and_typed(contents, kept(path="one")))
    (tmp_path / "updates.db").unlink()
    if harm == "broken":
        (tmp_path / "updates.db").write_bytes(b"no database" * 1000)
    asyncio.run(recover_notebook(kept(path="one"), contents, NAME))
    assert source(contents) == "one"


def garble(contents: WorkspaceContents, monkeypatch, harm: str) -> None:
    monkeypatch.chdir(contents.root_dir)
    exec(BEGIN + GARBLED[harm], {"name": NAME})


def beside(contents: WorkspaceContents) -> list[str]:
    return sorted(one.name for one in Path(contents.root_dir).iterdir() if one.name != NAME)


@pytest.mark.parametrize("harm", GARBLED)
def test_invalid_notebook_is_quarantined_and_rewritten(contents, tmp_path, monkeypatch, harm):
    """A file that is no notebook is moved aside, and the last notebook is written."""
    kept = open_ystore(tmp_path / "updates.db")
    asyncio.run(saved_and_typed(contents, kept(path="one")))
    told = []
    contents.kept[NAME].aside = lambda name, fault: told.append((name, fault))
    garble(contents, monkeypatch, harm)
    lies = os.lstat(NAME).st_ino if harm != "removed" else None
    asyncio.run(recover_notebook(kept(path="one"), contents, NAME))
    assert source(contents) == "one and typed"
    if lies is None:
        assert beside(contents) == []
        assert told == [("", "place")]
    else:
        assert beside(contents) == ["one-damaged-1.ipynb"]
        assert os.lstat("one-damaged-1.ipynb").st_ino == lies
        assert [name for name, _fault in told] == ["one-damaged-1.ipynb"]


@pytest.mark.parametrize("harm", GARBLED)
def test_file_garbled_while_shared_is_restored_from_the_document(contents, monkeypatch, harm):
    """A file damaged while it is shared is restored from the pages' document."""

    async def last() -> dict:
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("shared")])

    contents.kept[NAME].last = last
    contents.kept[NAME].live = True
    garble(contents, monkeypatch, harm)
    if Path(NAME).is_file() and not Path(NAME).is_symlink():
        # Somebody may be writing it just now.
        with pytest.raises(HTTPError, match="409"):
            asyncio.run(contents.get(NAME, content=False))
        contents.kept[NAME].invalid_since -= 1.0
    asyncio.run(contents.get(NAME, content=False))
    assert source(contents) == "shared"
    assert len(beside(contents)) == (harm != "removed")
    # What somebody else wrote, and is a notebook, is taken as ever.
    Path(NAME).write_text(OLD)
    found = asyncio.run(contents.get(NAME))
    assert found["content"]["cells"][0]["source"] == "of old"
    assert len(beside(contents)) == (harm != "removed")


def test_only_so_many_are_kept_aside(contents, monkeypatch):
    async def last() -> dict:
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("shared")])

    contents.kept[NAME].last = last
    for _time in range(25):
        garble(contents, monkeypatch, "no JSON")
        asyncio.run(contents.get(NAME, content=False))
    assert source(contents) == "shared"
    assert len(beside(contents)) == 20


def test_without_a_store_it_begins_afresh(contents, tmp_path, monkeypatch):
    kept, afresh = open_ystore(tmp_path / "updates.db"), tmp_path / "afresh.ipynb"
    asyncio.run(recover_notebook(kept(path="one"), contents, NAME, afresh))
    garble(contents, monkeypatch, "no JSON")
    asyncio.run(recover_notebook(kept(path="one"), contents, NAME, afresh))
    assert source(contents) == "one"
    garble(contents, monkeypatch, "no JSON")
    afresh.write_text("{")
    asyncio.run(recover_notebook(kept(path="one"), contents, NAME, afresh))
    assert json.loads((tmp_path / "workspace" / NAME).read_text())["cells"] == []


@pytest.mark.parametrize("junk", [7.0, "cell", {"cell_type": "code"}])
def test_a_document_that_is_none_is_put_aside_too(contents, tmp_path, junk):
    kept = open_ystore(tmp_path / "updates.db")
    asyncio.run(saved_and_typed(contents, kept(path="one"), junk))
    asyncio.run(recover_notebook(kept(path="one"), contents, NAME))
    assert source(contents) == "one"

    async def again() -> None:
        async with kept(path="one") as store:
            with pytest.raises(YDocNotFound):
                await store.apply_updates(Doc())

    asyncio.run(again())


def test_a_folder_that_is_shut_keeps_nothing_from_being_shared(contents, tmp_path):
    kept = open_ystore(tmp_path / "updates.db")
    asyncio.run(saved_and_typed(contents, kept(path="one")))
    Path(contents.root_dir).chmod(0)
    try:
        with ordinary_rights():
            asyncio.run(recover_notebook(kept(path="one"), contents, NAME))
            found = asyncio.run(contents.get(NAME))
        assert found["content"]["cells"][0]["source"] == "one and typed"
    finally:
        Path(contents.root_dir).chmod(0o755)
