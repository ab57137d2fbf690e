// The table of runs: selection over pages, keys, columns, notes in place, small curves, and what changes while one looks.
// Links and forms of the table are boosted by htmx, which swaps #runs-box; everything here listens above it and starts anew after.

import { say } from "../../ui/shell.js";
import { startColumns } from "./table_picker.js";
import { startNotes } from "./table_notes.js";

const COMPARED = 100, EVERY = 5000, CURVES = 60;
let table = null;

const names = (list) => list.map((one) => one.dataset.run);

class RunsTable {
  constructor(form) {
    this.form = form;
    this.box = form.querySelector(".runs-scroll");
    this.all = form.elements.namedItem("all");
    this.total = Number(form.dataset.total);
    this.key = `runs ${form.dataset.key}`;
    this.chosen = new Map(Object.entries(JSON.parse(sessionStorage.getItem(this.key) || "{}")));
    this.bulk = form.querySelector("[data-bulk]");
    this.last = null;
    this.mark();
    this.show();
    this.curves();
    if ("live" in form.dataset) this.timer = setInterval(() => this.refresh(), EVERY);
    const resize = new ResizeObserver(() => this.box.style.setProperty("--box", `${this.box.clientWidth}px`));
    resize.observe(this.box);
    this.ends = () => { clearInterval(this.timer); resize.disconnect(); this.sight?.disconnect(); };
  }

  get rows() { return [...this.form.querySelectorAll("tr.run")]; }

  // Selection: what is chosen on other pages stays chosen, with what actions need to know of it.

  mark() {
    for (const row of this.rows) {
      const on = this.chosen.has(row.dataset.run);
      row.querySelector("input[name=run]").checked = on;
      row.setAttribute("aria-selected", String(on));
      if (on) this.chosen.set(row.dataset.run, this.facts(row));
    }
  }

  facts(row) { return { word: row.dataset.word, ended: row.dataset.ended === "1", job: row.dataset.job }; }

  choose(row, on) {
    this.all.value = "";
    if (on) this.chosen.set(row.dataset.run, this.facts(row));
    else this.chosen.delete(row.dataset.run);
    row.querySelector("input[name=run]").checked = on;
    row.setAttribute("aria-selected", String(on));
  }

  select(kind) {
    this.all.value = kind === "all" ? "1" : "";
    if (kind === "none") this.chosen.clear();
    for (const row of this.rows) if (kind !== "none") this.chosen.set(row.dataset.run, this.facts(row));
    this.mark();
    this.show();
  }

  show() {
    sessionStorage.setItem(this.key, JSON.stringify(Object.fromEntries(this.chosen)));
    const all = this.all.value === "1", rows = this.rows, here = rows.filter((row) => this.chosen.has(row.dataset.run)).length;
    const count = all ? this.total : this.chosen.size;
    const whole = this.form.querySelector("[data-select-page]");
    whole.checked = rows.length > 0 && here === rows.length;
    whole.indeterminate = here > 0 && here < rows.length;
    if (!this.bulk) return;
    this.bulk.hidden = count === 0;
    this.bulk.querySelector("[data-count]").textContent = count.toLocaleString("en");
    const elsewhere = all ? 0 : this.chosen.size - here;
    this.bulk.querySelector("[data-elsewhere]").textContent = elsewhere ? ` ${elsewhere.toLocaleString("en")} on other pages` : "";
    const going = [...this.chosen.values()].filter((one) => !one.ended).length;
    const fitting = { compare: Math.min(count, COMPARED), stop: all ? "all running" : going };
    for (const button of this.bulk.querySelectorAll("[data-do]")) {
      const what = button.dataset.do, number = fitting[what] ?? count;
      button.disabled = what === "clone" ? all || count !== 1 : what === "compare" ? count < 1 : number === 0;
      for (const slot of this.form.querySelectorAll(`[data-n="${what}"]`)) slot.textContent = number.toLocaleString("en");
    }
    const list = this.form.querySelector("[data-names]");
    if (list) {
      const shown = [...this.chosen.keys()].slice(0, 8).map((name) => item(name));
      if (count > shown.length) shown.push(item(`and ${(count - shown.length).toLocaleString("en")} more`));
      list.replaceChildren(...shown);
    }
  }

