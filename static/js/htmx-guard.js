// htmx guard: swaps in only responses marked as a fragment of the current profile (architecture, decisions 2 and 6).
"use strict";

// A history restore must not overwrite the response of a later request, nor appear under another URL.
let restoring = null;
const isRestore = (request) => request.headers["HX-History-Restore-Request"] === "true";
const isResults = (event) => event.detail.ctx?.target?.id === "results";
document.addEventListener("htmx:before:request", (event) => {
  const request = event.detail.ctx.request;
  if (isRestore(request)) restoring = request;
  else if (isResults(event)) restoring = null;
});

document.addEventListener("htmx:before:response", (event) => {
  const { request, response } = event.detail.ctx;
  // A history restore requests a whole page, all other requests a fragment. A header says which one the response is.
  const whole = isRestore(request);
  if (whole && request !== restoring) { event.preventDefault(); return; } // superseded by a later request
  if (whole && request.action !== location.pathname + location.search) { // Back was pressed again, and htmx sent one request
    event.preventDefault();
    location.reload();
    return;
  }
  const ours = response.headers.get(whole ? "X-Page" : "X-Fragment") === "1";
  const profile = response.headers.get("X-Desk-Profile");
  if (ours && (whole || profile === null || profile === ($("main").dataset.profileId || "account"))) {
    $("notice").hidden = true;
    return;
  }
  event.preventDefault();
  if (whole) { location.reload(); return; } // the URL has changed already: the document is not its page
  if (ours) showNotice("foreign");
  else if (response.raw.redirected || response.status === 401) showNotice("session");
  else if (response.status === 403 || response.headers.has("X-Form-Token")) showNotice("stale");
  else showNotice(response.status === 404 ? "gone" : "fault");
});

document.addEventListener("htmx:error", (event) => {
  const error = event.detail.error;
  if (error?.name === "AbortError" && event.detail.ctx?.request?.signal?.reason !== "timeout") return;
  showNotice(navigator.onLine ? "unreachable" : "offline");
});

// htmx 4.0.1 cancels Ctrl- and Cmd-click on a[hx-get]: leave them to the browser.
document.addEventListener("click", (event) => {
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.("a[hx-get]")) event.stopPropagation();
}, true);
