// @ts-check
// Parts of the session's desk that are there to be read: the brief, the table, the solution.
import { bar, h, icon, setRich, setText } from "./dom.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

/** Draw `node` anew only where `data` differs from what it shows, so that nothing is selected away. */
export function fill(/** @type {HTMLElement} */ node, /** @type {any} */ data, /** @type {() => any[]} */ make) {
  const text = JSON.stringify(data);
  if (node.dataset.shown === text) return;
  node.dataset.shown = text;
  node.replaceChildren(...make());
}

/** Return a text with what stands between backticks as code. */
export function rich(/** @type {string} */ text, tag = "span", props = {}) {
  const node = h(tag, props);
  setRich(node, text);
  return node;
}

/** A part that folds: a heading, and at its end how it stands in a few words. */
export function part(/** @type {string} */ title, /** @type {any[]} */ children, open = false) {
  const status = h("span", { class: "mt-count" });
  const heading = h("span", { class: "mt-name", role: "heading", "aria-level": "4" }, title);
  const node = h("details", { class: "mt-group mt-part", open },
    h("summary", {}, icon("chevron"), heading, status), h("div", { class: "mt-inside" }, ...children));
  return { node, say: (/** @type {string} */ text) => setText(status, text) };
}

/** A titled list; nothing where it is empty. */
export function titled(/** @type {string} */ title, /** @type {any[]} */ rows, name = "") {
  if (!rows.length) return [];
  return [h("div", { class: "mt-small mt-over-list" }, title),
    h("ul", { class: `mt-plain ${name}`, "aria-label": title }, ...rows)];
}

/** @param {Frame} view */
export function briefPart(view) {
  const { model, words } = view;
  const opener = h("div", { class: "mt-opener" });
  const texts = h("div", {});
  const made = part(words.brief, [opener, texts]);
  const line = (/** @type {any} */ one) => h("li", { class: one.late ? "mt-late-line" : null, dir: "auto" },
    rich(one.text), ...(one.more ? [rich(one.more, "div", { class: "mt-small" })] : []));
  const privately = (/** @type {any} */ note) => h("li", {}, h("div", { class: "mt-small" }, note.at),
    h("div", { class: "mt-private", tabindex: "0", dir: "auto" }, note.text));

  function update() {
    const brief = model.get("brief");
    fill(opener, brief.opener, () => [h("div", { class: "mt-small" }, words.opener), rich(brief.opener ?? "")]);
    fill(texts, brief, () => [
      h("p", {}, [brief.news, brief.standing].join(" ")),
      ...titled(words.wish, (brief.wish ?? []).map((/** @type {string} */ text) => h("li", { dir: "auto" }, text))),
      ...titled(words.promises, (brief.promises ?? []).map(line)),
      ...titled(words.attempts, (brief.attempts ?? []).map(line)),
      ...titled(words.reviews, (brief.reviews ?? []).map(line)),
      ...titled(words.lastNotes, (brief.notes ?? []).map(privately)),
    ]);
    made.say(brief.summary ?? "");
  }
  view.watch(["brief"], update);
  return made;
}

/** @param {Frame} view */
export function tablePart(view) {
  const { model, words, say } = view;
  const problems = h("div", {});
  const gone = h("div", { class: "mt-small" });
  const progress = bar(words.agenda);
  const items = h("ol", { class: "mt-plain" });
  const rest = h("div", {});
  const made = part(words.agenda, [problems, h("div", { class: "mt-gone-line" }, progress.node, gone), items, rest]);
  const marks = { open: "ring", discussed: "check", carried: "arrow", dropped: "dash" };

  function update() {
    const table = model.get("table");
    made.say(say("discussedOf", { n: table.done ?? 0, total: table.total ?? 0 }));
    fill(problems, table.problems ?? [], () => (table.problems ?? []).map((/** @type {string} */ problem) =>
      h("div", { class: "mt-problem" }, icon("warn"), h("span", {}, say("leftOut", { problem })))));
    const rows = (table.items ?? []).map((/** @type {any} */ item) => ({ ...item,
      now: item.state === "open" && table.running?.text === item.text }));
    fill(items, rows, () => rows.map((/** @type {any} */ item) =>
      h("li", { class: `mt-topic${item.now ? " mt-is-now" : ""}`, "data-state": item.state },
        h("span", { class: "mt-mark" }, icon(item.now ? "play" : marks[item.state] ?? "ring", words[item.state])),
        h("span", { dir: "auto" }, item.text),
        h("span", { class: "mt-small" }, say("minutes", { n: item.minutes })))));
    const plain = (/** @type {string[]} */ lines) =>
      (lines ?? []).map((text) => h("li", { dir: "auto" }, text));
    fill(rest, [table.agreed, table.ticks, table.kept, table.tests], () => [
      ...(table.agreed?.length ? titled(words.agreed, plain(table.agreed))
        : [h("div", { class: "mt-small mt-over-list" }, words.noAgreed)]),
      ...titled(words.doneSince, plain(table.kept)),
      ...(table.ticks ?? []).map((/** @type {string} */ text) => h("div", { class: "mt-tick-line", dir: "auto" }, text)),
      ...(table.tests ? [h("div", { class: "mt-small" }, table.tests)] : []),
    ]);
    count();
  }
  function count() {
    const table = model.get("table");
    const spent = table.started_at ? Math.max(0, Date.now() - Date.parse(table.started_at)) / 60000 : 0;
    const n = Math.floor(spent);
    const text = say("sessionFor", { n: Math.min(n, table.minutes), total: table.minutes }) +
      (n > table.minutes ? ` ${say("over", { n: n - table.minutes })}` : "");
    progress.node.parentElement.hidden = !table.started_at;
    progress.set(spent, table.minutes ?? 1, text);
    setText(gone, text);
  }
  view.watch(["table"], update);
  view.every(1000, count);
  return made;
}

/** @param {Frame} view */
export function answersPart(view) {
  const { model, words } = view;
  const inside = h("div", {});
  const made = part(words.solution, [inside]);
  const cells = (/** @type {any[]} */ list) => list.map((cell) =>
    h("figure", { class: "mt-figure" }, h("figcaption", { class: "mt-small" }, h("code", {}, cell.name)),
      h("pre", { class: "mt-source", tabindex: "0" }, cell.source)));
  const wrong = (/** @type {any} */ one) => h("details", { class: "mt-hint" },
    h("summary", {}, icon("chevron"), rich(one.why)),
    h("div", { class: "mt-hint-text" }, ...cells(one.cells), rich(one.message, "div", { class: "mt-message" })));

  view.watch(["answers"], () => {
    const now = model.get("answers");
    fill(inside, now, () => [
      ...(now.solution?.length ? cells(now.solution) : [h("div", { class: "mt-empty" }, words.noSolution)]),
      ...(now.wrong?.length ? [h("div", { class: "mt-small mt-over-list" }, words.wrong), ...now.wrong.map(wrong)] : []),
    ]);
  });
  return made;
}
