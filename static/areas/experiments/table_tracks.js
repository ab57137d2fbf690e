// Widths of the table's columns, before its rows are drawn: this stands between head and body, so that nothing shifts.
window.layRuns = () => {
  for (const table of document.querySelectorAll("table.runs[data-tracks]")) {
    const widths = table.dataset.tracks.split(" ").map(Number);
    if (innerWidth <= 860) widths[1] = Math.min(widths[1], 176);
    table.style.setProperty("--tracks", widths.map((width) => `${width}px`).join(" "));
    table.style.setProperty("--pin", `${widths[0]}px`);
  }
};
window.layRuns();
