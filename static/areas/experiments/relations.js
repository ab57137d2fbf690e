// Scatter with a trend, and a contour of a metric over two parameters. Both answer a sentence that says what can be read off.

import { CONFIG, colour, faint, layout, scale, seriesColour, shown } from "./plot.js";

const GRID = 44, NEAR = 12; // cells a side of the contour, runs that a cell is made of

function empty(lib, area, words) {
  lib.purge(area);
  area.replaceChildren();
  area.setAttribute("aria-label", words);
  return words;
}

const title = (column) => ({ title: { text: column.label, standoff: 6 } });

// Least squares: slope, intercept and Pearson's r.
export function line(xs, ys) {
  const n = xs.length, mx = xs.reduce((a, b) => a + b, 0) / n, my = ys.reduce((a, b) => a + b, 0) / n;
  let xy = 0, xx = 0, yy = 0;
  xs.forEach((x, i) => { xy += (x - mx) * (ys[i] - my); xx += (x - mx) ** 2; yy += (ys[i] - my) ** 2; });
  const slope = xx ? xy / xx : 0;
  return { slope, intercept: my - slope * mx, r: xx && yy ? xy / Math.sqrt(xx * yy) : null };
}

// Locally weighted lines (tricube, two thirds of the points) at each of the places.
export function lowess(xs, ys, places, part = 2 / 3) {
  const most = Math.max(Math.ceil(xs.length * part), 3);
  return places.map((at) => {
    const gaps = xs.map((x) => Math.abs(x - at));
    const reach = [...gaps].sort((a, b) => a - b)[Math.min(most, gaps.length) - 1] || 1e-12;
    let sw = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    gaps.forEach((gap, i) => {
      const w = gap >= reach * 1.0001 ? 0 : (1 - (gap / (reach * 1.0001)) ** 3) ** 3;
      sw += w; sx += w * xs[i]; sy += w * ys[i]; sxx += w * xs[i] ** 2; sxy += w * xs[i] * ys[i];
    });
    const under = sw * sxx - sx * sx;
    if (!sw) return null;
    if (Math.abs(under) < 1e-12 * Math.abs(sw * sxx || 1)) return sy / sw;
    const slope = (sw * sxy - sx * sy) / under;
    return (sy - slope * sx) / sw + slope * at;
  });
}

export function scatter(lib, area, { runs, x, y, kept, trend, xlog, ylog }) {
  if (!x || !y) return empty(lib, area, "A scatter needs two numbers that differ between these runs.");
  const fits = (i) => !(xlog && x.values[i] <= 0) && !(ylog && y.values[i] <= 0);
  const all = [...runs.keys()].filter((i) => typeof x.values[i] === "number" && typeof y.values[i] === "number");
  const there = all.filter(fits), mine = there.filter((i) => kept.has(i)), rest = there.filter((i) => !kept.has(i));
  const points = (some, opacity) => ({
    x: some.map((i) => x.values[i]), y: some.map((i) => y.values[i]), text: some.map((i) => runs[i].label), mode: "markers", type: "scatter",
    marker: { color: some.map((i) => faint(seriesColour(runs[i].colour), opacity)), size: 8, line: { color: colour("--raised"), width: 1 } },
    hovertemplate: `%{text}<br>${escape(x.label)} %{x:.5~g}<br>${escape(y.label)} %{y:.5~g}<extra></extra>`,
  });
  const traces = [points(rest, 0.15), points(mine, 1)];
  const fx = mine.map((i) => xlog ? Math.log10(x.values[i]) : x.values[i]), fy = mine.map((i) => ylog ? Math.log10(y.values[i]) : y.values[i]);
  const fit = mine.length > 1 ? line(fx, fy) : null;
  if (fit && trend && mine.length > 2) {
    const low = Math.min(...fx), high = Math.max(...fx);
    const places = trend === "lowess" ? Array.from({ length: 60 }, (_, i) => low + (high - low) * i / 59) : [low, high];
    const made = trend === "lowess" ? lowess(fx, fy, places) : places.map((at) => fit.intercept + fit.slope * at);
    traces.push({ x: places.map((at) => xlog ? 10 ** at : at), y: made.map((at) => ylog && at !== null ? 10 ** at : at), mode: "lines", type: "scatter", hoverinfo: "skip", line: { color: colour("--text"), width: 1.5, dash: "dash" } });
  }
  const made = layout({ x: { ...title(x), type: xlog ? "log" : "linear" }, y: { ...title(y), type: ylog ? "log" : "linear" }, hovermode: "closest", margin: { l: 58, r: 12, t: 8, b: 44 } });
  lib.react(area, traces, made, CONFIG);
  const left = all.length - there.length;
  const words = `${mine.length} run${mine.length === 1 ? "" : "s"}${fit?.r == null ? "" : `, r = ${fit.r.toFixed(2)}${xlog || ylog ? " on the log axes" : ""}${mine.length < 10 ? " (few runs: chance alone can do that)" : ""}`}${left ? `; ${left} at or below 0 not on a log axis` : ""}.`;
  area.setAttribute("aria-label", `${y.label} over ${x.label}: ${words}`);
  return words;
}

