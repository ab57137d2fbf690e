// The trials of a tuning job: a point each with the best so far, and parallel coordinates. Drawn anew when htmx brings new ones.

import { Parallel } from "../experiments/parallel.js";
import { CONFIG, colour, layout, onTheme, plotly, seriesColour } from "../experiments/plot.js";

const against = document.querySelector("[data-against]");
const section = document.querySelector("[data-parallel]");
let last = "", parallel = null;

const number = (text) => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : null);

function bestSoFar(trials, maximize) {
  let best = null;
  return trials.map(([, value]) => {
    if (value !== null && (best === null || (maximize ? value > best : value < best))) best = value;
    return best;
  });
}

function points({ metric, maximize, names, scales, trials }, known) {
  const column = against.value === "" ? null : Number(against.value);
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
  return { data: column === null ? [line, dots] : [dots], made };
}

// Numbers as numbers, values to choose from as words; the objective is the last axis and the colour.
function columns({ metric, names, scales }, known) {
  const axes = names.map((name, i) => {
    const isNumber = Boolean(scales[i]);
    return { key: `p${i}`, label: name, kind: isNumber ? "number" : "text", values: known.map((trial) => (isNumber ? number(trial[3 + i]) : trial[3 + i] || null)) };
  });
  return [...axes, { key: "objective", label: metric, kind: "number", values: known.map(([, value]) => value) }];
}

function drawParallel(told, known) {
  section.hidden = known.length < 3 || told.names.length < 1;
  const brushes = parallel?.brushes ?? new Map();
  parallel?.remove();
  parallel = null;
  if (section.hidden) return;
  const axes = columns(told, known);
  parallel = new Parallel(document.getElementById("parallel-plot"), {
    runs: known.map(([, , job]) => ({ name: job, label: job })), columns: axes, colour: axes.at(-1), lowIsStrong: !told.maximize, brushes, changed: () => drawPoints(told, known),
  });
  document.getElementById("parallel-words").textContent = parallel.words;
}

async function drawPoints(told, known) {
  const kept = parallel?.brushes.size ? new Set(parallel.kept.map((i) => known[i])) : null;
  const lib = await plotly();
  const { data, made } = points(told, kept ? known.filter((trial) => kept.has(trial)) : known);
  document.getElementById("trials-none").hidden = known.length > 0;
  document.getElementById("trials-plot").hidden = known.length === 0;
  if (known.length) await lib.react("trials-plot", data, made, CONFIG);
}

async function draw(force = false) {
  const text = document.getElementById("trials-data")?.textContent ?? "";
  if (!text || (text === last && !force)) return;
  last = text;
  const told = JSON.parse(text), known = told.trials.filter(([, value]) => value !== null);
  drawParallel(told, known);
  await drawPoints(told, known);
}

against.addEventListener("change", () => draw(true));
document.addEventListener("htmx:afterSettle", () => draw());
onTheme(() => draw(true));
draw();
