// Parameters against a metric: parallel coordinates whose brushes filter everything else on the page, scatter, contour, importance.
// <div data-parameters data-values="/run-values/?runs=…" data-importance="/run-importance/?runs=…">; what is chosen is in the address.

import { contour, scatter } from "./relations.js";
import { Parallel } from "./parallel.js";
import { address, ask, element, onTheme, plotly, shown } from "./plot.js";

const AXES = 7;

class Parameters {
  constructor(section) {
    this.section = section;
    this.query = new URLSearchParams(location.search);
    this.find("stat").value = this.query.get("stat") || "last";
    section.addEventListener("change", (event) => { if (event.target.dataset.pick) this.pick(event.target); });
    section.querySelector("[data-clear]").addEventListener("click", () => this.parallel.clear());
    onTheme(() => this.draw());
    this.load();
  }

  find(name) { return this.section.querySelector(`[data-pick="${name}"]`); }
  get metric() { return this.find("metric").value; }
  get stat() { return this.find("stat").value; }

  keep(query) {
    history.replaceState(history.state, "", address(location.href, query));
    this.query = new URLSearchParams(location.search);
  }

  async load() {
    try {
      const { body } = await ask(address(this.section.dataset.values, { stat: this.stat }));
      this.told = body;
      this.columns = new Map(body.columns.map((one) => [one.key, one]));
      this.offer();
      this.draw();
    } catch (error) {
      this.section.querySelector("[data-parallel]").replaceChildren(element("p", { className: "muted sm", textContent: `The values could not be loaded: ${error.message}.` }));
    }
    this.weigh();
  }

  // What can be chosen: numbers for axes of charts, everything that differs for parallel axes.
  offer() {
    const target = `metrics.${this.metric}`;
    const differing = [...this.columns.values()].filter((one) => !one.constant);
    const numbers = differing.filter((one) => one.values.filter((value) => typeof value === "number").length > one.values.length / 4);
    const parameters = numbers.filter((one) => one.key.startsWith("params."));
    const fill = (name, fallback, from) => {
      const select = this.find(name), wanted = this.query.get(name);
      select.replaceChildren(...from.map((one) => element("option", { value: one.key, textContent: one.label })));
      select.value = from.some((one) => one.key === wanted) ? wanted : fallback ?? "";
    };
    fill("sx", (parameters[0] ?? numbers[0])?.key, numbers);
    fill("sy", this.columns.has(target) ? target : numbers[0]?.key, numbers);
    fill("cx", parameters[0]?.key, numbers);
    fill("cy", (parameters[1] ?? numbers[1])?.key, numbers);
    this.find("trend").value = this.query.get("trend") ?? "line";
    for (const name of ["sxlog", "sylog"]) this.find(name).checked = this.query.get(name) === "1";
    const named = (this.query.get("axes") ?? "").split(",").filter(Boolean).map(decodeURIComponent).filter((key) => this.columns.has(key));
    const own = differing.filter((one) => one.key.startsWith("params.") && !this.isUnique(one)).slice(0, AXES - 1).map((one) => one.key);
    this.axes = named.length ? named : [...own, ...(this.columns.has(target) ? [target] : [])];
    const box = this.section.querySelector("[data-axes]");
    box.replaceChildren(...differing.map((one) => {
      const tick = element("input", { type: "checkbox", checked: this.axes.includes(one.key), value: one.key });
      tick.addEventListener("change", () => {
        this.axes = tick.checked ? [...this.axes, one.key] : this.axes.filter((key) => key !== one.key);
        this.keep({ axes: this.axes.map(encodeURIComponent).join(",") });
        this.draw();
      });
      return element("label", { className: "tick sm" }, tick, element("span", { className: "truncate", textContent: one.key.startsWith("metrics.") ? `${one.label} (${this.stat})` : one.label }));
    }));
    if (!differing.length) box.replaceChildren(element("p", { className: "muted sm", textContent: "Nothing differs between these runs." }));
  }

  isUnique(column) {
    return column.kind === "text" && new Set(column.values).size > Math.max(12, column.values.length * 0.8);
  }

  pick(input) {
    const name = input.dataset.pick;
    this.keep({ [name]: input.type === "checkbox" ? (input.checked ? "1" : null) : name === "trend" ? input.value || "none" : input.value });
    if (name === "stat") { this.load(); return; }
    if (name === "metric") {
      this.keep({ sy: null, axes: null });
      this.section.querySelector("[data-curves]").dataset.metrics = encodeURIComponent(this.metric);
      const curves = this.section.querySelector("[data-curves]").curves;
      curves?.forget();
      curves?.begin();
      this.offer();
      this.weigh();
    }
    this.draw();
  }

  draw() {
    if (!this.told) return;
    const brushes = this.parallel?.brushes ?? this.read();
    this.parallel?.remove();
    this.parallel = new Parallel(this.section.querySelector("[data-parallel]"), {
      runs: this.told.runs, columns: this.axes.map((key) => this.columns.get(key)).filter(Boolean), colour: this.columns.get(`metrics.${this.metric}`), brushes,
      changed: () => this.brushed(),
    });
    this.section.querySelector("[data-ramp]").textContent = this.parallel.words;
    this.brushed();
  }

