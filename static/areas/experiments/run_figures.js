// The figures that a run logged: <div data-figure='{"kind": "roc", …}' data-colour="3">, drawn by Plotly in the page's own colours.

import { CONFIG, colour, faint, layout, onTheme, plotly, scale, seriesColour, shown } from "./plot.js";

const HEIGHT = { confusion: 380, roc: 320, precision_recall: 320 };

export function drawing(figure, number) {
  const own = seriesColour(number);
  if (figure.kind === "confusion") return confusion(figure);
  const line = { x: figure.x, y: figure.y, mode: "lines", line: { color: own, width: 2, shape: "hv" }, fill: "tozeroy", fillcolor: faint(own, 0.1), name: figure.title };
  const roc = figure.kind === "roc";
  if (roc) line.line.shape = "linear";
  const guide = { mode: "lines", line: { color: colour("--axis"), width: 1, dash: "dot" }, hoverinfo: "skip" };
  const base = roc ? { ...guide, x: [0, 1], y: [0, 1] } : figure.base === null || figure.base === undefined ? null : { ...guide, x: [0, 1], y: [figure.base, figure.base] };
  const names = roc ? ["False positive rate", "True positive rate"] : ["Recall", "Precision"];
  line.hovertemplate = `${names[0]} %{x:.3f}<br>${names[1]} %{y:.3f}<extra></extra>`;
  return {
    data: base ? [base, line] : [line],
    layout: layout({
      x: { range: [-0.01, 1.01], title: { text: names[0] }, constrain: "domain" },
      y: { range: [-0.01, 1.03], title: { text: names[1] }, scaleanchor: "x" },
      hovermode: "closest", margin: { l: 56, r: 12, t: 8, b: 44 },
    }),
  };
}

// Shares of the true class colour the cells, so that a rare class shows as well as a frequent one.
function confusion(figure) {
  const { matrix, labels } = figure;
  const sums = matrix.map((row) => row.reduce((a, b) => a + b, 0));
  const shares = matrix.map((row, i) => row.map((value) => (sums[i] ? value / sums[i] : 0)));
  const small = labels.length <= 15;
  const steps = scale();
  const dark = (share) => share > 0.45;
  return {
    data: [{
      type: "heatmap", z: shares, x: labels, y: labels, zmin: 0, zmax: 1, colorscale: [[0, colour("--sunken")], ...steps.map(([at, rgb]) => [0.02 + at * 0.98, rgb])],
      customdata: matrix, hovertemplate: "true %{y}, predicted %{x}<br>%{customdata:,} (%{z:.1%} of the class)<extra></extra>",
      xgap: small ? 2 : 0, ygap: small ? 2 : 0, showscale: false,
    }],
    layout: layout({
      x: { type: "category", title: { text: "Predicted" }, side: "bottom", showline: false, nticks: small ? labels.length : 12 },
      y: { type: "category", title: { text: "True" }, autorange: "reversed", showgrid: false, nticks: small ? labels.length : 12, automargin: true },
      hovermode: "closest", margin: { l: 64, r: 12, t: 8, b: 48 },
      annotations: small ? matrix.flatMap((row, i) => row.map((value, j) => ({
        x: labels[j], y: labels[i], text: shown(value), showarrow: false,
        font: { size: 12, color: dark(shares[i][j]) ? colour("--surface") : colour("--text") },
      }))) : [],
    }),
  };
}

async function draw(box) {
  const figure = JSON.parse(box.dataset.figure);
  const lib = await plotly();
  const made = drawing(figure, box.dataset.colour);
  made.layout.height = HEIGHT[figure.kind];
  await lib.react(box, made.data, made.layout, CONFIG);
  box.dataset.drawn = "1";
}

function drawAll(root = document) {
  for (const box of root.querySelectorAll("[data-figure]")) {
    draw(box).catch((error) => { box.textContent = `It can't be drawn: ${error.message}`; });
  }
}

drawAll();
document.addEventListener("htmx:afterSettle", (event) => drawAll(event.target));
onTheme(() => drawAll());
