// @ts-check
// The close of a session on the desk: a preview, the recap, a confirmation, and the result.
import { h, icon, setText } from "./dom.js";
import { redrawIfChanged, section, richText } from "./deskSections.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

/** Draw a recap with its headings and lists; all texts are text nodes. */
function recapLines(/** @type {string} */ recap) {
  return recap.split("\n").filter(Boolean).map((line) => {
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
  const sent = h("div", { class: "mt-draft" });
  const saying = h("div", { class: "mt-give" }, h("label", { for: `${idPrefix}-recap`, class: "mt-small" }, words.recap), recap,
    h("div", { class: "mt-small" }, words.recapSent), sent);
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
    ...(what.recap ? [h("div", { class: "mt-draft" }, ...recapLines(what.recap))] : []),
  ];

  /** Show the recap as the close stores it: the mentor's own words, then what the record says. */
  function showRecap() {
    const text = [recap.value.trim(), model.get("preview").draft].filter(Boolean).join("\n\n");
    redrawIfChanged(sent, text, () => recapLines(text));
  }
  recap.addEventListener("input", showRecap);

  /** Two ways to send the recap: its text on the clipboard, and an e-mail in the mentor's mail program. */
  function sendLine(/** @type {{to: string, subject: string, text: string}} */ mail) {
    const told = h("span", { class: "mt-result", role: "status" });
    const copy = h("button", { type: "button", class: "mt-button", onclick: () => {
      (navigator.clipboard?.writeText(mail.text) ?? Promise.reject()).then(
        () => setText(told, words.copied), () => setText(told, words.notCopied));
    } }, words.copyRecap);
    const body = encodeURIComponent(mail.text.replaceAll("\n", "\r\n"));
    const href = `mailto:${encodeURIComponent(mail.to).replace("%40", "@")}?subject=${encodeURIComponent(mail.subject)}&body=${body}`;
    return h("div", { class: "mt-check-line" }, copy, h("a", { class: "mt-button", href }, words.mailRecap), told);
  }

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
    saying.hidden = !ready;
    showRecap();
    buttons.hidden = !live || confirming;
    setText(look, ready ? words.lookAgain : words.look);
    close.hidden = !ready;
    question.hidden = !confirming;
    setText(confirm, busy() === "close" ? words.closing : words.closeNow);
    confirm.setAttribute("aria-disabled", String(busy() === "close"));
    look.setAttribute("aria-disabled", String(busy() === "preview"));
    after.hidden = !over;
    const state = { writing: words.reportWriting, written: words.reportWritten }[kept.report] ?? words.reportOpen;
    redrawIfChanged(after, kept, () => (over ? [...closeLines(kept, words.keptTitle),
      ...(kept.mail ? [sendLine(kept.mail)] : []), h("div", {}, state),
      ...(kept.problem ? [h("div", { class: "mt-problem" }, icon("warn"), h("span", {}, kept.problem))] : []),
      ...(kept.report === "written" ? [richText(format("planNext", { student: model.get("session").student_id }), "div")] : []),
    ] : []));
    report.hidden = !over || kept.report !== "";
  }

  return {
    node: part.node,
    recap,
    showRecap,
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
