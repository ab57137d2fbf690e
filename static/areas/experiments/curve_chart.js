// One chart of curves.js: a metric, a line for each run or group. Plotly draws the lines; a canvas above them shows what the
// pointer or the arrow keys are at, for a hundred runs as fast as for one.

import { CONFIG, colour, element, faint, layout, plotly, save, seriesColour, shown, smooth, withoutOutliers } from "./plot.js";

const MOST_TOLD = 12; // lines that the box at the pointer names
const DASHES = ["solid", "dash", "dot"];
const BANDS = { sd: "standard deviation", ci: "95 % confidence of the mean", range: "lowest to highest" };

export class CurveChart {
  constructor(curves, metric) {
    this.curves = curves;
    this.metric = metric.name;
    this.lower = metric.lower;
    this.stale = true;
    this.note = element("span", { className: "muted xs" });
    this.area = element("div", { className: "curve-area", aria: { role: "img", label: `${this.metric}: not drawn yet` } });
    this.over = element("canvas", { className: "curve-over", ariaHidden: "true" });
    this.tip = element("div", { className: "tip curve-tip", hidden: true, ariaHidden: "true" });
    this.voice = element("span", { className: "visually-hidden", aria: { role: "status" } });
    this.plot = element("div", { className: "curve-plot", tabIndex: 0, aria: { role: "group", label: `${this.metric}: arrow keys read values, plus and minus zoom` } }, this.area, this.over, this.tip, this.voice);
    const buttons = element("span", { className: "push curve-save" }, ...["png", "svg"].map((format) => this.saver(format)));
    this.frame = element("div", { className: "curve-chart", dataset: { metric: this.metric } },
      element("div", { className: "chart-head" }, element("h3", { className: "truncate", textContent: this.metric, title: this.metric }), this.note, buttons), this.plot);
    this.plot.addEventListener("pointermove", (event) => this.follow(event));
    this.plot.addEventListener("pointerleave", () => { if (!this.byKey) this.leave(); });
    this.plot.addEventListener("blur", () => this.leave());
    this.plot.addEventListener("keydown", (event) => this.key(event));
  }

  saver(format) {
    const button = element("button", { type: "button", className: "btn btn--quiet btn--sm", textContent: format.toUpperCase(), ariaLabel: `Download the chart of ${this.metric} as ${format.toUpperCase()}` });
    button.addEventListener("click", () => {
      if (!this.made) return;
      const many = this.lines.length > 30;
      save(this.made.traces, { ...this.made.layout, title: { text: this.metric, font: { size: 14 } }, margin: { l: 60, r: 20, t: 40, b: 44 }, showlegend: !many && this.lines.length > 1 }, format, this.metric);
    });
    return button;
  }

  thin() { this.thinned = true; }

  unzoom() {
    this.range = this.fine = null;
    this.thinned = false;
    this.stale = true;
  }

  zoomTo(range) {
    this.range = range;
    this.fine = null;
    this.stale = true;
  }

  refine(series) {
    this.fine = new Map(Object.entries(series).filter(([, own]) => own[this.metric]).map(([run, own]) => [run, own[this.metric]]));
    this.stale = true;
  }

  // --- lines

  axis(points, entry) {
    const { x } = this.curves.options;
    if (this.curves.grouped) return x === "wall" ? points.x.map((time) => time * 1000) : points.x;
    if (this.curves.against) return points.x ?? [];
    if (x === "wall") return points.time.map((time) => time * 1000);
    if (x === "relative") {
      const start = Math.min(entry.start ?? Infinity, points.time[0] ?? Infinity);
      return points.time.map((time) => time - start);
    }
    return points.step.map((step, i) => step ?? i);
  }

