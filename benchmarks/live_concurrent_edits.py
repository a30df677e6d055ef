"""Two people make changes in a shared notebook at the same time: how many changes are lost.

Both browsers get a time of the machine's clock, and act at that time. A pair counts if neither browser had
seen the other's act before its own. For comparison, the same two ticks are made in a list trait of one
anywidget, in the same notebook and on the same server.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, permutations
from statistics import median
from typing import Any

from live_bench_session import AGENDA, Table, p95, run_last, table, wait_until
from measure import Report
from playwright.sync_api import Page

__all__ = ["lost"]

State = dict[str, Any]
Look = Callable[[], State]

# A box is identified by its item. `atOnce` acts at a given time; the last part of the wait is a busy loop.
PREPARE = """() => {
    const clock = () => performance.timeOrigin + performance.now();
    const boxes = selector => new Map([...document.querySelectorAll(selector)].map(
        box => [box.dataset.n ?? box.closest("[data-id]").dataset.id, box]));
    const text = id => document.querySelector(`.mt-panel .mt-agenda [data-id="${id}"] .mt-text`);
    window.ticks = selector => Object.fromEntries([...boxes(selector)].map(([id, box]) => [id, box.checked]));
    window.words = id => text(id).textContent;
    const atOnce = (at, already, act) => setTimeout(() => {
        while (clock() < at);
        const late = already();
        act();
        window.acted = { at: clock(), late };
    }, at - clock() - 8);
    window.tickAt = ([at, selector, mine, theirs]) => {
        window.acted = null;
        const known = boxes(selector);
        const before = known.get(theirs).checked;
        atOnce(at, () => known.get(theirs).checked !== before, () => known.get(mine).click());
    };
    window.openEditor = id => text(id).click();
    window.writeAt = ([at, selector, id, words]) => {
        window.acted = null;
        const box = boxes(selector).get(id);
        const field = box.closest("[data-id]").querySelector(".mt-inline input[type=text]");
        field.value = words;
        const enter = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
        atOnce(at, () => box.checked, () => field.dispatchEvent(enter));
    };
    window.tickTextAt = ([at, selector, id, words]) => {
        window.acted = null;
        const box = boxes(selector).get(id);
        atOnce(at, () => window.words(id) === words, () => box.click());
    };
}"""
LIST_TRAIT = '''import anywidget
import traitlets


class Ticks(anywidget.AnyWidget):
    """Boxes that two people tick: one list of what is ticked."""

    _esm = """
    export default { render({ model, el }) {
        const boxes = [0, 1, 2, 3, 4, 5].map(n => {
            const box = document.createElement("input");
            Object.assign(box, { type: "checkbox", className: "bench-box" });
            box.dataset.n = n;
            box.addEventListener("change", () => {
                const ticked = new Set(model.get("ticked"));
                box.checked ? ticked.add(n) : ticked.delete(n);
                model.set("ticked", [...ticked]);
                model.save_changes();
            });
            el.append(box);
            return box;
        });
        const draw = () => boxes.forEach((box, n) => (box.checked = model.get("ticked").includes(n)));
        model.on("change:ticked", draw);
        draw();
    } };
    """
    ticked = traitlets.List().tag(sync=True)


Ticks()'''
BOXES = ".jp-Notebook .bench-box"
LEAD_MS = 60.0
SETTLE_SECONDS = 10.0
STOCK_SETTLE_SECONDS = 1.5


@dataclass
class Count:
    """The outcomes of a number of pairs.

    Parameters
    ----------
    pairs : int
        Of two acts in one instant, neither seen before the other was done.
    lost : int
        Acts of theirs that one of the two browsers, or the record, did not have afterwards.
    apart : list of float
        How far the two were apart, ms.
    seen : int
        Pairs that do not count: one had seen the other's act already.
    """

    pairs: int = 0
    lost: int = 0
    apart: list[float] = field(default_factory=list)
    seen: int = 0

    def row(self, name: str) -> list[object]:
        """Return it as a row of a table."""
        return [name, self.pairs, self.lost, median(self.apart), p95(self.apart), self.seen]


def lost(report: Report) -> None:
    """Two simultaneous changes."""
    pairs, edits, stock = (20, 10, 8) if report.quick else (200, 50, 55)
    with table() as shared:
        run_last(shared.mentor, LIST_TRAIT)
        for page in shared.pages:
            page.locator(BOXES).first.wait_for()
            page.evaluate(PREPARE)
        ours = _tick_pairs(shared, AGENDA, pairs, SETTLE_SECONDS, partial(_ticks_in_record, shared))
        texts = _text_pairs(shared, edits)
        trait = _tick_pairs(shared, BOXES, stock, STOCK_SETTLE_SECONDS)
    heads = ["", "pairs", "acts lost", "apart, median ms", "p95 ms", "seen before, not counted"]
    rows = [
        ours.row("ticks of two items"),
        texts.row("text and tick of one item"),
        trait.row("ticks of two boxes, list trait of an anywidget"),
    ]
    report.table("Two people in the same instant: both browsers, and the record on the disk", heads, rows)
    report.hold(f"acts lost, of {ours.pairs} pairs of ticks of different items", ours.lost, most=0)
    report.hold(f"acts lost, of {texts.pairs} pairs of text and tick of one item", texts.lost, most=0)


def _tick_pairs(
    shared: Table, selector: str, wanted: int, patience: float, record: Look | None = None
) -> Count:
    """Let each person tick a different item, until ``wanted`` pairs were simultaneous."""
    count = Count()
    looks: list[Look] = [partial(_ticks, page, selector) for page in shared.pages]
    looks += [record] if record is not None else []
    turns = cycle(permutations(_ticks(shared.mentor, selector), 2))
    while count.pairs < wanted:
        before, (mine, theirs) = _agreed(shared, selector), next(turns)
        told = ([selector, mine, theirs], [selector, theirs, mine])
        acts = [(page, "tickAt", what) for page, what in zip(shared.pages, told, strict=True)]
        crossed = _at_once(count, acts)
        missing = _missing(looks, {item: not before[item] for item in (mine, theirs)}, patience)
        if crossed:
            count.lost += missing
    return count


def _text_pairs(shared: Table, wanted: int) -> Count:
    """Let one change the text of an item that the other ticks, until ``wanted`` pairs were simultaneous."""
    count = Count()
    turns = cycle(_ticks(shared.mentor, AGENDA))
    for number in range(10 * wanted):
        if count.pairs == wanted:
            break
        writer, ticker = shared.pages if number % 2 else shared.pages[::-1]
        item, words = next(turns), f"Point {number}"
        if _agreed(shared, AGENDA)[item]:
            ticker.evaluate("told => window.tickAt(told)", [0, AGENDA, item, item])
            wait_until(lambda item=item: not any(_ticks(page, AGENDA)[item] for page in shared.pages))
        writer.evaluate("item => window.openEditor(item)", item)
        what = [AGENDA, item, words]
        crossed = _at_once(count, [(writer, "writeAt", what), (ticker, "tickTextAt", what)])
        looks: list[Look] = [partial(_item, page, item) for page in shared.pages]
        looks.append(partial(_item_in_record, shared, item))
        missing = _missing(looks, {"text": words, "ticked": True}, SETTLE_SECONDS)
        if crossed:
            count.lost += missing
    return count


def _at_once(count: Count, acts: list[tuple[Page, str, list[str]]]) -> bool:
    """Let both act at the same time; return whether neither had seen the other's act."""
    at = 1000 * time.time() + LEAD_MS
    for page, name, told in acts:
        page.evaluate(f"told => window.{name}(told)", [at, *told])
    for page, _name, _told in acts:
        page.wait_for_function("() => window.acted")
    one, other = (page.evaluate("() => window.acted") for page, _name, _told in acts)
    if one["late"] or other["late"]:
        count.seen += 1
        return False
    count.pairs += 1
    count.apart.append(abs(one["at"] - other["at"]))
    return True


