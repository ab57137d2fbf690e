// The options of curves as the page's address and its controls show them; curves.js changes them.

import { address, element } from "./plot.js";

export const DEFAULTS = { smoothing: 0, x: "step", y: "linear", group: "", band: "sd", outliers: false, link: true, find: "" };

export function readAddress(curves) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (!query.has(name)) continue;
    const text = query.get(name);
    curves.options[name] = typeof value === "number" ? Math.min(Math.max(Number(text) || 0, 0), 0.99) : typeof value === "boolean" ? text === "1" : text;
  }
  for (const name of (query.get("hide") ?? "").split(",").filter(Boolean)) curves.legend.hidden.add(name);
}

export function writeAddress(curves) {
  if (!("address" in curves.section.dataset)) return;
  const query = { hide: [...curves.legend.hidden].join(",") };
  for (const [name, value] of Object.entries(DEFAULTS)) {
    const now = curves.options[name];
    query[name] = now === value ? null : typeof now === "boolean" ? (now ? "1" : "0") : String(now);
  }
  history.replaceState(history.state, "", address(location.href, query));
  curves.section.dispatchEvent(new CustomEvent("curves-address", { bubbles: true }));
}

export function showOptions(curves) {
  for (const input of curves.section.querySelectorAll("[data-set]")) {
    const value = curves.options[input.dataset.set];
    if (input.type === "checkbox") input.checked = value;
    else if (input !== document.activeElement) {
      if (input.dataset.set === "x" || input.dataset.set === "group") offer(input, value);
      input.value = value;
    }
    if (input.dataset.set === "smoothing") input.nextElementSibling.textContent = Number(value).toFixed(2);
  }
  const band = curves.section.querySelector("[data-band]");
  if (band) band.hidden = !curves.grouped;
}

// A choice that the address names is offered even if the page didn't know of it.
function offer(select, value) {
  if (value && ![...select.options].some((option) => option.value === value)) {
    select.append(element("option", { value, textContent: value.replace(/^(metric:|params\.|tags\.)/, "") }));
  }
}
