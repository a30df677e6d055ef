// @ts-check
// The next hint, asked for: the wish is noted in place, and the hint unfolds where the others are.
import { h, setRich, setText } from "./dom.js";

/**
 * @param {import("./viewFrame.js").Frame} view
 * @param {HTMLElement} given where the hints are; `update` is to be called once they are drawn
 */
export function askForHint(view, given) {
  const { model, words, say } = view;
  const id = `mt-ask-${Math.random().toString(36).slice(2)}`;
  const button = h("button", { type: "button", class: "mt-button mt-quiet", "aria-describedby": id });
  const note = h("span", { class: "mt-small", id }, words.askNote);
  const voice = model.get("told") ? {} : { role: "status", "aria-live": "polite" };
  const text = h("span", { class: "mt-small", ...voice });
  const node = h("div", { class: "mt-ask" }, button, note, text);
  /** When the button was pressed, and the number of the request that the kernel is to answer. */
  let pressed = 0;
  let request = 0;
  /** The step that is on its way. */
  let awaited = 0;

  button.addEventListener("click", () => {
    // Not disabled meanwhile: a button that is loses the focus.
    if (pressed || model.get("hint").at) return;
    pressed = Date.now();
    request = model.get("hint_requested") + 1;
    if (!view.change({ hint_requested: request }, [])) pressed = 0;
    update();
    view.later(350, update);
    view.later(2050, update);
  });

  function sentence(/** @type {any} */ now) {
    const since = pressed ? Date.now() - pressed : 0;
    if (since > 2000) return words.askLater;
    if (since > 300) return words.asking;
    if (now.state === "problem") return now.message;
    if (!now.at) return "";
    if (model.get("submits") === false) return say("askedMentor", { n: now.step, time: view.clock(now.at) });
    return say(now.state === "alone" ? "askedAlone" : "asked", { time: view.clock(now.at) });
  }

  function unfold(/** @type {number} */ step, /** @type {boolean} */ focused) {
    const hint = /** @type {HTMLDetailsElement | undefined} */ (given.children[step - 1]);
    if (!hint) return;
    hint.open = true;
    const summary = hint.querySelector("summary");
    if (!model.get("told")) view.announce(summary?.textContent ?? "");
    // The last one takes the button away, and the focus must not go with it.
    if (focused && node.hidden) summary?.focus();
  }

  function update() {
    const now = model.get("hint") ?? {};
    const entry = model.get("entry");
    if (pressed && now.request >= request) pressed = 0;
    const focused = node.contains(node.getRootNode().activeElement ?? null);
    button.hidden = model.get("submits") === false;
    node.hidden = now.step === undefined || (button.hidden && !now.at);
    setText(button, say("ask", { n: now.step, total: entry.hint_count }));
    button.setAttribute("aria-disabled", String(Boolean(pressed || now.at)));
    const said = sentence(now);
    setRich(text, said);
    note.hidden = Boolean(said) || button.hidden;
    const came = awaited && entry.hints.length >= awaited ? awaited : 0;
    awaited = now.at ? now.step : 0;
    if (came) unfold(came, focused);
  }

  return { node, update };
}