  // Brushes in the address: key~low~high, commas between.
  read() {
    const found = new Map();
    for (const one of (this.query.get("brush") ?? "").split(",").filter(Boolean)) {
      const [key, low, high] = one.split("~");
      if (key && Number.isFinite(Number(low)) && Number.isFinite(Number(high))) found.set(decodeURIComponent(key), [Number(low), Number(high)]);
    }
    return found;
  }

  brushed() {
    const { brushes, kept } = this.parallel;
    const isBrushed = brushes.size > 0, names = kept.map((i) => this.told.runs[i].name);
    this.keep({ brush: [...brushes].map(([key, [low, high]]) => `${encodeURIComponent(key)}~${Number(low.toPrecision(6))}~${Number(high.toPrecision(6))}`).join(",") });
    this.section.querySelector("[data-count]").textContent = `${this.told.runs.length} run${this.told.runs.length === 1 ? "" : "s"}`;
    this.section.querySelector("[data-brushed]").textContent = isBrushed ? `${names.length} in the brush` : "";
    this.section.querySelector("[data-clear]").hidden = !isBrushed;
    const only = this.section.querySelector("[data-only]");
    only.hidden = !isBrushed || !names.length;
    only.href = address(location.href, { runs: names.join(","), experiment: null, q: null, sort: null, most: null, also: null, without: null, brush: null });
    this.section.querySelector("[data-curves]")?.curves?.only(isBrushed ? names : null);
    this.relate(new Set(isBrushed ? kept : this.told.runs.keys()));
  }

  async relate(kept) {
    let lib;
    try { lib = await plotly(); } catch { return; }
    const column = (name) => this.columns.get(this.find(name).value);
    const note = (name, words) => { this.section.querySelector(`[data-${name}-note]`).textContent = words; };
    const log = (name) => this.find(name).checked;
    note("scatter", scatter(lib, this.section.querySelector("[data-scatter]"), { runs: this.told.runs, x: column("sx"), y: column("sy"), kept, trend: this.find("trend").value, xlog: log("sxlog"), ylog: log("sylog") }));
    note("contour", contour(lib, this.section.querySelector("[data-contour]"), { runs: this.told.runs, x: column("cx"), y: column("cy"), z: this.columns.get(`metrics.${this.metric}`), kept }));
  }

  // --- importance

  async weigh() {
    const body = this.section.querySelector("[data-importance-body]"), note = this.section.querySelector("[data-importance-note]");
    const metric = this.metric;
    if (!metric) return body.replaceChildren(element("p", { className: "muted sm", textContent: "These runs have no metric." }));
    note.textContent = "";
    try {
      const { body: told } = await ask(address(this.section.dataset.importance, { metric, stat: this.stat }));
      if (metric !== this.metric) return;
      const words = told.problem || (told.r2 < 0.1 ? "The parameters explain next to nothing of it: read the bars with doubt." : "");
      note.textContent = `${metric} (${told.stat}) of ${told.runs} runs${told.r2 === null ? "" : `; a random forest explains ${Math.max(0, Math.round(told.r2 * 100))} % of runs that it hasn't seen`}`;
      const most = Math.max(...told.parameters.map((one) => one.importance), 1e-9);
      const rows = told.parameters.slice(0, 30).map((one) => this.bar(one, most));
      const left = told.left_out.length ? element("p", { className: "muted xs", textContent: `Left out: ${told.left_out.slice(0, 12).map((one) => `${one.name} (${one.why})`).join(", ")}${told.left_out.length > 12 ? " …" : ""}.` }) : "";
      const table = rows.length ? element("div", { className: "scroll", tabIndex: 0, aria: { role: "region", label: "Importance of parameters" } }, element("table", { className: "table table--compact" },
        element("thead", {}, element("tr", {}, ...[["Parameter", ""], ["Importance", ""], ["Share", "num"], ["±", "num"], ["Correlation", "num"], ["Values", "num"]].map(([text, className]) => element("th", { scope: "col", className, textContent: text })))),
        element("tbody", {}, ...rows))) : "";
      body.replaceChildren(...(words ? [element("p", { className: "muted sm", textContent: words })] : []), table, left);
    } catch (error) {
      body.replaceChildren(element("p", { className: "error", textContent: error.message }));
    }
  }

  bar(one, most) {
    const meter = document.createElement("meter");
    Object.assign(meter, { min: 0, max: 1, value: Math.max(one.importance, 0) / most, className: "par-meter" });
    meter.setAttribute("aria-label", `Importance of ${one.name}`);
    const correlation = `${one.kind === "number" ? (one.correlation > 0 ? "+" : one.correlation < 0 ? "−" : "") : "η "}${shown(Math.abs(Number(one.correlation.toFixed(2))))}`;
    return element("tr", {}, element("th", { scope: "row", className: "mono xs", textContent: one.name }), element("td", {}, meter),
      ...[`${Math.round(one.share * 100)} %`, shown(Number(one.sd.toPrecision(2))), correlation, String(one.values)].map((text) => element("td", { className: "num", textContent: text })));
  }
}

for (const section of document.querySelectorAll("[data-parameters]")) new Parameters(section);
