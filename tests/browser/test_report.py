"""Student input in a report is displayed but never runs."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from toolkit.domain.agenda import ActionItem, AgendaItem, AgendaState
from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.learning_path import Card, LearningPath
from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionState
from toolkit.domain.skill_opinions import Opinion, Stance
from toolkit.exercises.nbgrader_worker.feedback_exporter import safe_exporter_class
from toolkit.reports import build_snapshot
from toolkit.reports.export import progress_report
from toolkit.reports.export.html_export import render_page

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
SVG = b64encode(
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='ran()'><script>ran()</script></svg>"
).decode()
PAYLOADS = (
    "<script>ran()</script>",
    "<img src=x onerror=ran()>",
    "<svg onload=ran()><script>ran()</script></svg>",
    "<svg><animate onbegin=ran() attributeName=x dur=1s>",
    "<details open ontoggle=ran()><summary>x</summary></details>",
    "<input autofocus onfocus=ran()>",
    "<iframe srcdoc='<script>parent.ran()</script>'></iframe>",
    "<object data='javascript:ran()'></object>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=ran()&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=ran()>'>",
    "<a href='javascript:ran()' id=x>x</a><script>x.click()</script>",
    "[link](javascript:ran())",
    "[link](<data:text/html,<script>ran()</script>>)",
    '![x](x" onerror="ran())',
    "<style>@import 'http://evil.example/x.css'; body{background:url(http://evil.example/y)}</style>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<base href='http://evil.example'><form action=/x><button formaction=javascript:ran()>x</button></form>",
    f"<img src='data:image/svg+xml;base64,{SVG}'><embed src='data:image/svg+xml;base64,{SVG}'>",
    "```html\n<script>ran()</script>\n```",
    "$\\href{javascript:ran()}{x}$ </script><script>ran()</script>",
    "{{ ran() }} {% raw %} ${ran()} `<script>ran()</script>`",
)
EVERYTHING = "\n\n".join(PAYLOADS)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A report whose every user-written field contains an attack."""
    texts = {"en": EVERYTHING, "fr": EVERYTHING}
    skill = {"id": "values", "title": texts}
    path = LearningPath.model_validate(
        {
            "id": "p",
            "version": 1,
            "title": texts,
            "milestones": [{"id": "m", "title": texts, "skills": [skill]}],
        }
    )
    card = Card.model_validate({"id": "sum", "title": texts, "skills": ["values"], "minutes": 10})
    results = (TestResult("test-a", 0.0, 1.0, EVERYTHING), TestResult("test-b", 0.0, 1.0, EVERYTHING))
    attempt = Attempt("ana", "sum", "0" * 64, NOW - timedelta(days=1), "x", id=1)
    session = Session(
        "ana-1",
        "ana",
        NOW - timedelta(days=7),
        state=SessionState.REPORTED,
        agenda=(AgendaItem("1", EVERYTHING, 5, 1.0, state=AgendaState.DISCUSSED),),
        recap=EVERYTHING,
    )
    snapshot = build_snapshot(
        Student("ana", " ".join(PAYLOADS), NOW),
        path,
        [card],
        [replace(attempt, outcome=Outcome(Verdict.GRADED, results))],
        [session],
        [ActionItem("a", EVERYTHING, plan=EVERYTHING)],
        [],
        NOW,
        opinions=[Opinion("ana", "values", "student", Stance.CONTESTED, NOW, " ".join(PAYLOADS))],
    )
    _notebook, page = progress_report.write_progress_report(snapshot, tmp_path_factory.mktemp("report"))
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def foreign_notebook():
    """A notebook by an untrusted author, with outputs."""
    outputs = [
        new_output("display_data", {kind: EVERYTHING})
        for kind in ("text/html", "text/markdown", "text/plain", "application/javascript", "image/svg+xml")
    ]
    outputs.append(new_output("stream", name="stdout", text=EVERYTHING))
    outputs.append(new_output("error", ename=EVERYTHING, evalue=EVERYTHING, traceback=[EVERYTHING]))
    attack = {"image/png": {"width": "1 onerror=ran()", "height": "1 onload=ran()"}}
    outputs.append(new_output("display_data", {"image/png": "iVBORw0KGgo="}, metadata=attack))
    isolated = {"text/html": {"isolated": True}}
    outputs.append(new_output("display_data", {"text/html": EVERYTHING}, metadata=isolated))
    raw = new_raw_cell(
        EVERYTHING, metadata={"raw_mimetype": "text/html", "tags": ["x'><script>ran()</script>"]}
    )
    cells = [new_markdown_cell(EVERYTHING), new_code_cell(EVERYTHING, outputs=outputs), raw]
    return new_notebook(cells=cells, metadata={"title": EVERYTHING})


@pytest.fixture(scope="module")
def foreign(foreign_notebook):
    """An exported page of that notebook."""
    return render_page(foreign_notebook, "x")


@pytest.fixture(scope="module")
def nbgraders(foreign_notebook):
    """nbgrader's own feedback page of that notebook."""
    step = GenerateFeedback(coursedir=CourseDirectory())
    exporter = safe_exporter_class(HTMLExporter)(config=step.config)
    about = {"notebook": "x", "score": 1, "max_score": 2, "late_penalty": 0}
    return exporter.from_notebook_node(foreign_notebook, {"nbgrader": about})[0]


@pytest.mark.parametrize("which", ["written", "foreign", "nbgraders"])
@pytest.mark.parametrize("guarded", [True, False], ids=["with its policy", "without its policy"])
def test_nothing_of_it_runs_or_is_fetched(browser, request, which, guarded):
    content = request.getfixturevalue(which)
    # The page forbids scripts by its policy as well; what is in it has to be harmless without.
    context = browser.new_context(bypass_csp=not guarded)
    try:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda sent: asked.append(sent.url))
        page.expose_function("ran", lambda *_: asked.append("ran"))
        page.route(
            "http://report.example/", lambda route: route.fulfill(body=content, content_type="text/html")
        )
        page.goto("http://report.example/", wait_until="load")
        for element in page.query_selector_all("a, summary, button, details"):
            if not (element.get_attribute("href") or "").startswith("http"):
                element.dispatch_event("click")
        # What is to run, or to be fetched, has begun by then.
        page.wait_for_timeout(200)
        wanted = [url for url in asked if not url.startswith("data:image/")]
        assert wanted == ["http://report.example/"]
        assert page.url.partition("#")[0] == "http://report.example/"
        assert (
            page.locator(
                "script, iframe, object, embed, form, input, link, base, meta[http-equiv=refresh]"
            ).count()
            == 0
        )
    finally:
        context.close()
