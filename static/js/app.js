// What the pages need beyond HTML and htmx. Nothing here is needed to read a contact.
"use strict";

const $ = (id) => document.getElementById(id);
const say = (text) => { const live = $("live"); live.textContent = ""; requestAnimationFrame(() => { live.textContent = text; }); };

/* --- The guard: only an answer that calls itself a fragment is swapped in (architecture, decision 6). --- */

function notice(text) {
  const box = $("notice");
  box.querySelector("span").textContent = text;
  box.hidden = false;
}

// A page that Back asked for must not overwrite what was asked for after it, nor stand under another address.
let restoring = null;
const isRestore = (request) => request.headers["HX-History-Restore-Request"] === "true";
document.addEventListener("htmx:before:request", (event) => {
  const request = event.detail.ctx.request;
  if (isRestore(request)) restoring = request;
  else if (event.detail.ctx.target?.id === "results") restoring = null;
});

document.addEventListener("htmx:before:response", (event) => {
  const { request, response } = event.detail.ctx;
  // Back and forward ask for a whole page; everything else asks for a fragment. Each says what it is.
  const whole = isRestore(request);
  if (whole && (request !== restoring || request.action !== location.pathname + location.search)) {
    event.preventDefault();
    return;
  }
  if (response.headers.get(whole ? "X-Page" : "X-Fragment") === "1") {
    $("notice").hidden = true;
    return;
  }
  event.preventDefault();
  if (whole) { location.reload(); return; } // the address is another already: what stands here is not its page
  if (response.raw.redirected || response.status === 401 || response.status === 403) notice("Your session has ended. Sign in again to go on.");
  else if (response.status === 404) notice("This is not here any more, or it is not for you to see.");
  else notice("Something went wrong on our side. What you see is what it was before.");
});

document.addEventListener("htmx:error", (event) => {
  const error = event.detail.error;
  if (error?.name === "AbortError" && event.detail.ctx?.request?.signal?.reason !== "timeout") return;
  notice("The desk cannot be reached. Check your connection.");
});

// htmx 4.0.1 swallows Ctrl- and Cmd-click on a[hx-get]: give the browser its link back.
document.addEventListener("click", (event) => {
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.("a[hx-get]")) event.stopPropagation();
}, true);

/* --- Results: busy while they load, old boxes emptied. --- */

document.addEventListener("htmx:before:request", (event) => {
  if (event.detail.ctx.target?.id !== "results") return;
  $("results").setAttribute("aria-busy", "true");
  const source = event.detail.ctx.sourceElement;
  if (source.id === "filters") $("phone").value = "";
  if (source.id === "lookup") {
    $("search").value = "";
    $("channels").querySelector("[value='']").checked = true;
  }
});

document.addEventListener("htmx:finally:request", (event) => {
  if (event.detail.ctx.target?.id === "results") $("results")?.setAttribute("aria-busy", "false");
});

/* --- Clicks --- */

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    say("Copying is not allowed here");
    return;
  }
  const use = button.querySelector("use"), was = use.getAttribute("href");
  if (was.endsWith("#check")) return;
  button.classList.add("is-done");
  use.setAttribute("href", was.replace(/#.*/, "#check"));
  say("Copied");
  setTimeout(() => { button.classList.remove("is-done"); use.setAttribute("href", was); }, 1400);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  else if (event.target.closest("[data-reload]")) location.reload();
  else if (event.target.closest("[data-back]") && cameFromList(event.target.closest("[data-back]"))) {
    event.preventDefault();
    history.back();
  }
});

// "Back to the list" goes back to the very list one came from, filters and all.
function cameFromList(link) {
  if (!document.referrer || !(window.navigation?.canGoBack ?? history.length > 1)) return false;
  const from = new URL(document.referrer);
  return from.origin === location.origin && from.pathname === new URL(link.href).pathname;
}

/* --- Clocks: the age of what is shown, and the wait after too many requests. --- */

const UNITS = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [Infinity, 86400, "d"]];
function ago(seconds) {
  if (seconds < 1) return "just now";
  const [, unit, name] = UNITS.find(([limit]) => seconds < limit);
  return `${Math.floor(seconds / unit)} ${name} ago`;
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-age]")) {
    time.textContent = ago((Date.now() - Date.parse(time.dataset.age)) / 1000);
  }
  for (const clock of document.querySelectorAll("[data-countdown]")) {
    const left = Number(clock.dataset.countdown) - 1;
    if (left < 0) continue;
    clock.dataset.countdown = left;
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    // A little later for some than for others, so that a whole team does not ask in the same second.
    if (left === 0) setTimeout(() => { if (clock.isConnected) clock.closest(".state").querySelector("[data-retry]")?.click(); }, Math.random() * 2000);
  }
}, 1000);

// A page from the browser's memory may be another person's: load it anew.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
