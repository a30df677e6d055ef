"""What a server that was killed had kept, and had not written to the notebook's file yet."""

from __future__ import annotations

import asyncio

import nbformat
import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Doc

from toolkit.live.contents import WorkspaceContents
from toolkit.live.recovery import recover
from toolkit.live.updates import updates_in

NAME = "one.ipynb"


@pytest.fixture
def contents(tmp_path) -> WorkspaceContents:
    root = tmp_path / "workspace"
    root.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("one")]), root / NAME)
    made = WorkspaceContents(root_dir=str(root))
    made.keep(NAME, tmp_path / "written.json")
    return made


def source(contents: WorkspaceContents) -> str:
    return nbformat.read(f"{contents.root_dir}/{NAME}", 4).cells[0].source


async def saved_and_typed(contents: WorkspaceContents, store) -> None:
    """Be a server that saves the notebook, takes in what is typed, and is killed."""
    model = await contents.get(NAME)
    doc: Doc = Doc()
    notebook = YNotebook(doc)
    await notebook.aset(model["content"])
    await contents.save({"type": "notebook", "format": "json", "content": await notebook.aget()}, NAME)
    text = notebook.ycells[0]["source"]
    text += " and typed"
    async with store:
        store.follow(doc)
        await store.flush()


def test_what_was_typed_last_is_brought_into_the_file(contents, tmp_path):
    kept = updates_in(tmp_path / "updates.db")
    asyncio.run(saved_and_typed(contents, kept(path="one")))
    assert source(contents) == "one"
    asyncio.run(recover(kept(path="one"), contents, NAME))
    assert source(contents) == "one and typed"
    before = (tmp_path / "workspace" / NAME).stat().st_mtime_ns
    asyncio.run(recover(kept(path="one"), contents, NAME))
    assert (tmp_path / "workspace" / NAME).stat().st_mtime_ns == before


def test_a_file_that_somebody_else_wrote_stays(contents, tmp_path):
    kept = updates_in(tmp_path / "updates.db")
    asyncio.run(saved_and_typed(contents, kept(path="one")))
    restored = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("restored")])
    nbformat.write(restored, tmp_path / "workspace" / NAME)
    asyncio.run(recover(kept(path="one"), contents, NAME))
    assert source(contents) == "restored"


@pytest.mark.parametrize("harm", ["missing", "broken"])
def test_without_a_store_the_file_stays(contents, tmp_path, harm):
    kept = updates_in(tmp_path / "updates.db")
    asyncio.run(saved_and_typed(contents, kept(path="one")))
    (tmp_path / "updates.db").unlink()
    if harm == "broken":
        (tmp_path / "updates.db").write_bytes(b"no database" * 1000)
    asyncio.run(recover(kept(path="one"), contents, NAME))
    assert source(contents) == "one"
