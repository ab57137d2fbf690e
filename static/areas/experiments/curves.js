// Curves of runs: a grid of charts, one a metric, every run overlaid. Each chart is drawn when it comes into sight.
//
// {% include "areas/experiments/curves.html" with feed="/run-series/?runs=a,b" csv="/run-series.csv?runs=a,b" %} writes the
// section and its controls; {% include "areas/experiments/curves_scripts.html" %} belongs into the page's scripts. It takes:
//   data-feed       what /run-series/ (areas/experiments/feeds.py) answers, with its query; or "#id" of a JSON script in the page
//   data-csv        the same as CSV; without it there is no such link
//   data-metrics    names to draw, each URI-encoded, commas between; without it every metric
//   data-live       ask for what is new while a run goes on
//   data-address    keep the options in the page's address, so that it can be shared
//   data-options    JSON of options to start with: {"x": "relative", "y": "log", "smoothing": 0.6, "group": "parameters", "band": "sd"}
// Its element has .curves: feed(url) changes what is drawn, only(names) dims every run but these (null: none).
// When everything in sight is drawn: data-ready on the section, the performance mark "curves-ready", the event "curves-ready".

import { CurveChart } from "./curve_chart.js";
import { Legend } from "./curve_legend.js";
import { DEFAULTS, readAddress, showOptions, writeAddress } from "./curve_options.js";
import { address, ask, colourOf, element, onTheme, plotly } from "./plot.js";

export { colourOf };

const FIRST = 4, BATCH = 12, FRAME = 40; // charts asked for at once, metrics of a later question, ms of drawing between frames

