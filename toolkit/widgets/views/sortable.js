// @ts-check
// Sorting of a list: rows are dragged by their handle, or moved with Alt and an arrow key.
import { iconButton, setLabel } from "./dom.js";

/**
 * @param {number | undefined} low
 * @param {number | undefined} high
 * @returns {number | null} null when no float fits between
 */
function orderBetween(low, high) {
  if (low === undefined) return high === undefined ? 0 : high - 1;
  if (high === undefined) return low + 1;
  const middle = (low + high) / 2;
  return low < middle && middle < high ? middle : null;
}

/**
 * Make the rows of a view sortable; its strings are `move` and `moved`.
 *
 * @param {import("./viewFrame.js").Frame} view
 * @param {() => void} redraw draws the list in its saved order
 */
export function sortable(view, redraw) {
  const { model, format } = view;
  const items = () => model.get("items");
  let dragging = "";

  /** Move an item before another one, or to the end (before = ""). */
  function moveBefore(/** @type {string} */ id, /** @type {string} */ before) {
    const moved = items().find((item) => item.id === id);
    const rest = items().filter((item) => item.id !== id);
    const found = rest.findIndex((item) => item.id === before);
    const at = found < 0 ? rest.length : found;
    const order = orderBetween(rest[at - 1]?.order, rest[at]?.order);
    const row = { ...moved, order: order ?? 0 };
    const rows = [...rest.slice(0, at), row, ...rest.slice(at)];
    if (order !== null) view.change({ items: rows }, [id]);
    else view.change({ items: rows.map((item, index) => ({ ...item, order: index })) }, rows.map((item) => item.id));
    view.announce(format("moved", { text: moved.text, n: at + 1, total: rows.length }));
  }

  function moveBy(/** @type {string} */ id, /** @type {number} */ by) {
    const rows = items();
    const at = rows.findIndex((item) => item.id === id);
    if (at + by < 0 || at + by >= rows.length) return;
    moveBefore(id, by < 0 ? rows[at - 1].id : (rows[at + 2]?.id ?? ""));
  }

  /** Make the row draggable by its handle; its neighbours move at once, the order is saved on release. */
  function makeDraggable(/** @type {HTMLElement} */ handle, /** @type {HTMLElement} */ row, /** @type {string} */ id) {
    const finish = (/** @type {boolean} */ keep) => {
      if (dragging !== id) return;
      dragging = "";
      row.classList.remove("mt-dragged");
      const next = /** @type {HTMLElement | null} */ (row.nextElementSibling);
      const rows = items().filter((item) => item.id !== id);
      const at = items().findIndex((item) => item.id === id);
      if (keep && (next?.dataset.id ?? "") !== (rows[at]?.id ?? "")) moveBefore(id, next?.dataset.id ?? "");
      redraw();
    };
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      dragging = id;
      row.classList.add("mt-dragged");
    });
    handle.addEventListener("pointermove", (event) => {
      if (dragging !== id) return;
      const middle = (/** @type {Element} */ node) => {
        const box = node.getBoundingClientRect();
        return box.top + box.height / 2;
      };
      const above = row.previousElementSibling;
      const below = row.nextElementSibling;
      // Move the neighbour, not the row: the browser would release the pointer capture of a moved node.
      if (above && event.clientY < middle(above)) row.after(above);
      else if (below && event.clientY > middle(below)) row.before(below);
    });
    handle.addEventListener("pointerup", () => finish(true));
    handle.addEventListener("pointercancel", () => finish(false));
  }

  /** Make the handle of a row, and add the row's keys. */
  function handle(/** @type {HTMLElement} */ row, /** @type {string} */ id) {
    const node = iconButton("handle", "", { class: "mt-icon-button mt-handle", tabindex: "-1" });
    makeDraggable(node, row, id);
    row.addEventListener("keydown", (event) => {
      if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
      event.preventDefault();
      moveBy(id, event.key === "ArrowUp" ? -1 : 1);
    });
    return { node, name: (/** @type {string} */ text) => setLabel(node, format("move", { text })) };
  }

  return { handle, busy: () => dragging !== "" };
}
