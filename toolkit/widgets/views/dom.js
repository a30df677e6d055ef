// @ts-check
// Elements, icons and texts. Texts are written by people, so they become text nodes, never HTML.

/**
 * Make an element; attributes that are null or false are left out, `onclick` and the like are listeners.
 *
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

/** Icon of each state of a skill. */
export const MASTERY_ICONS = {
  "not started": "ring",
  learning: "half",
  shown: "disc",
  retained: "disc-check",
  "refresh due": "disc-arrow",
};

const ICON_PATHS = {
  arrow: "M3 8h9.5M9 4.5 12.5 8 9 11.5",
  calendar: "M3 4.5h10v8.5H3zM3 7.5h10M6 3v3M10 3v3",
  check: "M3 8.5 6.5 12 13 4.5",
  chevron: "M6 4l4 4-4 4",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 5v3.2l2.2 1.6",
  cross: "M4 4l8 8M12 4l-8 8",
  dash: "M4 8h8",
  disc: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8M8 6a2 2 0 1 0 0 4A2 2 0 0 0 8 6",
  enter: "M13 4v4.5H4M7 5.5l-3 3 3 3",
  half: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2",
  handle: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
  more: "M4 8h.01M8 8h.01M12 8h.01",
  pause: "M5.5 4v8M10.5 4v8",
  play: "M5 3.5v9L12.5 8z",
  plus: "M8 3v10M3 8h10",
  question: "M5.5 5.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M8 12h.01",
  redo: "M13 6.5H6a3.5 3.5 0 0 0 0 7h3M10 3.5l3 3-3 3",
  ring: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2",
  undo: "M3 6.5h7a3.5 3.5 0 0 1 0 7H7M6 3.5l-3 3 3 3",
  warn: "M8 2.5 14.5 13.5h-13zM8 6.5v3M8 11.6v.01",
  wheel: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3M2.2 7.5l4.4-.2M9.4 7.3l4.4.2M8 9.5V14",
};

/** Paths inside the disc of a skill, or for the half of its ring. */
const INNER_PATHS = {
  half: "M8 2a6 6 0 0 1 0 12z",
  "disc-check": "M5.2 8.2 7.2 10.2 10.8 6",
  "disc-arrow": "M5 8h5.5M8.2 5.5 10.8 8 8.2 10.5",
};

/**
 * Draw an icon, 16 px, one stroke width. With a title it has an accessible name, without one it is decoration.
 *
 * @param {string} name
 * @param {string} [title]
 */
export function icon(name, title = "") {
  const make = (/** @type {string} */ tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const svg = make("svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `mt-icon mt-icon-${name}`);
  if (title) {
    const label = make("title");
    label.textContent = title;
    svg.setAttribute("role", "img");
    svg.append(label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  for (const [part, path] of [
    ["mt-outer", ICON_PATHS[name.startsWith("disc") ? "disc" : name]],
    ["mt-inner", INNER_PATHS[name]],
  ]) {
    if (!path) continue;
    const line = make("path");
    line.setAttribute("class", part);
    line.setAttribute("d", path);
    svg.append(line);
  }
  return svg;
}

/**
 * Set the icon of `slot`, if it has another one.
 *
 * @param {HTMLElement} slot
 * @param {string} name
 * @param {string} [title]
 */
export function setIcon(slot, name, title = "") {
  if (slot.dataset.icon === `${name} ${title}`) return;
  slot.dataset.icon = `${name} ${title}`;
  slot.replaceChildren(icon(name, title));
}

/**
 * Make a button with an icon; its accessible name is its tooltip, too.
 *
 * @param {string} name
 * @param {string} label
 * @param {Record<string, any>} [props]
 */
export function iconButton(name, label, props = {}) {
  return h("button", { type: "button", class: "mt-icon-button", "aria-label": label, title: label, ...props },
    icon(name));
}

/**
 * Set a text only if it differs: a selection stays, and screen readers do not repeat it.
 *
 * @param {Node} node
 * @param {string} value
 */
export function setText(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/**
 * Set the accessible name and the tooltip.
 *
 * @param {HTMLElement} node
 * @param {string} value
 */
export function setLabel(node, value) {
  if (node.getAttribute("aria-label") === value) return;
  node.setAttribute("aria-label", value);
  node.title = value;
}

/**
 * Put `text` into `node`; parts between backticks are code.
 *
 * @param {HTMLElement} node
 * @param {string} text
 */
export function setRichText(node, text) {
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  const parts = text.split("`");
  const last = parts.length % 2 ? parts.length : parts.length - 1;
  node.replaceChildren(
    ...parts.map((part, index) => {
      if (index >= last) return "`" + part;
      return index % 2 ? h("code", {}, part) : part;
    }),
  );
}

/**
 * Make a thin progress bar; `set(value, most, text)` fills it, and the excess over `most` is drawn at its end.
 *
 * @param {string} label
 */
export function bar(label) {
  const fill = h("div", { class: "mt-fill" });
  const over = h("div", { class: "mt-over" });
  const node = h("div", { class: "mt-bar", role: "progressbar", "aria-label": label }, fill, over);
  const set = (/** @type {number} */ value, /** @type {number} */ most, text = "") => {
    const whole = Math.max(value, most, 1e-9);
    fill.style.width = `${(100 * Math.min(value, most)) / whole}%`;
    over.style.width = `${(100 * Math.max(0, value - most)) / whole}%`;
    node.setAttribute("aria-valuemin", "0");
    node.setAttribute("aria-valuemax", String(most));
    node.setAttribute("aria-valuenow", String(Math.min(most, Math.floor(value))));
    if (text) node.setAttribute("aria-valuetext", text);
  };
  return { node, set, name: (/** @type {string} */ text) => node.setAttribute("aria-label", text) };
}
