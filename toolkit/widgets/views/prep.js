// @ts-check
// The prep card: a win, a block, a goal, and the student's consent to a replay.
import { h } from "./dom.js";
import { LIMITS } from "./entryDefaults.js";
import { mountView } from "./viewFrame.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

const WISH_FIELDS = ["win", "block", "goal"];
/** A text is sent this long after the last key. */
const SEND_DELAY_MS = 600;
let cardCount = 0;

/** @param {Frame} view */
function build(view) {
  const { model, words } = view;
  const idPrefix = `mt-prep-${++cardCount}`;
  const isStudent = () => model.get("role") === "student";

  const fields = WISH_FIELDS.map((name) => {
    const input = h("textarea", { class: "mt-field mt-wish", rows: 1, maxlength: LIMITS.lineChars, dir: "auto", id: `${idPrefix}-${name}` });
    const label = h("label", { class: "mt-small", for: input.id }, words[name]);
    let sent = "";
    let timer = 0;
    const keep = () => {
      clearTimeout(timer);
      // The record keeps a single line.
      const text = input.value.replace(/\s*\n\s*/g, " ");
      if (text === sent) return;
      sent = text;
      view.change({ wish: { ...model.get("wish"), [name]: text } }, [name]);
    };
    const fit = () => {
      // Only for browsers without `field-sizing`.
      if (CSS.supports("field-sizing", "content")) return;
      input.style.height = "auto";
      if (input.scrollHeight) input.style.height = `${input.scrollHeight + 2}px`;
    };
    input.addEventListener("input", () => {
      fit();
      clearTimeout(timer);
      timer = setTimeout(keep, SEND_DELAY_MS);
    });
    input.addEventListener("change", keep);
    view.ends.push(keep);
    const node = h("div", { class: "mt-wish-line" }, label, input);
    return {
      node,
      update: () => {
        const received = model.get("wish")[name] ?? "";
        input.readOnly = !isStudent();
        node.hidden = !isStudent() && !received;
        // A text that is being typed stays.
        if (input.value === sent) input.value = received;
        sent = received;
        fit();
      },
    };
  });

  const box = h("input", { type: "checkbox", class: "mt-check", id: `${idPrefix}-replay`, "aria-describedby": `${idPrefix}-note` });
  const note = h("div", { class: "mt-small", id: `${idPrefix}-note` });
  box.addEventListener("change", () => {
    if (!view.change({ replay: box.checked }, ["replay"])) box.checked = model.get("replay");
  });
  const empty = h("div", { class: "mt-empty" }, words.nothing);
  view.body.append(empty, ...fields.map((one) => one.node),
    h("div", { class: "mt-consent" }, box, h("div", {}, h("label", { for: box.id }, words.replay), note)));

  view.watch(["wish", "role"], () => {
    fields.forEach((one) => one.update());
    empty.hidden = isStudent() || fields.some((one) => !one.node.hidden);
  });
  view.watch(["replay", "role"], () => {
    const on = model.get("replay");
    box.checked = on;
    // Only a shared page knows its user; consent can be withdrawn on any page.
    const can = isStudent() && (model.merges || on);
    box.disabled = !can;
    note.textContent = can || !isStudent() ? words.replayNote : `${words.replayNote} ${words.elsewhere}`;
  });
}

export default { render: (/** @type {any} */ context) => mountView(context, "prep", build) };
