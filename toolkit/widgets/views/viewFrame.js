// @ts-check
// The frame around each view: title, time of saving, problems, and the sending of changes to the model.
import { h, icon, setText } from "./dom.js";
import { formatCount, formatText, formatTime, localeOf } from "./text.js";

/** A request shows that it works after the first time, and that it is slow after the second (ms). */
export const BUSY_AFTER_MS = 300;
export const SLOW_AFTER_MS = 2000;
/** A view redraws this long after such a time, when the time has surely passed (ms). */
export const REDRAW_MARGIN_MS = 50;

/** The interval at which times on the page are updated. */
export const CLOCK_INTERVAL_MS = 1000;

/** An unsaved change shows "Saving" after the first time, and a warning after the second (ms). */
const SAVING_AFTER_MS = 500;
const UNANSWERED_AFTER_MS = 4000;

/**
 * The anywidget front-end interface, implemented by a kernel or by a shared document. The implementation sets
 * `answered` to the token of `touched` when it has handled a change, and `saved` or `error`. A model that `merges`
 * contains our changes at once, so its state is never older than they are.
 *
 * @typedef {{
 *   get(name: string): any, set(name: string, value: any): void, save_changes(): void,
 *   on(event: string, listener: () => void): void, off(event: string, listener: () => void): void,
 *   merges?: boolean,
 * }} Model
 * @typedef {ReturnType<typeof createFrame>} Frame
 */

/**
 * Draw the frame of a view into `el`; return the tools of the view.
 *
 * @param {Model} model
 * @param {HTMLElement} el
 * @param {string} name
 */
