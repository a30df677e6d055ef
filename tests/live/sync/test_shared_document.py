"""The bridge in a real server, with pages on real sockets: no change is lost, whichever process dies."""

from __future__ import annotations

import asyncio
import random
import resource
import threading

import pytest
from pycrdt import Text

from tests.live.conftest import NOTEBOOK, items, on_disk
from tests.live.page_peer import Peer, until
from tests.patience import PATIENCE_S
from tests.repeats import repeats
from toolkit.live.sync.shared_fields import NOTES_NAME
from toolkit.workspace.session_record import Record

KILLS = repeats(20)
ENTRIES = 60


@pytest.fixture
def pages(server):
    """Run a coroutine with two pages, the mentor's and the student's, that have joined."""

    def run(play):
        async def joined():
            both = Peer("mentor"), Peer("zoe")
            for page in both:
                await page.join(server.port, NOTEBOOK)
            try:
                await play(*both)
            finally:
                for page in both:
                    await page.leave()

        server.start()
        asyncio.run(joined())

    return run


def test_saved_tick_is_on_disk_and_on_the_other_page(pages, settings):
    """A tick that is reported as saved is on the disk, and the other page has it."""

    async def play(mentor, student):
        for _time in range(5):
            on = not student.map["check:loops/ticked"]
            student.put({"check:loops/ticked": on, "check:loops/@by": {"role": "student", "name": "Zoé"}})
            await until(student.covered)
            assert on_disk(settings)["check:loops"]["ticked"] is on
            await until(lambda: mentor.map["check:loops/ticked"] is on)  # noqa: B023 - within the turn
            assert mentor.map["check:loops/@by"]["name"] == "Zoé"

    pages(play)


def test_who_is_logged_in_confirms_whatever_the_page_says(pages, settings):
    async def play(mentor, student):
        student.put({"check:loops/confirmed": True, "check:loops/@by": {"role": "mentor", "name": "Ada"}})
        await until(lambda: student.map["check:loops/confirmed"] is False)
        await until(lambda: "Only the mentor confirms 'Loops'." in mentor.error)
        student.put({"check:loops/ticked": True})
        mentor.put({"check:loops/confirmed": True})
        await until(lambda: student.covered() and mentor.covered())
        assert on_disk(settings)["check:loops"]["confirmed"] is True
        assert on_disk(settings)["check:loops"]["ticked"] is True
        assert mentor.error == ""

    pages(play)


def test_only_the_student_hands_in_and_both_type_in_the_notes(pages, settings):
    async def play(mentor, student):
        wish = {"exercise": "median", "role": "student", "name": "Zoé", "at": "2026-11-25T18:00:00Z"}
        said = "exercise:median/submission"
        mentor.put({"@exercise/submit": wish})
        await until(lambda: mentor.server.get(said, {}).get("state") == "problem")
        assert on_disk(settings)["exercise:median"]["handed_in"] == ""
        student.put({"@exercise/submit": {**wish, "at": "2026-11-25T18:00:01Z"}})
        for page in (mentor, student):
            await until(lambda: page.server[said]["asked"].endswith("1Z") and page.server[said]["sha"])  # noqa: B023 - within the turn
            await until(lambda: page.map["exercise:median/handed_in"])  # noqa: B023 - within the turn
        assert on_disk(settings)["exercise:median"]["handed_in"].startswith(student.server[said]["sha"])

        notes = [page.doc.get(NOTES_NAME, type=Text) for page in (mentor, student)]
        for n in range(20):
            for page, text, letter in zip((mentor, student), notes, "ab", strict=True):
                with page.doc.transaction():
                    text.insert(0, letter)
                    page.map["notes/@by"] = n
            await asyncio.sleep(0.001)
        await until(lambda: mentor.covered() and student.covered())
        await until(lambda: str(notes[0]) == str(notes[1]))
        assert sorted(str(notes[0])) == ["a"] * 20 + ["b"] * 20
        await until(lambda: on_disk(settings)["notes"]["text"] == str(notes[0]))

    pages(play)


@pytest.fixture
def many(settings):
    settings.record.unlink()
    return Record.create(settings.record, items(ENTRIES))


