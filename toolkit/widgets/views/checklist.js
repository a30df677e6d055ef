// @ts-check
// The checklist: skills by milestone, folded if complete; each with the student's tick and the mentor's confirmation.
import { MASTERY_ICONS, bar, h, icon, setIcon, setLabel, setText } from "./dom.js";
import { mountView } from "./viewFrame.js";
import { keyedList, lineField } from "./listRows.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

const RATINGS = ["", "not yet", "with help", "alone", "contested"];

const isSettled = (/** @type {any} */ item) => item.confirmed || item.mastery === "shown" || item.mastery === "retained";

/** @param {Frame} view */
function build(view) {
  const { model, words, format } = view;
  const items = () => model.get("items");
  const change = (/** @type {string} */ id, /** @type {object} */ patch) =>
    view.change({ items: items().map((item) => (item.id === id ? { ...item, ...patch } : item)) }, [id]);

  function makeSkill(/** @type {string} */ id) {
    const shape = h("span", { class: "mt-mark" });
    const title = h("span", { class: "mt-skill", dir: "auto" });
    const word = h("span", { class: "mt-small" });
    const tick = h("input", { type: "checkbox", class: "mt-check" });
    const seal = h("input", { type: "checkbox", class: "mt-check mt-seal" });
    tick.addEventListener("change", () => change(id, { ticked: tick.checked }));
    seal.addEventListener("change", () => change(id, { confirmed: seal.checked }));
    const option = (/** @type {string} */ value) => h("option", { value }, words[value ? `says ${value}` : "unsaid"]);
    const says = h("select", { class: "mt-field" }, ...RATINGS.map(option));
    const why = lineField(words.why, { placeholder: words.why });
    let kept = "";
    // Without a rating there is no reason to give.
    says.addEventListener("change", () => change(id, { says: says.value, ...(says.value ? {} : { words: "" }) }));
    why.addEventListener("change", () => change(id, { words: why.value.trim() }));
    const said = h("span", { class: "mt-said" }, says, why);
    const node = h("li", { class: "mt-row", "data-id": id }, shape, h("span", {}, title, " ", word, said), tick, seal);
    return {
      node,
      update: (/** @type {any} */ item) => {
        setIcon(shape, MASTERY_ICONS[item.mastery], words[item.mastery]);
        shape.dataset.mastery = item.mastery;
        setText(title, item.title);
        setText(word, words[item.mastery]);
        tick.checked = item.ticked;
        seal.checked = item.confirmed;
        const isStudent = model.get("role") === "student";
        seal.disabled = isStudent;
        // In a shared session the student's words come from the student.
        tick.disabled = says.disabled = why.disabled = !isStudent && Boolean(model.get("studentIsKnown"));
        says.value = item.says;
        says.classList.toggle("mt-unsaid", !item.says);
        // The field for a reason is shown for "contested", and if there is a reason.
        why.hidden = item.says !== "contested" && !item.words;
        // Another person's change elsewhere must not reset a text that is being typed.
        if (kept !== item.words) why.value = kept = item.words;
        setLabel(says, format("rates", { text: item.title }));
        setLabel(why, format("whyOf", { text: item.title }));
        setLabel(tick, format("ticked", { text: item.title }));
        setLabel(seal, format("confirmed", { text: item.title }));
      },
    };
  }

  function makeGroup(/** @type {string} */ milestone) {
    const count = h("span", { class: "mt-count" });
    const progress = bar(milestone);
    const list = h("ul", { class: "mt-list" });
    const skills = keyedList(list, makeSkill);
    const column = (/** @type {string} */ text) => h("span", {}, text);
    const head = h("div", { class: "mt-columns", "aria-hidden": "true" }, column(words.student), column(words.mentor));
    const title = h("span", { class: "mt-name", dir: "auto" }, milestone);
    const summary = h("summary", {}, icon("chevron"), title, count, progress.node);
    const node = h("details", { class: "mt-group" }, summary, head, list);
    let fresh = true;
    return {
      node,
      update: (/** @type {any} */ group) => {
        const done = group.items.filter(isSettled).length;
        const total = group.items.length;
        skills.update(group.items);
        setText(count, format("count", { n: done, total }));
        progress.set(done, total, format("progress", { text: milestone, n: done, total }));
        node.classList.toggle("mt-complete", done === total);
        // Only when it is drawn first: a group that the user completes stays open, so that nothing moves.
        if (fresh) node.open = done < total;
        fresh = false;
      },
    };
  }

  const empty = h("div", { class: "mt-empty" }, words.empty);
  const groups = h("div", { class: "mt-groups" });
  const byMilestone = keyedList(groups, makeGroup);
  view.body.append(empty, groups);

  view.watch(["items", "role"], () => {
    /** @type {Map<string, any[]>} */
    const found = new Map();
    for (const item of items()) found.set(item.milestone, [...(found.get(item.milestone) ?? []), item]);
    byMilestone.update([...found].map(([id, members]) => ({ id, items: members })));
    empty.hidden = found.size > 0;
    const all = items();
    setText(view.meta, all.length ? format("count", { n: all.filter(isSettled).length, total: all.length }) : "");
  });
}

export default { render: (/** @type {any} */ context) => mountView(context, "checklist", build) };