function createFrame(model, el, name) {
  const words = model.get("strings");
  const language = model.get("language");
  const format = (/** @type {string} */ key, values = {}) => formatText(words[key], values);

  const heading = h("div", { class: "mt-title", role: "heading", "aria-level": "3" }, words.title);
  const meta = h("div", { class: "mt-meta" });
  const saved = h("div", { class: "mt-saved" });
  const problem = h("div", { class: "mt-problem", role: "status", hidden: true });
  const lost = h("div", { class: "mt-problem mt-lost", role: "status", hidden: true });
  const live = h("div", { class: "mt-hidden", "aria-live": "polite" });
  const body = h("div", { class: "mt-body" });
  const root = h("section", { class: `mt mt-${name}`, lang: language, "aria-label": words.title },
    h("div", { class: "mt-head" }, heading, meta, saved), problem, lost, body, live);
  el.append(root);

  /** @type {(() => void)[]} */
  const ends = [() => root.remove()];
  /** @type {(() => void)[]} */
  const drawings = [];
  const later = (/** @type {number} */ ms, /** @type {() => void} */ run) => {
    const timer = setTimeout(run, ms);
    ends.push(() => clearTimeout(timer));
  };
  const every = (/** @type {number} */ ms, /** @type {() => void} */ run) => {
    const timer = setInterval(run, ms);
    ends.push(() => clearInterval(timer));
  };
  // The values that were sent and not answered. An answer to an earlier change does not contain them: without this a
  // text that was just typed would vanish, and the next change would delete it.
  /** @type {Record<string, any>} */
  let sentValues = {};
  let settingHere = false;
  const unanswered = () => model.get("touched").token !== model.get("answered");
  function set(/** @type {string} */ trait, /** @type {any} */ value) {
    settingHere = true;
    model.set(trait, value);
    settingHere = false;
  }
  function restoreSentValue(/** @type {string} */ trait) {
    if (model.merges || !unanswered()) sentValues = {};
    if (settingHere || !(trait in sentValues) || model.get(trait) === sentValues[trait]) return false;
    set(trait, sentValues[trait]);
    return true;
  }

  /** Run now, and after each change of one of the traits. */
  const watch = (/** @type {string[]} */ names, /** @type {() => void} */ run) => {
    for (const trait of names) {
      const changed = () => restoreSentValue(trait) || run();
      model.on(`change:${trait}`, changed);
      ends.push(() => model.off(`change:${trait}`, changed));
    }
    drawings.push(run);
    run();
  };
  const announce = (/** @type {string} */ text) => {
    live.textContent = "";
    later(60, () => setText(live, text));
  };

  // Keys in a view must not reach the notebook, where "d d" deletes a cell and Enter leaves the view. Keys with Ctrl or
  // Cmd do, so that the notebook can be saved.
  root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });

  // ipywidgets emits this when the model's kernel is gone; from then on no change arrives.
  let kernelLost = false;
  const onKernelLost = () => {
    kernelLost = true;
    root.classList.add("mt-gone");
    lost.hidden = false;
    lost.replaceChildren(icon("warn"), h("span", {}, words.lost));
  };
  model.on("comm_live_update", onKernelLost);
  ends.push(() => model.off("comm_live_update", onKernelLost));

  // A view may be drawn from the notebook's saved state, without a kernel: it sends one empty change, and shows no
  // saving before the answer.
  let waitingSince = Date.now();
  let kernelAnswered = false;
  function status() {
    const open = unanswered();
    if (!open) {
      waitingSince = 0;
      kernelAnswered ||= greeted;
    }
    const waited = waitingSince ? Date.now() - waitingSince : 0;
    const time = model.get("saved");
    if (kernelAnswered && waited > SAVING_AFTER_MS) setText(saved, words.saving);
    else if (!open) setText(saved, time ? format("saved", { time }) : "");
    const silent = waited > UNANSWERED_AFTER_MS && !kernelLost;
    const text = silent ? (kernelAnswered ? words.waiting : words.asleep) : model.get("error");
    problem.hidden = !text;
    if (problem.dataset.text === text) return;
    problem.dataset.text = text;
    problem.replaceChildren(...(text ? [icon("warn"), h("span", {}, text)] : []));
  }
  let greeted = false;
  watch(["saved", "error", "answered", "touched"], status);

  function sendChange(/** @type {string[]} */ ids) {
    const before = model.get("touched");
    const open = unanswered();
    const token = Math.max(Date.now(), before.token + 1);
    waitingSince ||= Date.now();
    model.set("touched", { token, ids: open ? [...new Set([...before.ids, ...ids])] : ids });
    model.save_changes();
    later(SAVING_AFTER_MS + REDRAW_MARGIN_MS, status);
    later(UNANSWERED_AFTER_MS + REDRAW_MARGIN_MS, status);
  }
  greeted = true;
  sendChange([]);

  /**
   * Set traits, and the ids of the changed items.
   *
   * @param {Record<string, any>} values
   * @param {string[]} ids
   */
  function change(values, ids) {
    if (kernelLost) {
      announce(words.lost);
      drawings.forEach((draw) => draw()); // a box that was ticked is unticked again
      return false;
    }
    Object.assign(sentValues, values);
    for (const [trait, value] of Object.entries(values)) set(trait, value);
    sendChange(ids);
    return true;
  }

  return {
    model, words, format, root, heading, meta, body, later, every, watch, announce, change, ends,
    locale: localeOf(language),
    formatCount: (/** @type {string} */ key, /** @type {number} */ n, values = {}) => formatCount(words, key, n, values),
    formatTime: (/** @type {string | number} */ moment) => formatTime(language, moment),
  };
}

/**
 * Draw a view, and redraw it when its language changes; returns a function that removes it.
 *
 * @param {{ model: Model, el: HTMLElement }} context
 * @param {string} name
 * @param {(view: ReturnType<typeof createFrame>) => void} build
 */
export function mountView({ model, el }, name, build) {
  /** @type {(() => void)[]} */
  let ends = [];
  const unmount = () => ends.splice(0).reverse().forEach((end) => end());
  const draw = () => {
    unmount();
    const view = createFrame(model, el, name);
    ends = view.ends;
    build(view);
  };
  model.on("change:strings", draw);
  draw();
  return () => {
    model.off("change:strings", draw);
    unmount();
  };
}
