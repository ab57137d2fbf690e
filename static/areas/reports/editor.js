// The editor of a report: blocks as forms on the left, what they show on the right. Everything that is changed is kept as a draft
// a moment later; "Save version" makes a version of it. Where somebody saved meanwhile, nothing is thrown away.

import { Curves } from "../experiments/curves.js";

const WAIT = 700; // ms after the last key until the draft is kept
const AGAIN = 5000; // ms until it is tried again
const state = JSON.parse(document.getElementById("report-state").textContent);
const by = (id) => document.getElementById(id);
const list = by("report-blocks"), preview = by("report-preview"), said = by("report-said"), wrong = by("report-error");
const icons = by("report-icons").content;
const title = by("report-title"), conflict = by("report-conflict");
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

const SOURCE = [
  { name: "experiment", label: "Experiment", list: "report-experiments" },
  { name: "query", label: "Query", hint: 'params.depth = 6 AND tags.team = "risk"' },
  { name: "runs", label: "Or these runs", kind: "lines", hint: "a name a line" },
  { name: "most", label: "At most", kind: "number", min: 1, max: 100, step: 1 },
];
const TITLE = { name: "title", label: "Title", wide: true };
const FIELDS = {
  text: [{ name: "text", label: "Markdown", kind: "text", wide: true, hint: "Images: ![words](s3://bucket/key)" }],
  code: [{ name: "language", label: "Language" }, { name: "text", label: "Code", kind: "text", wide: true }],
  chart: [
    TITLE, { name: "figure", label: "Kind", choices: state.figures }, { name: "metrics", label: "Metrics", kind: "lines", hint: "a name a line" },
    ...SOURCE,
    { name: "parameters", label: "Parameters", kind: "lines", hint: "a name a line", figures: ["scatter", "parallel"] },
    { name: "x", label: "Along x", choices: state.axes, figures: ["curve"] },
    { name: "y", label: "y", choices: { linear: "Linear", log: "Logarithmic" }, figures: ["curve"] },
    { name: "smoothing", label: "Smoothing", kind: "number", min: 0, max: 0.99, step: 0.01, figures: ["curve"] },
    { name: "group", label: "Mean over runs by", hint: "params.lr, or parameters", figures: ["curve"] },
  ],
  table: [
    TITLE, { name: "columns", label: "Columns", kind: "lines", wide: true, hint: "label, status, metrics.auc.max, params.depth: one a line" },
    ...SOURCE.filter((one) => one.name !== "most"), { name: "sort", label: "Sorted by", hint: "-metrics.auc.max" },
    { name: "rows", label: "Rows at most", kind: "number", min: 1, max: 200, step: 1 },
  ],
  number: [
    TITLE, { name: "metric", label: "Metric" }, { name: "best", label: "Which value", choices: state.best }, ...SOURCE,
    { name: "digits", label: "Digits", kind: "number", min: 1, max: 12, step: 1 },
  ],
  file: [TITLE, { name: "uri", label: "Address in S3", wide: true, hint: "s3://bucket/key" }, { name: "alt", label: "What it shows, in words", wide: true }],
};

let blocks = state.blocks, base = state.base, timer = 0, isDirty = false, isBusy = false, gone = null, turn = 0;
const shown = new Map(); // id of a section → its HTML as the server wrote it

title.value = state.title;
draw();
keep();
if (state.base !== state.number) clash(state.number, state.by);
else if (state.hasDraft) say("your draft");

title.addEventListener("input", touch);
for (const button of document.querySelectorAll("[data-add]")) button.addEventListener("click", () => add(button.dataset.add));
for (const button of document.querySelectorAll("[data-pane]")) if (button.type === "button") button.addEventListener("click", () => pane(button.dataset.pane));
by("report-save").addEventListener("click", () => save(base));
by("report-over").addEventListener("click", () => save(state.number));
by("report-merge").addEventListener("click", merge);
by("report-drop").addEventListener("click", drop);
window.addEventListener("beforeunload", (event) => { if (isDirty) event.preventDefault(); });
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); save(base); }
});

// --- forms

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function draw() {
  list.replaceChildren(...blocks.map((block, place) => item(block, place)));
}

