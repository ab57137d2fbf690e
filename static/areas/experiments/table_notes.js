// Notes are written where they are read: a box over the cell, Ctrl-Enter or leaving it keeps, Escape doesn't.

import { say } from "../../ui/shell.js";

export function startNotes(current) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-edit-note]");
    if (button && current()) open(button, current());
  });
  document.addEventListener("dblclick", (event) => {
    const button = event.target.closest("td.note")?.querySelector("[data-edit-note]");
    if (button && current()) open(button, current());
  });
}

function open(button, table) {
  const row = button.closest("tr"), cell = button.closest("td");
  const before = cell.querySelector("[data-note]").dataset.note;
  const box = Object.assign(document.createElement("div"), { className: "note-box" });
  const text = Object.assign(document.createElement("textarea"), { className: "input", rows: 4, maxLength: 20000, value: before });
  text.setAttribute("aria-label", `Note of ${row.dataset.label}: Ctrl-Enter keeps it, Escape doesn't`);
  box.append(text);
  document.body.append(box);
  const place = cell.getBoundingClientRect();
  box.style.top = `${Math.max(Math.min(place.top, innerHeight - box.offsetHeight - 8), 8)}px`;
  box.style.left = `${Math.max(Math.min(place.left, innerWidth - box.offsetWidth - 16), 16)}px`;
  text.focus();
  let ended = false;
  const end = async (keep) => {
    if (ended) return;
    ended = true;
    box.remove();
    button.focus();
    if (keep && text.value.trim() !== before.trim()) await send(table, row, text.value);
  };
  text.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") end(false);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) end(true);
  });
  text.addEventListener("blur", () => end(true));
}

async function send(table, row, note) {
  const body = new FormData();
  body.set("run", row.dataset.run);
  body.set("note", note);
  body.set("csrfmiddlewaretoken", table.form.elements.namedItem("csrfmiddlewaretoken").value);
  const answer = await fetch(`${table.form.dataset.edit}${location.search}`, { method: "POST", body, headers: { Accept: "application/json" } });
  const found = await answer.json().catch(() => ({ error: "The note could not be kept." }));
  if (!answer.ok) return say(found.error, "fail");
  table.fill(row.dataset.id, { cells: found.cells }, true);
  say("Note kept");
}
