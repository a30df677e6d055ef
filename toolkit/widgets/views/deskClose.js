// @ts-check
// The close of a session on the desk: a preview, the recap, a confirmation, and the result.
import { h, icon, setText } from "./dom.js";
import { redrawIfChanged, section, richText } from "./deskSections.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

/** Draw a recap's draft with its headings and lists; all texts are text nodes. */
function draftLines(/** @type {string} */ draft) {
  return draft.split("\n").filter(Boolean).map((line) => {
    const title = /^\*\*(.*)\*\*$/.exec(line);
    if (title) return h("div", { class: "mt-name" }, title[1]);
    return h("div", { class: "mt-draft-line", dir: "auto" }, line);
  });
}

/**
 * @param {Frame} view
 * @param {string} idPrefix
 * @param {(what: string, more: object, result: HTMLElement) => void} ask
 * @param {() => string} busy
 */
export function closeSection(view, idPrefix, ask, busy) {
  const { model, words, format } = view;
  let confirming = false;
  const wait = h("div", { class: "mt-empty" }, words.notLive);
  const shown = h("div", { class: "mt-kept" });
  const result = h("span", { class: "mt-result", role: "status" });
  const look = h("button", { type: "button", class: "mt-button", onclick: () => ask("preview", {}, result) });
  const recap = h("textarea", { class: "mt-field mt-comment", rows: 3, dir: "auto", id: `${idPrefix}-recap` });
  const saying = h("div", { class: "mt-give" }, h("label", { for: `${idPrefix}-recap`, class: "mt-small" }, words.recap), recap);
  const close = h("button", { type: "button", class: "mt-button mt-primary" }, words.closeButton);
  const question = h("div", { class: "mt-question", hidden: true });
  const confirm = h("button", { type: "button", class: "mt-button mt-primary" }, words.closeNow);
  const back = h("button", { type: "button", class: "mt-button" }, words.notYet);
  question.append(h("div", { id: `${idPrefix}-sure` }, words.sure), h("div", { class: "mt-buttons" }, confirm, back));
  confirm.setAttribute("aria-describedby", `${idPrefix}-sure`);
  const buttons = h("div", { class: "mt-check-line" }, look, close);
  const report = h("button", { type: "button", class: "mt-button mt-primary", onclick: () => ask("report", {}, result) },
    words.writeReport);
  const after = h("div", { class: "mt-kept", role: "status" });
  const part = section(words.close, [wait, shown, saying, buttons, question, after, report, result]);

  function setConfirming(/** @type {boolean} */ on) {
    confirming = on;
    update();
    (on ? confirm : close).focus({ preventScroll: true });
  }
  close.addEventListener("click", () => setConfirming(true));
  back.addEventListener("click", () => setConfirming(false));
  confirm.addEventListener("click", () => ask("close", {}, result));
  question.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") setConfirming(false);
  });

  const closeLines = (/** @type {any} */ what, title = "") => [
    ...(what.problems ?? []).map((/** @type {string} */ problem) =>
      h("div", { class: "mt-problem" }, icon("warn"), h("span", {}, format("leftOut", { problem })))),
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
    if (!ready) confirming = false;
    wait.hidden = live || over;
    shown.hidden = !ready;
    redrawIfChanged(shown, preview, () => (preview.lines ? closeLines(preview) : []));
    saying.hidden = !live;
    buttons.hidden = !live || confirming;
    setText(look, ready ? words.lookAgain : words.look);
    close.hidden = !ready;
    question.hidden = !confirming;
    setText(confirm, busy() === "close" ? words.closing : words.closeNow);
    confirm.setAttribute("aria-disabled", String(busy() === "close"));
    look.setAttribute("aria-disabled", String(busy() === "preview"));
    after.hidden = !over;
    const state = { writing: words.reportWriting, written: words.reportWritten }[kept.report] ?? words.reportOpen;
    redrawIfChanged(after, kept, () => (over ? [...closeLines(kept, words.keptTitle), h("div", {}, state),
      ...(kept.problem ? [h("div", { class: "mt-problem" }, icon("warn"), h("span", {}, kept.problem))] : []),
      ...(kept.report === "written" ? [richText(format("planNext", { student: model.get("session").student_id }), "div")] : []),
    ] : []));
    report.hidden = !over || kept.report !== "";
  }

  return {
    node: part.node,
    recap,
    update,
    /** The record changed after the preview: the mentor must look at it again. */
    refused: () => (confirming = false),
    near: (/** @type {boolean} */ near) => look.classList.toggle("mt-primary", near && !model.get("preview").lines),
    open() {
      part.node.open = true;
      part.node.scrollIntoView({ block: "nearest" });
      (close.hidden ? look : close).focus({ preventScroll: true });
    },
  };
}
