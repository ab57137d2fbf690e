// The ranges editor: rows come and go; another dataset, column or training job starts the form anew.

const rows = document.getElementById("ranges");
const form = document.getElementById("tuning-form");
const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

document.querySelector("[data-add-range]").addEventListener("click", () => {
  rows.append(document.getElementById("range-template").content.cloneNode(true));
  rows.lastElementChild.querySelector("input").focus();
});

rows.addEventListener("click", (event) => {
  const button = event.target.closest("[data-remove]");
  if (!button) return;
  const row = button.closest("[data-range]");
  const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("input") ?? document.querySelector("[data-add-range]");
  row.remove();
  next.focus();
  changed();
});

for (const choice of document.querySelectorAll("[data-reload]")) {
  choice.addEventListener("change", () => {
    const query = new URLSearchParams();
    if (choice.dataset.reload === "job") query.set("job", choice.value);
    else {
      query.set("algorithm", form.elements.algorithm.value);
      if (form.elements.dataset?.value) query.set("dataset", form.elements.dataset.value);
      if (choice.dataset.reload === "label") query.set("label", choice.value);
    }
    location.assign(`${location.pathname}?${query}`);
  });
}
