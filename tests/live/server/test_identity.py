"""The server determines the identity of a guest; cookie and browser cannot change it."""

from __future__ import annotations

import pytest

from tests.live.live_server import GUESTS


@pytest.mark.parametrize("guest", GUESTS, ids=lambda guest: guest["role"])
def test_a_guest_is_named_as_the_session_says(live, guest):
    told = live.guest(guest["id"]).get("/api/me").raise_for_status().json()["identity"]
    assert told["username"] == guest["id"]
    assert told["name"] == told["display_name"] == guest["name"]
    assert told["initials"] in {"AB", "ZL"}


def test_the_two_have_two_colours(live):
    colours = {live.guest(one["id"]).get("/api/me").json()["identity"]["color"] for one in GUESTS}
    assert len(colours) == 2


def test_nobody_changes_a_name(live):
    student = live.guest()
    for change in ({"name": "Ada Byron"}, {"username": "mentor"}, {"color": "red"}):
        assert live.ask(student, "PATCH", "/api/me", json=change).status_code == 403
    assert student.get("/api/me").json()["identity"]["name"] == "Zoé Lefèvre"


@pytest.mark.parametrize("headers", [{"Authorization": "token"}, {"Authorization": "Bearer x"}])
def test_there_is_no_token(live, headers):
    assert live.nobody().get("/api/me", headers=headers).status_code == 403
    assert live.nobody().get("/api/me?token=").status_code == 403


def test_the_cookie_is_for_this_server_alone(live):
    client = live.nobody()
    link = live.invite("zoe-lefevre")
    page = client.get(link)
    cookie = live.join("zoe-lefevre").cookies
    assert [name for name in cookie if name.startswith("mentoring-")]
    assert "mentoring" not in page.headers.get("set-cookie", "")
