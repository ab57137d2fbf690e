// What all charts of runs share: colours from the page's tokens, Plotly when it is there, numbers as people read them.

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const probe = document.createElement("i");
probe.hidden = true;
document.documentElement.append(probe);
let known = new Map();

// A token as Plotly understands it: the browser resolves light-dark() and oklch(), the canvas makes it RGB.
export function colour(token) {
  if (!known.has(token)) {
    probe.style.color = `var(${token})`;
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = getComputedStyle(probe).color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
    known.set(token, `rgb(${r}, ${g}, ${b})`);
  }
  return known.get(token);
}

export const seriesColour = (number) => colour(`--series-${number}`);
export const faint = (rgb, alpha) => rgb.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);
export const scale = () => [1, 2, 3, 4, 5].map((step, i) => [i / 4, colour(`--seq-${step}`)]);

// 1 … 7 by a stable hash of a run's name: FNV-1a, as colour_of in areas/experiments/colours.py has it.
export function colourOf(run) {
  let value = 2166136261;
  for (const byte of new TextEncoder().encode(run)) value = Math.imul(value ^ byte, 16777619) >>> 0;
  return ((value ^ (value >>> 15)) >>> 0) % 7 + 1;
}

// Calls back when the scheme changes; the colours are read anew.
export function onTheme(callback) {
  const changed = () => requestAnimationFrame(() => { known = new Map(); callback(); });
  new MutationObserver(changed).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

// Plotly's script may still be on its way: what is fetched meanwhile needn't wait.
export function plotly() {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return new Promise((resolve, reject) => {
    const script = document.querySelector('script[src*="plotly"]');
    if (!script) return reject(new Error("the page has no Plotly"));
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => reject(new Error("Plotly could not be loaded")));
  });
}

export function shown(value) {
  if (typeof value === "string") return value === "Infinity" ? "∞" : value === "-Infinity" ? "−∞" : value;
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  return size !== 0 && (size < 0.0001 || size >= 1e7) ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}

// Exponential moving average, corrected for its start; gaps stay gaps.
export function smooth(values, weight) {
  let last = 0, count = 0;
  return values.map((value) => {
    if (value === null) return null;
    last = last * weight + (1 - weight) * value;
    count += 1;
    return last / (1 - weight ** count);
  });
}

// The span of the middle 96 % of all values, with a margin; null where there are too few to say.
export function withoutOutliers(columns) {
  const values = columns.flat().filter((value) => value !== null).sort((a, b) => a - b);
  if (values.length < 10) return null;
  const low = values[Math.floor(values.length * 0.02)], high = values[Math.ceil(values.length * 0.98) - 1];
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.06 || 1;
  return [low - margin, high + margin];
}

export function layout({ x = {}, y = {}, ...rest } = {}) {
  const text = colour("--muted");
  const font = { family: getComputedStyle(document.body).fontFamily, size: 11, color: colour("--text") };
  const axis = { gridcolor: colour("--grid"), zeroline: false, linecolor: colour("--axis"), tickfont: { size: 11, color: text }, titlefont: { size: 11, color: text } };
  return {
    autosize: true, margin: { l: 50, r: 12, t: 8, b: 32 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: false, hovermode: false, font, hoverlabel: { bgcolor: colour("--overlay"), bordercolor: colour("--line-strong"), font },
    xaxis: { ...axis, showgrid: false, showline: true, nticks: 7, tickangle: 0, ...x },
    yaxis: { ...axis, nticks: 6, exponentformat: "power", ...y },
    ...rest,
  };
}

export const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false };

export async function save(data, made, format, name) {
  const lib = await plotly();
  const page = { ...made, paper_bgcolor: colour("--raised"), plot_bgcolor: colour("--raised") };
  const url = await lib.toImage({ data, layout: page }, { format, width: 1000, height: 560, scale: 2 });
  const link = Object.assign(document.createElement("a"), { href: url, download: `${name.replace(/[^\w.-]+/g, "_")}.${format}` });
  link.click();
}

// element("button", { className: "btn" }, "words", child)
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  const { dataset, aria, ...plain } = properties;
  Object.assign(made, plain);
  Object.assign(made.dataset, dataset);
  for (const [key, value] of Object.entries(aria ?? {})) made.setAttribute(key === "role" ? "role" : `aria-${key}`, value);
  made.append(...children);
  return made;
}

// An address with other query parameters; null removes one.
export function address(url, query) {
  const made = new URL(url, location.href);
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") made.searchParams.delete(key);
    else made.searchParams.set(key, value);
  }
  return made.pathname + made.search;
}

// Charts whose data stands in the page ("#id" of a JSON script) draw that, and ask nobody.
export async function ask(url, headers = {}) {
  if (url.startsWith("#")) return { status: 200, body: JSON.parse(document.getElementById(url.slice(1).split("?")[0]).textContent), etag: "" };
  const response = await fetch(url, { headers, cache: "no-store" });
  if (response.status === 304) return { status: 304 };
  const body = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : {};
  if (!response.ok) throw new Error(body.error ?? `the server answered ${response.status}`);
  return { status: 200, body, etag: response.headers.get("ETag") };
}