function item(block, place) {
  const words = `Block ${place + 1}, ${state.kinds[block.kind]}`;
  const made = element("li", { className: "rp-item" }), group = element("div");
  made.dataset.id = block.id;
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", words);
  const head = element("div", { className: "rp-item-head" });
  const grip = element("span", { className: "rp-grip", textContent: "⠿", draggable: true });
  grip.setAttribute("aria-hidden", "true");
  head.append(grip, element("b", { textContent: state.kinds[block.kind] }));
  const acts = [["up", "Move up", () => move(block, -1), place === 0], ["down", "Move down", () => move(block, 1), place === blocks.length - 1],
    ["copy", "Duplicate", () => duplicate(block), false], ["delete", "Delete", () => remove(block), false]];
  for (const [sign, label, act, disabled] of acts) {
    const button = element("button", { type: "button", className: "btn btn--quiet btn--sm btn--icon", disabled });
    button.append(icons.querySelector(`[data-icon="${sign}"]`).firstElementChild.cloneNode(true));
    button.setAttribute("aria-label", `${label}: ${words.toLowerCase()}`);
    button.dataset.act = label;
    button.addEventListener("click", act);
    head.append(button);
  }
  const body = element("div", { className: "rp-item-body" });
  for (const field of FIELDS[block.kind]) body.append(row(block, field));
  group.append(head, body);
  made.append(group);
  made.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    move(block, event.key === "ArrowUp" ? -1 : 1);
  });
  dragged(made, grip, block);
  return made;
}

function row(block, field) {
  const id = `f-${block.id}-${field.name}`;
  const made = element("div", { className: `field${field.wide ? " is-wide" : ""}` });
  made.hidden = Boolean(field.figures && !field.figures.includes(block.figure));
  let input;
  if (field.choices) {
    input = element("select", { className: "select" });
    for (const [value, label] of Object.entries(field.choices)) input.append(element("option", { value, textContent: label }));
    input.value = block[field.name];
  } else if (field.kind === "text" || field.kind === "lines") {
    input = element("textarea", { className: `input${field.kind === "text" ? " is-text" : " mono"}`, rows: field.kind === "text" ? 6 : 2 });
    input.value = field.kind === "lines" ? block[field.name].join("\n") : block[field.name];
  } else {
    input = element("input", { className: "input", type: field.kind === "number" ? "number" : "text", autocomplete: "off" });
    if (field.kind === "number") Object.assign(input, { min: field.min, max: field.max, step: field.step });
    if (field.list) input.setAttribute("list", field.list);
    input.value = block[field.name];
  }
  input.id = id;
  if (field.hint && !field.choices) input.placeholder = field.hint;
  input.addEventListener("input", () => {
    block[field.name] = read(input, field, block);
    if (field.name === "figure") draw();
    if (field.name === "figure") by(id)?.focus();
    touch();
  });
  made.append(element("label", { htmlFor: id, textContent: field.label }), input);
  return made;
}

function read(input, field, block) {
  if (field.kind === "lines") return input.value.split("\n").map((one) => one.trim()).filter(Boolean);
  if (field.kind !== "number") return input.value;
  const number = Number(input.value);
  if (input.value === "" || Number.isNaN(number)) return block[field.name];
  return Math.min(Math.max(field.step === 1 ? Math.round(number) : number, field.min), field.max);
}

// --- what is done with blocks

function fresh() {
  return [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function add(kind) {
  const block = { id: fresh(), kind, ...structuredClone(state.defaults[kind]) };
  blocks.push(block);
  changed(block, "input, textarea, select");
}

function duplicate(block) {
  const copy = { ...structuredClone(block), id: fresh() };
  blocks.splice(blocks.indexOf(block) + 1, 0, copy);
  changed(copy, "input, textarea, select");
}

function move(block, by) {
  const from = blocks.indexOf(block), to = from + by;
  if (to < 0 || to >= blocks.length) return;
  blocks.splice(from, 1);
  blocks.splice(to, 0, block);
  const act = document.activeElement?.dataset.act;
  const field = document.activeElement?.id;
  changed(block, act ? `[data-act="${act}"]:not(:disabled), [data-act^="Move"]:not(:disabled)` : field ? `#${field}` : "");
  say(`moved to place ${to + 1} of ${blocks.length}`);
}

function remove(block) {
  const place = blocks.indexOf(block);
  gone = { block, place };
  blocks.splice(place, 1);
  const next = blocks[Math.min(place, blocks.length - 1)];
  changed(next, '[data-act="Delete"]');
  said.replaceChildren(`${state.kinds[block.kind]} deleted. `);
  const undo = element("button", { type: "button", className: "btn btn--quiet btn--sm", textContent: "Undo" });
  undo.addEventListener("click", () => { blocks.splice(gone.place, 0, gone.block); changed(gone.block, "input, textarea, select"); say("it is back"); });
  said.append(undo);
}

function changed(block, focus) {
  draw();
  if (block && focus) list.querySelector(`[data-id="${block.id}"]`)?.querySelector(focus)?.focus();
  touch();
}

function dragged(made, grip, block) {
  grip.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("text/x-block", block.id);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(made, 12, 12);
    made.classList.add("is-dragged");
  });
  grip.addEventListener("dragend", () => made.classList.remove("is-dragged"));
  made.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("text/x-block")) return;
    event.preventDefault();
    made.classList.add("is-over");
  });
  made.addEventListener("dragleave", () => made.classList.remove("is-over"));
  made.addEventListener("drop", (event) => {
    const from = blocks.findIndex((one) => one.id === event.dataTransfer.getData("text/x-block"));
    made.classList.remove("is-over");
    if (from < 0 || blocks[from] === block) return;
    event.preventDefault();
    const [taken] = blocks.splice(from, 1);
    blocks.splice(blocks.indexOf(block), 0, taken);
    changed(taken, '[data-act^="Move"]:not(:disabled)');
  });
}

