"""The join page: one button, usable once, in the session's language; link previews do not use it up."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.live.live_server import press, serving
from toolkit.live.access.invitations import revoke


def test_the_student_joins(live):
    client, link = live.nobody(), live.invite("zoe-lefevre")
    page = client.get(link)
    assert "You are joining Ada Byron&#39;s session as Zoé Lefèvre." in page.text
    answer = press(client, link)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/doc/tree/sessions/first/session.ipynb"
    cookie = next(value for value in answer.headers.get_list("set-cookie") if "mentoring-" in value)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    shown = client.get(answer.headers["location"])
    assert shown.status_code == 200
    assert "jupyter-config-data" in shown.text


def test_the_mentor_joins(live):
    page = live.nobody().get(live.invite("mentor"))
    assert "You are opening your session with Zoé Lefèvre as Ada Byron." in page.text


def test_the_page_asks_nothing_of_the_browser(live):
    page = live.nobody().get(live.invite("zoe-lefevre"))
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<script|https?://|src=", page.text)


@pytest.mark.parametrize("headers", [{}, {"Sec-Purpose": "prefetch"}, {"Purpose": "preview"}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_previews_use_nothing_up(live, method, headers):
    link = live.invite("zoe-lefevre")
    for _ in range(2):
        answer = live.nobody().request(method, link, headers=headers)
        assert answer.status_code == 200
        assert "mentoring-" not in answer.headers.get("set-cookie", "")
    assert press(live.nobody(), link).status_code == 303


def test_a_link_from_elsewhere_may_be_followed(live):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert live.nobody().get(live.invite("zoe-lefevre"), headers=headers).status_code == 200


def test_a_used_link_says_what_to_do(live):
    client, link = live.nobody(), live.invite("zoe-lefevre")
    press(client, link)
    page = live.nobody().get(link)
    assert page.status_code == 410
    assert "This link was used already" in page.text
    assert "Ada Byron can send a new link at once." in page.text
    # Whoever used it is taken to the notebook: a reload, a click in the chat.
    assert client.get(link).headers["location"] == "/doc/tree/sessions/first/session.ipynb"


def test_an_expired_link_says_so(live):
    page = live.nobody().get(live.invite("zoe-lefevre", timedelta(seconds=-1)))
    assert page.status_code == 410
    assert "This link has expired" in page.text


def test_without_cookies_one_reads_what_is_missing(live):
    link = live.invite("zoe-lefevre")
    live.nobody().get(link)
    page = live.nobody().post(link, data={"_xsrf": "x"})
    assert page.status_code == 403
    assert "Open the link again, in a browser that keeps cookies." in page.text
    assert press(live.nobody(), link).status_code == 303


def test_a_withdrawn_link_says_so(live):
    link = live.invite("zoe-lefevre")
    revoke(live.settings.state, "zoe-lefevre")
    page = live.nobody().get(link)
    assert page.status_code == 410
    assert "This link was withdrawn" in page.text


def test_a_link_that_was_cut_says_so(live):
    page = live.nobody().get(live.invite("zoe-lefevre")[:-3])
    assert page.status_code == 404
    assert "This link is not known here" in page.text


@pytest.mark.parametrize("path", ["/", "/login"])
def test_without_an_invitation_one_reads_that_it_needs_one(live, path):
    page = live.nobody().get(path)
    assert page.status_code == 200
    assert "This session needs an invitation" in page.text
    assert "Zoé" not in page.text


def test_pages_lead_there_and_home(live):
    assert live.nobody().get("/lab").headers["location"] == "/login"
    assert live.nobody().get("/doc/tree/sessions/first/session.ipynb").headers["location"] == "/login"
    assert live.join("mentor").get("/").headers["location"] == "/doc/tree/sessions/first/session.ipynb"


def test_a_french_session_behind_a_proxy(tmp_path):
    with serving(tmp_path, language="fr", public_url="https://call.example") as live:
        client, link = live.nobody(), live.invite("zoe-lefevre")
        seen = {"Host": "call.example", "X-Forwarded-Proto": "https"}
        page = client.get(link, headers=seen)
        assert "Connexion à la session avec Ada Byron, sous le nom de Zoé Lefèvre." in page.text
        assert '<html lang="fr">' in page.text
        tag = re.search(r'name="_xsrf" value="([^"]+)"', page.text)[1]
        xsrf = re.search(r"_xsrf=([^;]+)", page.headers["set-cookie"])[1]
        headers = {**seen, "Origin": "https://call.example", "Cookie": f"_xsrf={xsrf}"}
        answer = client.post(link, data={"_xsrf": tag}, headers=headers)
        assert answer.status_code == 303
        cookie = next(value for value in answer.headers.get_list("set-cookie") if "mentoring-" in value)
        assert cookie.startswith("__Host-mentoring-")
        assert "Secure" in cookie
        assert client.get("/", headers={"Host": "other.example"}).status_code == 403
