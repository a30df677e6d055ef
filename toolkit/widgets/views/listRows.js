// @ts-check
// Parts of the lists: keyed rows, fields, the line for a new item, and a row's menu.
import { h, icon, iconButton } from "./dom.js";
import { LIMITS } from "./entryDefaults.js";

/** @typedef {Record<string, any> & { id: string }} Item */

/**
 * Update the children of `list` from items, by id. The row with the focus is never moved, because it would lose the
 * focus; the other rows are moved around it.
 *
 * @param {HTMLElement} list
 * @param {(id: string) => { node: HTMLElement, update: (item: any) => void }} make
 */
export function keyedList(list, make) {
  /** @type {Map<string, { node: HTMLElement, update: (item: any) => void }>} */
  const rows = new Map();
  /** @param {Item[]} items */
  function update(items) {
    const ids = new Set(items.map((item) => item.id));
    for (const [id, row] of rows) {
      if (ids.has(id)) continue;
      row.node.remove();
      rows.delete(id);
    }
    for (const item of items) {
      const row = rows.get(item.id) ?? make(item.id);
      rows.set(item.id, row);
      row.update(item);
    }
    const wanted = items.map((item) => /** @type {any} */ (rows.get(item.id)).node);
    if (wanted.every((node, index) => node === list.children[index])) return;
    const active = /** @type {any} */ (list.getRootNode()).activeElement;
    const fixed = Math.max(0, wanted.findIndex((node) => node.contains(active)));
    if (wanted[fixed].parentNode !== list) list.append(wanted[fixed]);
    wanted.slice(0, fixed).forEach((node) => list.insertBefore(node, wanted[fixed]));
    list.append(...wanted.slice(fixed + 1));
  }
  return { update, row: (/** @type {string} */ id) => rows.get(id)?.node };
}

/**
 * Return the fields of `now` that differ from `before`.
 *
 * @param {Record<string, any>} before
 * @param {Record<string, any>} now
 */
export function changedFields(before, now) {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== before[name]));
}

/** Make a random id: 12 hexadecimal digits. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Return true if the key is Enter outside the composition of an input method.
 *
 * @param {KeyboardEvent} event
 */
export function isEnter(event) {
  return event.key === "Enter" && !event.isComposing;
}

/**
 * Run `commit` when the focus leaves `form` or Enter is pressed in it, `cancel` on Escape.
 *
 * @param {HTMLElement} form
 * @param {(byKey: boolean) => void} commit
 * @param {() => void} cancel
 */
export function commitOnLeave(form, commit, cancel) {
  form.addEventListener("keydown", (event) => {
    const inField = /** @type {HTMLElement} */ (event.target).matches("input");
    if (isEnter(event) && inField) {
      event.preventDefault();
      commit(true);
    } else if (event.key === "Escape") {
      event.preventDefault();
      cancel();
    }
  });
  form.addEventListener("focusout", (event) => {
    if (!form.hidden && !form.contains(/** @type {Node} */ (event.relatedTarget))) commit(false);
  });
}

/**
 * Make a field for one line of text.
 *
 * @param {string} label
 * @param {Record<string, any>} [props]
 */
export function lineField(label, props = {}) {
  return h("input", { type: "text", class: "mt-field", maxlength: LIMITS.lineChars, "aria-label": label, dir: "auto", ...props });
}

/**
 * Make a field for minutes; `read` returns its value, or `other` if it is not valid.
 *
 * @param {string} label
 * @param {Record<string, any>} [props]
 */
export function minutesField(label, props = {}) {
  const field = h("input", {
    type: "number", class: "mt-field mt-number", min: "0", max: LIMITS.minutes, "aria-label": label, ...props,
  });
  const read = (/** @type {number} */ other) =>
    field.value !== "" && field.checkValidity() ? Math.round(Number(field.value)) : other;
  return { field, read };
}

/**
 * Make the last line of a list, with a field for a new item.
 *
 * @param {{ field: HTMLInputElement, more?: Node[], label: string, add: (text: string) => boolean }} parts
 */
export function addLine({ field, more = [], label, add }) {
  const submit = () => {
    const text = field.value.trim();
    if (!text || !add(text)) return;
    field.value = "";
    field.focus({ preventScroll: true });
  };
  const button = iconButton("enter", label, { onclick: submit });
  const line = h("div", { class: "mt-add" }, h("span", { class: "mt-mark" }, icon("plus")), field, ...more, button);
  line.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (isEnter(event) && event.target !== button) submit();
  });
  return line;
}

/**
 * Make the menu of a row: a button that unfolds a strip of actions.
 *
 * @param {HTMLElement} row
 */
export function rowMenu(row) {
  const button = iconButton("more", "", { "aria-expanded": "false" });
  const strip = h("div", { class: "mt-strip", hidden: true });
  const fold = (/** @type {boolean} */ open) => {
    strip.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => fold(strip.hidden));
  row.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || strip.hidden) return;
    fold(false);
    button.focus({ preventScroll: true });
  });
  const tool = (/** @type {string} */ label, /** @type {() => void} */ act) =>
    h("button", { type: "button", class: "mt-button mt-quiet", onclick: () => {
      // The strip is hidden with the pressed button: move the focus to the text.
      /** @type {HTMLElement | null} */ (row.querySelector(".mt-text"))?.focus({ preventScroll: true });
      fold(false);
      act();
    } }, label);
  /** Show these actions; with none the button is invisible but keeps its space. */
  const offer = (/** @type {HTMLElement[]} */ tools) => {
    button.classList.toggle("mt-absent", tools.length === 0);
    button.disabled = tools.length === 0;
    if (strip.firstChild !== (tools[0] ?? null)) strip.replaceChildren(...tools);
  };
  return { button, strip, tool, offer };
}

/**
 * Make the text of a row; a double click, Enter or F2 opens it for editing.
 *
 * @param {HTMLElement} row
 * @param {() => void} edit
 */
export function editableText(row, edit) {
  const text = h("button", { type: "button", class: "mt-text", dir: "auto" });
  text.addEventListener("dblclick", edit);
  // A click without a mouse comes from Enter, Space or a screen reader.
  text.addEventListener("click", (event) => event.detail === 0 && edit());
  row.addEventListener("keydown", (event) => {
    if (event.key !== "F2") return;
    event.preventDefault();
    edit();
  });
  return text;
}
