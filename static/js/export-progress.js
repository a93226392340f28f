// Export progress: announced every ten percent, and when the export ends. A page that has just opened says it by itself.
"use strict";

const said = () => document.querySelector("[data-said]");
let lastSaid = said()?.dataset.said;

document.addEventListener("htmx:after:swap", () => {
  const now = said();
  if (!now || now.dataset.said === lastSaid) return;
  lastSaid = now.dataset.said;
  announce(now.textContent.trim());
});
