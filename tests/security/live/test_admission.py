"""Only invited guests get in, once, from this origin; the log contains no credentials."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
import websocket

from tests.live.live_server import NOTEBOOK, TAG, Live, press, serving
from tests.live.room_member import Member
from toolkit.live.access.invitations import invite, revoke

FOREIGN = "https://evil.example"


def cookie_of(client: httpx.Client) -> tuple[str, str]:
    return next((name, value) for name, value in client.cookies.items() if "mentoring-" in name)


def test_a_link_is_used_once(live):
    link = live.invite("zoe-lefevre")
    assert press(live.nobody(), link).status_code == 303
    stranger = live.nobody()
    page = stranger.get(link)
    assert page.status_code == 410
    # A stranger who skips the page, with a token of the form's from another link.
    other = live.invite("mentor")
    tag = TAG.search(stranger.get(other).text)[1]
    answer = stranger.post(link, data={"_xsrf": tag})
    assert answer.status_code == 410
    assert "mentoring-" not in answer.headers.get("set-cookie", "")
    assert stranger.get("/api/me").status_code == 403


def test_two_at_the_very_same_time_one_wins(live):
    for _ in range(5):
        link = live.invite("zoe-lefevre")
        clients = [live.nobody() for _ in range(6)]
        tags = [TAG.search(client.get(link).text)[1] for client in clients]
        forms = [{"_xsrf": tag} for tag in tags]
        with ThreadPoolExecutor(6) as pool:
            waiting = [
                pool.submit(one.post, link, data=form) for one, form in zip(clients, forms, strict=True)
            ]
        answers = [one.result() for one in waiting]
        assert sorted(answer.status_code for answer in answers) == [303, *[410] * 5]


def test_an_expired_link_lets_nobody_in(live):
    client = live.nobody()
    tag = TAG.search(client.get(live.invite("mentor")).text)[1]
    link = live.invite("zoe-lefevre", timedelta(seconds=-1))
    assert client.post(link, data={"_xsrf": tag}).status_code == 410
    assert client.get("/api/me").status_code == 403


def test_a_link_of_another_session_lets_nobody_in(live, tmp_path):
    link = f"/join/{invite(tmp_path, 'zoe-lefevre')}"
    client = live.nobody()
    tag = TAG.search(client.get(live.invite("mentor")).text)[1]
    assert client.get(link).status_code == 404
    assert client.post(link, data={"_xsrf": tag}).status_code == 404


def test_a_link_for_somebody_who_is_no_guest_lets_nobody_in(live):
    client = live.nobody()
    tag = TAG.search(client.get(live.invite("mentor")).text)[1]
    link = live.invite("ben-okafor")
    assert client.get(link).status_code == 404
    assert client.post(link, data={"_xsrf": tag}).status_code == 404


def test_whoever_is_shown_out_is_out_at_once(live):
    student = live.join("zoe-lefevre")
    kernel = live.kernel(student)
    with Member(live, student) as member:
        channels = live.open(student, f"/api/kernels/{kernel}/channels")
        revoke(live.settings.state, "zoe-lefevre")
        assert student.get("/api/contents").status_code == 403
        for socket in (member.socket, channels):
            socket.settimeout(5)
            kind = None
            while kind != websocket.ABNF.OPCODE_CLOSE:
                kind, _data = socket.recv_data(control_frame=True)
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            live.open(student, f"/api/kernels/{kernel}/channels")
    assert live.join("mentor").get("/api/me").status_code == 200


@pytest.mark.parametrize("forged", ["", "x", "mentor", "A" * 43, '{"username": "mentor"}', "é", "A" * 4000])
def test_a_forged_cookie_is_nobodys(live, forged):
    name, _value = cookie_of(live.guest())
    headers = {"Cookie": f"{name}={forged}".encode()}
    assert live.nobody().get("/api/me", headers=headers).status_code in {400, 403}


def test_a_token_is_no_cookie(live):
    link = live.invite("mentor")
    name, _value = cookie_of(live.guest())
    headers = {"Cookie": f"{name}={link.removeprefix('/join/')}"}
    assert live.nobody().get("/api/me", headers=headers).status_code == 403
    for query in ("token", "access_token"):
        assert live.nobody().get(f"/api/me?{query}={link.removeprefix('/join/')}").status_code == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "%2Ftmp", "10.0.0.1", "x@localhost", ""],
)
def test_a_request_for_another_name_is_refused(live, host):
    """DNS rebinding: an attacker's host name for this address would make its page one of this origin."""
    for path in ("/", "/lab", "/api/me", "/join/x", f"/api/contents/{NOTEBOOK}", "/api/shutdown"):
        answer = live.guest().get(path, headers={"Host": host})
        assert answer.status_code in {400, 403}, path


