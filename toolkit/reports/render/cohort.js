// The cohort's table: sorted by its headings, filtered as one types, walked through with the arrows.
(() => {
  "use strict";
  const table = document.querySelector("table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const find = document.querySelector("[type=search]");
  const boxes = [...document.querySelectorAll("[data-flag]")];
  const status = document.querySelector("[role=status]");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = new Map(rows.map((row) => [row, plain(row.textContent)]));
  const flags = new Map(rows.map((row) => [row, new Set(row.dataset.flags.split(" "))]));

  const filter = () => {
    const words = plain(find.value).split(/\s+/).filter(Boolean);
    const wanted = boxes.filter((box) => box.checked).map((box) => box.dataset.flag);
    let shown = 0;
    for (const row of rows) {
      const fits = words.every((word) => texts.get(row).includes(word));
      row.hidden = !(fits && wanted.every((flag) => flags.get(row).has(flag)));
      if (!row.hidden) shown += 1;
    }
    status.textContent = status.dataset.text.replace("{shown}", shown).replace("{total}", rows.length);
  };

  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  const value = (row, column) => row.cells[column].dataset.v;
  const sort = (column, down) => {
    const order = (one, other) => {
      const [a, b] = [value(one, column), value(other, column)];
      // What there is nothing of stands below, whichever way round.
      if (a === "" || b === "") return Number(a === "") - Number(b === "");
      return collator.compare(a, b) * (down ? -1 : 1);
    };
    rows.sort(order);
    body.append(...rows);
  };

  table.tHead.addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (!head || !event.target.closest("button")) return;
    const before = head.getAttribute("aria-sort");
    const down = before ? before === "ascending" : head.dataset.first === "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    sort(head.cellIndex, down);
  });

  find.addEventListener("input", filter);
  boxes.forEach((box) => box.addEventListener("change", filter));
  const names = () => rows.filter((row) => !row.hidden).map((row) => row.querySelector("th [tabindex], th a"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && event.target !== find) {
      event.preventDefault();
      find.focus();
      find.select();
      return;
    }
    if (event.key === "Escape" && event.target === find) {
      find.value = "";
      filter();
      return;
    }
    const all = names();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || (at < 0 && !(event.target === find && event.key === "ArrowDown"))) return;
    event.preventDefault();
    if (to < 0) find.focus();
    else all[Math.min(to, all.length - 1)]?.focus();
  });
  // A browser may have kept what was typed before the page was read anew.
  filter();
})();
