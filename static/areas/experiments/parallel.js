// Parallel coordinates: an axis for each column, a line for each run. Lines are on a canvas, so that a thousand stay fluid;
// axes and brushes are SVG that the keyboard reaches. (Plotly's own need code that our policy forbids.)

import { colour, shown } from "./plot.js";

const SVG = "http://www.w3.org/2000/svg";
const TOP = 44, BOTTOM = 22, SIDE = 62, HEIGHT = 270, GAP = 118, STEPS = 20;
const MISSING = 1.1; // where a run without a value runs: below the axis

function draw(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// A column as places from 0 (bottom) to 1: numbers by size (by order of magnitude where they span many), texts by name.
function scaleOf(column) {
  const there = column.values.filter((value) => value !== null);
  if (column.kind === "number") {
    const low = Math.min(...there), high = Math.max(...there);
    const isLog = low > 0 && high / low >= 100;
    const place = (value) => high === low ? 0.5 : isLog ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low)) : (value - low) / (high - low);
    return { place, ticks: high === low ? [[0.5, shown(low)]] : [[0, shown(low)], [1, shown(high)]], isLog };
  }
  const words = [...new Set(there.map(String))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const at = new Map(words.map((word, i) => [word, words.length === 1 ? 0.5 : i / (words.length - 1)]));
  const every = Math.ceil(words.length / 8);
  return { place: (value) => at.get(String(value)), ticks: words.filter((_, i) => i % every === 0).map((word) => [at.get(word), word.length > 14 ? `${word.slice(0, 13)}…` : word]) };
}

export class Parallel {
  // brushes: key → [low, high] as places on the axis; changed() after each change of them.
  constructor(box, { runs, columns, colour: target, lowIsStrong = false, brushes, changed }) {
    this.box = box;
    this.runs = runs;
    this.columns = columns;
    this.changed = changed;
    this.brushes = new Map([...brushes].filter(([key]) => columns.some((one) => one.key === key)));
    this.scales = columns.map(scaleOf);
    this.target = target;
    this.lowIsStrong = lowIsStrong;
    this.build();
    this.watch = new ResizeObserver(() => { if (Math.abs(box.clientWidth - this.across) > 2) this.build(); });
    this.watch.observe(box);
  }

  remove() {
    this.watch.disconnect();
    this.box.replaceChildren();
  }

  get words() {
    if (!this.target || !this.columns.length) return "";
    const numbers = this.target.values.filter((value) => typeof value === "number");
    if (!numbers.length) return "";
    const [low, high] = [shown(Math.min(...numbers)), shown(Math.max(...numbers))];
    const [light, strong] = this.lowIsStrong ? [high, low] : [low, high];
    return `Coloured by the rank of ${this.target.label}: ${light} light, ${strong} strong.`;
  }

  get kept() {
    const ranges = this.columns.map((column, i) => [i, this.brushes.get(column.key)]).filter(([, range]) => range);
    return [...this.runs.keys()].filter((run) => ranges.every(([i, [low, high]]) => {
      const value = this.columns[i].values[run];
      if (value === null) return false;
      const at = this.scales[i].place(value);
      return at >= low - 1e-9 && at <= high + 1e-9;
    }));
  }

  build() {
    this.across = this.box.clientWidth;
    if (this.columns.length < 2) {
      const words = document.createElement("p");
      words.className = "muted sm par-none";
      words.textContent = "Parallel coordinates need two things that differ between these runs.";
      this.box.replaceChildren(words);
      return;
    }
    this.width = Math.max(this.across, this.columns.length * GAP);
    const canvas = this.canvas = document.createElement("canvas");
    canvas.className = "par-lines";
    canvas.setAttribute("aria-hidden", "true");
    const svg = this.svg = draw("svg", { class: "par-axes-svg", width: this.width, height: HEIGHT, role: "group", "aria-label": `Parallel coordinates of ${this.runs.length} runs over ${this.columns.map((one) => one.label).join(", ")}` });
    this.columns.forEach((column, i) => svg.append(this.axis(column, i)));
    const inner = document.createElement("div");
    inner.className = "par-inner";
    inner.style.width = `${this.width}px`;
    inner.append(canvas, svg);
    this.box.replaceChildren(inner);
    this.paint();
  }

  x(i) { return SIDE + i * (this.width - 2 * SIDE) / (this.columns.length - 1); }
  y(place) { return TOP + (1 - place) * (HEIGHT - TOP - BOTTOM); }

