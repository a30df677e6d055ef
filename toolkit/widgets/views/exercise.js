// @ts-check
// The exercise card: task data, Check and its results, Submit, hints.
import { h, icon, iconButton, setIcon, setLabel, setRichText, setText } from "./dom.js";
import { BUSY_AFTER_MS, CLOCK_INTERVAL_MS, REDRAW_MARGIN_MS, SLOW_AFTER_MS, mountView } from "./viewFrame.js";
import { keyedList } from "./listRows.js";
import { submitControls } from "./submit.js";
import { hintRequest } from "./hintRequest.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

const OUTCOME_ICONS = { passed: "check", failed: "cross", "timed out": "clock", "not run": "dash" };

/** @param {Frame} view */
function build(view) {
  const { model, words, format } = view;
  const entry = () => model.get("entry");
  /** The id of the test whose message is unfolded. */
  let openTest = "";
  let checkedAt = "";
  let pressedAt = 0;
  let drawn = false;

  function makeTest(/** @type {string} */ id) {
    const shape = h("span", { class: "mt-mark" });
    const name = h("span", { class: "mt-skill", dir: "auto" });
    const word = h("span", { class: "mt-small mt-word" });
    const more = iconButton("chevron", "", { class: "mt-icon-button mt-turn" });
    const message = h("div", { class: "mt-message" });
    more.addEventListener("click", () => {
      openTest = openTest === id ? "" : id;
      update();
    });
    const node = h("li", { class: "mt-row" }, shape, name, word, more, message);
    return {
      node,
      update: (/** @type {any} */ test) => {
        const busy = Boolean(model.get("checking"));
        const open = openTest === id && test.message !== "";
        setIcon(shape, OUTCOME_ICONS[test.outcome], words[test.outcome]);
        shape.dataset.outcome = test.outcome;
        setText(name, test.name);
        setText(word, words[test.outcome]);
        setRichText(message, test.message);
        setLabel(more, format("more", { text: test.name }));
        more.setAttribute("aria-expanded", String(open));
        more.classList.toggle("mt-absent", !test.message);
        more.disabled = !test.message;
        message.hidden = !open;
        node.classList.toggle("mt-busy", busy);
      },
    };
  }

  function makeHint(/** @type {string} */ id) {
    const label = h("span", {});
    const summary = h("summary", {}, icon("chevron"), label);
    const text = h("div", { class: "mt-hint-text" });
    // In a shared session a hint that arrives while the card is shown is open at once.
    const node = h("details", { class: "mt-hint", open: drawn && Boolean(model.get("announcedElsewhere")) }, summary, text);
    return {
      node,
      update: (/** @type {any} */ hint) => {
        setText(label, format("hint", { n: Number(id) + 1, total: hint.total }));
        setRichText(text, hint.text);
      },
    };
  }

  const facts = h("div", { class: "mt-facts" });
  const check = h("button", { type: "button", class: "mt-button mt-primary" }, words.check);
  // If several views show the exercise, the page announces the result once.
  const result = h("div", { class: "mt-result", role: model.get("announcedElsewhere") ? null : "status" });
  const list = h("ul", { class: "mt-list", "aria-label": words.tests });
  const tests = keyedList(list, makeTest);
  const none = h("div", { class: "mt-empty" }, words.noTests);
  const given = h("div", { class: "mt-hints" });
  const hints = keyedList(given, makeHint);
  const ladder = h("div", { class: "mt-small" });
  const line = h("div", { class: "mt-check-line" }, check, result);
  const submission = submitControls(view);
  check.after(submission.button);
  const nextHint = hintRequest(view, given);
  view.body.append(facts, line, list, none, submission.node, given, ladder, nextHint.node);

  check.addEventListener("click", () => {
    // `aria-disabled` while it runs, because a disabled button loses the focus.
    if (model.get("checking") || pressedAt) return;
    pressedAt = Date.now();
    if (!view.change({ check_requested: model.get("check_requested") + 1 }, [])) pressedAt = 0;
    update();
    view.later(BUSY_AFTER_MS + REDRAW_MARGIN_MS, update);
    view.later(SLOW_AFTER_MS + REDRAW_MARGIN_MS, update);
  });

  function summary(/** @type {any[]} */ all) {
    const since = pressedAt ? Date.now() - pressedAt : 0;
    if (model.get("checking") || since) {
      if (since < BUSY_AFTER_MS) return result.textContent ?? "";
      if (model.get("checking") !== "running") return since < SLOW_AFTER_MS ? words.checking : words.waits;
      const done = format("progress", { n: model.get("checked"), total: all.length });
      return since < SLOW_AFTER_MS || model.get("checked") < 0 ? words.checking : `${words.checking} ${done}`;
    }
    if (model.get("unchecked")) return model.get("unchecked");
    const at = entry().checked_at;
    if (!at) return "";
    const passed = all.filter((test) => test.outcome === "passed").length;
    const text = passed === all.length ? words.all : format("result", { n: passed, total: all.length });
    return `${text} ${format("checkedAt", { time: view.formatTime(at) })}`;
  }

  function update() {
    const now = entry();
    const all = now.tests.map((test, index) => ({ ...test, id: String(index) }));
    if (now.checked_at !== checkedAt) {
      checkedAt = now.checked_at;
      openTest = all.find((test) => test.message && test.outcome !== "passed")?.id ?? "";
    }
    setText(view.heading, now.title);
    const chips = [...now.skills.map((skill) => h("span", { class: "mt-chip", dir: "auto" }, skill)),
      h("span", { class: "mt-small" }, format("minutes", { n: now.minutes }))];
    if (facts.dataset.text !== JSON.stringify([now.skills, now.minutes])) facts.replaceChildren(...chips);
    facts.dataset.text = JSON.stringify([now.skills, now.minutes]);
    line.hidden = all.length === 0 && submission.button.hidden;
    check.hidden = all.length === 0;
    check.setAttribute("aria-disabled", String(Boolean(model.get("checking") || pressedAt)));
    setText(result, summary(all));
    tests.update(all);
    none.hidden = all.length > 0;
    const total = Math.max(now.hint_count, now.hints.length);
    hints.update(now.hints.map((text, index) => ({ id: String(index), text, total })));
    nextHint.update();
    const left = nextHint.node.hidden ? total - now.hints.length : 0;
    setText(ladder, left === 0 ? "" : now.hints.length ? words.moreHints : view.formatCount("hints", left));
    ladder.hidden = left === 0;
    drawn = true;
  }

  view.watch(["entry", "checked", "hint", "unchecked"], update);
  view.watch(["checking"], () => {
    if (!model.get("checking")) pressedAt = 0;
    else pressedAt ||= Date.now();
    update();
    view.later(BUSY_AFTER_MS + REDRAW_MARGIN_MS, update);
  });
  view.every(CLOCK_INTERVAL_MS, () => (model.get("checking") || pressedAt) && update());
}

export default { render: (/** @type {any} */ context) => mountView(context, "exercise", build) };
