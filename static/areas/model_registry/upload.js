// The archive is the body of one PUT, with progress in numbers; the other fields are in its address.

const form = document.getElementById("upload");
const file = document.getElementById("file");
const send = document.getElementById("send");
const errorBox = document.getElementById("upload-error");
const progress = document.getElementById("progress");
const bar = progress.querySelector("progress");
const text = document.getElementById("progress-text");

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

const fail = (words) => {
  errorBox.querySelector("span").textContent = words;
  errorBox.hidden = !words;
  progress.hidden = true;
  send.disabled = false;
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = file.files[0];
  if (!chosen || !form.reportValidity()) return;
  if (chosen.size > Number(form.dataset.limit)) return fail(`${chosen.name} has ${megabytes(chosen.size)}; ${megabytes(Number(form.dataset.limit))} is the most.`);
  fail("");
  const query = new URLSearchParams({ filename: chosen.name });
  for (const input of form.querySelectorAll("[name]")) if (input.value) query.set(input.name, input.value);
  const request = new XMLHttpRequest();
  request.open("PUT", `${form.dataset.url}?${query}`);
  request.setRequestHeader("X-CSRFToken", form.dataset.token);
  request.setRequestHeader("Content-Type", "application/gzip");
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = (100 * loaded) / total;
    text.textContent = loaded < total ? `${megabytes(loaded)} of ${megabytes(total)}` : "Checking the archive";
  });
  request.addEventListener("load", () => {
    if (request.status === 200 && request.response) return location.assign(request.response.url);
    fail(request.response?.error ?? `The server answered ${request.status}.`);
  });
  request.addEventListener("error", () => fail("The connection was lost; nothing was kept."));
  progress.hidden = false;
  send.disabled = true;
  bar.value = 0;
  request.send(chosen);
});
