// @ts-check
// Submission: the page saves the notebook, the kernel submits it, and the receipt and feedback appear here.
import { h, icon, setIcon, setRichText, setText } from "./dom.js";
import { keyedList } from "./listRows.js";
import { REDRAW_MARGIN_MS, SLOW_AFTER_MS } from "./viewFrame.js";

const TEST_ICONS = { passed: "check", partly: "dash", failed: "cross", "to be looked at": "clock" };
const TEST_WORDS = { passed: "passedTest", partly: "partly", failed: "failedTest", "to be looked at": "to be looked at" };

/** @param {import("./viewFrame.js").Frame} view */
export function submitControls(view) {
  const { model, words, format } = view;
  // JupyterLab's widget manager belongs to a document. Elsewhere (VS Code, a console) there is none, and the file on
  // the disk is submitted.
  const context = () => /** @type {any} */ (model).widget_manager?.context;
  const button = h("button", { type: "button", class: "mt-button" }, words.submit);
  const seconds = new Intl.DateTimeFormat(view.locale, { timeStyle: "medium" });
  const shape = h("span", { class: "mt-mark" });
  const voice = model.get("announcedElsewhere") ? {} : { role: "status", "aria-live": "polite" };
  const text = h("div", { class: "mt-submitted", ...voice });
  const receipt = h("div", { class: "mt-small mt-receipt" });
  const list = h("ul", { class: "mt-list", "aria-label": words.feedback });
  const link = h("a", { class: "mt-link", target: "_blank", rel: "noopener" }, words.feedbackLink);
  const node = h("div", { class: "mt-handin" }, h("div", { class: "mt-handin-line" }, shape, text), receipt, list, link);
  const tests = keyedList(list, makeTest);
  /** The time (ms) of the press, and the number of the request; zero if there is none. */
  let pressedAt = 0;
  let requestNumber = 0;
  let problem = "";
  let linkedPage = "";

  function makeTest() {
    const mark = h("span", { class: "mt-mark" });
    const name = h("span", { class: "mt-skill", dir: "auto" });
    const word = h("span", { class: "mt-small mt-word" });
    const message = h("div", { class: "mt-message" });
    const row = h("li", { class: "mt-row" }, mark, name, word, message);
    return {
      node: row,
      update: (/** @type {any} */ test) => {
        const said = words[TEST_WORDS[test.outcome]];
        setIcon(mark, TEST_ICONS[test.outcome], said);
        mark.dataset.outcome = test.outcome;
        setText(name, test.name);
        setText(word, said);
        setRichText(message, test.message);
        message.hidden = !test.message;
      },
    };
  }

  button.addEventListener("click", async () => {
    // `aria-disabled` meanwhile, because a disabled button loses the focus.
    if (pressedAt) return;
    pressedAt = Date.now();
    problem = "";
    requestNumber = 0;
    update();
    view.later(SLOW_AFTER_MS + REDRAW_MARGIN_MS, update);
    const document = context();
    try {
      await document?.save();
    } catch {
      return fail(words.notSavedYet);
    }
    requestNumber = model.get("submit_requested") + 1;
    const name = String(document?.path ?? "").split("/").pop() ?? "";
    if (!view.change({ notebook: name, submit_requested: requestNumber }, [])) fail("");
  });

  function fail(/** @type {string} */ why) {
    pressedAt = 0;
    problem = why;
    update();
  }

  function sentence(/** @type {any} */ now) {
    if (pressedAt) return Date.now() - pressedAt > SLOW_AFTER_MS && requestNumber ? words.submitLater : words.handingIn;
    if (problem) return problem;
    const time = now.at ? seconds.format(new Date(now.at)) : "";
    switch (now.state) {
      case "problem": return now.message;
      case "handed in": return format("handedIn", { time });
      case "alone": return format("alone", { time });
      case "received": return format("received", { time: seconds.format(new Date(now.received)) });
      case "refused": return [words.refused, now.message].filter(Boolean).join(" ");
      case "graded": return [now.points, now.verdict, now.message].filter(Boolean).join(" · ");
      default: return "";
    }
  }

  function mark(/** @type {any} */ now) {
    if (problem || now.state === "problem" || now.state === "refused") return "warn";
    if (pressedAt || now.state !== "graded") return "clock";
    return now.tests.length && now.tests.every((test) => test.outcome === "passed") ? "check" : "dash";
  }

  async function showLink(/** @type {string} */ page) {
    if (page === linkedPage) return;
    linkedPage = page;
    const resolver = context()?.urlResolver;
    if (page && resolver) {
      // Without JupyterLab the page cannot open the file; it is in the workspace.
      const place = page.split("/").map(encodeURIComponent).join("/");
      const url = await resolver.resolveUrl(place).then((/** @type {string} */ path) => resolver.getDownloadUrl(path));
      if (page === linkedPage) link.href = url;
    }
    link.hidden = !link.href || !linkedPage;
  }

  function update() {
    const now = model.get("submission") ?? {};
    if (pressedAt && requestNumber && now.request >= requestNumber) pressedAt = requestNumber = 0;
    button.hidden = now.state === undefined || model.get("submits") === false;
    button.setAttribute("aria-disabled", String(Boolean(pressedAt)));
    const said = sentence(now);
    node.hidden = !said;
    setIcon(shape, mark(now));
    setRichText(text, said);
    const done = !pressedAt && !problem && now.at;
    const time = now.at ? seconds.format(new Date(now.at)) : "";
    const digits = done ? format("receipt", { sha: now.sha }) : "";
    setText(receipt, done && now.state === "graded" ? `${format("sentAt", { time })} · ${digits}` : digits);
    receipt.hidden = !done;
    tests.update(done ? (now.tests ?? []).map((test, index) => ({ ...test, id: String(index) })) : []);
    showLink(done ? now.page ?? "" : "").catch(() => { link.hidden = true; });
  }

  link.hidden = true;
  link.prepend(icon("arrow"));
  view.watch(["submission"], update);
  return { button, node };
}
