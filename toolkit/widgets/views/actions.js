// @ts-check
// The action items: who does what by when, with an if-then plan.
import { h, icon, setIcon, setLabel, setRichText, setText } from "./dom.js";
import { ENTRY_DEFAULTS } from "./entryDefaults.js";
import { mountView } from "./viewFrame.js";
import { sortable } from "./sortable.js";
import { addLine, changedFields, editableText, keyedList, lineField, newId, rowMenu, commitOnLeave } from "./listRows.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

const DAY_MS = 86_400_000;

/** @param {Frame} view */
function build(view) {
  const { model, words, format } = view;
  const items = () => model.get("items");
  const find = (/** @type {string} */ id) => items().find((item) => item.id === id);
  const order = sortable(view, () => update());
  const change = (/** @type {string} */ id, /** @type {object} */ patch) =>
    view.change({ items: items().map((item) => (item.id === id ? { ...item, ...patch } : item)) }, [id]);

  // In a group the strings name each person.
  /** @type {[string, string][]} */
  const owners = words.owners;
  const ownerOf = (/** @type {string} */ value) => owners.find(([one]) => one === value)?.[1] ?? owners[0][1];

  const dates = new Intl.DateTimeFormat(view.locale, { weekday: "short", day: "numeric", month: "short" });
  const distance = new Intl.RelativeTimeFormat(view.locale, { numeric: "auto" });
  const sayDate = (/** @type {string} */ due) => {
    const day = new Date(`${due}T00:00:00`);
    const days = Math.round((day.getTime() - new Date().setHours(0, 0, 0, 0)) / DAY_MS);
    return `${dates.format(day)} · ${distance.format(days, "day")}`;
  };

  function makeRow(/** @type {string} */ id) {
    const row = h("li", { class: "mt-row", "data-id": id });
    const handle = order.handle(row, id);
    const check = h("input", { type: "checkbox", class: "mt-check" });
    const mark = h("span", { class: "mt-mark" });
    const text = editableText(row, () => open(text, field));
    const menu = rowMenu(row);
    const owner = h("span", {});
    const dueText = h("span", {});
    const due = h("button", { type: "button", class: "mt-fact" }, icon("calendar"), dueText);
    const plan = h("button", { type: "button", class: "mt-fact", dir: "auto" });
    const state = h("span", { class: "mt-word" });
    const facts = h("div", { class: "mt-facts mt-small" }, owner, due, plan, state);

    const field = lineField(words.textLabel);
    const choices = owners.map(([value, name]) => h("option", { value }, name));
    const who = h("select", { class: "mt-field" }, ...choices);
    const when = h("input", { type: "date", class: "mt-field", min: "2000-01-01", max: "2999-12-31" });
    const ifThen = lineField(words.plan, { placeholder: words.planHint });
    const keepButton = h("button", { type: "button", class: "mt-button" }, words.keep);
    const cancelButton = h("button", { type: "button", class: "mt-button mt-quiet" }, words.cancel);
    const label = (/** @type {string} */ name, /** @type {Node} */ input) =>
      h("label", { class: "mt-label" }, h("span", { class: "mt-small" }, name), input);
    const form = h("div", { class: "mt-form", hidden: true },
      field,
      h("div", { class: "mt-pair" }, label(words.owner, who), label(words.due, when)),
      label(words.plan, ifThen),
      h("div", { class: "mt-buttons" }, keepButton, cancelButton));
    row.append(handle.node, check, mark, text, menu.button, facts, menu.strip, form);

    /** @type {HTMLElement} */
    let opener = text;
    // The item when the form was opened: only fields that differ from it are sent, so other people's changes stay.
    /** @type {Record<string, any>} */
    let before = {};
    const edit = (/** @type {boolean} */ on, /** @type {HTMLElement} */ first = field) => {
      const item = find(id);
      if (on && item.state !== "open") return;
      const had = form.contains(/** @type {any} */ (form.getRootNode()).activeElement);
      if (on) {
        before = item;
        field.value = item.text;
        who.value = item.owner;
        when.value = item.due ?? "";
        ifThen.value = item.plan;
      }
      form.hidden = !on;
      text.hidden = facts.hidden = menu.button.hidden = on;
      if (on) first.focus({ preventScroll: true });
      else if (had) opener.focus({ preventScroll: true });
    };
    const keep = (/** @type {boolean} */ byKey) => {
      const due = when.checkValidity() ? when.value || null : before.due;
      const now = { text: field.value.trim() || before.text, owner: who.value, due, plan: ifThen.value.trim() };
      const patch = changedFields(before, now);
      if (byKey) edit(false);
      else text.hidden = facts.hidden = menu.button.hidden = !(form.hidden = true);
      if (Object.keys(patch).length) change(id, patch);
    };
    const open = (/** @type {HTMLElement} */ from, /** @type {HTMLElement} */ first) => {
      opener = from;
      edit(true, first);
    };
    commitOnLeave(form, keep, () => edit(false));
    keepButton.addEventListener("click", () => keep(true));
    cancelButton.addEventListener("click", () => edit(false));
    check.addEventListener("change", () => change(id, { state: check.checked ? "done" : "open" }));
    due.addEventListener("click", () => open(due, when));
    plan.addEventListener("click", () => open(plan, ifThen));

    const whileOpen = [
      menu.tool(words.edit, () => open(text, field)),
      menu.tool(words.carry, () => change(id, { state: "carried" })),
      menu.tool(words.drop, () => change(id, { state: "dropped" })),
    ];
    const whenClosed = [menu.tool(words.reopen, () => change(id, { state: "open" }))];

    /** @param {any} item */
    const updateRow = (item) => {
      const isOpen = item.state === "open";
      const ticks = isOpen || item.state === "done";
      row.classList.toggle("mt-closed", !isOpen);
      check.hidden = !ticks;
      mark.hidden = ticks;
      check.checked = !isOpen;
      setLabel(check, format("finish", { text: item.text }));
      if (!ticks) setIcon(mark, item.state === "carried" ? "arrow" : "dash", words[item.state]);
      setRichText(text, item.text);
      text.setAttribute("aria-label", format("editHint", { text: item.text }));
      setLabel(menu.button, format("more", { text: item.text }));
      handle.name(item.text);
      menu.offer(isOpen ? whileOpen : item.state === "carried" ? [] : whenClosed);
      setText(owner, ownerOf(item.owner));
      setText(dueText, item.due ? sayDate(item.due) : words.noDue);
      due.classList.toggle("mt-prompt", !item.due);
      due.hidden = !item.due && !isOpen;
      setText(plan, item.plan || words.noPlan);
      plan.classList.toggle("mt-prompt", !item.plan);
      plan.hidden = !item.plan && !isOpen;
      due.disabled = plan.disabled = !isOpen;
      setText(state, isOpen ? (item.carried_from ? words.carriedFrom : "") : words[item.state]);
      state.hidden = !state.textContent;
    };
    return { node: row, update: updateRow };
  }

  const list = h("ul", { class: "mt-list" });
  const rows = keyedList(list, makeRow);
  const empty = h("div", { class: "mt-empty" }, words.empty);
  const field = lineField(words.add, { placeholder: words.add });
  const add = (/** @type {string} */ text) => {
    const id = newId();
    const last = Math.max(-1, ...items().map((item) => item.order)) + 1;
    const row = { ...ENTRY_DEFAULTS.action, id, text, order: last };
    return view.change({ items: [...items(), row] }, [id]);
  };
  view.body.append(empty, list, addLine({ field, label: words.addButton, add }));

  function update() {
    if (order.busy()) return;
    rows.update(items());
    empty.hidden = items().length > 0;
    list.hidden = items().length === 0;
  }
  view.watch(["items"], update);
}

export default { render: (/** @type {any} */ context) => mountView(context, "actions", build) };
