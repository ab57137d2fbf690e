// The comparison's own script: runs are added, the address copied, n and p go from difference to difference.

import { address, ask, element } from "./plot.js";
import { say } from "../../ui/shell.js";

const popup = document.getElementById("add-runs");

document.querySelector("[data-copy-address]")?.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    say("The address is on the clipboard.");
  } catch {
    say("The browser keeps the clipboard to itself: copy the address from its bar.", "warn");
  }
});

// What goes into a report is what stands here now, with the options that were chosen since the page came.
for (const link of document.querySelectorAll("[data-report]")) {
  const { href } = link;
  link.addEventListener("click", () => { link.href = address(href, Object.fromEntries(new URLSearchParams(location.search))); });
}

// --- add runs

if (popup) {
  const input = popup.querySelector("input"), list = popup.querySelector("ul"), error = popup.querySelector(".error");
  const button = popup.querySelector("[data-add]"), note = popup.querySelector("[data-chosen]");
  const there = new Set(popup.dataset.there.split(",").filter(Boolean)), chosen = new Map();
  let turn = 0, timer;

  const options = () => [...list.children];
  const at = () => options().findIndex((option) => option.id === input.getAttribute("aria-activedescendant"));
  const move = (index) => {
    const all = options();
    if (!all.length) return;
    const to = all[(index + all.length) % all.length];
    input.setAttribute("aria-activedescendant", to.id);
    all.forEach((option) => option.classList.toggle("is-at", option === to));
    to.scrollIntoView({ block: "nearest" });
  };
  const mark = () => {
    for (const option of options()) option.setAttribute("aria-selected", String(chosen.has(option.dataset.name)));
    button.disabled = !chosen.size;
    button.textContent = chosen.size > 1 ? `Add ${chosen.size} runs` : "Add";
    note.textContent = chosen.size ? [...chosen.values()].join(", ") : "Enter chooses, Escape closes";
  };
  const toggle = (option) => {
    if (option.getAttribute("aria-disabled")) return;
    if (!chosen.delete(option.dataset.name)) chosen.set(option.dataset.name, option.dataset.label);
    mark();
  };
  const look = async () => {
    const mine = ++turn;
    try {
      const { body } = await ask(address(popup.dataset.find, { q: input.value }));
      if (mine !== turn) return;
      error.hidden = !body.error;
      error.textContent = body.error ?? "";
      list.replaceChildren(...body.runs.map((run, i) => {
        const isThere = there.has(run.name);
        return element("li", { id: `add-${i}`, dataset: { name: run.name, label: run.label }, aria: { role: "option", selected: "false", ...(isThere ? { disabled: "true" } : {}) } },
          element("span", { className: "mono xs truncate", textContent: run.label }), element("span", { className: "muted xs", textContent: isThere ? "compared" : run.note }));
      }));
      if (!body.runs.length && !body.error) { error.hidden = false; error.textContent = "No run is called so."; }
      input.removeAttribute("aria-activedescendant");
      mark();
    } catch (failed) {
      error.hidden = false;
      error.textContent = failed.message;
    }
  };
  popup.addEventListener("toggle", (event) => { if (event.newState === "open") { input.focus(); look(); } });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 150); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); move(at() + (event.key === "ArrowDown" ? 1 : -1)); }
    if (event.key === "Enter") {
      event.preventDefault();
      if (at() >= 0) toggle(options()[at()]);
      else if (chosen.size) button.click();
      else if (options().length) { move(0); toggle(options()[0]); }
    }
  });
  list.addEventListener("click", (event) => { const option = event.target.closest("[role=option]"); if (option) toggle(option); });
  button.addEventListener("click", () => {
    const query = new URLSearchParams(location.search);
    const key = query.get("runs") || !(query.get("experiment") || query.get("q")) ? "runs" : "also";
    const without = (query.get("without") ?? "").split(",").filter((name) => name && !chosen.has(name));
    const names = [...(query.get(key) ?? "").split(",").filter(Boolean), ...chosen.keys()];
    location.assign(address(location.href, { [key]: [...new Set(names)].join(","), without: without.join(",") }));
  });
}

// --- from difference to difference

const rows = [...document.querySelectorAll("tr[data-differs]")];
let now = -1;

function go(by) {
  if (!rows.length) return;
  now = now < 0 && by < 0 ? rows.length - 1 : (now + by + rows.length) % rows.length;
  rows[now].focus({ preventScroll: true });
  rows[now].scrollIntoView({ block: "center", inline: "nearest" });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-difference]");
  if (button) go(Number(button.dataset.difference));
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (event.key === "n") go(1);
  if (event.key === "p") go(-1);
});
