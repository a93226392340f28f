// Results: busy state, inputs that follow the list, focus, announcements. Uses announce.js, drawer.js, deferred-rows.js.
"use strict";

const BUSY_DELAY = 200, SLOW_DELAY = 900; // milliseconds until a wait is shown, and until it is announced
let moveFocus = false, startsAtTop = false;
let currentRequest = null, finishedRequest = null; // the last request for results, and the last finished one

document.addEventListener("htmx:before:request", (event) => {
  if (!isResults(event)) return;
  currentRequest = event.detail.ctx.request;
  $("results").setAttribute("aria-busy", "true");
  clearTimers();
  timers.busy = setTimeout(() => { // for a quick response, dimming fifty rows and starting a progress bar would cost more than the response
    $("results").classList.add("is-late");
    $("busy").classList.add("is-late");
  }, BUSY_DELAY);
  timers.slow = setTimeout(() => announce("Loading contacts"), SLOW_DELAY);
  const source = event.detail.ctx.sourceElement;
  moveFocus = Boolean(source.closest(".pager"));
  if (source.id === "filters") $("numbers").value = "";
  if (source.id === "several") fillBoxes(new URLSearchParams({ search: $("numbers").value }));
});

// A filtered list starts at its top. Not by htmx (show:top), which would lay out the page at every key: here it is laid out.
document.addEventListener("htmx:after:request", (event) => {
  if (isResults(event)) startsAtTop = event.detail.ctx.sourceElement.id === "filters" && scrollY > 0;
});

function clearTimers() {
  clearTimeout(timers.busy);
  clearTimeout(timers.slow);
}

document.addEventListener("htmx:finally:request", (event) => {
  if (!isResults(event) || event.detail.ctx.request !== currentRequest) return; // superseded by a request in flight
  finishedRequest = currentRequest;
  clearTimers();
  if (!deferredRows?.table) $("results")?.setAttribute("aria-busy", "false");
  for (const id of ["results", "busy"]) $(id)?.classList.remove("is-late");
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target === document.body && $("summary")) announce($("summary").textContent); // a history restore does not load a page, so nothing else announces it
  if (!isResults(event)) return;
  clearTimers();
  if (startsAtTop) $("main").scrollIntoView();
  const results = $("results");
  for (const name of ["hx-get", "hx-trigger"]) results.removeAttribute(name); // the rows are here: do not load them again
  if (results.querySelector("[data-error]")) announce(announcementText(results));
  else announce([$("summary"), $("search-interpretation").querySelector("[data-interpretation]")].map((part) => part?.textContent.trim()).filter(Boolean).join(". "));
  countLookedUp();
  fillBoxes(new URLSearchParams(location.search));
  // Pressed chips and buttons were replaced: move the focus to the heading of the new results.
  if (moveFocus || document.activeElement === document.body) $("results-h")?.focus({ preventScroll: true });
});

// Sets the inputs to the filters of the list, except one that has the focus.
function fillBoxes(parameters) {
  const search = parameters.get("search") ?? "", several = search.includes("\n");
  const texts = { search: several ? "" : search || (parameters.get("phone") ?? ""), numbers: several ? search.replaceAll("\r", "") : "" };
  for (const [name, text] of Object.entries(texts)) {
    const box = $(name);
    if (box && document.activeElement !== box && box.value !== text) box.value = text;
  }
  if ($("numbers")) showList(several);
  checkChannel(parameters);
}

// The list's box is as high as its content (by the stylesheet, where the browser can) and closes after another search.
function showList(several) {
  const box = $("numbers"), more = box.closest("details");
  box.rows = Math.min(Math.max(box.value.split("\n").length, 3), 12);
  if (!several && !more.contains(document.activeElement)) more.open = false;
}

// It has the focus when it opens: at once, or a phone shows no keyboard.
document.addEventListener("click", (event) => {
  const more = event.target.closest(".more > summary")?.parentElement;
  if (!more || more.open) return;
  event.preventDefault();
  more.open = true;
  $("numbers").focus();
});

function checkChannel(parameters) {
  const channel = $("channels")?.querySelector(`[value="${CSS.escape(parameters.get("channel") ?? "")}"]`);
  if (channel) channel.checked = true;
}

