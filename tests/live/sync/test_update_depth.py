"""The nesting depth of an update is measured in its real encoding."""

from __future__ import annotations

import random

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Array, Doc, Map, Text, XmlFragment, get_update, write_var_uint

from toolkit.live.sync.update_depth import MAX_NESTING, exceeds_nesting_limit


def nested(depth: int, kind: type = list) -> object:
    value: object = 1
    for _level in range(depth):
        value = [value, "x"] if kind is list else {"a": 2.5, "b": value}
    return value


def update(value: object) -> bytes:
    doc: Doc = Doc()
    doc.get("mentoring", type=Map)["key"] = value
    return doc.get_update()


@pytest.mark.parametrize("kind", [list, dict])
def test_what_is_nested_deeper_than_anything_real_is_found(kind):
    assert not exceeds_nesting_limit(update(nested(MAX_NESTING, kind)))
    assert exceeds_nesting_limit(update(nested(MAX_NESTING + 1, kind)))


def test_what_would_end_a_process_is_found_wherever_it_stands():
    deep = b"\x75\x01" * 100_000 + b"\x7e"
    named = b"\x01" + write_var_uint(1) + b"m"
    for struct in (
        b"\x08" + named + b"\x01" + deep,
        b"\x28" + named + write_var_uint(1) + b"k" + b"\x02" + b"\x7d\x05" + deep,
        b"\x04" + named + write_var_uint(2) + b"uv" + b"\x88\x05\x01\x01" + deep,
        # A document's options, and whatever else no page of ours sends.
        b"\x09" + named + write_var_uint(1) + b"g" + deep,
        b"\x0b" + named + deep,
    ):
        structs = 2 if struct[:1] == b"\x04" else 1
        assert exceeds_nesting_limit(b"\x01" + write_var_uint(structs) + b"\x05\x00" + struct + b"\x00")


def test_what_cannot_be_read_is_refused():
    assert exceeds_nesting_limit(b"\xff" * 5000 + b"u" * 5000)
    assert exceeds_nesting_limit(b"\x01\x01\x05\x00\x08" + b"u" * 5000)


def test_what_is_flat_is_let_through_however_long_it_is():
    doc: Doc = Doc()
    text = doc.get("notes", type=Text)
    text += "uv" * 5000
    text.format(3, 900, {"bold": True, "link": {"href": "u" * 3000}})
    text.insert_embed(5, {"u": ["v"] * 3000})
    cells = doc.get("cells", type=Array)
    cells.append({"source": "v" * 3000, "list": [[]] * 3000, "n": [2**40, -3, 0.1, None, True] * 300})
    cells.append(Map({"source": Text("u" * 3000), "bytes": b"u" * 3000, "none": None}))
    state = doc.get_state()
    del text[100:400]
    del cells[0]
    doc.get("xml", type=XmlFragment)
    assert not exceeds_nesting_limit(doc.get_update())
    assert not exceeds_nesting_limit(doc.get_update(state))
    assert not exceeds_nesting_limit(get_update(doc.get_update(), state))


@pytest.mark.parametrize("seed", range(20))
def test_the_changes_of_a_notebook_are_let_through(seed):
    chance = random.Random(seed)
    notebook, updates = YNotebook(Doc()), []
    notebook.ydoc.observe(lambda event: updates.append(event.update))
    data = [{"u" * n: [n, "v" * n, {"uv": None}]} for n in range(300)]
    output = {"output_type": "display_data", "data": {"application/json": data}, "metadata": {}}
    stream = {"output_type": "stream", "name": "stdout", "text": "uv" * 900}
    cell = {"cell_type": "code", "source": "u" * 50, "metadata": {}, "execution_count": 1}
    for number in range(30):
        match chance.randrange(4):
            case 0:
                outputs = [dict(chance.choice([output, stream])) for _n in range(3)]
                notebook.append_cell({**cell, "id": f"c{number}", "outputs": outputs})
            case 1 if len(notebook.ycells):
                source = notebook.ycells[chance.randrange(len(notebook.ycells))]["source"]
                source.insert(chance.randrange(len(str(source)) + 1), "uv" * chance.randrange(1, 600))
            case 2 if len(notebook.ycells):
                notebook.ycells.pop(chance.randrange(len(notebook.ycells)))
            case _:
                notebook.ydoc.get("meta", type=Map)["metadata"] = Map({"u": data})
    whole = notebook.ydoc.get_update()
    assert not any(map(exceeds_nesting_limit, [*updates, whole]))
