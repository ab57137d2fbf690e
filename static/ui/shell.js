// The shell's few words of script: copy, theme, palette, shortcuts, toasts. Pages work without it.

const root = document.documentElement;

// Copy: data-copy holds the text; data-copy-from the id of an element whose visible code is meant.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  let text = button.dataset.copy;
  if (button.dataset.copyFrom) {
    const source = document.getElementById(button.dataset.copyFrom);
    const blocks = source.matches("pre") ? [source] : [...source.querySelectorAll("pre")];
    text = (blocks.find((block) => block.offsetParent) || blocks[0]).textContent;
  }
  await putOnClipboard(text);
  button.dataset.done = "";
  setTimeout(() => delete button.dataset.done, 1200);
});

async function putOnClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea"); // plain http on another host has no clipboard API
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// Tabs that scroll: the current one is in sight.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = tab.closest(".tabs");
  if (tabs.scrollWidth > tabs.clientWidth) tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

// Theme: at once here, kept by the server for the next page.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  for (const button of form.querySelectorAll("[name=theme]")) {
    if (button === event.submitter) button.setAttribute("aria-pressed", "true");
    else button.removeAttribute("aria-pressed");
  }
  fetch(form.action, {
    method: "POST",
    body: new FormData(form, event.submitter),
    headers: { "X-Requested-With": "fetch" },
  });
  document.dispatchEvent(new CustomEvent("theme"));
});

// A form is sent once: the second click of a double click would only hear that the name is taken.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if ("sent" in form.dataset) event.preventDefault();
  form.dataset.sent = "";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Toasts
document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast, .notice, .coach")?.remove());
for (const toast of document.querySelectorAll('.toast[data-status="ok"]')) setTimeout(() => toast.remove(), 6000);

export function say(words, status = "ok") {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.status = status;
  toast.append(Object.assign(document.createElement("span"), { textContent: words }));
  document.getElementById("toasts").append(toast);
  setTimeout(() => toast.remove(), 6000);
}

// Palette: arrows move, Enter opens.
const palette = document.getElementById("palette");
if (palette) {
  const input = palette.querySelector("input");
  const list = document.getElementById("palette-list");
  const options = () => [...list.querySelectorAll('[role="option"]')];
  const select = (index) => {
    const all = options();
    for (const option of all) option.setAttribute("aria-selected", "false");
    const chosen = all[(index + all.length) % all.length];
    if (!chosen) return input.removeAttribute("aria-activedescendant");
    chosen.setAttribute("aria-selected", "true");
    chosen.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", chosen.id);
  };
  const selected = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  palette.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    input.select();
    input.focus();
    input.dispatchEvent(new Event("palette"));
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      select(selected() + (event.key === "ArrowDown" ? 1 : -1));
    }
  });
  palette.querySelector("[data-palette]").addEventListener("submit", (event) => {
    const chosen = options()[Math.max(selected(), 0)];
    if (!chosen) return;
    event.preventDefault();
    location.assign(chosen.href);
  });
  document.addEventListener("htmx:afterSwap", (event) => event.target === list && select(0));
}

// Keys: / and Ctrl-K search, ? lists them, g and a letter goes to a page.
let afterG = 0;
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const find = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  if (find || (event.key === "/" && !typing)) {
    event.preventDefault();
    palette?.showPopover();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") return document.getElementById("shortcuts")?.showPopover();
  if (Date.now() - afterG < 1200) {
    afterG = 0;
    const target = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (target || event.key === "h") location.assign(target ? target.dataset.url : "/");
    return;
  }
  if (event.key === "g") afterG = Date.now();
  if (event.key === "f") {
    const query = document.querySelector(".query input");
    if (query) { event.preventDefault(); query.focus(); }
  }
  if (event.key === "c") document.querySelector(".page-head .btn--primary[href]")?.click();
});

// Tour: light what the step talks about; on the page of the next step, go on to it.
const coach = document.getElementById("coach");
if (coach) {
  const anchored = (names) => names.split(" ").filter(Boolean)
    .map((name) => document.querySelector(`[data-tour="${CSS.escape(name)}"]`)).find(Boolean);
  const lit = anchored(coach.dataset.anchors);
  if (lit) lit.classList.add("is-toured");
  else if (anchored(coach.dataset.later)) coach.querySelector('[value="next"]').click();
}