  collect() {
    const own = this.curves.data.get(this.metric) ?? new Map();
    const used = new Map();
    this.strange = { nan: 0, inf: 0, under: 0 };
    return this.curves.entries().flatMap((entry) => {
      const points = this.fine?.get(entry.key) ?? own.get(entry.key);
      const turn = used.get(entry.number) ?? 0;
      used.set(entry.number, turn + 1);
      if (!points || !this.curves.isShown(entry.key)) return [];
      const line = { ...entry, colour: seriesColour(entry.number), dash: DASHES[Math.min(turn, 2)], faded: this.curves.isFaded(entry) };
      return [Object.assign(line, this.curves.grouped ? this.mean(points, entry) : this.values(points, entry))];
    });
  }

  values(points, entry) {
    let x = this.axis(points, entry), odd = [];
    let raw = points.value.map((value, i) => {
      if (typeof value === "number") return value;
      if (value === null) this.strange.nan += 1;
      else this.strange.inf += 1;
      odd.push({ x: x[i], at: value === "Infinity" ? 0.97 : value === "-Infinity" ? 0.03 : 0.5, symbol: value === null ? "x-thin-open" : value === "Infinity" ? "triangle-up" : "triangle-down" });
      return null;
    });
    if (this.range) [x, raw] = this.inside(x, raw);
    const weight = this.curves.options.smoothing;
    return { x, raw, y: this.drawable(weight > 0 ? smooth(raw, weight) : raw), odd: odd.slice(0, 500) };
  }

  // A log axis has no place for what is 0 or less: a gap, and a word of it.
  drawable(values) {
    if (this.curves.options.y !== "log") return values;
    return values.map((value) => {
      if (value === null || value > 0) return value;
      this.strange.under += 1;
      return null;
    });
  }

  mean(points) {
    const x = this.axis(points), weight = this.curves.options.smoothing, band = this.curves.options.band;
    const soft = (values) => weight > 0 ? smooth(values, weight) : values;
    const y = this.drawable(soft(points.mean));
    const spread = (name, sign) => soft(points.mean.map((mean, i) => mean + sign * points[name][i]));
    const low = band === "range" ? soft(points.low) : BANDS[band] ? spread(band, -1) : null;
    const high = band === "range" ? soft(points.high) : BANDS[band] ? spread(band, 1) : null;
    return { x, raw: y, y, low, high, odd: [] };
  }

  // The points within the zoom, and the next one on either side, so that lines run to the edge.
  inside(x, values) {
    const [low, high] = this.range;
    let from = x.findIndex((one) => one >= low), to = x.findLastIndex((one) => one <= high);
    if (from < 0 || to < 0) return [[], []];
    [from, to] = [Math.max(from - 1, 0), Math.min(to + 2, x.length)];
    return [x.slice(from, to), values.slice(from, to)];
  }