def test_no_change_by_two_pages_and_a_kernel_is_lost(pages, many, settings):
    """None of hundreds of changes by two pages and a kernel is lost."""

    def kernel():
        for number in range(ENTRIES):
            key = f"agenda:a{number}"
            before = many.items()
            many.put({key: before[key].model_copy(update={"order": 1000.0 + number})}, since=before)

    async def play(mentor, student):
        writer = threading.Thread(target=kernel)
        writer.start()
        for number in range(ENTRIES):
            mentor.put({f"agenda:a{number}/minutes": 100 + number})
            student.put({f"agenda:a{number}/text": f"By Zoé {number}"})
            mentor.put({f"action:m{number}/text": f"By Ada {number}", f"action:m{number}/order": number})
            student.put({f"action:s{number}/text": f"By Zoé {number}", f"action:s{number}/plan": "If"})
            await asyncio.sleep(0.002)
        await asyncio.to_thread(writer.join)
        await until(lambda: mentor.covered() and student.covered(), PATIENCE_S)

        def rightful():
            return {
                f"agenda:a{n}/{field}": value
                for n in range(ENTRIES)
                for field, value in (("order", 1000 + n), ("minutes", 100 + n), ("text", f"By Zoé {n}"))
            }

        for page in (mentor, student):
            await until(lambda: all(page.map[name] == value for name, value in rightful().items()))  # noqa: B023 - within the turn
            assert page.error == ""
        there = on_disk(settings)
        for name, value in rightful().items():
            key, _slash, field = name.partition("/")
            assert there[key][field] == value
        assert {key for key in there if key.startswith("action:")} == {
            "action:x1", *(f"action:{who}{n}" for who in "ms" for n in range(ENTRIES))
        }  # fmt: skip

    pages(play)


@pytest.mark.kills
def test_saved_changes_survive_repeated_server_kills(server, settings):
    """Changes reported as saved survive any number of kills of the server."""
    dice = random.Random(7)

    async def tick(page, role, promised, until_killed):
        while not until_killed.is_set():
            promised["clocks"].append(page.clock())
            number = promised["made"] = promised["made"] + 1
            page.put(
                {
                    f"action:{role}{number}/text": f"Number {role}{number}",
                    f"check:loops/{promised['mark']}": number % 2 == 0,
                    f"agenda:{promised['item']}/minutes": min(240, number),
                }
            )
            await asyncio.sleep(dice.uniform(0, 0.03))
            # The change `n` begins at clock `n`; what is saved up to there is all that came before it.
            promised["saved"] = sum(clock < page.saved() for clock in promised["clocks"])

    async def play():
        mentor, student = Peer("mentor"), Peer("zoe")
        promises = {
            "m": {"made": 0, "saved": 0, "clocks": [], "mark": "confirmed", "item": "a0"},
            "s": {"made": 0, "saved": 0, "clocks": [], "mark": "ticked", "item": "a1"},
        }

        def check(which):
            there = on_disk(settings)
            for role, promised in promises.items():
                for number in range(1, promised[which] + 1):
                    assert there[f"action:{role}{number}"]["text"] == f"Number {role}{number}"
                assert there[f"agenda:{promised['item']}"]["minutes"] >= min(240, promised[which])

        for _kill in range(KILLS):
            server.start()
            for page in (mentor, student):
                await page.join(server.port, NOTEBOOK)
            killed = asyncio.Event()
            ticking = [
                asyncio.create_task(tick(page, role, promises[role], killed))
                for page, role in ((mentor, "m"), (student, "s"))
            ]
            await asyncio.sleep(dice.uniform(0.01, 0.5))
            await asyncio.to_thread(server.kill)
            killed.set()
            await asyncio.gather(*ticking)
            check("saved")
            for page in (mentor, student):
                await page.leave()

        assert all(promised["saved"] > KILLS / 2 for promised in promises.values()), promises
        server.start()
        for page in (mentor, student):
            await page.join(server.port, NOTEBOOK)
        await until(lambda: mentor.covered() and student.covered())
        # Nor is anything lost that was not called saved, since both pages lived on.
        check("made")
        await until(lambda: dict(mentor.map.items()) == dict(student.map.items()))
        assert mentor.error == ""
        for page in (mentor, student):
            await page.leave()

    asyncio.run(play())


def test_full_disk_is_reported_and_saving_resumes_by_itself(pages, server, many, settings):
    """A full disk is reported, nothing is called saved meanwhile, and saving resumes by itself."""

    async def play(mentor, student):
        before = settings.record.read_bytes()
        _soft, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        # No file of the server's may grow any more: not the record, nor the database of updates.
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (100, hard))
        student.put({"check:loops/ticked": True})
        await until(lambda: mentor.error)
        assert "Not saved. record.json cannot be written" in mentor.error
        mentor.put({"check:dicts/confirmed": True})
        # Long enough to be written, if it could be.
        await asyncio.sleep(0.2)
        assert not student.covered()
        assert not mentor.covered()
        assert settings.record.read_bytes() == before
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
        await until(lambda: student.covered() and mentor.covered())
        assert on_disk(settings)["check:loops"]["ticked"] is True
        assert on_disk(settings)["check:dicts"]["confirmed"] is True
        await until(lambda: mentor.error == "")

    pages(play)
