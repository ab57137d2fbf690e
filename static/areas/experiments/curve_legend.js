// The legend of curves.js: which runs or groups are drawn. A click hides one, "only" leaves it alone, the pointer lights it up.

import { writeAddress } from "./curve_options.js";
import { element, seriesColour } from "./plot.js";

const MANY = 12; // entries that stand open; more scroll

export class Legend {
  constructor(list, curves) {
    this.list = list;
    this.curves = curves;
    this.hidden = new Set();
    this.solo = null;
  }

  isShown(key) {
    return this.solo ? this.solo === key : !this.hidden.has(key);
  }

  tell() {
    const entries = this.curves.entries();
    this.list.hidden = entries.length < 2;
    const mark = JSON.stringify(entries.map(({ key, label, number }) => [key, label, number]));
    if (mark !== this.told) {
      this.told = mark;
      this.list.classList.toggle("curves-legend--many", entries.length > MANY);
      this.list.replaceChildren(...entries.map((entry) => this.entry(entry)));
    }
    entries.forEach((entry, index) => {
      const item = this.list.children[index], isShown = this.isShown(entry.key);
      item.firstChild.setAttribute("aria-pressed", String(isShown));
      item.lastChild.setAttribute("aria-pressed", String(this.solo === entry.key));
      item.classList.toggle("is-off", !isShown || this.curves.isFaded(entry));
      item.querySelector("i").style.background = isShown ? seriesColour(entry.number) : "transparent";
    });
  }

  entry({ key, label, note }) {
    const hide = element("button", { type: "button", className: "group", title: label }, element("i", { className: "swatch" }), element("span", { className: "truncate", textContent: label }), element("em", { textContent: note ?? "" }));
    const solo = element("button", { type: "button", className: "curves-solo", textContent: "only", ariaLabel: `Only ${label}` });
    const item = element("li", {}, hide, solo);
    hide.addEventListener("click", () => {
      if (this.solo) this.solo = null;
      else if (!this.hidden.delete(key)) this.hidden.add(key);
      writeAddress(this.curves);
      this.curves.redraw();
    });
    solo.addEventListener("click", () => {
      this.solo = this.solo === key ? null : key;
      this.curves.redraw();
    });
    for (const [name, on] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
      item.addEventListener(name, () => this.curves.light(on ? key : null));
    }
    return item;
  }
}
