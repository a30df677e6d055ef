"""The session that the desk shows, its brief, and its notebook."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from toolkit.errors import NotFoundError
from toolkit.i18n import use_language
from toolkit.services.sessions import desk_notebooks, session_lifecycle
from toolkit.store import NoteSide

NOW = datetime.now(UTC)


def test_the_live_session_comes_before_the_next_one(demo_practice):
    assert desk_notebooks.find_session(demo_practice).id == "zoe-lefevre-3", "the next of all"
    assert desk_notebooks.find_session(demo_practice, "ben").student_id == "ben-okafor"
    assert desk_notebooks.find_session(demo_practice, "zoe-lefevre-1").id == "zoe-lefevre-1", "by its id any"
    with demo_practice.store.read() as tx:
        after = tx.sessions.for_student("ben-okafor")[-1].starts_at - timedelta(hours=1)
    assert desk_notebooks.find_session(demo_practice, now=after).student_id == "ben-okafor", (
        "what is over comes last"
    )
    session_lifecycle.start_session(demo_practice, "aicha-benali-2")
    assert desk_notebooks.find_session(demo_practice).id == "aicha-benali-2"
    assert desk_notebooks.find_session(demo_practice, "zoe-lefevre").id == "zoe-lefevre-3"
    with pytest.raises(NotFoundError, match=r"no session and no student 'zoe-lefevre-33'.*zoe-lefevre-3"):
        desk_notebooks.find_session(demo_practice, "zoe-lefevre-33")
    session_lifecycle.cancel_session(demo_practice, "zoe-lefevre-3", "mentor")
    with pytest.raises(NotFoundError, match="No session is live or planned"):
        desk_notebooks.find_session(demo_practice, "zoe-lefevre")


def test_the_brief_speaks_the_mentor_s_language(demo_practice):
    with use_language("en"):
        before = desk_notebooks.prepare_session(demo_practice, "zoe-lefevre-3")
    assert before.student.language == "fr"
    assert before.brief.standing.startswith("Of the 18 skills on the path")
    assert before.exercise == "The savings jar"
    with demo_practice.store.read() as tx:
        assert list(before.notes) == tx.notes.for_student("zoe-lefevre", NoteSide.MENTOR)
    with use_language("fr"):
        assert desk_notebooks.prepare_session(demo_practice, "zoe-lefevre-3").exercise == "La tirelire"


def test_its_notebook_is_written_once_and_lies_on_the_desk(demo_practice):
    session = desk_notebooks.find_session(demo_practice)
    written = desk_notebooks.write_session_desk(demo_practice, session)
    assert written.new
    assert written.path == demo_practice.root / "desk" / "session.zoe-lefevre-3.ipynb"
    nb = json.loads(written.path.read_text())
    assert nb["cells"][1]["source"] == "from toolkit.desk import SessionDesk\n\nSessionDesk('zoe-lefevre-3')"
    written.path.write_text("mine")
    assert not desk_notebooks.write_session_desk(demo_practice, session).new
    assert written.path.read_text() == "mine"
