// @ts-check
// Sections of the session's desk without input: the brief, the agenda, the solution.
import { bar, h, icon, setRichText, setText } from "./dom.js";
import { MINUTE_MS } from "./text.js";
import { CLOCK_INTERVAL_MS } from "./viewFrame.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

/** Redraw `node` only if `data` differs from what it shows, so that a selection of text stays. */
export function redrawIfChanged(/** @type {HTMLElement} */ node, /** @type {any} */ data, /** @type {() => any[]} */ make) {
  const text = JSON.stringify(data);
  if (node.dataset.shown === text) return;
  node.dataset.shown = text;
  node.replaceChildren(...make());
}

/** Return a node with a text; parts between backticks are code. */
export function richText(/** @type {string} */ text, tag = "span", props = {}) {
  const node = h(tag, props);
  setRichText(node, text);
  return node;
}

/** Make a section that folds: a heading, and a short status at its end. */
export function section(/** @type {string} */ title, /** @type {any[]} */ children, open = false) {
  const status = h("span", { class: "mt-count" });
  const heading = h("span", { class: "mt-name", role: "heading", "aria-level": "4" }, title);
  const node = h("details", { class: "mt-group mt-part", open },
    h("summary", {}, icon("chevron"), heading, status), h("div", { class: "mt-inside" }, ...children));
  return { node, setStatus: (/** @type {string} */ text) => setText(status, text) };
}

/** Make a list with a title; no nodes if it is empty. */
export function titledList(/** @type {string} */ title, /** @type {any[]} */ rows, name = "") {
  if (!rows.length) return [];
  return [h("div", { class: "mt-small mt-over-list" }, title),
    h("ul", { class: `mt-plain ${name}`, "aria-label": title }, ...rows)];
}

/** @param {Frame} view */
export function briefSection(view) {
  const { model, words } = view;
  const opener = h("div", { class: "mt-opener" });
  const texts = h("div", {});
  const made = section(words.brief, [opener, texts]);
  const line = (/** @type {any} */ one) => h("li", { class: one.late ? "mt-late-line" : null, dir: "auto" },
    richText(one.text), ...(one.more ? [richText(one.more, "div", { class: "mt-small" })] : []));
  const privately = (/** @type {any} */ note) => h("li", {}, h("div", { class: "mt-small" }, note.at),
    h("div", { class: "mt-private", tabindex: "0", dir: "auto" }, note.text));

  function update() {
    const brief = model.get("brief");
    redrawIfChanged(opener, brief.opener, () => [h("div", { class: "mt-small" }, words.opener), richText(brief.opener ?? "")]);
    redrawIfChanged(texts, brief, () => [
      h("p", {}, [brief.news, brief.standing].join(" ")),
      ...titledList(words.wish, (brief.wish ?? []).map((/** @type {string} */ text) => h("li", { dir: "auto" }, text))),
      ...titledList(words.promises, (brief.promises ?? []).map(line)),
      ...titledList(words.attempts, (brief.attempts ?? []).map(line)),
      ...titledList(words.reviews, (brief.reviews ?? []).map(line)),
      ...titledList(words.lastNotes, (brief.notes ?? []).map(privately)),
    ]);
    made.setStatus(brief.summary ?? "");
  }
  view.watch(["brief"], update);
  return made;
}

/** @param {Frame} view */
export function agendaSection(view) {
  const { model, words, format } = view;
  const problems = h("div", {});
  const gone = h("div", { class: "mt-small" });
  const progress = bar(words.agenda);
  const items = h("ol", { class: "mt-plain" });
  const rest = h("div", {});
  const made = section(words.agenda, [problems, h("div", { class: "mt-gone-line" }, progress.node, gone), items, rest]);
  const marks = { open: "ring", discussed: "check", carried: "arrow", dropped: "dash" };

  function update() {
    const table = model.get("table");
    made.setStatus(format("discussedOf", { n: table.done ?? 0, total: table.total ?? 0 }));
    redrawIfChanged(problems, table.problems ?? [], () => (table.problems ?? []).map((/** @type {string} */ problem) =>
      h("div", { class: "mt-problem" }, icon("warn"), h("span", {}, format("leftOut", { problem })))));
    const rows = (table.items ?? []).map((/** @type {any} */ item) => ({ ...item,
      now: item.state === "open" && table.running?.text === item.text }));
    redrawIfChanged(items, rows, () => rows.map((/** @type {any} */ item) =>
      h("li", { class: `mt-topic${item.now ? " mt-is-now" : ""}`, "data-state": item.state },
        h("span", { class: "mt-mark" }, icon(item.now ? "play" : marks[item.state] ?? "ring", words[item.state])),
        h("span", { dir: "auto" }, item.text),
        h("span", { class: "mt-small" }, format("minutes", { n: item.minutes })))));
    const plain = (/** @type {string[]} */ lines) =>
      (lines ?? []).map((text) => h("li", { dir: "auto" }, text));
    redrawIfChanged(rest, [table.agreed, table.ticks, table.kept, table.tests], () => [
      ...(table.agreed?.length ? titledList(words.agreed, plain(table.agreed))
        : [h("div", { class: "mt-small mt-over-list" }, words.noAgreed)]),
      ...titledList(words.doneSince, plain(table.kept)),
      ...(table.ticks ?? []).map((/** @type {string} */ text) => h("div", { class: "mt-tick-line", dir: "auto" }, text)),
      ...(table.tests ? [h("div", { class: "mt-small" }, table.tests)] : []),
    ]);
    updateTime();
  }
  function updateTime() {
    const table = model.get("table");
    const spent = table.started_at ? Math.max(0, Date.now() - Date.parse(table.started_at)) / MINUTE_MS : 0;
    const n = Math.floor(spent);
    const text = format("sessionFor", { n: Math.min(n, table.minutes), total: table.minutes }) +
      (n > table.minutes ? ` ${format("over", { n: n - table.minutes })}` : "");
    progress.node.parentElement.hidden = !table.started_at;
    progress.set(spent, table.minutes ?? 1, text);
    setText(gone, text);
  }
  view.watch(["table"], update);
  view.every(CLOCK_INTERVAL_MS, updateTime);
  return made;
}

/** @param {Frame} view */
export function solutionSection(view) {
  const { model, words } = view;
  const inside = h("div", {});
  const made = section(words.solution, [inside]);
  const cells = (/** @type {any[]} */ list) => list.map((cell) =>
    h("figure", { class: "mt-figure" }, h("figcaption", { class: "mt-small" }, h("code", {}, cell.name)),
      h("pre", { class: "mt-source", tabindex: "0" }, cell.source)));
  const wrong = (/** @type {any} */ one) => h("details", { class: "mt-hint" },
    h("summary", {}, icon("chevron"), richText(one.why)),
    h("div", { class: "mt-hint-text" }, ...cells(one.cells), richText(one.message, "div", { class: "mt-message" })));

  view.watch(["answers"], () => {
    const now = model.get("answers");
    redrawIfChanged(inside, now, () => [
      ...(now.solution?.length ? cells(now.solution) : [h("div", { class: "mt-empty" }, words.noSolution)]),
      ...(now.wrong?.length ? [h("div", { class: "mt-small mt-over-list" }, words.wrong), ...now.wrong.map(wrong)] : []),
    ]);
  });
  return made;
}
