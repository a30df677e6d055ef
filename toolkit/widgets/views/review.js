// @ts-check
// Manual grading of a submission: answers, tests, fields for points and comments.
import { h, icon, setIcon, setRichText, setText } from "./dom.js";
import { mountView } from "./viewFrame.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

const STATE_ICONS = { passed: "check", partly: "half", "not-yet": "cross", stopped: "clock", waiting: "question" };
let viewCount = 0;
const DIFFERENCE_SIGNS = { same: " ", added: "+", removed: "−" };

/** @param {Frame} view */
function build(view) {
  const { model, words, format, locale } = view;
  const sheet = () => model.get("sheet");
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  /** @type {{ name: string, kind: "points" | "comments", input: any, note: any, seen: any, waits: boolean, most: number }[]} */
  let fields = [];
  /** @type {((cell: any) => void)[]} */
  let updates = [];
  /** The attempt that is drawn; another one redraws the page. */
  let drawn = -1;
  let busy = false;
  let requests = Date.now();
  const idPrefix = `mt-review-${++viewCount}`;

  const facts = h("div", { class: "mt-facts" });
  const list = h("div", { class: "mt-cells" });
  const total = h("div", { class: "mt-name" });
  const save = h("button", { type: "button", class: "mt-button mt-primary", onclick: () => ask("") }, words.save);
  const previous = h("button", { type: "button", class: "mt-button", onclick: () => ask("previous") },
    words.previous);
  const next = h("button", { type: "button", class: "mt-button", onclick: () => ask("next") }, words.next);
  const place = h("span", { class: "mt-small" });
  const result = h("span", { class: "mt-result", role: "status" });
  const line = h("div", { class: "mt-save-line" }, save, previous, next, place, result);
  const empty = h("div", { class: "mt-empty" });
  const left = h("div", { class: "mt-small mt-left", role: "status" });
  view.heading.tabIndex = -1;
  view.body.append(facts, empty, list, total, line, left);

  /** The field's value, as the kernel expects it. */
  const value = (/** @type {any} */ field) =>
    field.kind === "comments" ? field.input.value : field.input.value === "" ? null : field.input.valueAsNumber;
  const edited = (/** @type {any} */ field) => value(field) !== field.seen;
  const put = (/** @type {any} */ field, /** @type {any} */ to) => (field.input.value = to === null ? "" : String(to));

  function check(/** @type {any} */ field) {
    const { input, most } = field;
    const bad = field.kind === "points" &&
      (input.validity.badInput || (input.value !== "" && !(input.valueAsNumber >= 0 && input.valueAsNumber <= most)));
    input.setAttribute("aria-invalid", String(bad));
    setText(field.note, bad ? format("range", { most: number.format(most) }) : "");
    return !bad;
  }

  function ask(/** @type {string} */ go) {
    const at = model.get("place");
    if (busy || (go === "next" && at.n >= at.total) || (go === "previous" && at.n <= 1)) return;
    const wrong = fields.filter((field) => !check(field));
    if (wrong.length) {
      wrong[0].input.focus();
      return;
    }
    /** @type {Record<string, any>} */
    const request = { n: ++requests, attempt: drawn, go, points: {}, comments: {} };
    for (const field of fields) {
      // Points from an earlier grading that need review are confirmed by saving them.
      const confirmed = go === "" && field.kind === "points" && field.waits && value(field) !== null;
      if (edited(field) || confirmed) request[field.kind][field.name] = [field.seen, value(field)];
    }
    busy = view.change({ request }, []);
    update();
  }

  /** Draw HTML that Python has sanitized: no script, no style, nothing that is fetched. */
  function cleaned(/** @type {string} */ html, name = "mt-written") {
    const node = h("div", { class: name, dir: "auto" });
    node.innerHTML = html;
    for (const link of node.querySelectorAll("a")) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
    return node;
  }

  function folded(/** @type {string} */ label, /** @type {any[]} */ children, open = false) {
    return h("details", { class: "mt-hint", open }, h("summary", {}, icon("chevron"), h("span", {}, label)), ...children);
  }

  function changes(/** @type {any} */ cell) {
    const lines = cell.difference;
    if (!sheet().earlier || !lines.length) return [];
    const time = sheet().earlier;
    const count = (/** @type {string} */ kind) => lines.filter(([what]) => what === kind).length;
    const [added, removed] = [count("added"), count("removed")];
    if (!added && !removed) return [h("div", { class: "mt-small" }, format("same", { time }))];
    const parts = [format("since", { time })];
    if (added) parts.push(view.formatCount("addedLines", added));
    if (removed) parts.push(view.formatCount("removedLines", removed));
    const rows = lines.map(([what, text]) => {
      const spoken = what === "same" ? [] : [h("span", { class: "mt-hidden" }, `${words[what]} `)];
      const sign = h("span", { class: "mt-sign", "aria-hidden": "true" }, DIFFERENCE_SIGNS[what]);
      const tag = { added: "ins", removed: "del" }[what] ?? "span";
      return h("li", { class: `mt-line mt-${what}` }, sign, ...spoken, h(tag, {}, text || "\u200b"));
    });
    return [folded(parts.join(" · "), [h("ol", { class: "mt-difference", tabindex: "0", "aria-label": parts[0] }, ...rows)],
      true)];
  }

  function give(/** @type {any} */ cell, /** @type {"points" | "comments"} */ kind, /** @type {string} */ id) {
    const most = number.format(cell.max_points ?? 0);
    const points = kind === "points";
    const half = (/** @type {number | null} */ n) => n === null || Number.isInteger(2 * n);
    const input = points
      ? h("input", { type: "number", id, class: "mt-field mt-points", min: 0, max: cell.max_points, inputmode: "decimal",
          step: half(cell.max_points) && half(cell.given) ? 0.5 : "any", "aria-describedby": `${id}-note` })
      : h("textarea", { id, class: "mt-field mt-comment", rows: 3, dir: "auto", "aria-describedby": `${id}-note` });
    const note = h("span", { class: "mt-small mt-note", id: `${id}-note`, role: "status" });
    const field = { name: cell.name, kind, input, note, seen: points ? cell.given : cell.comment,
      waits: cell.state === "waiting", most: cell.max_points ?? 0 };
    put(field, field.seen);
    fields.push(field);
    input.addEventListener("input", () => {
      check(field);
      update();
    });
    updates.push((all) => {
      const now = all[cell.name];
      const fresh = points ? now.given : now.comment;
      // A value typed since then stays; the gradebook's value is the new base of comparison.
      if (!edited(field) || value(field) === fresh) put(field, fresh);
      field.seen = fresh;
      field.waits = now.state === "waiting";
    });
    return h("div", { class: "mt-give" },
      h("label", { for: id, class: "mt-small" }, points ? format("points", { most }) : words.comment,
        h("span", { class: "mt-hidden" }, ` – ${cell.name}`)), input, note);
  }

  function makeCell(/** @type {any} */ cell, /** @type {number} */ index) {
    if (cell.kind === "text") return cleaned(cell.html);
    const shape = h("span", { class: "mt-mark" });
    const word = h("span", { class: "mt-small mt-word" });
    const score = h("span", { class: "mt-small mt-score" });
    const message = h("div", { class: "mt-message" });
    const name = cell.name ? [h("code", {}, cell.name)] : [];
    const head = h("div", { class: "mt-cell-head" }, shape, h("span", { class: "mt-name" }, words[cell.kind]), ...name,
      word, score);
    updates.push((all) => {
      const now = (cell.name && all[cell.name]) || cell;
      shape.hidden = word.hidden = !now.state;
      if (now.state) setIcon(shape, STATE_ICONS[now.state]);
      shape.dataset.state = now.state;
      setText(word, now.state ? words[now.state] : "");
      const most = now.max_points === null ? "" : number.format(now.max_points);
      setText(score, most === "" ? "" : now.points === null ? format("most", { most })
        : format("of", { points: number.format(now.points), most }));
      setRichText(message, now.message);
      message.hidden = !now.message;
    });
    const written = cell.html ? cleaned(cell.html) : h("div", { class: "mt-small" }, words.nothing);
    const outputs = cell.outputs ? [cleaned(cell.outputs, "mt-written mt-outputs")] : [];
    const inside = cell.kind === "test"
      ? [message, folded(words.theTest, [written, ...outputs])]
      : [written, ...outputs, ...changes(cell), message];
    const remark = cell.remark ? [h("div", { class: "mt-small" }, format("remark", { text: cell.remark }))] : [];
    const id = `${idPrefix}-${drawn}-${index}`;
    return h("section", { class: `mt-cell mt-cell-${cell.kind}`, "aria-label": `${words[cell.kind]} ${cell.name}` },
      head, ...inside, ...remark,
      ...(cell.by_hand ? [give(cell, "points", `${id}-points`)] : []),
      ...(cell.comment === null ? [] : [give(cell, "comments", `${id}-comment`)]));
  }

  function draw() {
    const now = sheet();
    fields = [];
    updates = [];
    const turned = drawn >= 0;
    drawn = now.attempt ?? -1;
    list.replaceChildren(...(now.cells ?? []).map(makeCell));
    if (turned) {
      view.heading.focus();
      view.heading.scrollIntoView?.({ block: "nearest" });
    }
  }

  function status() {
    if (busy) return words.saving;
    if (fields.some(edited)) return words.unsaved;
    return model.get("saved") && !model.get("error") ? format("saved", { time: model.get("saved") }) : "";
  }

  function update() {
    const now = sheet();
    const none = now.attempt === undefined;
    if ((now.attempt ?? -1) !== drawn) draw();
    const all = Object.fromEntries((now.cells ?? []).map((/** @type {any} */ cell) => [cell.name, cell]));
    updates.forEach((run) => run(all));
    const at = model.get("place");
    setText(view.heading, none ? words.title : `${now.title} · ${now.student}`);
    setText(facts, none ? "" : [format("received", { time: now.received }), now.reason].filter(Boolean).join(" · "));
    setText(total, none ? "" : format("total", { points: number.format(now.points), most: number.format(now.max_points) }));
    empty.hidden = !none;
    setText(empty, words.empty);
    line.hidden = none;
    previous.hidden = next.hidden = at.total < 2;
    // `aria-disabled`, because a disabled button loses the focus.
    previous.setAttribute("aria-disabled", String(busy || at.n <= 1));
    next.setAttribute("aria-disabled", String(busy || at.n >= at.total));
    save.setAttribute("aria-disabled", String(busy));
    setText(place, at.total > 1 ? format("place", at) : "");
    setRichText(left, none ? "" : at.waiting ? view.formatCount("waits", at.waiting) : words.allDone);
    setText(result, status());
  }

  view.watch(["sheet", "place", "saved", "error"], update);
  view.watch(["answered"], () => {
    busy = false;
    update();
  });
}

export default { render: (/** @type {any} */ context) => mountView(context, "review", build) };
