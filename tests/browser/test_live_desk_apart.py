"""A script in a session's page cannot reach the mentor's desk, even in the mentor's own browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Lab
from tests.browser.live_session_browsers import Meeting, meeting
from tests.browser.test_live_session import STUDENT, join
from toolkit.practice import Practice

# Each way is tried with the desk's cookies, on both of the desk's names; what came of it is returned.
ATTACK = """async desks => {
    const found = {};
    for (const desk of desks) {
        const tries = {
            read: () => fetch(`${desk}/api/contents`, { credentials: "include" }).then(r => r.text()),
            open: () => fetch(`${desk}/lab`, { credentials: "include" }).then(r => r.text()),
            write: () => fetch(`${desk}/api/contents/`, {
                method: "POST", credentials: "include", mode: "no-cors",
                body: JSON.stringify({ type: "file" }), headers: { "Content-Type": "text/plain" },
            }).then(r => r.type),
            json: () => fetch(`${desk}/api/kernels`, {
                method: "POST", credentials: "include", body: "{}",
                headers: { "Content-Type": "application/json", "X-XSRFToken": "x" },
            }).then(r => r.text()),
            events: () => new Promise((resolve, reject) => {
                const socket = new WebSocket(desk.replace("http", "ws") + "/api/events/subscribe");
                socket.onopen = () => resolve("open");
                socket.onerror = () => reject(new Error("refused"));
            }),
            frame: () => new Promise(resolve => {
                const frame = document.createElement("iframe");
                frame.src = `${desk}/lab`;
                frame.onload = () => {
                    try { resolve(frame.contentDocument ? frame.contentDocument.title : "shut"); }
                    catch (error) { resolve("shut"); }
                };
                document.body.append(frame);
            }),
        };
        for (const [name, attempt] of Object.entries(tries))
            found[`${name} ${desk}`] = await attempt().catch(error => `refused: ${error.message}`);
    }
    return found;
}"""


@pytest.fixture
def served(demo_practice: Practice) -> Iterator[Meeting]:
    with meeting(demo_practice, STUDENT) as running:
        yield running


def test_the_desk_is_out_of_reach(browser: Browser, lab: Lab, served: Meeting) -> None:
    mentor = join(browser, served.links[0])
    desk = mentor.context.new_page()
    desk.goto(f"{lab.url}/lab?token={lab.token}")
    desk.locator("#jp-main-dock-panel").wait_for()
    before = sorted(path.name for path in lab.folder.iterdir())
    found = mentor.evaluate(ATTACK, [lab.url, lab.url.replace("127.0.0.1", "localhost")])
    for name, answer in found.items():
        what = name.partition(" ")[0]
        if what in {"read", "open", "json", "events"}:
            assert answer.startswith("refused"), (name, answer)
        elif what == "frame":
            assert answer in {"shut", ""}, (name, answer)
    assert sorted(path.name for path in lab.folder.iterdir()) == before
