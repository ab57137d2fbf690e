// List pages: what is selected, how many of it each action works on, and the column picker.

const form = document.querySelector("[data-list]");
if (form) {
  const boxes = [...form.querySelectorAll('tbody input[name="name"]')];
  const whole = form.querySelector("[data-select-page]");
  const bulk = form.querySelector("[data-bulk]");
  const everything = form.elements.namedItem("all");
  const total = Number(form.dataset.total);

  const fits = (button, word) => {
    const when = button.dataset.when.split(" ").filter(Boolean);
    const unless = button.dataset.unless.split(" ").filter(Boolean);
    return (!when.length || when.includes(word)) && !unless.includes(word);
  };

  const wordOf = (box) => box.closest("tr").querySelector("[data-word]")?.dataset.word || "";

  function show() {
    const chosen = boxes.filter((box) => box.checked);
    const all = everything.value === "1";
    for (const box of boxes) box.closest("tr").setAttribute("aria-selected", String(box.checked));
    whole.checked = boxes.length > 0 && chosen.length === boxes.length;
    whole.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    bulk.hidden = chosen.length === 0;
    bulk.querySelector("[data-count]").textContent = (all ? total : chosen.length).toLocaleString("en");
    for (const button of bulk.querySelectorAll("[data-act]")) {
      const fitting = chosen.filter((box) => fits(button, wordOf(box)));
      const dialog = document.getElementById(button.getAttribute("popovertarget"));
      const words = all ? "all that fit" : String(fitting.length);
      for (const slot of [...button.querySelectorAll("[data-fitting]"), ...dialog.querySelectorAll("[data-fitting]")]) slot.textContent = words;
      const noun = dialog.querySelector("[data-noun]");
      noun.textContent = !all && fitting.length === 1 ? noun.dataset.one : noun.dataset.many;
      button.disabled = !all && fitting.length === 0;
      const names = fitting.slice(0, 8).map((box) => Object.assign(document.createElement("li"), { textContent: box.value }));
      const more = all ? total - names.length : fitting.length - names.length;
      if (more > 0) names.push(Object.assign(document.createElement("li"), { textContent: `and ${all ? "up to " : ""}${more.toLocaleString("en")} more` }));
      dialog.querySelector("[data-names]").replaceChildren(...names);
    }
  }

  form.addEventListener("change", (event) => {
    if (event.target === whole) for (const box of boxes) box.checked = whole.checked;
    else if (event.target.name !== "name") return;
    everything.value = "";
    show();
  });
  form.addEventListener("click", (event) => {
    const kind = event.target.closest("[data-select]")?.dataset.select;
    if (!kind) return;
    for (const box of boxes) box.checked = kind !== "none";
    everything.value = kind === "all" ? "1" : "";
    show();
  });
  // A status that polling replaced changes what actions fit.
  document.addEventListener("htmx:oobAfterSwap", () => whole && show());
  if (whole) show();
}

const picker = document.querySelector("[data-columns]");
if (picker) {
  const list = picker.querySelector("[data-sortable]");
  picker.addEventListener("click", (event) => {
    const step = Number(event.target.closest("[data-move]")?.dataset.move);
    const row = event.target.closest("li");
    if (!step || !row) return;
    if (step < 0) row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    event.target.closest("[data-move]").focus();
  });
  picker.addEventListener("submit", () => {
    const chosen = [...list.querySelectorAll("input:checked")].map((box) => box.value);
    const added = picker.querySelector("[data-add-column]").value.trim();
    if (added && !chosen.includes(added)) chosen.push(added);
    picker.elements.namedItem("columns").value = chosen.join(",");
  });
}
