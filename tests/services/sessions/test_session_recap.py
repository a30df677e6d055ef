"""The recap of a session: a notebook, a page, and an e-mail text with the same content."""

from __future__ import annotations

from dataclasses import replace

import nbformat
import pytest
from bs4 import BeautifulSoup

from toolkit.domain.agenda import ActionItem, AgendaState
from toolkit.domain.session_close import build_recap
from toolkit.errors import StateError
from toolkit.reports.export.recap_document import RecapPage, recap_as_text
from toolkit.services.sessions import session_recap


def test_the_same_in_three_files(demo_practice):
    written = session_recap.write_recap_files(demo_practice, "ben-okafor-2")
    plain = written.plain.read_text(encoding="utf-8")
    page = BeautifulSoup(written.page.read_text(encoding="utf-8"), "html.parser")
    assert {path.parent for path in vars(written).values()} == {written.plain.parent}
    for part in ("The interview on Monday", "Draw what two names of one list point to"):
        assert part in plain
        assert part in page.get_text()
    links = [link["href"] for link in page.find_all("a")]
    assert links
    for link in links:
        assert (written.page.parent / link).is_file(), link
        assert link.removeprefix("../../") in plain
    nb = nbformat.read(written.notebook, as_version=4)
    about = {"kind": "recap", "session": "ben-okafor-2", "student": "ben-okafor", "language": "en"}
    assert nb.metadata["mentoring"] == about
    assert all(cell.outputs for cell in nb.cells[1:] if cell.cell_type == "code")


def test_in_french_and_without_words(demo_practice):
    with demo_practice.store.begin() as tx:
        tx.sessions.save(replace(tx.sessions.get("zoe-lefevre-2"), recap=""))
    text = recap_as_text(session_recap.load_recap(demo_practice, "zoe-lefevre-2"))
    assert text.startswith("Bonjour Zoé,\n\nCompte rendu de la session du")
    assert "Abordé" in text
    assert "**" not in text


def test_plain_texts_stay_as_typed_in_each_file(demo_practice):
    typed = "# __init__, *args and **kwargs: $5 and $10, a_b_c, 2*3*4 <b>"
    with demo_practice.store.begin() as tx:
        session = tx.sessions.get("zoe-lefevre-2")
        agenda = tuple(replace(item, text=typed, state=AgendaState.DISCUSSED) for item in session.agenda[:1])
        promised = (ActionItem("a", f"Read {typed}", plan=typed),)
        notes = f"{typed}\n    indented = __name__\n- no list"
        tx.sessions.save(
            replace(session, recap=build_recap(replace(session, agenda=agenda), promised, notes))
        )
    written = session_recap.write_recap_files(demo_practice, "zoe-lefevre-2")
    page = BeautifulSoup(written.page.read_text(encoding="utf-8"), "html.parser")
    plain = written.plain.read_text(encoding="utf-8")
    report = RecapPage(session_recap.load_recap(demo_practice, "zoe-lefevre-2")).words()
    for text in (page.get_text(), plain, str(report)):
        assert text.count(typed) == 4
        assert "indented = __name__" in text
        assert "- no list" in text
    assert "    indented = __name__" in plain
    nb = nbformat.read(written.notebook, as_version=4)
    html = "".join(output.data["text/html"] for cell in nb.cells for output in cell.get("outputs", []))
    # In JupyterLab MathJax would set the text between two dollar signs in an output.
    assert all(
        "mathjax_ignore" in part["class"]
        for part in BeautifulSoup(html, "html.parser")("div", "mentoring-report")
    )


def test_one_that_was_not_held_has_none(demo_practice):
    with pytest.raises(StateError, match="zoe-lefevre-3"):
        session_recap.load_recap(demo_practice, "zoe-lefevre-3")