  compare() {
    const names = [...this.chosen.keys()];
    if (!names.length) return say("Select the runs that shall be compared", "warn");
    const query = new URLSearchParams({ experiment: this.form.dataset.experiment });
    if (this.all.value === "1") {
      query.set("q", this.form.dataset.query);
      query.set("most", COMPARED);
    } else query.set("runs", names.slice(0, COMPARED).join(","));
    const pinned = new URLSearchParams(location.search).get("baseline");
    if (pinned) query.set("baseline", pinned);
    location.assign(`${this.form.dataset.compare}?${query}`);
  }

  /** Names chosen on other pages go along with the form. */
  carry() {
    for (const old of this.form.querySelectorAll("input[data-carried]")) old.remove();
    if (this.all.value === "1") return;
    const here = new Set(names(this.rows));
    for (const name of this.chosen.keys()) {
      if (here.has(name)) continue;
      const input = Object.assign(document.createElement("input"), { type: "hidden", name: "run", value: name });
      input.dataset.carried = "";
      this.form.append(input);
    }
  }

  // Keys: one row is here.

  here() { return this.form.querySelector("tr.is-here"); }

  go(row) {
    if (!row) return;
    this.here()?.classList.remove("is-here");
    row.classList.add("is-here");
    row.scrollIntoView({ block: "nearest" });
    row.querySelector("a.run-name")?.focus({ preventScroll: true });
  }

  step(by) {
    const rows = [...this.form.querySelectorAll("tbody > tr.run, tbody > tr.sum")];
    const at = rows.indexOf(this.here());
    const to = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
    const row = rows[to];
    if (row?.classList.contains("sum")) {
      this.here()?.classList.remove("is-here");
      row.classList.add("is-here");
      row.scrollIntoView({ block: "nearest" });
      row.querySelector("a")?.focus({ preventScroll: true });
    } else this.go(row);
  }

  key_(event) {
    const row = this.here();
    const name = row?.dataset.run;
    const actions = {
      j: () => this.step(1), ArrowDown: () => this.step(1), k: () => this.step(-1), ArrowUp: () => this.step(-1),
      x: () => {
        if (!name) return this.step(1);
        const on = !this.chosen.has(name);
        if (event.shiftKey && this.last) this.range(this.last, row, on);
        this.choose(row, on);
        this.last = row;
        this.show();
      },
      Enter: () => row && !event.target.closest("a, button, input, summary") && row.querySelector("a.run-name, a")?.click(),
      e: () => row?.querySelector("[data-summary], [data-group-toggle]")?.click(),
      ArrowRight: () => (row?.querySelector('.kids[aria-expanded="false"]') || row?.querySelector('[data-summary][aria-expanded="false"], [data-group-toggle][aria-expanded="false"]'))?.click(),
      ArrowLeft: () => (row?.querySelector('[data-summary][aria-expanded="true"]') || row?.querySelector('.kids[aria-expanded="true"], [data-group-toggle][aria-expanded="true"]'))?.click(),
      n: () => row?.querySelector("[data-edit-note]")?.click(),
      b: () => name && visit("baseline", new URLSearchParams(location.search).get("baseline") === name ? "" : name),
      c: () => this.compare(),
      o: () => document.getElementById("columns").showPopover(),
      "[": () => this.form.querySelector("[rel=prev]")?.click(),
      "]": () => this.form.querySelector("[rel=next]")?.click(),
    };
    const key = event.key === "X" ? "x" : event.key;
    const act = actions[key];
    if (!act) return;
    if (key.startsWith("Arrow") && !this.form.contains(event.target) && event.target !== document.body) return;
    if (key === "Enter") return act();
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  }

  range(from, to, on) {
    const rows = this.rows, [low, high] = [rows.indexOf(from), rows.indexOf(to)].sort((one, other) => one - other);
    if (low >= 0) for (const row of rows.slice(low, high + 1)) this.choose(row, on);
  }

  // Small curves, of rows that come into sight.