// Text typed before htmx was ready has not been requested: fire its input event again.
document.addEventListener("htmx:after:process", (event) => {
  if (event.target !== document.body) return;
  for (const box of document.querySelectorAll("input[type=search]")) {
    if (box.value !== box.defaultValue) box.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

// Several numbers pasted into the search are moved to the bulk lookup and submitted.
document.addEventListener("paste", (event) => {
  if (event.target.id !== "search") return;
  const text = event.clipboardData.getData("text"), numbers = text.split(/[\r\n\t,;|]+/).filter((part) => (part.match(/\d/g) ?? []).length >= 7);
  if (numbers.length < 2) return;
  event.preventDefault();
  document.querySelector(".more").open = true;
  $("search").value = "";
  $("numbers").value = text.trim();
  $("numbers").focus();
  $("several").requestSubmit();
});

// Bulk lookup: how many numbers were found so far, and how long the rest will take.
function countLookedUp() {
  const all = [...document.querySelectorAll("[data-looked-up]")];
  if (!all.length) return;
  const found = all.filter((row) => row.dataset.lookedUp === "found").length, missing = all.length - found;
  const total = Number(document.querySelector("[data-total]")?.dataset.total ?? all.length), waiting = document.querySelector(".lookup-pending-row");
  const soFar = all.length < total ? " so far" : "";
  fillCopyButton("found", found, soFar);
  fillCopyButton("not-found", missing, soFar);
  const progress = soFar && `: ${all.length} of ${total}${waiting ? timeLeft(all.length, total, waiting) : ""}${waiting?.dataset.wait ? ". Your customers’ messages go first." : ""}`;
  $("summary").textContent = `${found} found, ${missing} not found${soFar}${progress}`;
  if (!waiting) { lookupStart = null; announce($("summary").textContent); }
}
document.addEventListener("htmx:after:swap", (event) => { if (!isResults(event)) countLookedUp(); });
addEventListener("DOMContentLoaded", countLookedUp); // a list that came with the page

// ", about 20 s left": at the speed since the first rows came, or at that of the wait that the server asks for.
let lookupStart = null; // since when, and how many were done then
function timeLeft(done, total, waiting) {
  const now = performance.now(), rest = total - done, wait = Number(waiting.dataset.wait ?? 0);
  if (!lookupStart || lookupStart.done > done) lookupStart = { at: now, done, last: { at: now, done } };
  const each = (since) => (done > since.done ? (now - since.at) / 1000 / (done - since.done) : 0);
  const measured = Math.max(each(lookupStart), each(lookupStart.last)); // the first ones may have come from the cache
  if (done > lookupStart.last.done) lookupStart.last = { at: now, done };
  const seconds = Math.max(rest * measured, wait * Math.ceil(rest / 5));
  if (!seconds) return "";
  return seconds > 90 ? `, about ${Math.round(seconds / 60)} min left` : `, about ${seconds > 10 ? 5 * Math.round(seconds / 5) : Math.ceil(seconds)} s left`;
}

// The numbers of a list that were found, or not found, as they were pasted: one per line.
function fillCopyButton(kind, count, soFar) {
  const button = document.querySelector(`[data-copy-list="${kind}"]`);
  if (!button) return;
  button.hidden = !count;
  button.querySelector("span").textContent = `Copy ${kind === "found" ? "found" : "not found"}${soFar} (${count})`;
}
document.addEventListener("click", (event) => {
  const kind = event.target.closest("[data-copy-list]")?.dataset.copyList;
  if (!kind) return;
  const rows = [...document.querySelectorAll("[data-looked-up]")].filter((row) => (row.dataset.lookedUp === "found") === (kind === "found"));
  copyText(rows.map((row) => row.dataset.typed).join("\n"), event.target.closest("button"), rows.length === 1 ? "1 number copied" : `${rows.length} numbers copied`);
});

// While another profile loads, the rows of this one must not be taken for its rows.
document.addEventListener("desk:profile-change", (event) => {
  const results = $("results"), skeleton = $("skeleton");
  if (!results || !skeleton) return;
  results.replaceChildren(skeleton.content.cloneNode(true));
  results.setAttribute("aria-busy", "true");
  $("summary").textContent = `Opening ${event.detail.title}`;
  announce(`Opening ${event.detail.title}`);
});