  draw(lib) {
    this.stale = false;
    const { options } = this.curves;
    const lines = this.lines = this.collect();
    const isMany = lines.length > 12;
    const traces = [];
    for (const line of lines) {
      const base = { x: line.x, type: "scatter", hoverinfo: "skip", connectgaps: false, showlegend: false };
      if (line.low) {
        traces.push({ ...base, y: line.low, mode: "lines", line: { width: 0 } });
        traces.push({ ...base, y: line.high, mode: "lines", line: { width: 0 }, fill: "tonexty", fillcolor: faint(line.colour, line.faded ? 0.03 : 0.15) });
      }
      if (options.smoothing > 0 && !isMany && !this.curves.grouped) {
        traces.push({ ...base, y: line.raw, mode: "lines", line: { color: faint(line.colour, line.faded ? 0.05 : 0.28), width: 1 } });
      }
      traces.push({
        ...base, y: line.y, name: line.label, showlegend: true, mode: line.x.length === 1 ? "markers" : "lines",
        line: { color: line.faded ? faint(line.colour, 0.12) : line.colour, width: isMany ? 1.25 : 1.75, dash: lines.length > 7 && !isMany ? line.dash : "solid" },
        marker: { color: line.faded ? faint(line.colour, 0.12) : line.colour, size: 7 },
      });
      if (line.odd.length) {
        traces.push({ ...base, x: line.odd.map((one) => one.x), y: line.odd.map((one) => one.at), yaxis: "y2", mode: "markers", marker: { color: line.colour, size: 8, symbol: line.odd.map((one) => one.symbol) } });
      }
    }
    const clipped = options.outliers && options.y === "linear" ? withoutOutliers(lines.map((line) => line.y)) : null;
    const made = layout({
      x: {
        type: options.x === "wall" ? "date" : "linear", fixedrange: false,
        ...(this.range ? { range: this.range, autorange: false } : { autorange: true }),
        ...(options.x === "relative" ? { ticksuffix: " s" } : {}),
        ...(this.curves.against ? { title: { text: this.curves.against, standoff: 4 } } : {}),
      },
      y: { type: options.y, fixedrange: true, ...(options.y === "log" ? this.decades(lines) : {}), ...(clipped ? { range: clipped, autorange: false } : { autorange: true }) },
      margin: { l: 50, r: 12, t: 8, b: this.curves.against ? 44 : 28 }, dragmode: "zoom",
      ...(lines.some((line) => line.odd.length) ? { yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true } } : {}),
    });
    this.made = { traces, layout: made };
    lib.react(this.area, traces, made, CONFIG);
    if (!this.listens) {
      this.listens = true;
      this.area.on("plotly_relayout", (change) => this.relayout(change));
      this.area.on("plotly_doubleclick", () => this.curves.zoom(this, null));
      this.area.on("plotly_afterplot", () => this.wipe());
    }
    this.describe();
    if (!this.tip.hidden) this.point(this.where);
  }

  // Labels of a log axis: 1, 2, 5 over few powers of ten, else the powers alone.
  decades(lines) {
    let low = Infinity, high = 0;
    for (const line of lines) for (const value of line.y) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
    return { dtick: high / low < 300 ? "D2" : Math.max(Math.ceil(Math.log10(high / low) / 6), 1), exponentformat: high / low < 300 ? "none" : "power" };
  }

  relayout(change) {
    const low = change["xaxis.range[0]"] ?? change["xaxis.range"]?.[0], high = change["xaxis.range[1]"] ?? change["xaxis.range"]?.[1];
    if (low === undefined || high === undefined) return;
    const number = (one) => typeof one === "number" ? one : this.area._fullLayout.xaxis.r2l(one);
    this.curves.zoom(this, [number(low), number(high)]);
  }

  // The chart in words: what a reader who doesn't see the lines would ask for first.
  describe() {
    const { options } = this.curves;
    const ends = this.lines.map((line) => ({ line, last: line.raw.findLast((value) => value !== null) })).filter((one) => one.last !== undefined);
    const notes = [];
    if (this.strange.nan) notes.push(`${this.strange.nan} not a number`);
    if (this.strange.inf) notes.push(`${this.strange.inf} infinite`);
    if (this.strange.under) notes.push(`${this.strange.under} at or below 0, not on a log axis`);
    if (this.lines.length && !ends.length) notes.push(this.range || this.lines.some((line) => line.x.length) ? "no number to draw" : "its points are not kept here");
    if (!this.lines.length) notes.push("hidden, or none of the shown runs has it");
    if (this.curves.grouped) notes.push(`mean${BANDS[options.band] ? ` and ${BANDS[options.band]}` : ""}`);
    if (this.range) notes.push("zoomed: double-click for all");
    this.note.textContent = notes.length ? notes.join(", ") : this.lower ? "" : "higher is better";
    const told = ends.slice(0, 8).map(({ line, last }) => `${line.label} ${shown(last)}`).join(", ");
    const sorted = [...ends].sort((a, b) => a.last - b.last);
    const rest = ends.length > 8 ? `, and ${ends.length - 8} more; lowest ${shown(sorted[0].last)} (${sorted[0].line.label}), highest ${shown(sorted.at(-1).last)} (${sorted.at(-1).line.label})` : "";
    this.area.setAttribute("aria-label", `${this.metric}, last values: ${told || "none"}${rest}`);
  }

  // --- what the pointer is at

  scales() {
    const made = this.area._fullLayout;
    return made?.xaxis?._length ? { x: made.xaxis, y: made.yaxis } : null;
  }

  follow(event) {
    const place = `${event.clientX} ${event.clientY}`;
    if (this.byKey && place === this.pointer) return; // the page moved under a pointer that rests
    this.pointer = place;
    this.byKey = false;
    const scales = this.scales();
    if (!scales || event.buttons) return this.leave();
    const box = this.area.getBoundingClientRect();
    const px = event.clientX - box.left - scales.x._offset, py = event.clientY - box.top - scales.y._offset;
    if (px < 0 || px > scales.x._length || py < -4 || py > scales.y._length + 4) return this.leave();
    this.point(scales.x.p2c(px), py);
  }

  // The nearest point of each line to x; null where the line isn't near.
  at(x, scales) {
    const reach = Math.abs(scales.x.p2c(12) - scales.x.p2c(0));
    return this.lines.flatMap((line) => {
      const i = this.curves.against ? nearestOf(line.x, x) : nearest(line.x, x);
      if (i < 0) return [];
      const gap = Math.abs(line.x[i] - x), step = Math.abs((line.x[i + 1] ?? line.x[i]) - (line.x[i - 1] ?? line.x[i]));
      if (gap > Math.max(reach, step) || line.y[i] === null) return [];
      return [{ line, i, px: scales.x.c2p(line.x[i]), py: scales.y.c2p(line.y[i]) }];
    });
  }

  point(x, py = null) {
    const scales = this.scales();
    const found = this.at(x, scales).filter((one) => Number.isFinite(one.py));
    if (!found.length) return this.leave();
    const near = py === null ? found[0] : found.reduce((best, one) => Math.abs(one.py - py) < Math.abs(best.py - py) ? one : best);
    this.where = near.line.x[near.i];
    this.paint(scales, found, near.line.key, near.px);
    const told = [...found].sort((a, b) => Math.abs(a.py - (py ?? near.py)) - Math.abs(b.py - (py ?? near.py))).slice(0, MOST_TOLD).sort((a, b) => a.py - b.py);
    const rows = told.map(({ line, i }) => {
      const swatch = element("i", { className: "swatch" });
      swatch.style.background = line.colour;
      const spread = line.high ? ` ± ${shown((line.high[i] - line.low[i]) / 2)}` : "";
      return element("span", { className: line.key === near.line.key ? "is-near" : "" }, swatch, element("span", { className: "truncate", textContent: line.label }), element("em", { textContent: shown(line.y[i]) + spread }));
    });
    const more = found.length - told.length;
    this.tip.replaceChildren(element("b", { textContent: this.word(this.where) }), ...rows, ...(more > 0 ? [element("span", { className: "muted", textContent: `and ${more} more` })] : []));
    this.tip.hidden = false;
    const left = scales.x._offset + near.px, room = this.plot.clientWidth;
    this.tip.style.left = `${left + 14 + this.tip.offsetWidth < room ? left + 14 : Math.max(left - 14 - this.tip.offsetWidth, 0)}px`;
    return told;
  }

  word(x) {
    const { options } = this.curves;
    if (options.x === "wall") return new Date(x).toLocaleString();
    if (this.curves.against) return `${this.curves.against} ${shown(x)}`;
    return options.x === "relative" ? `${shown(x)} s` : `step ${Number.isInteger(x) ? x.toLocaleString() : shown(x)}`;
  }

  paint(scales, found, key, spike) {
    const context = this.canvas();
    const left = scales.x._offset, top = scales.y._offset;
    if (spike !== undefined) {
      context.strokeStyle = colour("--muted");
      context.setLineDash([2, 2]);
      context.beginPath();
      context.moveTo(left + spike, top);
      context.lineTo(left + spike, top + scales.y._length);
      context.stroke();
      context.setLineDash([]);
    }
    const line = this.lines.find((one) => one.key === key);
    const isFaded = Boolean(line) && this.lines.length > 1;
    this.area.classList.toggle("is-faded", isFaded && this.lines.length > 7);
    if (line && isFaded) this.stroke(context, scales, line, left, top);
    for (const one of found) {
      context.fillStyle = one.line.colour;
      context.beginPath();
      context.arc(left + one.px, top + one.py, one.line.key === key ? 4 : 2.5, 0, 7);
      context.fill();
    }
  }

  stroke(context, scales, line, left, top) {
    context.save();
    context.beginPath();
    context.rect(left, top, scales.x._length, scales.y._length);
    context.clip();
    context.strokeStyle = line.colour;
    context.lineWidth = 2.75;
    context.beginPath();
    let isDown = false;
    line.x.forEach((x, i) => {
      const y = line.y[i] === null ? NaN : scales.y.c2p(line.y[i]);
      if (!Number.isFinite(y)) { isDown = false; return; }
      context[isDown ? "lineTo" : "moveTo"](left + scales.x.c2p(x), top + y);
      isDown = true;
    });
    context.stroke();
    context.restore();
  }

  canvas() {
    const ratio = devicePixelRatio || 1, { clientWidth, clientHeight } = this.plot;
    if (this.over.width !== Math.round(clientWidth * ratio) || this.over.height !== Math.round(clientHeight * ratio)) {
      [this.over.width, this.over.height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    }
    const context = this.over.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, clientWidth, clientHeight);
    return context;
  }

  light(key) {
    const scales = this.scales();
    if (!key || !scales || !this.lines?.some((line) => line.key === key)) return this.wipe();
    this.paint(scales, [], key);
  }

  wipe() {
    this.area.classList.remove("is-faded");
    if (this.over.width) this.canvas();
  }

  leave() {
    this.byKey = false;
    if (this.tip.hidden) return;
    this.tip.hidden = true;
    this.voice.textContent = "";
    this.wipe();
  }

  // --- the same without a pointer

  key(event) {
    if (event.target !== this.plot || event.ctrlKey || event.metaKey || event.altKey || !this.lines?.length) return;
    const longest = this.lines.reduce((best, line) => line.x.length > best.x.length ? line : best);
    const now = nearest(longest.x, this.where ?? longest.x[0]), last = longest.x.length - 1;
    const step = event.shiftKey ? 10 : 1;
    const to = { ArrowRight: Math.min(now + step, last), ArrowLeft: Math.max(now - step, 0), Home: 0, End: last }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.byKey = true;
      const told = this.point(longest.x[to]);
      if (told) this.voice.textContent = `${this.word(this.where)}: ${told.map(({ line, i }) => `${line.label} ${shown(line.y[i])}`).join(", ")}`;
    } else if (event.key === "+" || event.key === "-" || event.key === "0") {
      event.preventDefault();
      this.zoomByKey(event.key);
    } else if (event.key === "Escape") this.leave();
  }

  zoomByKey(key) {
    if (key === "0") return this.curves.zoom(this, null);
    const scales = this.scales();
    if (!scales) return;
    const [low, high] = scales.x.range.map((one) => scales.x.r2l(one));
    const middle = this.where ?? (low + high) / 2, half = (high - low) / (key === "+" ? 4 : 1);
    this.curves.zoom(this, [middle - half, middle + half]);
  }
}

// Index of the nearest of ascending numbers; -1 for none.
function nearest(values, x) {
  let low = 0, high = values.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] < x) low = middle;
    else high = middle;
  }
  return Math.abs(values[low] - x) <= Math.abs(values[high] - x) ? low : high;
}

function nearestOf(values, x) {
  let best = -1;
  values.forEach((value, i) => { if (value !== null && (best < 0 || Math.abs(value - x) < Math.abs(values[best] - x))) best = i; });
  return best;
}
