// Live curves of metric points, drawn by Plotly in the page's own colours.
// <section data-charts="points.json" data-name="file name" [data-most="3"] [data-group="variant"] [data-x="wall"]>

import { colour, faint, onTheme, shown, smooth, withoutOutliers } from "./experiments/plot.js";

const USAGE = /^(CPU|Memory|Disk|GPU|GPUMemory)Utilization/;
const MICROSECONDS = /^(Model|Overhead)Latency/; // as CloudWatch has them; people read milliseconds
const WINDOWS = { "1h": 3600, "6h": 21600, "24h": 86400, "7d": 604800 };

class Charts {
  constructor(section) {
    this.section = section;
    this.plots = section.querySelector("[data-plots]");
    this.series = {};
    this.cursor = "";
    this.boxes = new Map();
    this.hidden = new Set();
    this.zoomed = new Map();
    this.options = { smoothing: 0, x: section.dataset.x || "step", y: "linear", outliers: false, variant: "" };
    section.addEventListener("input", (event) => this.set(event.target));
    this.poll();
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !this.ended) this.poll(); });
  }

  set(input) {
    const name = input.dataset.set;
    if (!name) return;
    this.options[name] = input.type === "checkbox" ? input.checked : name === "smoothing" ? Number(input.value) : input.value;
    if (name === "smoothing") input.nextElementSibling.textContent = this.options.smoothing.toFixed(2);
    if (name === "x") this.zoomed.clear();
    if (name === "window") { this.series = {}; this.cursor = ""; this.etag = ""; this.drawn = false; this.poll(); return; }
    this.draw(name === "x" || name === "y");
  }

  url(query) {
    const window = this.section.querySelector('[data-set="window"]:checked')?.value;
    return `${this.section.dataset.charts}?${new URLSearchParams(window ? { ...query, window } : query)}`;
  }

  async poll() {
    clearTimeout(this.timer);
    if (this.busy) return;
    this.busy = true;
    let wait = 1000;
    try {
      const headers = this.etag ? { "If-None-Match": this.etag } : {};
      const response = await fetch(this.url({ since: this.cursor }), { headers, cache: "no-store" });
      if (response.status === 200) this.take(await response.json(), response.headers.get("ETag"));
      else if (response.status !== 304) throw new Error(`the server answered ${response.status}`);
      this.heard = Date.now();
    } catch (error) {
      wait = 5000;
      this.say("fail", `not live: ${error.message}`);
    }
    this.busy = false;
    if (this.ended) this.say("stopped", "ended");
    else if (!document.hidden) this.timer = setTimeout(() => this.poll(), Number(this.section.dataset.every) || wait);
  }

  take(answer, etag) {
    const first = !this.drawn;
    this.drawn = true;
    if (answer.whole) this.series = {}; // the open minute still changes: all of it comes each time
    for (const [name, points] of Object.entries(answer.series)) {
      points.value = points.value.map((value) => value === null ? null : Number(value)); // "Infinity" is a word in JSON
      if (MICROSECONDS.test(name)) points.value = points.value.map((value) => value === null ? null : value / 1000);
      const own = (this.series[name] ??= { step: [], time: [], value: [] });
      for (const key of ["step", "time", "value"]) own[key].push(...points[key]);
    }
    this.cursor = answer.cursor;
    this.thinned ||= answer.thinned;
    // The tag of an answer is that of its address: it holds for the next question only if the cursor stayed.
    this.etag = first || Object.keys(answer.series).length ? "" : etag;
    this.ended = answer.ended;
    if (!this.ended) this.say("running", "live");
    if (first || answer.whole || Object.keys(answer.series).length) this.draw(false);
  }

  say(status, words) {
    const place = this.section.querySelector("[data-live]");
    if (!place) return;
    place.dataset.status = status;
    place.textContent = words;
  }

  // Where a metric is drawn, and what its line is called there.
  place(name) {
    if (this.section.dataset.group === "variant") {
      const [metric, variant] = name.split("/");
      const [base, part] = metric.split(".");
      const word = part ?? (MICROSECONDS.test(base) ? "mean" : "");
      const several = new Set(Object.keys(this.series).map((one) => one.split("/")[1])).size > 1;
      return { chart: base, label: [word, several || !word ? variant : ""].filter(Boolean).join(" "), variant };
    }
    if (USAGE.test(name)) return { chart: "usage of the machine, %", label: name.replace("Utilization", ""), last: true };
    const [channel, metric] = name.includes(":") ? [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)] : ["", name];
    return { chart: metric, label: name, channel };
  }

  number(name, place, index) {
    const known = { train: 1, validation: 2, p50: 2, p95: 5, p99: 6, mean: 0 };
    return known[place.channel] ?? known[place.label.split(" ")[0]] ?? [2, 1, 3, 6, 5, 7, 4][index % 7];
  }

  charts() {
    const found = new Map();
    for (const name of Object.keys(this.series).sort()) {
      const place = this.place(name);
      if (this.options.variant && place.variant && place.variant !== this.options.variant) continue;
      if (!found.has(place.chart)) found.set(place.chart, []);
      found.get(place.chart).push({ name, ...place });
    }
    const wanted = (this.section.dataset.order || "").split(",").filter(Boolean);
    const rank = (chart) => { const at = wanted.indexOf(chart); return at < 0 ? wanted.length : at; };
    let list = [...found.entries()];
    if (wanted.length && this.section.dataset.only !== undefined) list = list.filter(([chart]) => wanted.includes(chart));
    list.sort(([a, x], [b, y]) => (x[0].last ? 1 : 0) - (y[0].last ? 1 : 0) || rank(a) - rank(b) || a.localeCompare(b));
    const most = Number(this.section.dataset.most);
    return most ? list.slice(0, most) : list;
  }

  axis(points) {
    if (this.options.x === "wall") return points.time.map((time) => new Date(time * 1000));
    const start = this.start();
    if (this.options.x === "relative") return points.time.map((time) => time - start);
    return points.step.map((step, i) => step ?? i);
  }

  start() {
    return Math.min(...Object.values(this.series).map((points) => points.time[0]));
  }

  draw(reset) {
    const charts = this.charts();
    const none = this.plots.querySelector("[data-none]");
    if (none) none.hidden = charts.length > 0;
    let grid = this.plots.querySelector(".chart-grid");
    if (!grid) {
      grid = document.createElement("div");
      const kind = this.section.dataset.group && this.section.dataset.most !== "0" ? "one" : this.section.dataset.most === "0" ? "all" : "first";
      grid.className = `chart-grid chart-grid--${kind}`;
      this.plots.append(grid);
    }
    for (const [chart, box] of this.boxes) if (!charts.some(([name]) => name === chart)) { box.frame.remove(); this.boxes.delete(chart); }
    charts.forEach(([chart, lines], index) => {
      if (!this.boxes.has(chart)) this.boxes.set(chart, this.box(chart));
      const box = this.boxes.get(chart);
      if (grid.children[index] !== box.frame) grid.insertBefore(box.frame, grid.children[index] ?? null);
      this.plot(chart, lines, box, reset);
    });
  }

  box(chart) {
    const frame = document.createElement("div");
    const head = document.createElement("div");
    head.className = "chart-head";
    const title = document.createElement("h3");
    title.textContent = MICROSECONDS.test(chart) ? `${chart}, ms` : chart;
    const legend = document.createElement("ul");
    legend.className = "legend";
    const save = document.createElement("span");
    save.className = "push";
    const area = document.createElement("div");
    area.className = "plot-box";
    area.setAttribute("role", "img");
    for (const format of ["png", "svg"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn--quiet btn--sm";
      button.textContent = format.toUpperCase();
      button.setAttribute("aria-label", `Download the chart of ${chart} as ${format.toUpperCase()}`);
      button.addEventListener("click", () => Plotly.downloadImage(area, {
        format, filename: `${this.section.dataset.name}-${chart}`, width: 1000, height: 500, scale: 2,
      }));
      save.append(button);
    }
    head.append(title, legend, save);
    frame.append(head, area);
    return { frame, area, legend };
  }

  plot(chart, lines, box, reset) {
    const raw = this.zoomed.get(chart) ?? this.series;
    const window = WINDOWS[this.section.querySelector('[data-set="window"]:checked')?.value];
    const traces = [], columns = [];
    const weight = this.options.smoothing;
    lines.forEach((line, index) => {
      const points = raw[line.name] ?? this.series[line.name];
      line.colour = colour(`--series-${this.number(line.name, line, index)}`);
      line.last = this.series[line.name].value.at(-1);
      const visible = !this.hidden.has(line.name);
      if (visible) columns.push(points.value);
      const x = this.axis(points);
      const one = points.value.length === 1 ? "markers" : window && points.value.length < 90 ? "lines+markers" : "lines";
      if (weight > 0) {
        traces.push({ x, y: points.value, mode: one, visible, hoverinfo: "skip", line: { color: faint(line.colour, 0.3), width: 1 } });
      }
      traces.push({
        x, y: weight > 0 ? smooth(points.value, weight) : points.value, name: line.label, mode: one, visible,
        line: { color: line.colour, width: 1.75 }, marker: { color: line.colour, size: 5 }, connectgaps: false,
        hovertemplate: "%{y:.5~g}",
      });
    });
    const range = this.options.outliers && this.options.y === "linear" ? withoutOutliers(columns) : null;
    box.revision = reset ? (box.revision ?? 0) + 1 : (box.revision ?? 0);
    const text = colour("--muted"), grid = colour("--grid");
    const base = { gridcolor: grid, zeroline: false, linecolor: colour("--axis"), tickfont: { size: 11, color: text }, fixedrange: false };
    const font = { family: getComputedStyle(document.body).fontFamily, size: 11, color: colour("--text") };
    const span = window ? { range: [new Date(Date.now() - window * 1000), new Date()] } : {};
    const layout = {
      autosize: true, margin: { l: 46, r: 12, t: 6, b: 32 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      showlegend: false, hovermode: "x unified", uirevision: box.revision, font, ...this.marks(lines),
      hoverlabel: { bgcolor: colour("--overlay"), bordercolor: colour("--line-strong"), font },
      xaxis: {
        ...base, showgrid: false, showline: true, type: this.options.x === "wall" ? "date" : "linear",
        ticksuffix: this.options.x === "relative" ? " s" : "", rangemode: this.options.x === "step" ? "tozero" : "normal",
        nticks: 6, tickangle: 0, spikethickness: 1, spikedash: "2px,2px", spikecolor: text, ...span,
      },
      yaxis: { ...base, fixedrange: true, type: this.options.y, nticks: 5, exponentformat: "power", ...(range ? { range, autorange: false } : { autorange: true }), ...(this.section.dataset.zero !== undefined ? { rangemode: "tozero" } : {}) },
    };
    Plotly.react(box.area, traces, layout, { displayModeBar: false, responsive: true, doubleClick: "reset" });
    box.area.setAttribute("aria-label", `${chart}: ${lines.map((line) => `${line.label} ${shown(line.last)}`).join(", ")}`);
    if (!box.listens) {
      box.listens = true;
      box.area.on("plotly_relayout", (change) => this.zoom(chart, change));
    }
    this.legend(box.legend, lines);
  }

  // What the page marks at a step ([data-mark="Overfit" data-step="14"]): a line down the chart with a word at its top.
  marks(lines) {
    if (this.section.dataset.marks === undefined || USAGE.test(lines[0].name)) return {};
    const points = this.series[lines[0].name], x = this.axis(points), ink = colour("--warn");
    const shapes = [], annotations = [];
    document.querySelectorAll("[data-mark]").forEach((mark, row) => {
      const at = points.step.findIndex((step, i) => (step ?? i) >= Number(mark.dataset.step));
      if (at < 0) return;
      shapes.push({ type: "line", xref: "x", yref: "paper", x0: x[at], x1: x[at], y0: 0, y1: 1, line: { color: ink, width: 1, dash: "dash" } });
      annotations.push({
        xref: "x", yref: "paper", x: x[at], y: 1 - (row % 4) * 0.11, text: mark.dataset.mark, showarrow: false,
        xanchor: at > points.step.length / 2 ? "right" : "left", yanchor: "top", font: { size: 11, color: ink },
      });
    });
    return { shapes, annotations };
  }

  legend(list, lines) {
    if (list.children.length !== lines.length) {
      list.replaceChildren(...lines.map((line) => {
        const item = document.createElement("li"), button = document.createElement("button");
        const swatch = document.createElement("i"), words = document.createElement("span"), value = document.createElement("em");
        button.type = "button";
        button.className = "group";
        swatch.className = "swatch";
        words.textContent = line.label;
        button.append(swatch, words, value);
        button.addEventListener("click", () => {
          if (!this.hidden.delete(line.name)) this.hidden.add(line.name);
          this.draw(false);
        });
        item.append(button);
        return item;
      }));
    }
    lines.forEach((line, index) => {
      const button = list.children[index].firstChild;
      button.setAttribute("aria-pressed", String(!this.hidden.has(line.name)));
      button.querySelector("i").style.background = this.hidden.has(line.name) ? "transparent" : line.colour;
      button.querySelector("em").textContent = shown(line.last);
    });
  }

  // A zoom into a thinned curve fetches what lies there in full.
  async zoom(chart, change) {
    if (!this.thinned) return;
    const low = change["xaxis.range[0]"], high = change["xaxis.range[1]"];
    if (low === undefined || high === undefined) {
      if (this.zoomed.delete(chart)) this.draw(false);
      return;
    }
    const times = [];
    for (const { name } of this.charts().find(([one]) => one === chart)?.[1] ?? []) {
      const x = this.axis(this.series[name]);
      const [from, to] = this.options.x === "wall" ? [new Date(low), new Date(high)] : [Number(low), Number(high)];
      x.forEach((value, i) => { if (value >= from && value <= to) times.push(this.series[name].time[i]); });
    }
    if (!times.length) return;
    const response = await fetch(this.url({ from: Math.min(...times) - 0.001, to: Math.max(...times) + 0.001 }));
    if (!response.ok) return;
    this.zoomed.set(chart, (await response.json()).series);
    this.draw(false);
  }
}

const all = [...document.querySelectorAll("[data-charts]")].map((section) => new Charts(section));
const repaint = () => all.forEach((charts) => charts.draw(false));
onTheme(repaint);
document.body.addEventListener("htmx:afterSettle", (event) => { if (event.target.matches("[data-verdicts]")) repaint(); });
