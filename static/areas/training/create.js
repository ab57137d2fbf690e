// The S3 picker of the create form: "Browse" starts where the field points, a pick goes into the field.

document.addEventListener("htmx:configRequest", (event) => {
  const field = event.target.dataset.browse;
  if (field) event.detail.parameters.uri = document.getElementById(field).value;
});

document.addEventListener("click", (event) => {
  const pick = event.target.closest("[data-pick]");
  if (!pick) return;
  const input = document.getElementById(pick.dataset.for);
  input.value = pick.dataset.pick;
  pick.closest(".picker").remove();
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

// An uploaded script goes into the editor, where it can be read and changed before it runs.
document.addEventListener("change", async (event) => {
  if (event.target.id !== "id_script_file" || !event.target.files.length) return;
  const editor = document.getElementById("id_script");
  editor.value = await event.target.files[0].text();
  event.target.value = "";
  editor.focus();
  editor.dispatchEvent(new Event("input", { bubbles: true }));
});
