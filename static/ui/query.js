// Query boxes: completion as an ARIA combobox, recent queries, and the place of an error while typing.
// A form with data-query-list="<slug>" (and data-query-experiment="<name>") has one; its input is called q. Pages work without it.

const WAIT = 90; // milliseconds of silence before asking
const KEPT = 12; // recent queries of a list in this browser

const boxes = new WeakSet(); // forms that complete already: htmx brings new ones

function complete() {
  for (const form of document.querySelectorAll("form[data-query-list]")) {
    const input = form.elements.namedItem("q");
    if (!input || boxes.has(form)) continue;
    boxes.add(form);
    completeIn(form, input);
  }
}

complete();
document.addEventListener("htmx:load", complete);
document.addEventListener("htmx:historyRestore", complete);

function completeIn(form, input) {
  const key = `queries:${form.dataset.queryList}:${form.dataset.queryExperiment || ""}`;
  const list = Object.assign(document.createElement("ul"), { id: `${input.id || "q"}-options`, className: "query-options", hidden: true });
  let options = [];
  let active = -1;
  let range = [0, 0];
  let timer = 0;
  let asked = null;

  form.querySelector(".query-options")?.remove(); // of a page that came back from the history
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "What could be written here");
  form.append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-autocomplete", "list"], ["autocapitalize", "off"]]) input.setAttribute(name, value);

  const isOpen = () => !list.hidden;

  function close() {
    clearTimeout(timer);
    asked?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(place) {
    active = place;
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === place)));
    if (place < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[place].id);
    list.children[place].scrollIntoView({ block: "nearest" });
  }

  function draw(found) {
    options = found;
    list.replaceChildren(...found.map((option, i) => {
      const row = Object.assign(document.createElement("li"), { id: `${list.id}-${i}` });
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", "false");
      row.dataset.kind = option.kind;
      row.append(piece("mono query-text", option.text));
      if (option.hint) row.append(piece("query-hint", option.hint));
      if (option.count != null) row.append(piece("query-count", option.count.toLocaleString("en")));
      return row;
    }));
    list.hidden = !found.length || document.activeElement !== input;
    input.setAttribute("aria-expanded", String(isOpen()));
    choose(-1);
  }

  function piece(name, text) {
    return Object.assign(document.createElement("span"), { className: name, textContent: text });
  }

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const query = new URLSearchParams({ list: form.dataset.queryList, q: input.value, at: input.selectionStart });
    if (form.dataset.queryExperiment) query.set("experiment", form.dataset.queryExperiment);
    let answer;
    try {
      const response = await fetch(`/query-completion/?${query}`, { signal: asked.signal, headers: { "X-Requested-With": "fetch" } });
      if (!response.ok) return close();
      answer = await response.json();
    } catch {
      return; // a newer letter, or no network: the box works without
    }
    range = [answer.from, answer.to];
    draw([...(input.value ? [] : recent()), ...answer.options]);
  }

  function accept(option) {
    if (option.kind === "recent") {
      input.value = option.text;
      close();
      return form.requestSubmit();
    }
    // More follows a dot and an opened list; everything else is done.
    const goesOn = option.text.endsWith(".") || option.text.endsWith("(");
    const after = input.value.slice(range[1]);
    const text = goesOn || after.startsWith(" ") ? option.text : `${option.text} `;
    input.setRangeText(text, range[0], range[1], "end");
    if (!goesOn && after.startsWith(" ")) input.setSelectionRange(input.selectionStart + 1, input.selectionStart + 1);
    input.scrollLeft = input.scrollWidth;
    ask();
  }

  function recent() {
    try {
      return JSON.parse(localStorage.getItem(key) || "[]").map((text) => ({ text: String(text), kind: "recent", hint: "recent" }));
    } catch {
      return [];
    }
  }

  function remember() {
    const text = input.value.trim();
    if (!text || form.hasAttribute("data-invalid")) return;
    const kept = [text, ...recent().map((one) => one.text).filter((one) => one !== text)].slice(0, KEPT);
    try {
      localStorage.setItem(key, JSON.stringify(kept));
    } catch { /* a private window keeps nothing */ }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!isOpen()) return ask();
      const next = active + step;
      choose(next >= options.length ? -1 : next < -1 ? options.length - 1 : next);
    } else if (event.key === "Escape" && isOpen()) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && isOpen() && active >= 0) {
      event.preventDefault();
      accept(options[active]);
    } else if (event.key === "Tab" && !event.shiftKey && isOpen() && (active >= 0 || range[1] > range[0])) {
      event.preventDefault();
      accept(options[Math.max(active, 0)]);
    } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key) && isOpen()) {
      close();
    }
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the input keeps the focus
    const row = event.target.closest("li");
    if (row) accept(options[[...list.children].indexOf(row)]);
  });
  input.addEventListener("click", () => (isOpen() ? close() : input.value || ask()));
  input.addEventListener("blur", close);
  form.addEventListener("submit", close);
  if (input.value) remember(); // the page that answers knows whether it could be read
}
