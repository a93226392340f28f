// Audit log: links and forms change the page in place, so that the number that was typed stays in its box. It is in no
// response and no address; a page that was loaded anew has an empty box.
"use strict";

const APPLY_DELAY = 400; // milliseconds: arrow keys in a closed list choose every option that they pass
let applying = 0;

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("#audit a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || link.pathname !== location.pathname || link.hasAttribute("download")) return;
  event.preventDefault();
  if (!new URLSearchParams(link.search).has("number")) $("number").value = "";
  const swap = link.closest(".pager") ? "innerMorph show:top showTarget:#main" : "innerMorph";
  htmx.ajax("GET", link.pathname + link.search, { source: $("audit"), target: $("audit"), swap }).catch(() => {});
});

// A choice applies by itself. A time does not: while it is typed it is a time at every digit.
document.addEventListener("change", (event) => {
  const field = event.target, form = field.closest?.("#audit-filters");
  if (!form || field.type === "datetime-local") return;
  clearTimeout(applying);
  applying = setTimeout(() => form.requestSubmit(), APPLY_DELAY);
});
document.addEventListener("htmx:before:request", (event) => {
  if (event.detail.ctx.target === $("audit")) clearTimeout(applying);
});

// A field that has the focus is being used: it stays as it is. The other lists follow the filters that are shown.
document.addEventListener("htmx:before:morph:node", (event) => {
  if (event.detail.oldNode === document.activeElement && event.detail.oldNode.matches("input, select")) event.preventDefault();
});
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target !== $("audit")) return;
  for (const list of document.querySelectorAll("#audit-filters select")) {
    if (list !== document.activeElement) list.value = list.querySelector("[selected]")?.value ?? "";
  }
  announce($("log-total").textContent.trim());
});