export class Curves {
  constructor(section) {
    this.section = section;
    section.curves = this;
    this.plots = section.querySelector("[data-plots]");
    this.legend = new Legend(section.querySelector("[data-legend]"), this);
    this.charts = new Map();
    this.queue = new Set();
    this.options = { ...DEFAULTS, ...JSON.parse(section.dataset.options || "{}") };
    if ("address" in section.dataset) readAddress(this);
    this.watch = new IntersectionObserver((entries) => this.sight(entries), { rootMargin: "120px 0px" });
    section.addEventListener("input", (event) => this.set(event.target));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.poll(); });
    onTheme(() => this.redraw());
    this.forget();
    this.begin();
  }

  feed(url) {
    if (url === this.section.dataset.feed) return;
    this.section.dataset.feed = url;
    this.forget();
    this.begin();
  }

  only(names) {
    this.chosen = names && new Set(names);
    this.redraw();
  }

  forget() {
    this.data = new Map(); // metric → run (or group) → points
    this.cursors = new Map();
    this.waiting = new Set();
    this.runs = {};
    this.etag = this.asked = "";
    this.turn = (this.turn ?? 0) + 1; // answers to older questions are thrown away
    for (const chart of this.charts.values()) chart.unzoom();
  }

  get grouped() { return Boolean(this.options.group); }
  get named() { return (this.section.dataset.metrics ?? "").split(",").filter(Boolean).map(decodeURIComponent); }
  get against() { return this.options.x.startsWith("metric:") ? this.options.x.slice(7) : ""; }

  // --- options

  set(input) {
    const name = input.dataset.set;
    if (!name) return;
    const before = { ...this.options };
    this.options[name] = input.type === "checkbox" ? input.checked : name === "smoothing" ? Number(input.value) : input.value;
    if (name === "group" && this.grouped && this.against) this.options.x = "step";
    if (name === "x" && this.against) this.options.group = "";
    showOptions(this);
    writeAddress(this);
    if (name === "x" || name === "group") {
      for (const chart of this.charts.values()) chart.unzoom();
      const isOther = before.group !== this.options.group || (this.grouped && name === "x") || this.against || before.x.startsWith("metric:");
      if (isOther) { this.forget(); this.begin(); return; }
    }
    if (name === "find") return this.lay();
    this.redraw();
  }

  // --- data

  url(query) {
    const own = this.section.dataset.feed;
    if (own.startsWith("#")) return own;
    const more = { ...query };
    if (this.grouped) Object.assign(more, { group: this.options.group, x: this.options.x });
    if (this.against) more.against = this.against;
    return address(own, more);
  }

  async begin() {
    const turn = this.turn, named = this.named;
    this.waiting = new Set(["*"]);
    showOptions(this);
    try {
      const sought = named.length ? { metrics: named.slice(0, BATCH).map(encodeURIComponent).join(",") } : { first: FIRST };
      const { body } = await ask(this.url(sought));
      if (turn !== this.turn) return;
      this.waiting.clear();
      this.take(body);
    } catch (error) {
      if (turn !== this.turn) return;
      this.waiting.clear();
      this.refuse(error);
    }
    this.later();
  }

  async load(names) {
    const turn = this.turn;
    for (const name of names) this.waiting.add(name);
    try {
      const { body } = await ask(this.url({ metrics: names.map(encodeURIComponent).join(",") }));
      if (turn === this.turn) this.take(body);
    } catch (error) {
      if (turn === this.turn) this.say("fail", `not loaded: ${error.message}`);
    }
    if (turn !== this.turn) return;
    for (const name of names) {
      this.waiting.delete(name);
      if (!this.data.has(name)) this.data.set(name, new Map());
    }
    this.ready();
  }

  // What came: all of a series, or what is new of it.
  take(answer) {
    this.runs = answer.runs;
    this.metrics = answer.metrics;
    this.ended = answer.ended;
    this.missing = answer.missing ?? [];
    this.groups = answer.groups ?? {};
    for (const [metric, cursor] of Object.entries(answer.cursors ?? {})) {
      this.cursors.set(metric, cursor);
      if (!this.data.has(metric)) this.data.set(metric, new Map());
    }
    const touched = new Set();
    const put = (key, metric, points) => {
      if (!this.data.has(metric)) this.data.set(metric, new Map());
      const before = this.data.get(metric).get(key);
      if (points.from && before) {
        const order = before.step.length && points.step.length && before.step.at(-1) !== null && points.step[0] < before.step.at(-1);
        for (const name of ["step", "time", "value", "x"]) if (points[name]) before[name] = before[name].concat(points[name]);
        if (order) this.cursors.set(metric, ""); // it came late: the next question is for all of it, in order
      } else this.data.get(metric).set(key, points);
      touched.add(metric);
    };
    for (const [run, series] of Object.entries(answer.series)) for (const [metric, points] of Object.entries(series)) put(run, metric, points);
    for (const [key, group] of Object.entries(this.groups)) for (const [metric, points] of Object.entries(group.series)) put(key, metric, points);
    if (answer.thinned) for (const metric of touched) this.charts.get(metric)?.thin();
    this.thinned = answer.thinned;
    this.lay(answer.thinned ? touched : new Set());
    this.legend.tell();
    for (const metric of touched) if (this.charts.has(metric)) this.charts.get(metric).stale = true;
    this.schedule();
  }

  // Asks for what is new of the charts in sight, ever more rarely while nothing is.
  later() {
    clearTimeout(this.timer);
    if (!("live" in this.section.dataset) || this.section.dataset.feed.startsWith("#")) return;
    if (this.ended) return this.say("stopped", Object.keys(this.runs).length ? "ended" : "");
    this.timer = setTimeout(() => this.poll(), this.pause ?? 1000);
  }

  async poll() {
    if (this.busy || document.hidden || !("live" in this.section.dataset) || this.ended) return;
    this.busy = true;
    const turn = this.turn;
    const seen = [...this.charts.values()].filter((chart) => chart.seen && this.data.has(chart.metric)).map((chart) => chart.metric).slice(0, BATCH);
    const since = this.grouped ? [] : seen.map((metric) => this.cursors.get(metric)).filter(Boolean);
    const url = this.url(seen.length ? { metrics: seen.map(encodeURIComponent).join(","), since: since.join(",") } : { first: 0 });
    try {
      const { status, body, etag } = await ask(url, this.etag && url === this.asked ? { "If-None-Match": this.etag } : {});
      if (turn === this.turn) {
        if (status === 200) this.take(body);
        [this.asked, this.etag] = [url, etag ?? this.etag];
        this.pause = status === 304 ? Math.min((this.pause ?? 1000) * 1.3, 10_000) : 1000;
        this.say("running", "live");
      }
    } catch (error) {
      this.pause = 5000;
      this.say("fail", `not live: ${error.message}`);
    }
    this.busy = false;
    this.later();
  }

  refuse(error) {
    this.say("fail", "");
    const none = this.section.querySelector("[data-none]");
    none.hidden = false;
    none.textContent = `The curves could not be loaded: ${error.message}.`;
    this.plots.dataset.drawn = "";
    this.done();
  }

  say(status, words) {
    const place = this.section.querySelector("[data-live-word]");
    if (!place || place.textContent === words) return;
    place.dataset.status = status;
    place.textContent = words;
  }

  // --- the grid

  lay(thin = new Set()) {
    const named = this.named, sought = this.options.find.toLowerCase();
    const known = this.metrics.map((one) => one.name);
    const names = (named.length ? named.filter((name) => known.includes(name)) : known).filter((name) => name.toLowerCase().includes(sought));
    const prefix = (name) => name.match(/^([^/:]+)[/:]/)?.[1] ?? "";
    const groups = new Map();
    const isGrouped = names.length > 8 && new Set(names.map(prefix)).size > 1;
    for (const name of names) {
      const key = isGrouped ? prefix(name) : "";
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(name);
    }
    const wanted = new Set(names);
    for (const [name, chart] of this.charts) {
      if (wanted.has(name)) continue;
      this.watch.unobserve(chart.frame);
      chart.frame.remove();
      this.charts.delete(name);
    }
    const grids = [...groups].map(([key, members]) => {
      const grid = this.grid(key, isGrouped, members.length);
      members.forEach((name, index) => {
        if (!this.charts.has(name)) {
          const chart = new CurveChart(this, this.metrics.find((one) => one.name === name));
          this.charts.set(name, chart);
          this.watch.observe(chart.frame);
        }
        const chart = this.charts.get(name);
        if (thin.has(name)) chart.thin();
        if (grid.children[index] !== chart.frame) grid.insertBefore(chart.frame, grid.children[index] ?? null);
      });
      return grid.closest("details") ?? grid;
    });
    for (const child of [...this.plots.children]) if (!grids.includes(child) && !("none" in child.dataset)) child.remove();
    grids.forEach((grid) => this.plots.append(grid));
    const none = this.section.querySelector("[data-none]");
    none.hidden = names.length > 0;
    if (!names.length) none.textContent = this.emptiness(known, sought);
    this.plots.dataset.drawn = "";
    if (!names.length) this.done();
    this.section.querySelector("[data-others]")?.replaceChildren(
      ...known.slice(0, 200).map((name) => element("option", { value: `metric:${name}`, textContent: name, selected: this.options.x === `metric:${name}` })));
  }

  emptiness(known, sought) {
    if (!Object.keys(this.runs).length) return this.missing.length ? "None of these runs is there any more." : "No runs are chosen.";
    if (sought && known.length) return `No metric has “${this.options.find}” in its name.`;
    return this.ended ? "No metric was logged." : "Curves appear here as soon as a metric is logged.";
  }

  grid(key, isGrouped, count) {
    const id = `g:${key}`;
    const found = [...this.plots.querySelectorAll(".curve-grid")].find((one) => one.dataset.key === id && Boolean(one.closest("details")) === isGrouped);
    const grid = found ?? element("div", { className: "curve-grid", dataset: { key: id } });
    grid.classList.toggle("curve-grid--one", count === 1 && !isGrouped);
    if (isGrouped && !found) {
      element("details", { className: "curve-group", open: true }, element("summary", {}, element("b", {}, key || "Others"), element("span", { className: "count" })), grid);
    }
    const number = grid.closest("details")?.querySelector(".count");
    if (number) number.textContent = ` ${count}`;
    return grid;
  }

  sight(entries) {
    for (const { target, isIntersecting } of entries) {
      const chart = [...this.charts.values()].find((one) => one.frame === target);
      if (chart) chart.seen = isIntersecting;
    }
    this.schedule();
  }

  // Draws what is in sight and stale, some of it a frame; asks for what isn't there yet.
  schedule() {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(async () => {
      const lib = window.Plotly ?? await plotly().catch((error) => this.refuse(error));
      this.drawing = false;
      if (!lib) return;
      const seen = [...this.charts.values()].filter((chart) => chart.seen);
      const lacking = seen.map((chart) => chart.metric).filter((name) => !this.data.has(name) && !this.waiting.has(name) && !this.waiting.has("*"));
      if (lacking.length) this.load(lacking.slice(0, BATCH));
      const until = performance.now() + FRAME;
      for (const chart of seen) {
        if (!chart.stale || !this.data.has(chart.metric)) continue;
        chart.draw(lib);
        if (performance.now() > until) return this.schedule();
      }
      this.ready();
    });
  }

  redraw() {
    for (const chart of this.charts.values()) chart.stale = true;
    this.legend.tell();
    this.schedule();
  }

  ready() {
    const seen = [...this.charts.values()].filter((chart) => chart.seen);
    if (this.waiting.size || !seen.length || seen.some((chart) => chart.stale || !this.data.has(chart.metric))) {
      if (!this.waiting.size && seen.some((chart) => chart.stale || !this.data.has(chart.metric))) this.schedule();
      return;
    }
    this.done();
  }

  done() {
    if ("ready" in this.section.dataset) return;
    this.section.dataset.ready = "";
    performance.mark("curves-ready");
    this.section.dispatchEvent(new CustomEvent("curves-ready", { bubbles: true }));
  }

  // --- lines and their legend

  // What is drawn of a metric: runs, or groups of them, in the legend's order.
  entries() {
    if (this.grouped) return Object.entries(this.groups).map(([key, group]) => ({ key, label: group.label, number: group.colour, note: `${group.runs.length} run${group.runs.length === 1 ? "" : "s"}`, runs: group.runs }));
    return Object.entries(this.runs).map(([key, run]) => ({ key, label: run.label, number: run.colour, url: run.url, start: run.start, runs: [key] }));
  }

  isShown(key) { return this.legend.isShown(key); }

  isFaded(entry) {
    return this.chosen ? !entry.runs.some((run) => this.chosen.has(run)) : false;
  }

  light(key) {
    for (const chart of this.charts.values()) if (chart.seen) chart.light(key);
  }

  // --- zoom: what lies there in full, in every chart that is zoomed with it

  zoom(chart, range) {
    const all = this.options.link ? [...this.charts.values()] : [chart];
    for (const one of all) one.zoomTo(range);
    const thin = all.filter((one) => one.seen && one.thinned);
    if (range && thin.length && !this.against && !this.grouped) this.refine(thin, range);
    this.schedule();
  }

  async refine(charts, [low, high]) {
    const turn = this.turn, query = { metrics: charts.map((chart) => encodeURIComponent(chart.metric)).join(","), keep: 2000 };
    const margin = (high - low) * 0.02;
    if (this.options.x === "step") query.steps = [Math.floor(low - margin), Math.ceil(high + margin)].join(",");
    else if (this.options.x === "wall") query.times = [(low - margin) / 1000, (high + margin) / 1000].join(",");
    else {
      const starts = Object.values(this.runs).map((run) => run.start);
      query.times = [Math.min(...starts) + low - margin, Math.max(...starts) + high + margin].join(",");
    }
    try {
      const { body } = await ask(this.url(query));
      if (turn !== this.turn) return;
      for (const chart of charts) if (chart.range?.[0] === low && chart.range?.[1] === high) chart.refine(body.series);
      this.schedule();
    } catch (error) {
      this.say("fail", `not loaded in full: ${error.message}`);
    }
  }
}

for (const section of document.querySelectorAll("[data-curves]")) new Curves(section);
document.addEventListener("htmx:load", (event) => {
  for (const section of event.detail.elt.querySelectorAll?.("[data-curves]") ?? []) if (!section.curves) new Curves(section);
});
