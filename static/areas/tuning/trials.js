// The trials of a tuning job: a point each with the best so far, and parallel coordinates. Drawn anew when htmx brings new ones.

import { CONFIG, colour, faint, layout, onTheme, plotly, scale, seriesColour } from "../experiments/plot.js";

const against = document.querySelector("[data-against]");
const parallel = document.querySelector("[data-parallel]");
let last = "";

const number = (text) => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : null);

function bestSoFar(trials, maximize) {
  let best = null;
  return trials.map(([, value]) => {
    if (value !== null && (best === null || (maximize ? value > best : value < best))) best = value;
    return best;
  });
}

function points({ metric, maximize, names, scales, trials }) {
  const column = against.value === "" ? null : Number(against.value);
  const known = trials.filter(([, value]) => value !== null);
  const x = known.map((trial) => (column === null ? trial[0] : scales[column] ? number(trial[3 + column]) : trial[3 + column]));
  const dots = {
    type: "scatter", mode: "markers", x, y: known.map(([, value]) => value), marker: { size: 8, color: seriesColour(1) },
    text: known.map((trial) => [`#${trial[0]}`, ...names.map((name, i) => `${name} ${trial[3 + i]}`)].join("<br>")), hovertemplate: `%{y}<br>%{text}<extra></extra>`, name: "trial",
  };
  const line = { type: "scatter", mode: "lines", x: trials.map(([n]) => n), y: bestSoFar(trials, maximize), line: { shape: "hv", width: 1.5, color: seriesColour(2) }, hoverinfo: "skip", name: "best so far", connectgaps: true };
  const log = column !== null && scales[column] === "Logarithmic";
  const made = layout({
    x: { title: { text: column === null ? "trial" : names[column] }, ...(log ? { type: "log" } : {}) }, y: { title: { text: metric } },
    hovermode: "closest", showlegend: column === null, legend: { orientation: "h", x: 1, xanchor: "right", y: 1.12, font: { color: colour("--text") } }, margin: { l: 64, r: 16, t: 24, b: 44 },
  });
  return { data: column === null ? [line, dots] : [dots], made, some: known.length > 0 };
}

function coordinates({ metric, maximize, names, scales, trials }) {
  const known = trials.filter(([, value]) => value !== null);
  const axis = (name, i) => {
    const texts = known.map((trial) => trial[3 + i]);
    const label = name.length > 22 ? `${name.slice(0, 21)}…` : name;
    if (!scales[i]) {
      const kinds = [...new Set(texts)].sort();
      return { label, values: texts.map((text) => kinds.indexOf(text)), tickvals: kinds.map((_, k) => k), ticktext: kinds };
    }
    const log = scales[i] === "Logarithmic";
    const values = texts.map((text) => { const value = number(text); return value === null ? null : log ? Math.log10(value) : value; });
    if (!log) return { label, values };
    const low = Math.min(...values), high = Math.max(...values);
    const ticks = [0, 1, 2, 3].map((k) => low + (k / 3) * (high - low));
    return { label, values, tickvals: ticks, ticktext: ticks.map((tick) => Number((10 ** tick).toPrecision(2)).toString()) };
  };
  const values = known.map(([, value]) => value);
  const data = [{
    type: "parcoords", line: { color: values, colorscale: scale(), reversescale: !maximize }, labelfont: { color: colour("--text"), size: 11 }, tickfont: { color: colour("--muted"), size: 10 }, rangefont: { color: faint(colour("--text"), 0) },
    dimensions: [...names.map(axis), { label: metric, values }],
  }];
  return { data, made: layout({ margin: { l: 64, r: 64, t: 44, b: 20 } }), some: known.length > 2 && names.length > 1 };
}

async function draw(force = false) {
  const text = document.getElementById("trials-data")?.textContent ?? "";
  if (!text || (text === last && !force)) return;
  last = text;
  const known = JSON.parse(text);
  const lib = await plotly();
  const one = points(known);
  document.getElementById("trials-none").hidden = one.some;
  document.getElementById("trials-plot").hidden = !one.some;
  if (one.some) await lib.react("trials-plot", one.data, one.made, CONFIG);
  const all = coordinates(known);
  const was = parallel.hidden;
  parallel.hidden = !all.some;
  if (!all.some) return;
  if (was) await lib.newPlot("parallel-plot", all.data, all.made, CONFIG);
  else await lib.react("parallel-plot", all.data, all.made, CONFIG);
}

against.addEventListener("change", () => draw(true));
document.addEventListener("htmx:afterSettle", () => draw());
onTheme(() => draw(true));
draw();