  curves() {
    this.columns = (this.form.dataset.sparked || "").split(",").filter(Boolean).map(Number);
    if (!this.columns.length) return;
    const waiting = new Set();
    const ask = async () => {
      const ids = [...waiting].slice(0, CURVES);
      for (const id of ids) waiting.delete(id);
      if (!ids.length) return;
      const found = await this.ask({ part: "curves", ids: ids.join(",") });
      for (const [id, lines] of Object.entries(found || {})) this.draw(id, lines);
      if (waiting.size) ask();
    };
    let soon = 0;
    this.sight = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        this.sight.unobserve(entry.target);
        waiting.add(entry.target.dataset.id);
      }
      clearTimeout(soon);
      soon = setTimeout(ask, 60);
    }, { root: this.box, rootMargin: "200px 0px" });
    for (const row of this.rows) this.sight.observe(row);
  }

  draw(id, lines) {
    const row = this.form.querySelector(`tr.run[data-id="${id}"]`);
    for (const [at, points] of Object.entries(lines)) {
      const cell = row?.children[Number(at) + 2];
      if (!cell) continue;
      cell.querySelector(".spark")?.remove();
      const running = row.dataset.ended !== "1" ? " is-running" : "";
      cell.insertAdjacentHTML("afterbegin", `<svg class="spark${running}" viewBox="0 0 64 20" aria-hidden="true" preserveAspectRatio="none"><polyline class="series" vector-effect="non-scaling-stroke"/></svg>`);
      cell.querySelector("polyline").setAttribute("points", points);
    }
  }

  // What changes while one looks: cells of runs that go on, and how many are new. No row moves.

  async ask(more) {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(more)) query.set(key, value);
    try {
      const answer = await fetch(`${this.form.dataset.path}?${query}`, { headers: { Accept: "application/json" } });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  async refresh() {
    if (document.hidden || this.asking) return;
    this.asking = true;
    const going = this.rows.filter((row) => row.dataset.ended !== "1").map((row) => row.dataset.id);
    const found = await this.ask({ part: "live", since: this.form.dataset.since, ids: going.join(",") });
    this.asking = false;
    if (!found || table !== this) return;
    for (const [id, one] of Object.entries(found.rows)) this.fill(id, one);
    const pill = this.form.querySelector("[data-new]");
    if (found.new && pill && !pill.firstChild) {
      const link = Object.assign(document.createElement("a"), { className: "new-pill", href: location.href });
      link.setAttribute("hx-boost", "true"); // the form's own links lead elsewhere and are not
      pill.append(link);
      window.htmx?.process(link);
    }
    if (found.new && pill) pill.firstChild.textContent = `${found.new.toLocaleString("en")} new`;
    if (going.length && this.columns.length) {
      const lines = await this.ask({ part: "curves", ids: going.slice(0, CURVES).join(",") });
      for (const [id, one] of Object.entries(lines || {})) this.draw(id, one);
    }
  }

  fill(id, one, anyhow = false) {
    const row = this.form.querySelector(`tr.run[data-id="${id}"]`);
    if (!row) return;
    one.cells.forEach((html, at) => {
      const cell = row.children[at + 2];
      if (!cell || cell.dataset.was === html || (!anyhow && cell.contains(document.activeElement))) return;
      const spark = cell.querySelector(".spark");
      cell.dataset.was = html;
      cell.innerHTML = html;
      if (spark) cell.prepend(spark);
    });
    if (one.word !== undefined) {
      row.dataset.word = one.word;
      row.dataset.ended = one.ended ? "1" : "";
      if (this.chosen.has(row.dataset.run)) this.chosen.set(row.dataset.run, this.facts(row));
      this.show();
    }
  }
}

function item(text) { return Object.assign(document.createElement("li"), { textContent: text }); }

/** Go to this page with a parameter changed, by htmx where it is there. */
export function visit(key, ...values) {
  const query = new URLSearchParams(location.search);
  query.delete(key);
  for (const value of values) if (value) query.append(key, value);
  if (key !== "w") query.delete("page");
  const address = `${location.pathname}?${query}`;
  const link = Object.assign(document.createElement("a"), { href: address, hidden: true });
  document.getElementById("runs-box").append(link);
  window.htmx?.process(link);
  link.click();
}

