"""nbgrader: its cell metadata, its steps, its gradebook."""

from __future__ import annotations

import datetime
import inspect
from pathlib import Path

import nbgrader.api
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import BaseConverter
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.nbgraderformat import SchemaTooOldError
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    DeduplicateIds,
    OverwriteCells,
    SaveAutoGrades,
)
from nbgrader.utils import determine_grade, parse_utc

from tests.canary.signatures import mentions

pytestmark = pytest.mark.canary


def marked(name, source, *outputs, **marks):
    usual = {"grade": False, "solution": True, "locked": False, "task": False, "schema_version": 3}
    cell = new_code_cell(source, metadata={"nbgrader": usual | {"grade_id": name} | marks})
    cell.outputs = list(outputs)
    return cell


def graded(*outputs):
    return determine_grade(marked("t", "", *outputs, grade=True, solution=False, locked=True, points=2))


def test_the_last_copy_of_an_answer_counts(changed):
    nb, _resources = DeduplicateIds().preprocess(new_notebook(cells=[marked("a", "1"), marked("a", "2")]), {})
    names = [cell.metadata.nbgrader.get("grade_id") for cell in nb.cells]
    assert names == [None, "a"], changed("which of two cells of one name counts")


def test_a_copied_answer_stops_the_class(changed):
    nb, _resources = DeduplicateIds().preprocess(new_notebook(cells=[marked("a", "1"), marked("a", "2")]), {})
    try:
        CheckCellMetadata().preprocess(nb, {})
    except SchemaTooOldError:
        pass
    else:
        pytest.fail(changed("the refusal of what is left of a copied cell"))
    stops = inspect.getsource(BaseConverter.convert_notebooks).split("except SchemaTooOldError:")[1]
    assert "raise NbGraderException" in stops.split("except")[0], changed("the end of the whole run")


def test_points_by_what_a_test_shows(changed):
    assert graded() == (2, 2), changed("the points of a test that shows nothing (one that was not run, too)")
    assert graded(new_output("stream", name="stderr", text="w"))[0] == 0, changed(
        "the points of one that warns"
    )
    assert graded(new_output("error", ename="E", evalue="", traceback=[]))[0] == 0, changed(
        "those of an error"
    )
    half = new_output("execute_result", {"text/plain": "1.5"}, execution_count=1)
    assert graded(half)[0] == 1.5, changed("the points of one that shows a number")


def test_an_unknown_name_loses_its_name(changed):
    assert mentions(OverwriteCells.preprocess_cell, "del cell.metadata.nbgrader['grade_id']"), changed(
        "the treatment of a cell that the gradebook does not know"
    )
    nameless = marked("a", "1")
    del nameless.metadata.nbgrader["grade_id"]
    with pytest.raises(Exception, match="metadata may be corrupted"):
        CheckCellMetadata().preprocess(new_notebook(cells=[nameless]), {})


def test_a_deleted_answer_is_put_back_for_a_person(changed):
    source = type(
        "Cell", (), {"name": "t", "cell_type": "code", "locked": True, "checksum": "", "source": "1"}
    )
    cell = OverwriteCells().missing_cell_transform(source, 1.0)
    assert cell["source"].startswith("# This cell (id:t) was missing"), changed("the cell that is put back")
    assert "checksum" in cell["metadata"]["nbgrader"], changed("the marks of the cell that is put back")


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("CEST", "12:00:00"), ("+0200", "11:56:40"), ("Europe/Paris", "10:00:00"), ("UTC", "12:00:00")],
)
def test_zones_of_a_timestamp(changed, zone, hour):
    read = parse_utc(f"2026-07-01 12:00:00 {zone}")
    assert read == datetime.datetime.fromisoformat(f"2026-07-01 {hour}"), changed(
        f"the reading of the zone {zone}"
    )


def test_a_timestamp_as_we_write_it(changed):
    read = parse_utc("2026-07-01 12:00:00.000001 UTC")
    assert (read.microsecond, read.tzinfo) == (1, None), changed("the reading of our timestamp")


def test_the_steps_of_autograding(changed):
    names = [
        [kind.__name__ for kind in kinds]
        for kinds in (Autograde().sanitize_preprocessors, Autograde().autograde_preprocessors)
    ]
    assert names == [
        ["ClearOutput", "DeduplicateIds", "OverwriteKernelspec", "OverwriteCells", "CheckCellMetadata"],
        [
            "Execute",
            "IgnorePattern",
            "ClearMetadataPreprocessor",
            "LimitOutput",
            "SaveAutoGrades",
            "AssignLatePenalties",
            "CheckCellMetadata",
        ],
    ], changed("the steps of autograding")


def test_what_the_steps_ask_the_gradebook(changed):
    assert mentions(SaveAutoGrades, "find_grade", "find_comment", "gradebook.db.commit"), changed(
        "SaveAutoGrades"
    )
    assert mentions(OverwriteCells, "find_source_cell", "find_notebook"), changed("OverwriteCells")
    assert mentions(SaveAutoGrades._add_score, "needs_manual_grade = True"), changed(
        "the rule of a person's points"
    )
    assert mentions(SaveAutoGrades._add_comment, "No response."), changed("the remark about no response")
    assert mentions(AssignLatePenalties.preprocess, "resources['nbgrader']['student']"), changed(
        "the penalties"
    )


def test_a_gradebook_is_made_with_a_process(changed):
    assert mentions(Gradebook.__init__, "get_alembic_version()", "CREATE TABLE alembic_version"), changed(
        "the making of a gradebook"
    )
    assert mentions(nbgrader.api.get_alembic_version, "'alembic'"), changed("the process that it starts")
    assert (Path(ALEMBIC_DIR) / "versions").is_dir(), changed("ALEMBIC_DIR")


@pytest.mark.filterwarnings("ignore")
def test_a_gradebook_s_session_is_its_db(changed, tmp_path):
    from toolkit.exercises.nbgrader_worker import gradebook_database

    url = f"sqlite:///{tmp_path}/gradebook.db"
    gradebook_database.create_tables(url)
    with Gradebook(url) as gradebook:
        assert gradebook.db.session_factory.kw["autoflush"] is True, changed(
            "the session, which sends as it goes,"
        )
        student = gradebook.add_student("a")
        gradebook.add_assignment("one")
        moment = datetime.datetime(2026, 7, 1, 12, tzinfo=None)  # noqa: DTZ001 - as nbgrader keeps it
        submission = gradebook.update_or_create_submission("one", student.id, timestamp=moment)
        assert submission.timestamp == moment, changed("the zone of a submission's moment (none, in UTC)")
        assert (submission.total_seconds_late, submission.score) == (0, 0), changed("a submission")


def test_the_converters_words(changed):
    assert mentions(BaseConverter, "pre_convert_hook", "post_convert_hook"), changed("the hooks")
    assert GenerateFeedback().exporter_class.__name__ == "HTMLExporter", changed(
        "the exporter of the feedback"
    )
    assert new_markdown_cell("a").cell_type == "markdown"
