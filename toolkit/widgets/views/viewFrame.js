// @ts-check
// The frame around each view: its words, its saved line, and the way of a change to the model.
import { h, icon, setText } from "./dom.js";

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
 * @typedef {ReturnType<typeof frame>} Frame
 */

/**
 * Draw the frame of a view into `el` and return what the view works with.
 *
 * @param {Model} model
 * @param {HTMLElement} el
 * @param {string} name
 */
function frame(model, el, name) {
  const words = model.get("strings");
  const language = model.get("language");
  // Day before month and 24 hours, as in everything else that the toolkit writes.
  const locale = language === "en" ? "en-GB" : language;
  const hours = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const clock = (/** @type {string | number} */ moment) => hours.format(new Date(moment));
  const say = (/** @type {string} */ key, values = {}) =>
    String(words[key]).replace(/\{(\w+)\}/g, (_match, field) => String(values[field]));
  const count = (/** @type {string} */ key, /** @type {number} */ n, values = {}) => {
    const many = words.plural === "n > 1" ? n > 1 : n !== 1;
    return String(words[key][many ? 1 : 0]).replace(/\{(\w+)\}/g, (_match, field) => String({ n, ...values }[field]));
  };

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
  let said = {};
  let mine = false;
  const unanswered = () => model.get("touched").token !== model.get("answered");
  function set(/** @type {string} */ trait, /** @type {any} */ value) {
    mine = true;
    model.set(trait, value);
    mine = false;
  }
  function held(/** @type {string} */ trait) {
    if (model.merges || !unanswered()) said = {};
    if (mine || !(trait in said) || model.get(trait) === said[trait]) return false;
    set(trait, said[trait]);
    return true;
  }

  /** Run now, and whenever one of the traits changes. */
  const watch = (/** @type {string[]} */ names, /** @type {() => void} */ run) => {
    for (const trait of names) {
      const changed = () => held(trait) || run();
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
  let gone = false;
  const lose = () => {
    gone = true;
    root.classList.add("mt-gone");
    lost.hidden = false;
    lost.replaceChildren(icon("warn"), h("span", {}, words.lost));
  };
  model.on("comm_live_update", lose);
  ends.push(() => model.off("comm_live_update", lose));

  // A view may be drawn from what the notebook saved, with no kernel behind it: it asks once, and until it
  // has been answered it promises nothing.
  let asked = Date.now();
  let known = false;
  function status() {
    const open = unanswered();
    if (!open) {
      asked = 0;
      known ||= greeted;
    }
    const waited = asked ? Date.now() - asked : 0;
    const time = model.get("saved");
    if (known && waited > 500) setText(saved, words.saving);
    else if (!open) setText(saved, time ? say("saved", { time }) : "");
    const silent = waited > 4000 && !gone;
    const text = silent ? (known ? words.waiting : words.asleep) : model.get("error");
    problem.hidden = !text;
    if (problem.dataset.text === text) return;
    problem.dataset.text = text;
    problem.replaceChildren(...(text ? [icon("warn"), h("span", {}, text)] : []));
  }
  let greeted = false;
  watch(["saved", "error", "answered", "touched"], status);

  function send(/** @type {string[]} */ ids) {
    const before = model.get("touched");
    const open = unanswered();
    const token = Math.max(Date.now(), before.token + 1);
    asked ||= Date.now();
    model.set("touched", { token, ids: open ? [...new Set([...before.ids, ...ids])] : ids });
    model.save_changes();
    later(550, status);
    later(4050, status);
  }
  greeted = true;
  send([]);

  /**
   * Set traits, and note which items they touch.
   *
   * @param {Record<string, any>} values
   * @param {string[]} ids
   */
  function change(values, ids) {
    if (gone) {
      announce(words.lost);
      drawings.forEach((draw) => draw()); // a box that was ticked is unticked again
      return false;
    }
    Object.assign(said, values);
    for (const [trait, value] of Object.entries(values)) set(trait, value);
    send(ids);
    return true;
  }

  return { model, words, locale, clock, say, count, root, heading, meta, body, later, every, watch, announce,
    change, ends };
}

/**
 * Draw a view, and draw it anew when its language changes; returns what takes it away again.
 *
 * @param {{ model: Model, el: HTMLElement }} context
 * @param {string} name
 * @param {(view: ReturnType<typeof frame>) => void} build
 */
export function mount({ model, el }, name, build) {
  /** @type {(() => void)[]} */
  let ends = [];
  const unmount = () => ends.splice(0).reverse().forEach((end) => end());
  const draw = () => {
    unmount();
    const view = frame(model, el, name);
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
