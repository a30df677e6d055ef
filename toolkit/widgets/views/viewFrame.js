// @ts-check
// The frame around each view: its words, its saved line, and the way of a change to the model.
import { h, icon, setText } from "./dom.js";
import { formatCount, formatText, formatTime, localeOf } from "./text.js";

/**
 * The anywidget front-end interface; a shared document can stand behind it as well as a kernel. Whoever
 * feeds it sets `answered` to the token of `touched` once a change has been dealt with, and `saved` or `error`.
 * One that `merges` has every change of ours in it at once, so what it says is never older than what we said.
 *
 * @typedef {{
 *   get(name: string): any, set(name: string, value: any): void, save_changes(): void,
 *   on(event: string, listener: () => void): void, off(event: string, listener: () => void): void,
 *   merges?: boolean,
 * }} Model
 * @typedef {ReturnType<typeof createFrame>} Frame
 */

/**
 * Draw the frame of a view into `el` and return what the view works with.
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
  // What this page has said and the kernel has not answered yet. An answer to an earlier change knows nothing
  // of it: taken as it is, it would make what was just typed vanish, and the next change would delete it.
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

  /** Run now, and whenever one of the traits changes. */
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

  // Keys that work in a view must not reach the notebook, where "d d" deletes a cell and Enter leaves the view.
  // Ctrl and Cmd go through, so that the notebook can be saved from here.
  root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });

  // ipywidgets says so when the kernel behind a model is gone; from then on nothing that is set arrives.
  let kernelLost = false;
  const onKernelLost = () => {
    kernelLost = true;
    root.classList.add("mt-gone");
    lost.hidden = false;
    lost.replaceChildren(icon("warn"), h("span", {}, words.lost));
  };
  model.on("comm_live_update", onKernelLost);
  ends.push(() => model.off("comm_live_update", onKernelLost));

  // A view may be drawn from what the notebook saved, with no kernel behind it: it asks once, and until it
  // has been answered it promises nothing.
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
    if (kernelAnswered && waited > 500) setText(saved, words.saving);
    else if (!open) setText(saved, time ? format("saved", { time }) : "");
    const silent = waited > 4000 && !kernelLost;
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
    later(550, status);
    later(4050, status);
  }
  greeted = true;
  sendChange([]);

  /**
   * Set traits, and note which items they touch.
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
 * Draw a view, and draw it anew when its language changes; returns what takes it away again.
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
