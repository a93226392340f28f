// Saved views: the one that is shown is marked, and keys open them. Uses SHORTCUTS of keys.js.
"use strict";

const viewLinks = () => [...document.querySelectorAll("#views [data-view]")];

// The URL without its page, or without these: what a view stands for. All contacts have a URL of their own and the bare one.
function viewUrl(address, ...without) {
  const url = new URL(address, location.href);
  for (const name of ["page", ...without]) url.searchParams.delete(name);
  if (url.searchParams.get("view") === "all") url.searchParams.delete("view");
  return url.pathname + url.search;
}

document.addEventListener("htmx:after:swap", (event) => {
  if (!isResults(event) || !$("views")) return;
  const linkTo = (here) => viewLinks().find((link) => viewUrl(link.href) === here);
  const shown = linkTo(viewUrl(location.href)) ?? linkTo(viewUrl(location.href, "page_size")); // the rows a page may be nobody's view
  for (const link of viewLinks()) {
    if (link === shown) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const save = document.querySelector("[data-save-view]"), filters = new URLSearchParams(location.search);
  for (const name of [...filters.keys()]) if (!["channel", "page_size", "columns"].includes(name)) filters.delete(name);
  save.href = save.dataset.saveView + (filters.size ? `?${filters}` : "");
});

for (let digit = 1; digit <= 9; digit++) {
  SHORTCUTS[digit] = () => document.querySelector(`#views [data-view="${digit}"]`)?.click();
}
SHORTCUTS.v = () => openCommands("views");
