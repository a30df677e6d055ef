// @ts-check
// The mentor's desk of a session: the next action first, then the sections.
import { bar, h, icon, setRichText, setText } from "./dom.js";
import { solutionSection, briefSection, redrawIfChanged, section, richText, agendaSection } from "./deskSections.js";
import { closeSection } from "./deskClose.js";
import { CLOCK_INTERVAL_MS, mountView } from "./viewFrame.js";
import { MINUTE_MS } from "./text.js";

/** @typedef {import("./viewFrame.js").Frame} Frame */

/** From this many minutes before the end on, closing is the suggested action. */
const CLOSE_PROMPT_MIN = 3;
/** A text is sent this long after the last key. */
const DRAFT_DELAY_MS = 400;
/** The interval of the sign that the desk is shown. */
const SHOWN_INTERVAL_MS = 20_000;
let deskCount = 0;

/** @param {Frame} view */
function build(view) {
  const { model, words, format } = view;
  const state = () => model.get("session").state;
  const live = () => state() === "live";
  let requests = Date.now();
  /** The kind of the unanswered request; empty if there is none. */
  let busy = "";
  const idPrefix = `mt-desk-${++deskCount}`;

  /** Send a request to the kernel; `result` is the node that shows its outcome. */
  function ask(/** @type {string} */ what, /** @type {object} */ more, /** @type {HTMLElement} */ result) {
    if (busy) {
      // The same request again is a double click; another one is queued.
      if (pendingRequest !== JSON.stringify([what, more])) queuedRequests.push([what, more, result]);
      return;
    }
    sendDrafts();
    setText(result, "");
    resultNode = result;
    busy = what;
    pendingRequest = JSON.stringify([what, more]);
    if (!view.change({ request: { n: ++requests, what, ...more } }, [])) busy = "";
    update();
  }
  /** @type {HTMLElement | null} */
  let resultNode = null;
  let pendingRequest = "";
  /** @type {[string, object, HTMLElement][]} */
  const queuedRequests = [];

  // The next action.
  const nowText = h("div", { class: "mt-now-text" });
  const nowBar = bar(words.agenda);
  const nowTime = h("span", { class: "mt-small" });
  const nowNext = h("div", { class: "mt-small" });
  const toClose = h("button", { type: "button", class: "mt-button", onclick: () => closing.open() }, words.toClose);
  let askedFor = 0;
  // A requested hint is shown here, whichever sections are folded.
  const askedText = h("span", { role: "status" });
  const askedGive = h("button", { type: "button", class: "mt-button" });
  const askedRead = h("button", { type: "button", class: "mt-button mt-quiet", onclick: () => {
    hints.node.open = true;
    nextHint.scrollIntoView({ block: "nearest" });
    give.focus({ preventScroll: true });
  } }, words.readHint);
  const askedResult = h("span", { class: "mt-result", role: "status", tabindex: "-1" });
  const askedButtons = h("span", { class: "mt-asked-buttons" }, askedRead, askedGive);
  const askedLine = h("div", { class: "mt-asked" }, askedText, askedButtons, askedResult);
  askedGive.addEventListener("click", () => ask("hint", { step: model.get("ladder").given + 1 }, askedResult));
  const now = h("div", { class: "mt-do-now" }, askedLine, nowText, h("div", { class: "mt-now-time" }, nowBar.node, nowTime),
    h("div", { class: "mt-now-line" }, nowNext, toClose));

  // Hints.
  const givenHints = h("div", {});
  const nextHint = h("div", { class: "mt-next-hint" });
  const give = h("button", { type: "button", class: "mt-button" });
  const hintResult = h("span", { class: "mt-result", role: "status" });
  const noHint = h("div", { class: "mt-empty" });
  const hintLine = h("div", { class: "mt-check-line" }, give, hintResult);
  const hints = section(words.hints, [givenHints, nextHint, hintLine, noHint]);
  give.addEventListener("click", () => ask("hint", { step: model.get("ladder").given + 1 }, hintResult));

  function drawHints() {
    const ladder = model.get("ladder");
    const all = ladder.hints ?? [];
    const { given = 0, language } = ladder;
    const total = all.length;
    const text = (/** @type {number} */ index) =>
      richText(all[index], "div", { class: "mt-hint-text", lang: language, dir: "auto" });
    hints.setStatus(total ? format("given", { n: given, total }) : "");
    redrawIfChanged(givenHints, [all, given], () => all.slice(0, given).map((/** @type {string} */ _text, /** @type {number} */ at) =>
      h("details", { class: "mt-hint" }, h("summary", {}, icon("chevron"),
        h("span", {}, `${format("hint", { n: at + 1, total })} · ${words.isGiven}`)), text(at))));
    redrawIfChanged(nextHint, [all, given], () => given < total
      ? [h("div", { class: "mt-small" }, `${format("hint", { n: given + 1, total })} · ${words.notGiven}`), text(given)] : []);
    nextHint.hidden = hintLine.hidden = given >= total;
    setText(give, format("giveHint", { n: Math.min(given + 1, total), total }));
    give.setAttribute("aria-disabled", String(busy === "hint"));
    const waits = Boolean(ladder.asked) && given < total;
    if (waits) {
      const next = { n: given + 1, total };
      setText(askedText, format("hintAsked", { ...next, name: model.get("session").student ?? "", time: ladder.asked }));
      setText(askedGive, format("giveHint", next));
      // Clear the outcome of the hint before; keep the reason why this one could not be given.
      if (askedFor !== next.n) setText(askedResult, "");
      askedFor = next.n;
    } else {
      setText(askedText, "");
    }
    askedGive.setAttribute("aria-disabled", String(busy === "hint"));
    // The outcome replaces the buttons for a while.
    const held = askedButtons.contains(/** @type {any} */ (askedButtons.getRootNode()).activeElement);
    askedButtons.hidden = !waits;
    if (held && !waits) askedResult.focus();
    // Not hidden before the answer: a hidden node loses the focus.
    askedLine.classList.toggle("mt-idle", !waits && !askedResult.textContent && busy !== "hint");
    setText(noHint, !ladder.exercise ? words.noExercise : total ? words.allGiven : words.noHints);
    noHint.hidden = given < total;
  }

  // Private notes, saved while the mentor types.
  const note = h("textarea", { class: "mt-field mt-comment mt-private", rows: 5, dir: "auto", id: `${idPrefix}-note`,
    placeholder: words.placeholder, "aria-describedby": `${idPrefix}-note-hint` });
  const keptNotes = h("div", {});
  const noteResult = h("span", { class: "mt-result", role: "status" });
  const keepNote = h("button", { type: "button", class: "mt-button", onclick: () => ask("keep", {}, noteResult) },
    words.keepNote);
  const keepLine = h("div", { class: "mt-check-line" }, keepNote, noteResult);
  const notes = section(words.notes, [keptNotes,
    h("label", { class: "mt-hidden", for: `${idPrefix}-note` }, words.notes), note,
    h("div", { class: "mt-small", id: `${idPrefix}-note-hint` }, words.notesHint),
    keepLine], true);
  const closing = closeSection(view, idPrefix, ask, () => busy);
  const drafts = [{ trait: "note", input: note, sent: "", timer: 0 },
    { trait: "recap", input: closing.recap, sent: "", timer: 0 }];

  /** Send all unsent texts in one message. */
  function sendDrafts() {
    /** @type {Record<string, string>} */
    const values = {};
    for (const one of drafts) {
      clearTimeout(one.timer);
      if (one.input.value === one.sent) continue;
      values[one.trait] = one.sent = one.input.value;
    }
    if (Object.keys(values).length) view.change(values, []);
  }
  for (const one of drafts) {
    one.input.addEventListener("input", () => {
      clearTimeout(one.timer);
      one.timer = setTimeout(sendDrafts, DRAFT_DELAY_MS);
    });
    one.input.addEventListener("change", sendDrafts);
    view.watch([one.trait], () => {
      const told = model.get(one.trait);
      // A text that is being typed stays; one from another desk, or from the close, is shown.
      if (one.input.value === one.sent) one.input.value = told;
      one.sent = told;
      if (one.input === closing.recap) closing.showRecap();
    });
  }
  view.ends.push(sendDrafts);

  // Evidence.
  const skills = h("ul", { class: "mt-plain mt-skills" });
  const choice = h("select", { class: "mt-field", id: `${idPrefix}-skill` });
  const seenResult = h("span", { class: "mt-result", role: "status" });
  /** Skills that the mentor chose, beside those of the exercise. */
  const chosen = new Set();
  const evidence = section(words.evidence, [skills, h("div", { class: "mt-check-line" },
    h("label", { for: `${idPrefix}-skill`, class: "mt-small" }, words.otherSkill), choice), seenResult]);
  choice.addEventListener("change", () => {
    const id = choice.value;
    if (!id) return;
    chosen.add(id);
    drawEvidence();
    skills.querySelector(`[data-id="${CSS.escape(id)}"] button`)?.focus();
  });

  function drawEvidence() {
    const { skills: mine = [], others = [] } = model.get("evidence");
    const rows = [...mine, ...others.filter((/** @type {any} */ one) => chosen.has(one.id))];
    const left = others.filter((/** @type {any} */ one) => !chosen.has(one.id));
    const n = rows.reduce((sum, one) => sum + one.seen.length, 0);
    evidence.setStatus(n ? view.formatCount("seenCount", n) : "");
    const active = /** @type {any} */ (skills.getRootNode()).activeElement;
    const held = skills.contains(active) ? [active.closest("li").dataset.id, active.dataset.what] : null;
    redrawIfChanged(skills, rows, () => rows.map(skillRow));
    if (held && !skills.contains(/** @type {any} */ (skills.getRootNode()).activeElement)) {
      const row = skills.querySelector(`[data-id="${CSS.escape(held[0])}"]`);
      (row?.querySelector(`[data-what="${held[1]}"]`) ?? row?.querySelector("button"))?.focus();
    }
    redrawIfChanged(choice, left, () => [h("option", { value: "" }, words.choose),
      ...left.map((/** @type {any} */ one) => h("option", { value: one.id }, one.title))]);
    choice.value = "";
  }

  function skillRow(/** @type {any} */ skill) {
    const button = (/** @type {boolean} */ aided) => {
      const word = words[aided ? "aided" : "unaided"];
      const there = skill.seen.some((/** @type {any} */ one) => one.aided === aided);
      return h("button", { type: "button", class: "mt-button", "data-what": aided ? "aided" : "unaided",
        "aria-pressed": String(there), "aria-label": `${word}: ${skill.title}`,
        onclick: () => there || ask("see", { skill: skill.id, aided }, seenResult) },
      ...(there ? [icon("check")] : []), word);
    };
    const undo = (/** @type {any} */ one) => h("span", { class: "mt-seen" },
      format(one.aided ? "seenAided" : "seenUnaided", { time: one.at }),
      h("button", { type: "button", class: "mt-button mt-quiet", "data-what": `undo-${one.aided}`,
        "aria-label": `${words.undo}: ${skill.title}, ${words[one.aided ? "aided" : "unaided"]}`,
        onclick: () => ask("unsee", { skill: skill.id, aided: one.aided }, seenResult) }, words.undo));
    return h("li", { class: "mt-skill-row", "data-id": skill.id },
      h("span", { class: "mt-mark", "data-mastery": skill.state }, icon(MASTERY_ICONS[skill.state], skill.word)),
      h("span", { class: "mt-skill-name", dir: "auto" }, skill.title,
        h("span", { class: "mt-small" }, ` · ${skill.word}`)),
      h("div", { class: "mt-see" }, button(true), button(false)),
      h("div", { class: "mt-small mt-seen-line" }, ...skill.seen.map(undo)));
  }

  const brief = briefSection(view);
  const table = agendaSection(view);
  const answers = solutionSection(view);
  view.body.append(now, brief.node, table.node, hints.node, answers.node, notes.node, evidence.node, closing.node);

  /** Open the sections of a new state; a section that the mentor folds stays folded. */
  let drawn = "";
  function openSections() {
    if (drawn === state() || !state()) return;
    const first = !drawn;
    drawn = state();
    const over = ["held", "reported"].includes(drawn);
    if (over) closing.node.open = true;
    // After the close nothing moves under the pointer.
    if (over && !first) return;
    brief.node.open = ["planned", "confirmed"].includes(drawn);
    table.node.open = hints.node.open = evidence.node.open = drawn === "live";
  }

  function drawNow() {
    const meeting = model.get("session");
    const { running, next, started_at, minutes, done, total } = model.get("table");
    const spent = started_at ? (Date.now() - Date.parse(started_at)) / MINUTE_MS : 0;
    const near = live() && ((started_at && spent > minutes - CLOSE_PROMPT_MIN) || (total > 0 && !running?.text && !next));
    const on = live() && running?.text;
    const over = { held: words.nowHeld, reported: words.nowHeld, planned: "", confirmed: "", live: "" }[state()];
    const text = ["planned", "confirmed"].includes(state()) ? format("nowPlanned", { student: meeting.student_id })
      : live() ? (on ? running.text : near && done ? words.nowAllDone : words.nowIdle)
      : over ?? format("nowOver", { state: meeting.word });
    setRichText(nowText, text);
    nowBar.node.parentElement.hidden = !on;
    if (on) {
      const gone = running.since ? Math.max(0, Date.now() - Date.parse(running.since)) / MINUTE_MS : 0;
      const n = Math.floor(gone);
      const time = format("runningFor", { n: Math.min(n, running.minutes), total: running.minutes }) +
        (n > running.minutes ? ` ${format("over", { n: n - running.minutes })}` : "");
      nowBar.set(gone, Math.max(1, running.minutes), time);
      setText(nowTime, time);
    }
    setText(nowNext, live() ? [near ? words.nowClose : "", next ? format("nowNext", { text: next }) : ""].filter(Boolean)
      .join(" ") : "");
    toClose.parentElement.hidden = !live();
    // One primary button at a time: hints first, near the end the close.
    toClose.classList.toggle("mt-primary", Boolean(near && !closing.node.open));
    give.classList.toggle("mt-primary", live() && !near && !closing.node.open);
    closing.near(Boolean(near));
  }

  function update() {
    const meeting = model.get("session");
    setText(view.heading, meeting.student ?? words.title);
    setText(view.meta, [meeting.when, meeting.minutes && format("minutes", { n: meeting.minutes }), meeting.word]
      .filter(Boolean).join(" · "));
    openSections();
    drawHints();
    drawEvidence();
    redrawIfChanged(keptNotes, model.get("notes"), () => model.get("notes").map((/** @type {any} */ one) =>
      h("div", { class: "mt-private mt-kept-note", tabindex: "0", dir: "auto" }, one.text)));
    notes.setStatus(model.get("saved") ? format("saved", { time: model.get("saved") }) : "");
    keepLine.hidden = !["held", "reported"].includes(state());
    closing.update();
    drawNow();
  }

  view.watch(["session", "ladder", "evidence", "notes", "preview", "kept", "saved"], update);
  view.watch(["table"], drawNow);
  view.watch(["answered", "error"], () => {
    if (model.get("answered") !== model.get("touched").token) return;
    const error = model.get("error");
    if (resultNode && error) setText(resultNode, error);
    if (busy === "close" && error) closing.refused();
    if (resultNode && busy === "hint" && !error) setText(resultNode, format("hintGiven", { n: model.get("ladder").given }));
    if (busy) resultNode = null;
    busy = "";
    update();
    const following = queuedRequests.shift();
    if (following) ask(...following);
  });
  view.every(CLOCK_INTERVAL_MS, drawNow);
  // While the view is shown it sends a sign, and the kernel reads the session's record.
  const sendShown = () => /** @type {any} */ (model).send?.({ shown: true });
  sendShown();
  view.every(SHOWN_INTERVAL_MS, sendShown);
}

export default { render: (/** @type {any} */ context) => mountView(context, "desk", build) };
