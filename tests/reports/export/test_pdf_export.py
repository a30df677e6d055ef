from __future__ import annotations

import pytest

from toolkit.errors import ExecutionError
from toolkit.reports.export.pdf_export import to_pdf


def test_a_page_on_paper(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<title>x</title><h1>A page</h1><img src='http://evil.example/x.png'>")
    made = to_pdf(page, tmp_path / "page.pdf", within=tmp_path)
    assert made.read_bytes().startswith(b"%PDF-")
    assert {path.name for path in tmp_path.iterdir()} == {"page.html", "page.pdf"}


@pytest.mark.parametrize("named", ["/nowhere/chromium", "/bin/false"])
def test_what_does_not_print_says_so_and_leaves_what_was_there(tmp_path, monkeypatch, named):
    monkeypatch.setenv("MENTORING_CHROMIUM", named)
    (tmp_path / "page.html").write_text("x")
    (tmp_path / "page.pdf").write_text("good")
    with pytest.raises(ExecutionError):
        to_pdf(tmp_path / "page.html", tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_text() == "good"
