// @ts-check
// The timer: it counts by itself from the time of its start.
import { bar, h, setText } from "./dom.js";
import { mountView } from "./viewFrame.js";
import { minutesField } from "./listRows.js";
import { MINUTE_MS } from "./text.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

/** The time within which a second click resets the timer. */
const CONFIRM_RESET_MS = 4000;
const TICK_MS = 250;

/** @param {Frame} view */
function build(view) {
  const { model, words, format } = view;
  const digits = h("div", { class: "mt-digits", role: "timer", "aria-live": "off" });
  const planned = h("div", { class: "mt-small" });
  const began = h("div", { class: "mt-small" });
  const { field: minutes, read } = minutesField(words.planFor, { min: "1" });
  const unit = h("span", { class: "mt-small" }, format("minutes", { n: "" }).trim());
  const plan = h("label", { class: "mt-plan" }, minutes, unit);
  const progress = bar(words.elapsed);
  const start = h("button", { type: "button", class: "mt-button mt-primary" }, words.start);
  const reset = h("button", { type: "button", class: "mt-button mt-quiet" }, words.reset);
  const facts = h("div", { class: "mt-facts" }, planned, began, plan);
  const buttons = h("div", { class: "mt-buttons" }, start, reset);
  view.meta.classList.add("mt-notice");
  view.body.append(h("div", { class: "mt-clock" }, digits, facts, buttons), progress.node);

  let lastMark = Infinity;
  let confirmUntil = 0;
  const since = () => Date.parse(model.get("started_at"));
  const spent = () => (model.get("started_at") ? Math.max(0, Date.now() - since()) || 0 : 0);
  const twoDigits = (/** @type {number} */ n) => String(n).padStart(2, "0");

  /** Announce "5 minutes", "1 minute" and the end, once each. */
  function announce(/** @type {number} */ left) {
    const marks = [5, 1, 0];
    const reached = marks.filter((mark) => left <= mark * MINUTE_MS).at(-1) ?? Infinity;
    // A mark that was passed before this view was drawn is not announced.
    // If several views show the timer, the page announces it once.
    if (!model.get("announcedElsewhere") && lastMark !== Infinity && reached < lastMark) view.announce(reached ? view.formatCount("left", reached) : words.up);
    lastMark = Math.min(reached, 99);
  }

  function update() {
    const running = Boolean(model.get("started_at"));
    const whole = model.get("minutes") * MINUTE_MS;
    const left = whole - spent();
    const beyond = Math.floor(-left / MINUTE_MS);
    const seconds = Math.max(0, Math.ceil(left / 1000));
    setText(digits, beyond >= 1 ? format("over", { n: beyond }) : `${twoDigits(Math.floor(seconds / 60))}:${twoDigits(seconds % 60)}`);
    view.root.classList.toggle("mt-late", running && left <= 0);
    const notice = !running || left > 5 * MINUTE_MS ? "" : words[left <= 0 ? "up" : left <= MINUTE_MS ? "last" : "soon"];
    // Beside the title there is room for it: nothing moves when it appears.
    setText(view.meta, notice);
    setText(planned, format("planned", { n: model.get("minutes") }));
    setText(began, running ? format("since", { time: view.formatTime(since()) }) : "");
    planned.hidden = began.hidden = !running;
    plan.hidden = running;
    const active = /** @type {any} */ (minutes.getRootNode()).activeElement;
    if (minutes !== active) minutes.value = String(model.get("minutes"));
    progress.set(spent() / MINUTE_MS, model.get("minutes"), [notice, planned.textContent, began.textContent].filter(Boolean).join(", "));
    const focus = active === start && running ? reset : active === reset && !running ? start : null;
    start.hidden = running;
    reset.hidden = !running;
    focus?.focus({ preventScroll: true });
    if (confirmUntil && Date.now() > confirmUntil) {
      confirmUntil = 0;
      setText(reset, words.reset);
    }
    if (running) announce(left);
    else lastMark = 99;
  }

  start.addEventListener("click", () => view.change({ started_at: new Date().toISOString() }, []));
  // A reset takes two clicks: it discards the session's time.
  reset.addEventListener("click", () => {
    if (!confirmUntil) {
      confirmUntil = Date.now() + CONFIRM_RESET_MS;
      setText(reset, words.sure);
      return;
    }
    confirmUntil = 0;
    setText(reset, words.reset);
    view.change({ started_at: "" }, []);
  });
  minutes.addEventListener("change", () => {
    const wanted = read(0);
    if (wanted) view.change({ minutes: wanted }, []);
    else minutes.value = String(model.get("minutes"));
  });

  view.watch(["started_at", "minutes"], update);
  view.every(TICK_MS, () => (model.get("started_at") || confirmUntil) && update());
}

export default { render: (/** @type {any} */ context) => mountView(context, "timer", build) };