function pane(name) {
  document.querySelector(".rp-halves").dataset.pane = name;
  for (const button of document.querySelectorAll(".rp-panes button")) button.setAttribute("aria-pressed", String(button.dataset.pane === name));
}

// --- the server

function say(words) { said.textContent = words; }

function touch() {
  isDirty = true;
  turn += 1;
  clearTimeout(timer);
  timer = setTimeout(keep, WAIT);
}

async function post(url, body) {
  const response = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify(body) });
  if (response.status === 200) return response;
  const told = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
  throw Object.assign(new Error(told.error ?? `the server answered ${response.status}`), { status: response.status, ...told });
}

function held() { return { title: title.value, blocks, base }; }

// Keep the draft, and show what it shows.
async function keep() {
  clearTimeout(timer);
  if (isBusy) return void (timer = setTimeout(keep, WAIT));
  isBusy = true;
  const now = turn;
  try {
    const response = await post(state.urls.preview, { ...held(), look: !isDirty });
    if (now === turn && isDirty) { isDirty = false; say(`draft kept ${new Date().toLocaleTimeString()}`); }
    blame("");
    look(await response.text());
  } catch (error) {
    if (error.status === 400) blame(error.message, error.place);
    else { say(`not kept: ${error.message}; trying again`); timer = setTimeout(keep, AGAIN); }
  }
  isBusy = false;
}

// Only sections that differ are put anew: charts that are the same stay as they are.
function look(html) {
  const made = new DOMParser().parseFromString(html, "text/html").body;
  const next = [];
  for (const section of [...made.children]) {
    const old = section.id && preview.querySelector(`#${section.id}`);
    if (old && shown.get(section.id) === section.outerHTML) { next.push(old); continue; }
    shown.set(section.id, section.outerHTML);
    next.push(document.importNode(section, true));
  }
  const isSame = next.length === preview.children.length && next.every((one, place) => one === preview.children[place]);
  if (!isSame) preview.replaceChildren(...next);
  // A chart of which the report says the same may still be of other runs: its feed reads the draft.
  for (const section of preview.querySelectorAll("[data-curves]")) {
    const id = section.closest(".rp-block").id.slice("block-".length);
    const says = JSON.stringify(blocks.find((one) => one.id === id));
    if (!section.curves) { new Curves(section); section.says = says; }
    else if (section.says !== says) { section.says = says; section.curves.forget(); section.curves.begin(); }
  }
}

function blame(words, place = "") {
  wrong.hidden = !words;
  wrong.textContent = words ? `${words} Until then nothing new is kept.` : "";
  const at = /^blocks\.(\d+)/.exec(place);
  [...list.children].forEach((one, i) => one.toggleAttribute("data-wrong", Boolean(words && at && Number(at[1]) === i)));
}

async function save(on) {
  say("saving");
  try {
    const response = await post(state.urls.save, { ...held(), base: on });
    isDirty = false;
    location.assign((await response.json()).url);
  } catch (error) {
    if (error.status === 409) { isDirty = false; clash(error.number, "", error.message); }
    else if (error.status === 400) blame(error.message, error.place);
    else say(`not saved: ${error.message}`);
  }
}

function clash(number, who, words = "") {
  state.number = number;
  conflict.hidden = false;
  by("report-conflict-words").textContent = words
    || `${who} saved version ${number} after you began with version ${base}. Your draft is kept: merge both, or save yours on top of it.`;
  by("report-merge").focus();
  say("");
}

async function merge() {
  try {
    const merged = await (await post(state.urls.merge, held())).json();
    [blocks, base, title.value] = [merged.blocks, merged.base, merged.title];
    conflict.hidden = true;
    draw();
    await keep();
    say(merged.clashes ? `merged; ${merged.clashes} block${merged.clashes > 1 ? "s were" : " was"} changed by both and stand${merged.clashes > 1 ? "" : "s"} twice` : "merged");
  } catch (error) {
    say(`not merged: ${error.message}`);
  }
}

async function drop() {
  if (!window.confirm("Throw your draft away? The saved version stays.")) return;
  try {
    await post(state.urls.draft, { drop: true });
    isDirty = false;
    location.assign(state.urls.report);
  } catch (error) {
    say(`not discarded: ${error.message}`);
  }
}