/** An experiment without a run yet: what it says stays until there is one to show. */
function wait() {
  const empty = document.querySelector("[data-awaits]");
  if (!empty) return;
  setTimeout(async () => {
    if (!empty.isConnected) return;
    const query = new URLSearchParams({ part: "live", since: empty.dataset.awaits });
    const answer = document.hidden ? null : await fetch(`${location.pathname}?${query}`).catch(() => null);
    if (answer?.ok && (await answer.json()).new) visit("page");
    else wait();
  }, EVERY);
}

function start() {
  table?.ends();
  wait();
  const form = document.querySelector("form[data-runs]");
  table = form ? new RunsTable(form) : null;
  startColumns();
}

document.addEventListener("change", (event) => {
  if (!table?.form.contains(event.target)) return;
  if (event.target.matches("[data-select-page]")) table.select(event.target.checked ? "page" : "none");
  else if (event.target.name === "run") {
    const row = event.target.closest("tr");
    table.choose(row, event.target.checked);
    table.last = row;
    table.show();
  }
});
document.addEventListener("click", (event) => {
  if (!table) return;
  const kind = event.target.closest("[data-select]")?.dataset.select;
  if (kind) return table.select(kind);
  if (event.target.closest('[data-do="compare"]')) return table.compare();
  const box = event.target.closest("input[name=run]");
  if (box && event.shiftKey && table.last) { table.range(table.last, box.closest("tr"), box.checked); table.show(); }
  const rename = event.target.closest("[data-rename]");
  if (rename) {
    const dialog = document.getElementById("rename-run");
    dialog.querySelector("[name=run]").value = rename.dataset.rename;
    dialog.querySelector("[name=label]").value = rename.dataset.label;
    dialog.showPopover();
  }
  const row = event.target.closest("tr.run");
  if (row && table.form.contains(row)) {
    table.here()?.classList.remove("is-here");
    row.classList.add("is-here");
  }
});
document.addEventListener("submit", (event) => {
  if (event.target !== table?.form) return;
  table.carry();
  const act = event.submitter?.value;
  if (event.submitter?.name === "format") setTimeout(() => delete table.form.dataset.sent); // a download leaves the page here
  else if (["delete", "archive", "unarchive"].includes(act)) sessionStorage.removeItem(table.key);
}, true);
// Before the shell's keys: c compares here, and ? has the table's keys first.
document.addEventListener("keydown", (event) => {
  if (!table || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], [data-resize]")) return;
  if (document.querySelector(":popover-open")) return;
  if (event.key === "?") {
    event.preventDefault();
    event.stopImmediatePropagation();
    return document.getElementById("table-keys").showPopover();
  }
  table.key_(event);
}, true);
document.addEventListener("toggle", (event) => {
  if (event.target.id === "columns" && event.newState === "open") event.target.querySelector("#find-column").dispatchEvent(new Event("columns"));
  if ("lazy" in (event.target.dataset || {}) && event.newState === "open") event.target.querySelector("[data-load]").dispatchEvent(new Event("opened"));
}, true);
document.addEventListener("htmx:configRequest", (event) => {
  const box = event.target.closest?.('[data-do="clone"]');
  if (box && table) {
    event.detail.parameters.set("part", "clone");
    event.detail.parameters.set("run", [...table.chosen.keys()][0]);
  }
});
let kept = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "runs-box") return;
  kept = table ? { top: table.box.scrollTop, left: table.box.scrollLeft, here: table.here()?.dataset.run } : { top: 0, left: 0 };
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "clone-box") return event.target.showPopover();
  if (!document.getElementById("runs-box") || !kept) return;
  const was = kept;
  kept = null;
  window.layRuns?.();
  start();
  if (!table) return;
  table.box.scrollTop = was.top;
  table.box.scrollLeft = was.left;
  if (was.here) table.go(table.form.querySelector(`tr.run[data-run="${CSS.escape(was.here)}"]`));
});

startNotes(() => table);
start();
