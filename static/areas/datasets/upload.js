// Upload by drag and drop: the raw file is the body of one PUT, with progress in numbers and a way to stop.

const form = document.getElementById("upload");
const file = document.getElementById("file");
const drop = document.getElementById("drop");
const name = document.getElementById("name");
const send = document.getElementById("send");
const errorBox = document.getElementById("upload-error");
const progress = document.getElementById("progress");
const bar = progress.querySelector("progress");
const text = document.getElementById("progress-text");
let request = null;

const size = (bytes) => {
  const units = ["bytes", "KB", "MB", "GB"];
  const power = Math.min(3, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
};

const fail = (words) => {
  errorBox.querySelector("span").textContent = words;
  errorBox.hidden = !words;
};

const nameFrom = (filename) =>
  filename.replace(/(\.(csv|tsv|tab|txt|jsonl|ndjson|json|parquet|pq))?(\.gz)?$/i, "")
    .replace(/[^a-zA-Z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 63).replace(/-+$/, "");

const choose = () => {
  const chosen = file.files[0];
  fail("");
  send.disabled = !chosen;
  if (!chosen) return;
  document.getElementById("chosen").textContent = `${chosen.name}, ${size(chosen.size)}`;
  send.textContent = `Upload ${size(chosen.size)}`;
  if (!name.value) name.value = nameFrom(chosen.name);
  if (chosen.size > Number(form.dataset.limit)) {
    fail(`${chosen.name} is ${size(chosen.size)}; ${size(Number(form.dataset.limit))} is the most.`);
    send.disabled = true;
  }
};

file.addEventListener("change", choose);
for (const kind of ["dragover", "dragenter"]) {
  drop.addEventListener(kind, (event) => { event.preventDefault(); drop.dataset.over = ""; });
}
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => delete drop.dataset.over);
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer.files.length) return;
  const one = new DataTransfer();
  one.items.add(event.dataTransfer.files[0]);
  file.files = one.files;
  choose();
});

const idle = () => {
  request = null;
  progress.hidden = true;
  send.disabled = !file.files[0];
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = file.files[0];
  if (!chosen || request) return;
  fail("");
  const query = new URLSearchParams({ filename: chosen.name });
  for (const input of form.querySelectorAll("input[name]")) if (input.value) query.set(input.name, input.value);
  const started = performance.now();
  request = new XMLHttpRequest();
  request.open("PUT", `${form.dataset.url}?${query}`);
  request.setRequestHeader("X-CSRFToken", form.dataset.token);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    const seconds = (performance.now() - started) / 1000;
    bar.value = (100 * loaded) / total;
    text.textContent = loaded < total
      ? `${size(loaded)} of ${size(total)}, ${size(loaded / Math.max(seconds, 0.1))}/s`
      : "Checking the file";
  });
  request.addEventListener("load", () => {
    const answer = request.response;
    if (request.status === 200 && answer) return location.assign(answer.url);
    fail(answer?.error ?? `The server answered ${request.status}.`);
    idle();
  });
  request.addEventListener("error", () => { fail("The connection was lost; nothing was kept."); idle(); });
  request.addEventListener("abort", () => { fail("Cancelled; nothing was kept."); idle(); });
  progress.hidden = false;
  send.disabled = true;
  bar.value = 0;
  text.textContent = `0 of ${size(chosen.size)}`;
  request.send(chosen);
});

document.getElementById("cancel").addEventListener("click", () => request?.abort());
