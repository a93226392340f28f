// Export link: it leads to the page that asks about the list that is shown, and says how many contacts that is.
"use strict";

document.addEventListener("htmx:after:swap", (event) => {
  const link = $("export-link"), shown = document.querySelector("#results > .results");
  if (!link || !isResults(event)) return;
  link.hidden = shown?.dataset.total === undefined;
  if (link.hidden) return;
  const filters = new URLSearchParams(location.search), total = Number(shown.dataset.total);
  for (const name of ["page", "page_size"]) filters.delete(name);
  link.href = filters.size ? `${link.dataset.path}?${filters}` : link.dataset.path;
  link.querySelector("span").textContent = total ? `Export ${total.toLocaleString("en")} contact${total === 1 ? "" : "s"}` : "Export contacts";
});
