// Polling: what asks again every few seconds does so only while somebody can see it.
"use strict";

document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden && event.target.closest?.("[data-poll]")) event.preventDefault();
});
