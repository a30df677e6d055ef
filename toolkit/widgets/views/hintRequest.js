// @ts-check
// The request for the next hint: a button, its state, and the opening of the hint when it arrives.
import { h, setRichText, setText } from "./dom.js";
import { BUSY_AFTER_MS, REDRAW_MARGIN_MS, SLOW_AFTER_MS } from "./viewFrame.js";

/**
 * @param {import("./viewFrame.js").Frame} view
 * @param {HTMLElement} given the parent of the hints; call `update` after they are drawn
 */
export function hintRequest(view, given) {
  const { model, words, format } = view;
  const id = `mt-ask-${Math.random().toString(36).slice(2)}`;
  const button = h("button", { type: "button", class: "mt-button mt-quiet", "aria-describedby": id });
  const note = h("span", { class: "mt-small", id }, words.askNote);
  const voice = model.get("announcedElsewhere") ? {} : { role: "status", "aria-live": "polite" };
  const text = h("span", { class: "mt-small", ...voice });
  const node = h("div", { class: "mt-ask" }, button, note, text);
  /** The time (ms) of the press, and the number of the request; zero if there is none. */
  let pressedAt = 0;
  let requestNumber = 0;
  /** The step of the requested hint. */
  let awaitedStep = 0;

  button.addEventListener("click", () => {
    // `aria-disabled` meanwhile, because a disabled button loses the focus.
    if (pressedAt || model.get("hint").at) return;
    pressedAt = Date.now();
    requestNumber = model.get("hint_requested") + 1;
    if (!view.change({ hint_requested: requestNumber }, [])) pressedAt = 0;
    update();
    view.later(BUSY_AFTER_MS + REDRAW_MARGIN_MS, update);
    view.later(SLOW_AFTER_MS + REDRAW_MARGIN_MS, update);
  });

  function sentence(/** @type {any} */ now) {
    const since = pressedAt ? Date.now() - pressedAt : 0;
    if (since > SLOW_AFTER_MS) return words.askLater;
    if (since > BUSY_AFTER_MS) return words.asking;
    if (now.state === "problem") return now.message;
    if (!now.at) return "";
    if (model.get("submits") === false) return format("askedMentor", { n: now.step, time: view.formatTime(now.at) });
    return format(now.state === "alone" ? "askedAlone" : "asked", { time: view.formatTime(now.at) });
  }

  function openHint(/** @type {number} */ step, /** @type {boolean} */ focused) {
    const hint = /** @type {HTMLDetailsElement | undefined} */ (given.children[step - 1]);
    if (!hint) return;
    hint.open = true;
    const summary = hint.querySelector("summary");
    if (!model.get("announcedElsewhere")) view.announce(summary?.textContent ?? "");
    // The last hint removes the button: move the focus to the hint.
    if (focused && node.hidden) summary?.focus();
  }

  function update() {
    const now = model.get("hint") ?? {};
    const entry = model.get("entry");
    if (pressedAt && now.request >= requestNumber) pressedAt = 0;
    const focused = node.contains(node.getRootNode().activeElement ?? null);
    button.hidden = model.get("submits") === false;
    node.hidden = now.step === undefined || (button.hidden && !now.at);
    setText(button, format("ask", { n: now.step, total: entry.hint_count }));
    button.setAttribute("aria-disabled", String(Boolean(pressedAt || now.at)));
    const said = sentence(now);
    setRichText(text, said);
    note.hidden = Boolean(said) || button.hidden;
    const came = awaitedStep && entry.hints.length >= awaitedStep ? awaitedStep : 0;
    awaitedStep = now.at ? now.step : 0;
    if (came) openHint(came, focused);
  }

  return { node, update };
}
