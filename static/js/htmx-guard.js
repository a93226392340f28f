// htmx guard: only an answer that calls itself a fragment, of this very profile, is swapped in (architecture, 2 and 6).
"use strict";

// A page that Back asked for must not overwrite what was asked for after it, nor stand under another address.
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
  // Back and forward ask for a whole page; everything else asks for a fragment. Each says what it is.
  const whole = isRestore(request);
  if (whole && request !== restoring) { event.preventDefault(); return; } // another was asked for after it
  if (whole && request.action !== location.pathname + location.search) { // Back was pressed again, and htmx asked once
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
  if (whole) { location.reload(); return; } // the address is another already: what stands here is not its page
  if (ours) showNotice("foreign");
  else if (response.raw.redirected || response.status === 401 || response.status === 403) showNotice("session");
  else showNotice(response.status === 404 ? "gone" : "fault");
});

document.addEventListener("htmx:error", (event) => {
  const error = event.detail.error;
  if (error?.name === "AbortError" && event.detail.ctx?.request?.signal?.reason !== "timeout") return;
  showNotice(navigator.onLine ? "unreachable" : "offline");
});

// htmx 4.0.1 swallows Ctrl- and Cmd-click on a[hx-get]: give the browser its link back.
document.addEventListener("click", (event) => {
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.("a[hx-get]")) event.stopPropagation();
}, true);
