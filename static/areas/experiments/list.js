// The list of experiments: #create opens the form, a chosen metric is taken at once.
const form = document.getElementById("create");
if (form && location.hash === "#create") form.showPopover();
document.querySelector("[data-best] input[name=best]")?.addEventListener("change", (event) => event.target.form.requestSubmit());