@pytest.mark.parametrize(
    "origin", [FOREIGN, "http://127.0.0.1:1", "http://localhost", "null", "file://", "https://127.0.0.1"]
)
def test_another_sites_page_does_nothing_here(live, origin):
    student = live.guest()
    headers = {"Origin": origin, "X-XSRFToken": student.cookies["_xsrf"]}
    for method, path in (
        ("PUT", f"/api/collaboration/session/{NOTEBOOK}"),
        ("POST", "/api/sessions"),
        ("GET", "/api/contents"),
        ("PUT", "/lab/api/workspaces/default"),
    ):
        answer = student.request(method, path, headers=headers, json={})
        assert answer.status_code == 403, (method, path)
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", [FOREIGN, "http://127.0.0.1:1", "null", None])
def test_another_sites_page_opens_no_websocket(live, origin):
    student = live.guest()
    paths = (
        live.room(student),
        "/api/collaboration/room/JupyterLab:globalAwareness",
        f"/api/kernels/{live.kernel(student)}/channels",
        "/api/events/subscribe",
    )
    for path in paths:
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            live.open(student, path, origin=origin, suppress_origin=origin is None)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_embeds_and_reads_nothing(live, site):
    student = live.guest()
    for mode, destination in (
        ("no-cors", "script"),
        ("cors", "empty"),
        ("navigate", "iframe"),
        ("no-cors", "image"),
    ):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
        for path in ("/lab", "/api/contents", "/static/lab/x.js", f"/api/contents/{NOTEBOOK}"):
            assert student.get(path, headers=headers).status_code == 403


def test_without_the_pages_own_token_nothing_is_changed(live):
    student = live.guest()
    for headers in ({}, {"X-XSRFToken": "x"}, {"Origin": live.url}):
        answer = student.put(f"/api/collaboration/session/{NOTEBOOK}", headers=headers, json={})
        assert answer.status_code == 403


def test_another_site_presses_no_button(live):
    link = live.invite("zoe-lefevre")
    client = live.nobody()
    tag = TAG.search(client.get(link).text)[1]
    for headers, data in (
        ({"Origin": FOREIGN}, {"_xsrf": tag}),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, {"_xsrf": tag}),
        ({"Origin": "null"}, {}),
        ({}, {"_xsrf": "x"}),
    ):
        assert client.post(link, headers=headers, data=data).status_code == 403
    assert press(live.nobody(), link).status_code == 303


def test_guesses_are_limited(tmp_path):
    with serving(tmp_path) as live:
        link = live.invite("zoe-lefevre")
        client = live.nobody()
        tag = TAG.search(client.get(link).text)[1]
        codes = [client.get(f"/join/{number:043d}").status_code for number in range(15)]
        codes += [
            client.post(f"/join/{number:043d}", data={"_xsrf": tag}).status_code for number in range(15)
        ]
        assert codes[:20] == [404] * 20
        assert codes[20:] == [429] * 10
        late = client.get(link)
        assert (late.status_code, late.headers["retry-after"]) == (429, "60")
        assert "Nothing is lost" in late.text
        # Behind a tunnel everybody has this address: who has a link of their own comes in.
        assert press(live.nobody(), link).status_code == 303
        assert live.nobody().get("/join/wrong").status_code == 429


def test_no_line_of_the_log_lets_anybody_in(live: Live):
    secrets = []
    for guest in ("zoe-lefevre", "mentor"):
        client, link = live.nobody(), live.invite(guest)
        secrets.append(link.removeprefix("/join/"))
        press(client, link)
        name, value = cookie_of(client)
        secrets.append(value)
        token = secrets[-2]
        for path in (
            link,
            f"{link}/",
            f"/files{link}",
            f"/lab?token={token}",
            f"/api/contents/x?next={link}",
        ):
            for method in ("GET", "POST", "DELETE"):
                client.request(
                    method, path, headers={"Referer": f"{live.url}{link}", "Cookie": f"{name}={value}"}
                )
                client.request(method, path, headers={"Host": "evil.example", "Cookie": f"{name}={value}"})
        client.post(link, content=b"\xff" * 10, headers={"Content-Type": "multipart/form-data; boundary=x"})
    log = live.log
    assert "joined from" in log
    assert re.search(r"(GET|POST) /join/…", log)
    for secret in secrets:
        assert secret not in log
        assert secret[:20] not in log
    written = [path for path in live.settings.state.rglob("*") if path.is_file()]
    assert written
    for path in written:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], path
