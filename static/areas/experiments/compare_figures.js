// ROC and precision–recall curves of several runs in one chart: <div data-overlaid='{"kind": "roc", "lines": [{x, y, label, colour}]}'>.

import { CONFIG, colour, layout, onTheme, plotly, seriesColour } from "./plot.js";

async function draw(box) {
  const lib = await plotly(), { kind, lines } = JSON.parse(box.dataset.overlaid), roc = kind === "roc";
  const names = roc ? ["False positive rate", "True positive rate"] : ["Recall", "Precision"];
  const guide = roc ? [{ x: [0, 1], y: [0, 1], mode: "lines", hoverinfo: "skip", line: { color: colour("--axis"), width: 1, dash: "dot" } }] : [];
  const traces = lines.map((line) => ({
    x: line.x, y: line.y, mode: "lines", text: line.label, name: "", line: { color: seriesColour(line.colour), width: 1.75, shape: roc ? "linear" : "hv" },
    hovertemplate: "%{text}<br>%{x:.3f}, %{y:.3f}",
  }));
  await lib.react(box, [...guide, ...traces], layout({
    x: { range: [-0.01, 1.01], title: { text: names[0] } }, y: { range: [-0.01, 1.03], title: { text: names[1] } },
    hovermode: "closest", height: 320, margin: { l: 56, r: 12, t: 8, b: 44 },
  }), CONFIG);
  box.dataset.drawn = "1";
}

const all = () => document.querySelectorAll("[data-overlaid]").forEach(draw);
all();
onTheme(all);
