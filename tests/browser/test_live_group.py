"""A group session end to end: `mentor live` for two students, three browsers, `mentor close`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import EXPOSE
from tests.patience import PATIENCE_MS, PATIENCE_S
from toolkit.domain.session import SessionState
from toolkit.services.practice import create_practice, mentorships

MENTOR = Path(sys.executable).with_name("mentor")
ANA, BEN = "ana-roy", "ben-okafor"
SCRIPT = """from IPython.display import HTML
HTML("<b>Ana 42</b><script>window.ran = 'yes'</script>")"""
EXERCISE = "bus-fare"
SOLVED = "fare = lambda age, weekend: 0 if age < 6 else 80 if weekend or not 18 <= age < 65 else 160"
CHECKED = "input[type=checkbox]:not(.mt-seal)"


@pytest.fixture
def practice(tmp_path, request):
    course = "exercise" in request.node.name
    made = create_practice.create_practice(tmp_path / "practice", mentor="Ada Byron", course=course).practice
    for name in ("Ana Roy", "Ben Okafor"):
        mentorships.add_student(made, name)
    return made


@pytest.fixture
def served(practice, request):
    options = getattr(request, "param", [])
    line = [MENTOR, "--practice", practice.root, "--lang", "en", "live", ANA, BEN, *options]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env={**os.environ})
    try:
        said = ""
        while "Ctrl-C" not in said:
            read = process.stdout.readline()
            assert read, said
            said += read
        yield process, re.findall(r"http://\S+/join/\S+", said)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.stdout.close()


def join(browser: Browser, link: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
    page.add_init_script(EXPOSE)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(link)
    page.get_by_role("button").click()
    page.locator(".mt-panel .mt-agenda .mt-row").first.wait_for(timeout=PATIENCE_MS)
    # Who works in a notebook has clicked into it: only then is it the one that commands are for.
    page.locator(".jp-Notebook:visible .jp-Cell").first.click()
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget")
    return page


def write(page: Page, text: str) -> None:
    page.evaluate(
        """text => {
            const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
            const cell = [...cells].find(one => one.type === 'code');
            cell.sharedModel.setMetadata('trusted', true);
            cell.sharedModel.setSource(text);
        }""",
        text,
    )


def run(page: Page) -> None:
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("MENTORING_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def test_a_group_from_its_links_to_its_close(browser: Browser, practice, served) -> None:
    process, links = served
    mentor, ana, ben = (join(browser, link) for link in links)
    for page, name in ((mentor, "mentor"), (ana, "ana"), (ben, "ben")):
        shot(page, name)
        expect(page.locator(".mt-person")).to_have_count(3)
        expect(page.locator(".mt-away")).to_have_count(0)
        expect(page.locator(".jp-Dialog")).to_have_count(0)

    # One board: what Ana ticks in her line, the others see; Ben's is not hers to tick.
    hers = '.mt-panel .mt-checklist [data-id^="1-"]'
    ana.locator(f"{hers} {CHECKED}").first.check()
    expect(ben.locator(f"{hers} {CHECKED}").first).to_be_checked()
    his = ben.locator('.mt-panel .mt-checklist [data-id^="2-"]').first
    ana.locator('.mt-panel .mt-checklist [data-id^="2-"]').first.locator(CHECKED).click()
    expect(his.locator(CHECKED)).not_to_be_checked()

    # Each runs in their own, whoever drives.
    write(ana, SCRIPT)
    write(ben, "print('Ben', 6 * 7)")
    run(ana)
    run(ben)
    expect(ana.locator(".jp-OutputArea-output:visible")).to_contain_text("Ana 42")
    expect(ben.locator(".jp-OutputArea-output:visible")).to_contain_text("Ben 42")

    # The wheel goes round among the students who are here.
    steering = mentor.locator(".mt-steering")
    steering.get_by_role("button", name="Next: Ana Roy").click()
    expect(ana.locator(".mt-steering")).to_contain_text("You drive.")
    ben.get_by_role("button", name="Follow who drives").click()
    # Who follows is brought to the driver's notebook, and reads there.
    expect(ben.locator(".mt-notebooks [aria-current]")).to_contain_text("Ana Roy")
    expect(ben.locator(".mt-reading-line")).to_contain_text("You are reading Ana Roy's notebook.")
    expect(ben.locator(".jp-OutputArea-output:visible")).to_contain_text("Ana 42")
    # What runs on her own page is only looked at on his, whatever she calls it.
    assert [page.evaluate("() => window.ran ?? 'no'") for page in (ana, ben)] == ["yes", "no"]
    run(ben)
    expect(ben.locator(".mt-steering")).to_contain_text("This is Ana Roy's notebook")
    ben.locator(".jp-Notebook:visible .jp-CodeCell .cm-content").first.click()
    ben.keyboard.type("nothing")
    shot(ben, "ben-reading")
    ana.locator(".mt-steering").get_by_role("button", name="Next: Ben Okafor").click()
    expect(ben.locator(".mt-steering")).to_contain_text("You drive.")
    expect(ana.locator(".jp-Notebook:visible .jp-CodeCell .cm-content").first).not_to_contain_text("nothing")

    # The board is written by all; nothing runs there.
    ana.locator(".mt-notebooks").get_by_role("button", name="Board").click()
    expect(ana.locator(".jp-Notebook:visible")).to_contain_text("Group of")
    shot(ana, "board")
    ana.locator(".mt-panel .mt-actions input").last.fill("Write three cases")
    ana.keyboard.press("Enter")
    expect(ben.locator(".mt-panel .mt-actions")).to_contain_text("Write three cases")
    expect(ben.locator(".mt-panel .mt-actions")).to_contain_text("everyone")
    expect(mentor.locator(".mt-status")).to_contain_text("Saved")
    for page in (mentor, ana, ben):
        expect(page.locator(".jp-Dialog")).to_have_count(0)

    close = [MENTOR, "--practice", practice.root, "--lang", "en", "close", BEN, "--yes"]
    done = subprocess.run(close, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert process.wait(PATIENCE_S) == 0
    with practice.store.read() as tx:
        held = {name: tx.sessions.for_student(name)[-1] for name in (ANA, BEN)}
        marks = {name: [mark.by for mark in tx.marks.for_student(name)] for name in (ANA, BEN)}
        actions = {name: [action.text for action in tx.actions.for_student(name)] for name in (ANA, BEN)}
    assert {one.state for one in held.values()} == {SessionState.REPORTED}
    assert marks == {ANA: ["student"], BEN: []}
    assert actions == {ANA: ["Write three cases"], BEN: ["Write three cases"]}
    for name, session in held.items():
        (kept,) = (practice.workspace(name) / "sessions").glob(f"*-{session.id}/session.ipynb")
        outputs = [o for cell in json.loads(kept.read_text())["cells"] for o in cell.get("outputs", ())]
        assert f"{name.partition('-')[0].title()} 42" in json.dumps(outputs)
        assert (kept.parent / "board.ipynb").exists()


@pytest.mark.parametrize("served", [["--exercise", EXERCISE]], indirect=True)
def test_each_checks_the_exercise_in_their_own_copy(browser: Browser, practice, served) -> None:
    _process, links = served
    mentor, ana, ben = (join(browser, link) for link in links)
    cards = [page.locator(".mt-panel .mt-exercise") for page in (ana, ben)]
    for card in cards:
        expect(card.locator(".mt-row")).not_to_have_count(0)
        expect(card.get_by_role("button", name="Submit")).to_have_count(0)
    expect(mentor.locator(".mt-panel .mt-exercise")).to_have_count(0)
    shot(ana, "ana-exercise")
    cards[0].get_by_role("button", name="Check").click()
    expect(cards[0].locator(".mt-result")).to_contain_text("of", timeout=PATIENCE_MS)
    shot(ana, "ana-checked")
    # What comes of hers is hers.
    expect(cards[1].locator(".mt-result")).to_be_empty()
    write(ben, SOLVED)
    run(ben)
    cards[1].get_by_role("button", name="Check").click()
    expect(cards[1].locator(".mt-result")).to_contain_text("All", timeout=PATIENCE_MS)
    shot(ben, "ben-checked")
    # A student can break what their own check needs, and reads so.
    (record,) = (practice.root / "groups").glob(f"*/{ANA}/record.json")
    record.write_text("{")
    cards[0].get_by_role("button", name="Check").click()
    expect(cards[0].locator(".mt-result")).to_contain_text("Not checked. record.json is damaged")
