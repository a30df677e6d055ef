"""papermill: how it puts parameters into a notebook, and runs it."""

from __future__ import annotations

import datetime
from importlib.metadata import entry_points

import numpy as np
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.execute import execute_notebook, raise_for_execution_errors, remove_error_markers
from papermill.parameterize import parameterize_notebook
from papermill.utils import nb_kernel_name, nb_language

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary


def template():
    nb = new_notebook(cells=[new_code_cell("a = 0", metadata={"tags": ["parameters"]})])
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nb.metadata["papermill"] = {}
    return nb


def injected(value):
    nb = parameterize_notebook(template(), {"a": value}, engine_name="nbclient")
    return nb.cells[1].source.splitlines()[-1], nb.metadata["papermill"]["parameters"]["a"]


def test_a_tuple_becomes_text(changed):
    assert injected((1, 2))[0] == 'a = "(1, 2)"', changed("the way a tuple is written into the cell")
    assert injected([1, 2])[0] == "a = [1, 2]", changed("the way a list is written into the cell")


@pytest.mark.parametrize("value", [datetime.date(2026, 1, 2), {1, 2}, np.int64(3)])
def test_what_json_has_not_becomes_text(changed, value):
    assert injected(value)[0] == f'a = "{value}"', changed(f"the way a {type(value).__name__} is written")
    assert injected(np.float64(2.5))[0] == "a = 2.5", changed("the way a numpy.float64 is written")


def test_a_run_refuses_it_when_it_writes(changed, tmp_path):
    with pytest.raises(TypeError, match="not JSON serializable"):
        execute_notebook(
            template(), tmp_path / "o.ipynb", {"a": datetime.date(2026, 1, 2)}, prepare_only=True
        )
    assert takes(execute_notebook, "input_path", "output_path", "parameters"), changed("its signature")


def test_the_parameters_have_a_cell_of_their_own(changed):
    nb = parameterize_notebook(template(), {"a": 1}, engine_name="nbclient")
    tags = [cell.metadata.tags for cell in nb.cells]
    assert tags == [["parameters"], ["injected-parameters"]], changed("the tags of the cells of parameters")


def test_the_steps_of_a_run(changed):
    assert takes(parameterize_notebook, "nb", "parameters", "engine_name"), changed("parameterize_notebook")
    assert takes(raise_for_execution_errors, "nb", "output_path"), changed("raise_for_execution_errors")
    assert takes(remove_error_markers, "nb"), changed("remove_error_markers")
    for step in ("remove_error_markers", "execute_notebook_with_engine", "raise_for_execution_errors"):
        assert mentions(papermill.execute.execute_notebook, step), changed(
            f"the run, which has no {step} any more,"
        )
    assert takes(papermill_engines.execute_notebook_with_engine, "engine_name", "nb", "kernel_name"), changed(
        "execute_notebook_with_engine"
    )


def test_an_engine_runs_the_cells(changed):
    assert takes(NBClientEngine.execute_managed_notebook, "nb_man", "kernel_name", "execution_timeout"), (
        changed("execute_managed_notebook")
    )
    assert takes(NBClientEngine.execute_notebook, "nb", "kernel_name", "output_path", "progress_bar"), (
        changed("the engine's execute_notebook")
    )
    for name in ("cell_start", "cell_exception", "cell_complete"):
        assert takes(getattr(NotebookExecutionManager, name), "cell", "cell_index"), changed(name)


def test_every_engine_is_loaded_at_its_import(changed):
    assert [one.name for one in entry_points(group="papermill.engine") if one.name == "mentoring"]
    # New ones: those of the module have our own engine under this name once a report was written.
    engines = papermill.engines.PapermillEngines()
    engines.register_entry_points()
    assert engines._engines["mentoring"].__name__ == "Mentoring", changed("the loading of engines")
    assert mentions(papermill.engines.PapermillEngines.register_entry_points, ".load()"), changed(
        "the loading"
    )
    assert takes(nb_kernel_name, "nb", "name"), changed("nb_kernel_name")
    assert takes(nb_language, "nb", "language"), changed("nb_language")


def test_its_cwd_is_the_whole_process_s(changed):
    assert mentions(papermill.utils.chdir, "os.chdir"), changed("the way that it works in another folder")
    assert mentions(execute_notebook, "with chdir(cwd)"), changed("the way that it works in another folder")
