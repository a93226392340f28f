// Export progress: announced every ten percent, and when the export ends. A page that has just opened says it by itself.
// After a download it asks again how many are left: soon for a small file, later for one that takes a while.
"use strict";

const ASK_AFTER_MS = [1500, 6000, 20_000, 60_000];

const said = () => document.querySelector("[data-said]");
let lastSaid = said()?.dataset.said;

document.addEventListener("htmx:after:swap", () => {
  const now = said();
  if (!now || now.dataset.said === lastSaid) return;
  lastSaid = now.dataset.said;
  announce(now.textContent.trim());
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-download]")) return;
  for (const after of ASK_AFTER_MS) setTimeout(() => $("export-ready") && htmx.trigger($("export-ready"), "downloaded"), after);
});