export function contour(lib, area, { runs, x, y, z, kept }) {
  if (!x || !y || !z) return empty(lib, area, "A contour needs two numeric parameters and a metric that differ between these runs.");
  if (x === y) return empty(lib, area, "Choose two different parameters.");
  const there = [...kept].filter((i) => [x, y, z].every((one) => typeof one.values[i] === "number"));
  if (there.length < 4) return empty(lib, area, `${there.length} runs have all three numbers; four are the fewest for a contour.`);
  const axis = (column) => {
    const own = there.map((i) => column.values[i]), low = Math.min(...own), high = Math.max(...own);
    const isLog = low > 0 && high / low >= 100, to = (value) => isLog ? Math.log10(value) : value;
    const span = to(high) - to(low) || 1;
    const places = Array.from({ length: GRID }, (_, i) => to(low) + span * i / (GRID - 1));
    return { isLog, unit: own.map((value) => (to(value) - to(low)) / span), places: places.map((at) => isLog ? 10 ** at : at), units: places.map((at) => (at - to(low)) / span) };
  };
  const ax = axis(x), ay = axis(y), values = there.map((i) => z.values[i]);
  const grid = ay.units.map((v) => ax.units.map((u) => {
    const near = ax.unit.map((own, i) => [(own - u) ** 2 + (ay.unit[i] - v) ** 2, values[i]]).sort((a, b) => a[0] - b[0]).slice(0, NEAR);
    let sum = 0, weights = 0;
    for (const [gap, value] of near) { const w = 1 / (gap + 1e-4) ** 1.5; sum += w * value; weights += w; }
    return sum / weights;
  }));
  const colours = scale();
  const traces = [
    { type: "contour", x: ax.places, y: ay.places, z: grid, colorscale: colours, contours: { coloring: "heatmap" }, line: { width: 0.5, color: faint(colour("--raised"), 0.6), smoothing: 1 }, colorbar: { thickness: 10, outlinewidth: 0, tickfont: { size: 11 }, len: 1 }, hovertemplate: `${escape(z.label)} about %{z:.4~g}<extra></extra>` },
    { type: "scatter", mode: "markers", x: there.map((i) => x.values[i]), y: there.map((i) => y.values[i]), text: there.map((i) => runs[i].label), customdata: values, marker: { color: colour("--raised"), size: 7, line: { color: colour("--text"), width: 1.25 } }, hovertemplate: `%{text}<br>${escape(z.label)} %{customdata:.5~g}<extra></extra>` },
  ];
  lib.react(area, traces, layout({ x: { ...title(x), ...(ax.isLog ? { type: "log", dtick: 1 } : {}) }, y: { ...title(y), ...(ay.isLog ? { type: "log", dtick: 1 } : {}) }, hovermode: "closest", margin: { l: 58, r: 8, t: 8, b: 44 } }), CONFIG);
  const words = `${z.label} of ${there.length} runs (the points); between them it is guessed from the ${Math.min(NEAR, there.length)} nearest, by distance. ${shown(Math.min(...values))} to ${shown(Math.max(...values))}.`;
  area.setAttribute("aria-label", `Contour over ${x.label} and ${y.label}: ${words}`);
  return words;
}

// Plotly reads its labels as markup.
function escape(text) {
  return text.replace(/[&<>%{}]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign] ?? sign);
}
