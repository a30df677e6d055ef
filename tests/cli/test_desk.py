"""`mentor desk`, and `mentor session brief`."""

from __future__ import annotations


def test_it_writes_the_notebook_of_the_next_session(on_demo, demo_practice):
    code, out, err = on_demo("desk", "--no-serve")
    assert (code, err) == (0, "")
    assert "Session zoe-lefevre-3" in out
    assert "mentor open practice/desk/session.zoe-lefevre-3.ipynb" in out
    assert (demo_practice.root / "desk" / "session.zoe-lefevre-3.ipynb").exists()
    assert "session.ben-okafor-3.ipynb" in on_demo("desk", "ben", "--no-serve")[1]
    assert not list((demo_practice.root / "students").rglob("session.zoe*"))
    code, _out, err = on_demo("desk", "zoe-lefevr", "--no-serve")
    assert (code, "zoe-lefevre" in err) == (2, True)


def test_the_brief_takes_two_minutes(on_demo):
    code, out, err = on_demo("session", "brief", "zoe-lefevre-3")
    assert (code, err) == (0, "")
    assert "The savings jar" in out
    assert "overdue since" in out
    assert "Va vite ; lui laisser dire" in out
    assert "To begin with: Begin with what went well" in out
    assert len(out.splitlines()) < 30
    assert out.endswith("mentor desk zoe-lefevre-3\n")
