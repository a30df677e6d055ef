"""nbformat: changes to a notebook while it is read."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4.nbjson import JSONWriter
from nbformat.validator import normalize

pytestmark = pytest.mark.canary


def text(minor, *ids, metadata=None):
    cells = [
        {
            "cell_type": "code",
            "source": "",
            "metadata": metadata or {},
            "outputs": [],
            "execution_count": None,
        }
        | ({"id": name} if name else {})
        for name in ids
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": minor})


def ids(found):
    return [cell.get("id") for cell in found.cells]


@pytest.mark.filterwarnings("ignore")
def test_doubled_ids_are_repaired_anew_at_each_reading(changed):
    first, second = (nbformat.reads(text(5, "a", "a"), as_version=4) for _time in range(2))
    assert ids(first)[0] == "a", changed("the id of the first of two cells with one id")
    assert len({*ids(first), *ids(second)}) == 3, changed("the id of the second of two cells with one id")


@pytest.mark.filterwarnings("ignore")
def test_missing_ids_are_drawn_anew_at_each_reading(changed):
    first, second = (nbformat.reads(text(5, ""), as_version=4) for _time in range(2))
    assert ids(first) != ids(second), changed("the id of a cell that has none")


def test_a_minor_version_is_left(changed):
    nb = nbformat.reads(text(4, ""), as_version=4)
    assert (nb.nbformat_minor, ids(nb)) == (4, [None]), changed(
        "the reading of format 4.4 (no ids, no upgrade)"
    )


def test_one_wrong_tag_spoils_a_notebook(changed):
    for metadata in ({"tags": ["a", "a"]}, {"tags": ["a,b"]}, {"name": ""}, {"collapsed": "no"}):
        nb = nbformat.from_dict(json.loads(text(5, "a", metadata=metadata)))
        assert not nbformat.validator.isvalid(nb), changed(f"the schema, which now takes {metadata},")


def test_the_writer_and_the_normalizer(changed):
    nb = nbformat.reads(text(5, "a"), as_version=4)
    assert f"{JSONWriter().writes(nb)}" == nbformat.writes(nb), changed("JSONWriter")
    changes, normal = normalize(nb)
    assert (changes, normal) == (0, nb), changed("normalize")


def test_a_json_type_without_a_plus_holds_text_alone(changed):
    output = {"output_type": "display_data", "data": {"application/x.v6.json": {"a": 1}}, "metadata": {}}
    cell = json.loads(text(5, "a"))["cells"][0] | {"outputs": [output]}
    nb = nbformat.from_dict({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    assert not nbformat.validator.isvalid(nb), changed("the schema of MIME types that end in `.json`")
    output["data"] = {"application/x.v6+json": {"a": 1}}
    assert nbformat.validator.isvalid(nbformat.from_dict(nb | {"cells": [cell]})), changed("that of `+json`")
