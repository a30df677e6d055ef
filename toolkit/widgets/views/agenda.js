// @ts-check
// The agenda: one line for each item, the running one raised, the field for a new one last.
import { bar, h, iconButton, setIcon, setLabel, setRichText, setText } from "./dom.js";
import { ENTRY_DEFAULTS } from "./entryDefaults.js";
import { CLOCK_INTERVAL_MS, mountView } from "./viewFrame.js";
import { sortable } from "./sortable.js";
import { addLine, changedFields, editableText, keyedList, lineField, minutesField, newId, rowMenu, commitOnLeave } from "./listRows.js";
import { MINUTE_MS } from "./text.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

/** @param {Frame} view */
function build(view) {
  const { model, words, format } = view;
  const items = () => model.get("items");
  const find = (/** @type {string} */ id) => items().find((item) => item.id === id);
  const order = sortable(view, () => update());

  const change = (/** @type {string} */ id, /** @type {object} */ patch, also = {}) =>
    view.change({ items: items().map((item) => (item.id === id ? { ...item, ...patch } : item)), ...also }, [id]);

  function setState(/** @type {string} */ id, /** @type {string} */ state) {
    const ends = model.get("running") === id && state !== "open";
    change(id, { state }, ends ? { running: "", running_since: "" } : {});
  }

  function run(/** @type {string} */ id) {
    const on = model.get("running") !== id;
    view.change({ running: on ? id : "", running_since: on ? new Date().toISOString() : "" }, []);
    if (on) view.announce(format("started", { text: find(id).text }));
  }

  function makeRow(/** @type {string} */ id) {
    const row = h("li", { class: "mt-row", "data-id": id });
    const handle = order.handle(row, id);
    const check = h("input", { type: "checkbox", class: "mt-check" });
    const mark = h("span", { class: "mt-mark" });
    const text = editableText(row, () => edit(true));
    const minutes = h("span", { class: "mt-minutes" });
    const start = iconButton("play", "", { class: "mt-icon-button mt-start" });
    const menu = rowMenu(row);
    const field = lineField(words.textLabel);
    const length = minutesField(words.minutesLabel);
    const form = h("div", { class: "mt-inline", hidden: true }, field, length.field);
    const progress = bar("");
    const gone = h("span", { class: "mt-small" });
    const over = h("span", { class: "mt-small mt-overrun", hidden: true });
    const now = h("div", { class: "mt-now", hidden: true }, progress.node, gone, over);
    row.append(handle.node, check, mark, text, form, minutes, start, menu.button, now, menu.strip);

    // The item when the form was opened: only fields that differ from it are sent, so other people's changes stay.
    let before = { text: "", minutes: 0 };
    const edit = (/** @type {boolean} */ on) => {
      const { state, text: old, minutes: planned } = find(id);
      if (on && state !== "open") return;
      before = { text: old, minutes: planned };
      field.value = old;
      length.field.value = String(planned);
      const had = form.contains(/** @type {any} */ (form.getRootNode()).activeElement);
      text.hidden = minutes.hidden = on;
      form.hidden = !on;
      if (on) {
        field.focus({ preventScroll: true });
        field.select();
      } else if (had) text.focus({ preventScroll: true });
    };
    const keep = (/** @type {boolean} */ byKey) => {
      const now = { text: field.value.trim() || before.text, minutes: length.read(before.minutes) };
      const patch = changedFields(before, now);
      if (byKey) edit(false);
      else text.hidden = minutes.hidden = !(form.hidden = true);
      if (Object.keys(patch).length) change(id, patch);
    };

    commitOnLeave(form, keep, () => edit(false));
    check.addEventListener("change", () => setState(id, check.checked ? "discussed" : "open"));
    start.addEventListener("click", () => run(id));

    const open = [
      menu.tool(words.edit, () => edit(true)),
      menu.tool(words.carry, () => setState(id, "carried")),
      menu.tool(words.drop, () => setState(id, "dropped")),
    ];
    const closed = [menu.tool(words.reopen, () => setState(id, "open"))];

    /** @param {any} item */
    const updateRow = (item) => {
      const isOpen = item.state === "open";
      const running = model.get("running") === id;
      const first = items().find((other) => other.state === "open")?.id;
      row.classList.toggle("mt-running", running);
      row.setAttribute("aria-current", String(running));
      row.classList.toggle("mt-closed", !isOpen);
      row.classList.toggle("mt-next", !model.get("running") && first === id);
      const ticks = isOpen || item.state === "discussed";
      check.hidden = !ticks;
      mark.hidden = ticks;
      check.checked = !isOpen;
      setLabel(check, format("discuss", { text: item.text }));
      if (!ticks) setIcon(mark, item.state === "carried" ? "arrow" : "dash", words[item.state]);
      setRichText(text, item.text);
      text.setAttribute("aria-label", format("editHint", { text: item.text }));
      const planned = format("minutes", { n: item.minutes });
      setText(minutes, ticks ? planned : words[item.state]);
      handle.name(item.text);
      setLabel(menu.button, format("more", { text: item.text }));
      setLabel(start, format(running ? "stop" : "start", { text: item.text }));
      setIcon(start, running ? "pause" : "play");
      start.classList.toggle("mt-absent", !isOpen);
      start.disabled = !isOpen;
      menu.offer(isOpen ? open : item.state === "carried" ? [] : closed);
      now.hidden = !running;
      if (running) {
        const spent = Math.max(0, (Date.now() - Date.parse(model.get("running_since"))) / MINUTE_MS) || 0;
        const beyond = Math.floor(spent - item.minutes);
        progress.name(item.text);
        progress.set(spent, item.minutes, format("runningFor", { n: Math.floor(spent), total: item.minutes }));
        gone.hidden = beyond >= 1;
        setText(gone, format("runningFor", { n: Math.floor(spent), total: item.minutes }));
        over.hidden = beyond < 1;
        setText(over, format("over", { n: beyond }));
      }
    };
    return { node: row, update: updateRow };
  }

  const list = h("ol", { class: "mt-list" });
  const rows = keyedList(list, makeRow);
  const usual = h("button", { type: "button", class: "mt-button", onclick: () => {
    view.change({ usual_requested: model.get("usual_requested") + 1 }, []);
    field.focus({ preventScroll: true });
  } }, words.usual);
  const empty = h("div", { class: "mt-empty", hidden: true }, h("span", {}, words.empty), usual);

  const usualMinutes = String(ENTRY_DEFAULTS.agenda.minutes);
  const field = lineField(words.add, { placeholder: words.add });
  const length = minutesField(words.minutesLabel, { value: usualMinutes });
  const add = (/** @type {string} */ text) => {
    const id = newId();
    const last = Math.max(-1, ...items().map((item) => item.order)) + 1;
    const given = { id, text, minutes: length.read(ENTRY_DEFAULTS.agenda.minutes), order: last };
    const row = { ...ENTRY_DEFAULTS.agenda, ...given, added_by: model.get("role") };
    if (!view.change({ items: [...items(), row] }, [id])) return false;
    length.field.value = usualMinutes;
    return true;
  };
  const unit = h("span", { class: "mt-small", "aria-hidden": "true" }, format("minutes", { n: "" }).trim());
  view.body.append(empty, list, addLine({ field, more: [length.field, unit], label: words.addButton, add }));

  function update() {
    if (order.busy()) return;
    const all = items();
    rows.update(all);
    empty.hidden = all.length > 0;
    list.hidden = all.length === 0;
    const planned = all.filter((item) => item.state === "open" || item.state === "discussed");
    setText(view.meta, all.length ? format("planned", { n: planned.reduce((sum, item) => sum + item.minutes, 0) }) : "");
  }
  view.watch(["items", "running", "running_since"], update);
  view.every(5 * CLOCK_INTERVAL_MS, () => model.get("running") && update());
}

export default { render: (/** @type {any} */ context) => mountView(context, "agenda", build) };
