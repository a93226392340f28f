// What the pages need beyond HTML and htmx. Nothing here is needed to read a contact.
"use strict";

const $ = (id) => document.getElementById(id);

/* --- One voice: counts, waits and errors are said by one status region, the last word wins. --- */

let saying = 0;
function say(text) {
  clearTimeout(saying);
  $("live").textContent = "";
  saying = setTimeout(() => { $("live").textContent = text; }, 60); // a region that was empty is always read anew
}
const words = (element) => [...element.querySelectorAll("[data-say]")].map((part) => part.textContent.trim()).join(". ");

const NOTICES = {
  session: ["Your session has ended. Sign in again to go on where you are.", "Sign in again"],
  gone: ["This is not here any more, or it is not for you to see.", "Load the page again"],
  fault: ["Something went wrong on our side. What you see is what it was before.", "Load the page again"],
  foreign: ["An answer for another profile was refused. What you see is what it was before.", "Load the page again"],
  offline: ["You are offline. What you see is what it was before.", "Load the page again"],
  unreachable: ["The desk cannot be reached. Check your connection.", "Load the page again"],
};

function notice(name) {
  const [text, action] = NOTICES[name], box = $("notice");
  box.querySelector("span").textContent = text;
  box.querySelector("button").textContent = action;
  box.querySelector("button").hidden = name === "offline"; // loading the page would lose what it still shows
  box.dataset.notice = name;
  box.hidden = false;
  say(text);
}
addEventListener("offline", () => notice("offline"));
addEventListener("online", () => {
  const box = $("notice");
  if (box.hidden || !["offline", "unreachable"].includes(box.dataset.notice)) return;
  box.hidden = true;
  say("You are online again");
});

/* --- The guard: only an answer that calls itself a fragment, of this very profile, is swapped in (architecture, 2 and 6). --- */

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
  if (ours) notice("foreign");
  else if (response.raw.redirected || response.status === 401 || response.status === 403) notice("session");
  else notice(response.status === 404 ? "gone" : "fault");
});

document.addEventListener("htmx:error", (event) => {
  const error = event.detail.error;
  if (error?.name === "AbortError" && event.detail.ctx?.request?.signal?.reason !== "timeout") return;
  notice(navigator.onLine ? "unreachable" : "offline");
});

// htmx 4.0.1 swallows Ctrl- and Cmd-click on a[hx-get]: give the browser its link back.
document.addEventListener("click", (event) => {
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.("a[hx-get]")) event.stopPropagation();
}, true);

/* --- Rows below the fold follow a frame later: what is looked at is painted in half the time. --- */

const ROW = '<tr role="row" data-contact-id';
let below = null; // the rows that are still to come, and whose answer they belong to

function rowsInView() {
  const results = $("results"), height = 16 * parseFloat(getComputedStyle(results).getPropertyValue("--row")) || 44;
  return Math.ceil((innerHeight - Math.max(0, results.getBoundingClientRect().top)) / height);
}

document.addEventListener("htmx:after:request", (event) => {
  if (!isResults(event)) return;
  below = null;
  const { ctx } = event.detail, text = ctx.text;
  let cut = text.indexOf(ROW);
  for (let row = rowsInView(); row > 0 && cut > 0; row--) cut = text.indexOf(ROW, cut + 1);
  const end = text.indexOf("</tbody>", cut);
  if (cut < 0 || end < 0) return;
  below = { request: ctx.request, rows: text.slice(cut, end), table: null };
  ctx.text = text.slice(0, cut) + text.slice(end);
});

document.addEventListener("htmx:after:swap", (event) => {
  const mine = below;
  if (!isResults(event) || mine?.request !== event.detail.ctx.request) return;
  mine.table = $("results").querySelector("tbody");
  const painted = new MessageChannel();
  painted.port1.onmessage = () => addBelow(mine);
  requestAnimationFrame(() => painted.port2.postMessage(null));
});

function addBelow(mine) {
  if (below !== mine) return; // another answer has come
  below = null;
  if (!mine.table?.isConnected) return; // another page has, or one is on its way
  const template = document.createElement("template");
  template.innerHTML = mine.rows;
  const rows = [...template.content.children];
  mine.table.append(...rows);
  if ($("drawer")?.open) { mark(opened); place(opened); } // opened before they came: they are among its next ones
  if (mine.rows.includes(" hx-")) for (const row of rows) htmx.process(row);
  if (ended === asked) $("results").setAttribute("aria-busy", "false");
}

/* --- Results: busy while they load, boxes that follow, focus that stays or moves on. --- */

const LATE = 200, WAIT_IS_LONG = 900; // milliseconds until a wait is shown, and until it is worth a word
let late = 0, waiting = 0, movedOn = false;
let asked = null, ended = null; // the last request for results, and the last that is over

document.addEventListener("htmx:before:request", (event) => {
  if (!isResults(event)) return;
  asked = event.detail.ctx.request;
  $("results").setAttribute("aria-busy", "true");
  settle();
  late = setTimeout(() => { // dimming fifty rows and starting a bar for nothing cost more than an answer
    $("results").classList.add("is-late");
    $("busy").classList.add("is-late");
  }, LATE);
  waiting = setTimeout(() => say("Loading contacts"), WAIT_IS_LONG);
  const source = event.detail.ctx.sourceElement;
  movedOn = Boolean(source.closest(".pager"));
  if (source.id === "filters") $("phone").value = $("numbers").value = "";
  if (source.id === "lookup") fillBoxes(new URLSearchParams({ phone: $("phone").value }));
  if (source.id === "several") fillBoxes(new URLSearchParams({ search: $("numbers").value }));
});