  axis(column, i) {
    const x = this.x(i), scale = this.scales[i];
    const name = column.label.length > 18 ? `…${column.label.slice(-17)}` : column.label;
    const group = draw("g", { class: "par-axis", tabindex: "0", role: "slider", "aria-orientation": "vertical", "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": column.label, transform: `translate(${x} 0)` },
      draw("title", {}, column.label + (scale.isLog ? " (log axis)" : "")),
      draw("rect", { class: "par-hit", x: -16, y: TOP - 8, width: 32, height: HEIGHT - TOP - BOTTOM + 16 }),
      draw("text", { class: "axis-name", "text-anchor": i === 0 ? "start" : i === this.columns.length - 1 ? "end" : "middle", x: i === 0 ? -SIDE + 6 : i === this.columns.length - 1 ? SIDE - 6 : 0, y: i % 2 && this.columns.length > 5 ? 14 : 28 }, name),
      draw("line", { class: "axis-line", y1: TOP, y2: HEIGHT - BOTTOM, x1: 0, x2: 0 }),
      ...scale.ticks.map(([place, word]) => draw("text", { class: "tick-text halo", x: i === this.columns.length - 1 ? -7 : 7, y: this.y(place) + (place === 0 ? -3 : place === 1 ? 10 : 4), "text-anchor": i === this.columns.length - 1 ? "end" : "start" }, word)),
      draw("rect", { class: "brush", x: -8, width: 16, y: 0, height: 0 }),
    );
    group.addEventListener("pointerdown", (event) => this.press(event, column, i));
    group.addEventListener("keydown", (event) => this.key(event, column));
    this.show(group, column);
    return group;
  }

  show(group, column) {
    const range = this.brushes.get(column.key), brush = group.querySelector(".brush");
    brush.setAttribute("y", range ? this.y(range[1]) : 0);
    brush.setAttribute("height", range ? Math.max(this.y(range[0]) - this.y(range[1]), 3) : 0);
    group.setAttribute("aria-valuenow", Math.round((range ? range[1] : 1) * 100));
    group.setAttribute("aria-valuetext", range ? `kept from ${Math.round(range[0] * 100)} to ${Math.round(range[1] * 100)} % of the axis` : "everything kept");
  }

  press(event, column, i) {
    if (event.button) return;
    event.preventDefault();
    const group = event.currentTarget;
    group.focus({ preventScroll: true });
    group.setPointerCapture(event.pointerId);
    const place = (one) => Math.min(Math.max(1 - (one.clientY - this.svg.getBoundingClientRect().top - TOP) / (HEIGHT - TOP - BOTTOM), 0), 1);
    const start = place(event);
    let isDragged = false;
    const move = (one) => {
      const now = place(one);
      isDragged ||= Math.abs(now - start) > 0.015;
      if (!isDragged) return;
      this.brushes.set(column.key, [Math.min(start, now), Math.max(start, now)]);
      this.show(group, column);
      this.paint();
    };
    const end = () => {
      group.removeEventListener("pointermove", move);
      if (!isDragged) this.brushes.delete(column.key);
      this.show(group, column);
      this.paint();
      this.changed();
    };
    group.addEventListener("pointermove", move);
    group.addEventListener("pointerup", end, { once: true });
    group.addEventListener("pointercancel", end, { once: true });
  }

  key(event, column) {
    const by = { ArrowUp: 1 / STEPS, ArrowDown: -1 / STEPS }[event.key];
    if (event.key === "Delete" || event.key === "Backspace" || event.key === "Escape") this.brushes.delete(column.key);
    else if (by) {
      let [low, high] = this.brushes.get(column.key) ?? [0, 1];
      if (event.shiftKey) low = Math.min(Math.max(low + by, 0), high);
      else high = Math.max(Math.min(high + by, 1), low);
      if (low <= 0 && high >= 1) this.brushes.delete(column.key);
      else this.brushes.set(column.key, [low, high]);
    } else return;
    event.preventDefault();
    this.show(event.currentTarget, column);
    this.paint();
    this.changed();
  }

  clear() {
    this.brushes.clear();
    [...this.svg.querySelectorAll(".par-axis")].forEach((group, i) => this.show(group, this.columns[i]));
    this.paint();
    this.changed();
  }

  paint() {
    const ratio = devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [this.width * ratio, HEIGHT * ratio];
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const kept = new Set(this.kept), numbers = (this.target?.values ?? []).filter((value) => typeof value === "number").sort((a, b) => a - b);
    const tokens = [1, 2, 3, 4, 5].map((step) => colour(`--seq-${step}`));
    if (this.lowIsStrong) tokens.reverse();
    const shade = (run) => {
      const value = this.target?.values[run];
      // By rank: one outlier would else make all the others alike.
      return typeof value === "number" ? tokens[Math.min(Math.floor(numbers.findIndex((one) => one >= value) / numbers.length * 5), 4)] : colour("--axis");
    };
    const trace = (run) => {
      context.beginPath();
      this.columns.forEach((column, i) => {
        const value = column.values[run];
        const y = value === null ? this.y(1 - MISSING) : this.y(this.scales[i].place(value));
        const x = this.x(i), half = i ? (x - this.x(i - 1)) / 2 : 0;
        if (!i) context.moveTo(x, y);
        else context.bezierCurveTo(x - half, this.last, x - half, y, x, y);
        this.last = y;
      });
      context.stroke();
    };
    context.lineWidth = 1;
    context.globalAlpha = 0.35;
    context.strokeStyle = colour("--line-strong");
    for (const run of this.runs.keys()) if (!kept.has(run)) trace(run);
    context.globalAlpha = this.runs.length > 200 ? 0.5 : 0.9;
    context.lineWidth = this.runs.length > 60 ? 1.1 : 1.6;
    for (const run of kept) {
      context.strokeStyle = shade(run);
      trace(run);
    }
  }
}
