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
  const ended = !ours && (response.raw.redirected || response.status === 401);
  if (isResults(event) && !ended) checkChannel(listParameters()); // the rows stay, so the tab must be theirs
  if (ours) showNotice("foreign");
  else if (ended) endSession();
  else if (response.status === 403 || response.headers.has("X-Form-Token")) showNotice("stale");
  else showNotice(response.status === 404 ? "gone" : "fault");
});

// The session has ended: what it showed is personal data of somebody who is signed out. Forms keep what was typed.
function endSession() {
  showNotice("session");
  const shown = [...document.querySelectorAll("main [data-profile-id]:not(form)")].filter((part) => !part.parentElement.closest("[data-profile-id]:not(main)"));
  const open = $("drawer")?.open ? $("drawer-body") : null, page = shown.filter((part) => !open?.contains(part));
  page.shift()?.replaceWith(signedOut());
  for (const part of page) part.remove();
  if (open) {
    open.replaceChildren(signedOut());
    open.querySelector("h2").id = "contact-h"; // the dialog's name
    open.querySelector(".state__do").remove(); // the notice has the button
    updatePosition(openContactId); // no row is left to step to
  }
  for (const id of ["profiles", "commands", "search-interpretation"]) $(id)?.replaceChildren();
  if ($("summary")) $("summary").textContent = "Signed out";
  if (document.activeElement === document.body) (open ?? $("main")).querySelector("[data-signed-out] h2")?.focus({ preventScroll: true });
}
const signedOut = () => $("signed-out").content.cloneNode(true);

document.addEventListener("htmx:error", (event) => {
  const error = event.detail.error;
  if (error?.name === "AbortError" && event.detail.ctx?.request?.signal?.reason !== "timeout") return;
  if (isResults(event)) checkChannel(listParameters());
  showNotice(navigator.onLine ? "unreachable" : "offline");
});

// htmx 4.0.1 cancels Ctrl- and Cmd-click on a[hx-get]: leave them to the browser.
document.addEventListener("click", (event) => {
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.("a[hx-get]")) event.stopPropagation();
}, true);