function settle() {
  clearTimeout(late);
  clearTimeout(waiting);
}

document.addEventListener("htmx:finally:request", (event) => {
  if (!isResults(event) || event.detail.ctx.request !== asked) return; // another took its place, and is under way
  ended = asked;
  settle();
  if (!below?.table) $("results")?.setAttribute("aria-busy", "false");
  for (const id of ["results", "busy"]) $(id)?.classList.remove("is-late");
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target === document.body && $("summary")) say($("summary").textContent); // Back: no page was loaded
  if (!isResults(event)) return;
  settle();
  const results = $("results");
  for (const name of ["hx-get", "hx-trigger"]) results.removeAttribute(name); // the page has its rows now
  if (results.querySelector("[data-problem]")) say(words(results));
  else say([$("summary"), $("reading").querySelector("[data-said]")].map((part) => part?.textContent.trim()).filter(Boolean).join(". "));
  countLookedUp();
  fillBoxes(new URLSearchParams(location.search));
  // Chips and buttons that were pressed are gone now; the heading says what came instead.
  if (movedOn || document.activeElement === document.body) $("results-h")?.focus({ preventScroll: true });
});

// The boxes say what the list is of, unless someone is typing in one.
function fillBoxes(parameters) {
  const search = parameters.get("search") ?? "", several = search.includes("\n");
  const texts = { search: several ? "" : search, numbers: several ? search.replaceAll("\r", "") : "", phone: parameters.get("phone") ?? "" };
  for (const [name, text] of Object.entries(texts)) {
    const box = $(name);
    if (box && document.activeElement !== box && box.value !== text) box.value = text;
  }
  const channel = $("channels")?.querySelector(`[value="${CSS.escape(parameters.get("channel") ?? "")}"]`);
  if (channel) channel.checked = true;
}

// What was typed before htmx listened has not been asked for.
document.addEventListener("htmx:after:process", (event) => {
  if (event.target !== document.body) return;
  for (const box of document.querySelectorAll("input[type=search]")) {
    if (box.value !== box.defaultValue) box.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

// Several numbers pasted into the search go where there is room for them, and are looked up.
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

// Of several numbers: how many were found so far.
function countLookedUp() {
  const all = [...document.querySelectorAll("[data-looked-up]")];
  if (!all.length) return;
  const found = all.filter((row) => row.dataset.lookedUp === "found").length, waiting = document.querySelector(".rest-row");
  $("summary").textContent = `${found} found, ${all.length - found} not found${waiting ? ", looking up the rest" : ""}`;
  if (!waiting) say($("summary").textContent);
}
document.addEventListener("htmx:after:swap", (event) => { if (!isResults(event)) countLookedUp(); });

// On the way to another profile the rows of this one must not look like its rows.
document.addEventListener("desk:leaving", (event) => {
  const results = $("results"), skeleton = $("skeleton");
  if (!results || !skeleton) return;
  results.replaceChildren(skeleton.content.cloneNode(true));
  results.setAttribute("aria-busy", "true");
  $("summary").textContent = `Opening ${event.detail.title}`;
  say(`Opening ${event.detail.title}`);
});

/* --- Copying, reloading, going back --- */

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy || `+${button.closest("td").textContent.replace(/\D/g, "")}`);
  } catch {
    say("Copying is not allowed here");
    return;
  }
  say("Copied");
  if (button.classList.contains("is-done")) return;
  const use = button.querySelector("use"), was = use?.getAttribute("href");
  button.classList.add("is-done");
  use?.setAttribute("href", was.replace(/#.*/, "#check"));
  setTimeout(() => { button.classList.remove("is-done"); use?.setAttribute("href", was); }, 1400);
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
  if (history.state?.drawer) return true; // a drawer that was reloaded stands on its list
  if (!document.referrer || !(window.navigation?.canGoBack ?? history.length > 1)) return false;
  const from = new URL(document.referrer);
  return from.origin === location.origin && from.pathname === new URL(link.href).pathname;
}

/* --- The theme, changed at once and kept on the server. --- */

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-theme-toggle]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button"), theme = button.value, other = theme === "dark" ? "light" : "dark";
  const body = new FormData(form, button);
  const choice = document.querySelector(`.prefs [name="theme"][value="${theme}"]`); // or saving would take it back
  document.documentElement.dataset.theme = theme;
  document.querySelector("meta[name='color-scheme']").content = theme;
  if (choice) choice.checked = true;
  button.value = other; // before the answer: whoever presses twice goes there and back
  button.setAttribute("aria-label", `${other[0].toUpperCase()}${other.slice(1)} theme`);
  const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.status !== 204) notice(!answer ? "unreachable" : answer.status < 500 ? "session" : "fault");
});

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

addEventListener("beforeprint", () => {
  for (const now of document.querySelectorAll("[data-now]")) now.textContent = new Date().toLocaleString();
});

// A page from the browser's memory may be another person's: load it anew.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
