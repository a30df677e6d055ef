"""nbclient: how messages become outputs."""

from __future__ import annotations

import inspect

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError
from nbformat.v4 import new_code_cell, new_notebook

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary


def message(kind, content, parent="1"):
    return {
        "msg_type": kind,
        "header": {"msg_type": kind},
        "parent_header": {"msg_id": parent},
        "content": content,
        "metadata": {},
    }


def test_messages_become_outputs_without_a_kernel(changed):
    cell = new_code_cell("")
    client = NotebookClient(new_notebook(cells=[cell]))
    client.clear_before_next_output = False
    client.process_message(message("stream", {"name": "stdout", "text": "a"}), cell, 0)
    client.process_message(
        message(
            "display_data", {"data": {"text/plain": "b"}, "metadata": {}, "transient": {"display_id": "d"}}
        ),
        cell,
        0,
    )
    assert [one.output_type for one in cell.outputs] == ["stream", "display_data"], changed("process_message")
    assert client._display_id_map == {"d": {0: [1]}}, changed("_display_id_map")
    client.process_message(message("clear_output", {"wait": True}), cell, 0)
    assert client.clear_before_next_output is True, changed("clear_before_next_output")
    client.clear_display_id_mapping(0)
    assert client._display_id_map == {"d": {0: []}}, changed("clear_display_id_mapping")
    assert client.output_hook_stack["1"] == [], changed("output_hook_stack")


def test_what_is_overridden_is_called_so(changed):
    assert takes(NotebookClient.output, "outs", "msg", "display_id", "cell_index"), changed("output")
    assert takes(
        NotebookClient.async_execute_cell, "cell", "cell_index", "execution_count", "store_history"
    ), changed("async_execute_cell")
    assert inspect.iscoroutinefunction(NotebookClient.async_start_new_kernel), changed(
        "async_start_new_kernel"
    )
    assert takes(CellTimeoutError.error_from_timeout_and_cell, "msg", "timeout", "cell"), changed(
        "the timeout's error"
    )


def test_a_cell_can_be_left_out_by_a_tag(changed):
    tag = NotebookClient.skip_cells_with_tag.default_value
    assert tag == "skip-execution", changed("the tag of cells that are left out")
    assert mentions(NotebookClient.async_execute_cell, "self.skip_cells_with_tag in cell.metadata"), changed(
        "the leaving out of a cell"
    )


def test_output_of_another_cell_is_dropped(changed):
    assert mentions(
        NotebookClient._async_poll_output_msg, 'msg["parent_header"].get("msg_id") == parent_msg_id'
    ), changed("the comparison of a message's parent with the cell that runs")
    assert "error_on_timeout" in NotebookClient.class_trait_names(), changed("error_on_timeout")
