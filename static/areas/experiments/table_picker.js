// Columns: chosen in the picker, moved and widened in the head, by pointer and by keys. All of it ends in the address.

import { visit } from "./table.js";

const NARROWEST = 56, WIDEST = 900, STEP = 16;

/** Let elements of a list be dragged to another place; ``done`` hears of it. */
function sortable(list, selector, done) {
  let dragged = null;
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(selector);
    event.dataTransfer?.setData("text/plain", "");
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest(selector);
    if (!dragged || !over) return;
    event.preventDefault();
    for (const one of list.querySelectorAll(".is-over")) one.classList.remove("is-over");
    if (over !== dragged) over.classList.add("is-over");
  });
  list.addEventListener("drop", (event) => {
    const over = event.target.closest(selector);
    event.preventDefault();
    if (dragged && over && over !== dragged) {
      const after = dragged.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING;
      over[after ? "after" : "before"](dragged);
      done();
    }
  });
  list.addEventListener("dragend", () => {
    for (const one of list.querySelectorAll(".is-over")) one.classList.remove("is-over");
    dragged = null;
  });
}

export function startColumns() {
  const picker = document.querySelector("[data-picker]");
  if (picker && !picker.dataset.started) startPicker(picker);
  const head = document.querySelector("table.runs thead tr");
  if (head && !head.dataset.started) startHead(head);
}

function startPicker(picker) {
  picker.dataset.started = "1";
  const picked = picker.querySelector("[data-picked]");
  const template = document.querySelector("[data-picked-template]");
  sortable(picked, "li", () => {});
  picker.addEventListener("click", (event) => {
    const row = event.target.closest("[data-picked] li");
    const move = event.target.closest("[data-move]");
    if (move) {
      if (Number(move.dataset.move) < 0) row.previousElementSibling?.before(row);
      else row.nextElementSibling?.after(row);
      move.focus();
    } else if (event.target.closest("[data-drop]")) {
      press(picker, row.querySelector("input").value, false);
      (row.nextElementSibling || row.previousElementSibling)?.querySelector("button").focus();
      row.remove();
    }
    const add = event.target.closest("[data-add]");
    if (!add) return;
    const key = add.dataset.add;
    const there = [...picked.querySelectorAll("input")].find((input) => input.value === key);
    press(picker, key, !there);
    if (there) return there.closest("li").remove();
    const made = template.content.cloneNode(true).querySelector("li");
    made.querySelector("input").value = key;
    made.querySelector("[data-name]").textContent = key;
    for (const button of made.querySelectorAll("button")) button.setAttribute("aria-label", `${button.getAttribute("aria-label").trim()} ${key}`);
    picked.append(made);
    made.scrollIntoView({ block: "nearest" });
  });
}

function press(picker, key, on) {
  for (const chip of picker.querySelectorAll("[data-add]")) if (chip.dataset.add === key) chip.setAttribute("aria-pressed", String(on));
}

function startHead(head) {
  head.dataset.started = "1";
  const table = head.closest("table");
  const columns = () => [...head.querySelectorAll("[data-column]")].slice(1).map((cell) => cell.dataset.column);
  sortable(head, "th[draggable]", () => visit("c", ...columns()));
  const widths = () => table.dataset.tracks.split(" ").map(Number);
  const place = (key) => [...head.querySelectorAll("[data-column]")].findIndex((cell) => cell.dataset.column === key) + 1;
  const widen = (key, width) => {
    const all = widths();
    all[place(key)] = Math.round(Math.min(Math.max(width, NARROWEST), WIDEST));
    table.dataset.tracks = all.join(" ");
    table.style.setProperty("--tracks", all.map((one) => `${one}px`).join(" "));
  };
  const keep = (key) => {
    const address = new URL(location);
    const others = address.searchParams.getAll("w").filter((text) => text.slice(text.indexOf(".") + 1) !== key);
    address.searchParams.delete("w");
    for (const text of [...others, `${widths()[place(key)]}.${key}`]) address.searchParams.append("w", text);
    history.replaceState(history.state, "", address);
  };
  head.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-resize]");
    if (!grip) return;
    event.preventDefault();
    const key = grip.dataset.resize, from = event.clientX, width = widths()[place(key)];
    const cell = grip.closest("th");
    cell.draggable = false;
    grip.setPointerCapture(event.pointerId);
    const move = (moved) => widen(key, width + moved.clientX - from);
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", () => {
      grip.removeEventListener("pointermove", move);
      cell.draggable = key !== "run";
      keep(key);
    }, { once: true });
  });
  head.addEventListener("keydown", (event) => {
    const key = event.target.closest("[data-resize]")?.dataset.resize;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!key || !by) return;
    event.preventDefault();
    if (!event.altKey) {
      widen(key, widths()[place(key)] + by * STEP);
      return keep(key);
    }
    const order = columns(), at = order.indexOf(key), to = at + by;
    if (at < 0 || to < 0 || to >= order.length) return;
    order.splice(at, 1);
    order.splice(to, 0, key);
    visit("c", ...order);
  });
}
