// @ts-check
// The close-out on the desk: what would be kept, a few words, one question, and then what was kept.
import { h, icon, setText } from "./dom.js";
import { fill, part, rich } from "./deskSections.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

/** Draw a recap's draft: its headings and its lists, every text as a text. */
function draftLines(/** @type {string} */ draft) {
  return draft.split("\n").filter(Boolean).map((line) => {
    const title = /^\*\*(.*)\*\*$/.exec(line);
    if (title) return h("div", { class: "mt-name" }, title[1]);
    return h("div", { class: "mt-draft-line", dir: "auto" }, line);
  });
}

/**
 * @param {Frame} view
 * @param {string} own
 * @param {(what: string, more: object, result: HTMLElement) => void} ask
 * @param {() => string} busy
 */
export function closePart(view, own, ask, busy) {
  const { model, words, say } = view;
  let sure = false;
  const wait = h("div", { class: "mt-empty" }, words.notLive);
  const shown = h("div", { class: "mt-kept" });
  const result = h("span", { class: "mt-result", role: "status" });
  const look = h("button", { type: "button", class: "mt-button", onclick: () => ask("preview", {}, result) });
  const recap = h("textarea", { class: "mt-field mt-comment", rows: 3, dir: "auto", id: `${own}-recap` });
  const saying = h("div", { class: "mt-give" }, h("label", { for: `${own}-recap`, class: "mt-small" }, words.recap), recap);
  const close = h("button", { type: "button", class: "mt-button mt-primary" }, words.closeButton);
  const question = h("div", { class: "mt-question", hidden: true });
  const confirm = h("button", { type: "button", class: "mt-button mt-primary" }, words.closeNow);
  const back = h("button", { type: "button", class: "mt-button" }, words.notYet);
  question.append(h("div", { id: `${own}-sure` }, words.sure), h("div", { class: "mt-buttons" }, confirm, back));
  confirm.setAttribute("aria-describedby", `${own}-sure`);
  const buttons = h("div", { class: "mt-check-line" }, look, close);
  const report = h("button", { type: "button", class: "mt-button mt-primary", onclick: () => ask("report", {}, result) },
    words.writeReport);
  const after = h("div", { class: "mt-kept", role: "status" });
  const made = part(words.close, [wait, shown, saying, buttons, question, after, report, result]);

  function turn(/** @type {boolean} */ on) {
    sure = on;
    update();
    (on ? confirm : close).focus({ preventScroll: true });
  }
  close.addEventListener("click", () => turn(true));
  back.addEventListener("click", () => turn(false));
  confirm.addEventListener("click", () => ask("close", {}, result));
  question.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") turn(false);
  });

  const told = (/** @type {any} */ what, title = "") => [
    ...(what.problems ?? []).map((/** @type {string} */ problem) =>
      h("div", { class: "mt-problem" }, icon("warn"), h("span", {}, say("leftOut", { problem })))),
    ...(what.lines ? [h("div", { class: "mt-small" }, title), h("ul", { class: "mt-plain" },
      ...what.lines.map((/** @type {string} */ text) => h("li", { dir: "auto" }, text)))] : []),
    ...(what.draft ? [h("div", { class: "mt-draft" }, ...draftLines(what.draft))] : []),
    ...(what.recap ? [h("div", { class: "mt-draft", dir: "auto" }, what.recap)] : []),
  ];

  function update() {
    const live = model.get("session").state === "live";
    const preview = model.get("preview");
    const kept = model.get("kept");
    const ready = live && Boolean(preview.lines);
    const over = kept.report !== undefined;
    if (!ready) sure = false;
    wait.hidden = live || over;
    shown.hidden = !ready;
    fill(shown, preview, () => (preview.lines ? told(preview) : []));
    saying.hidden = !live;
    buttons.hidden = !live || sure;
    setText(look, ready ? words.lookAgain : words.look);
    close.hidden = !ready;
    question.hidden = !sure;
    setText(confirm, busy() === "close" ? words.closing : words.closeNow);
    confirm.setAttribute("aria-disabled", String(busy() === "close"));
    look.setAttribute("aria-disabled", String(busy() === "preview"));
    after.hidden = !over;
    const state = { writing: words.reportWriting, written: words.reportWritten }[kept.report] ?? words.reportOpen;
    fill(after, kept, () => (over ? [...told(kept, words.keptTitle), h("div", {}, state),
      ...(kept.problem ? [h("div", { class: "mt-problem" }, icon("warn"), h("span", {}, kept.problem))] : []),
      ...(kept.report === "written" ? [rich(say("planNext", { student: model.get("session").student_id }), "div")] : []),
    ] : []));
    report.hidden = !over || kept.report !== "";
  }

  return {
    node: made.node,
    recap,
    update,
    /** What was asked about has changed: it is to be looked at again. */
    refused: () => (sure = false),
    near: (/** @type {boolean} */ near) => look.classList.toggle("mt-primary", near && !model.get("preview").lines),
    open() {
      made.node.open = true;
      made.node.scrollIntoView({ block: "nearest" });
      (close.hidden ? look : close).focus({ preventScroll: true });
    },
  };
}