def _missing(looks: list[Look], wished: State, seconds: float) -> int:
    """Wait until all have the expected values; return how many values somebody lacks."""

    def parts() -> int:
        found = [look() for look in looks]
        return sum(any(one[part] != value for one in found) for part, value in wished.items())

    wait_until(lambda: parts() == 0, seconds)
    return parts()


def _agreed(shared: Table, selector: str) -> State:
    """Return the state that both see; if they differ, one tick makes them equal again."""
    mentors, students = shared.pages
    if not wait_until(lambda: _ticks(mentors, selector) == _ticks(students, selector), 2.0):
        item = next(iter(_ticks(mentors, selector)))
        mentors.evaluate("told => window.tickAt(told)", [0, selector, item, item])
        if not wait_until(lambda: _ticks(mentors, selector) == _ticks(students, selector)):
            raise RuntimeError("The two browsers do not come together again.")
    return _ticks(mentors, selector)


def _ticks(page: Page, selector: str) -> State:
    found: State = page.evaluate("selector => window.ticks(selector)", selector)
    return found


def _item(page: Page, item: str) -> State:
    return {"text": page.evaluate("id => window.words(id)", item), "ticked": _ticks(page, AGENDA)[item]}


def _ticks_in_record(shared: Table) -> State:
    entries = shared.record().items()
    return {key[7:]: row["state"] == "discussed" for key, row in entries if key.startswith("agenda:")}


def _item_in_record(shared: Table, item: str) -> State:
    row = shared.record()[f"agenda:{item}"]
    return {"text": row["text"], "ticked": row["state"] == "discussed"}
