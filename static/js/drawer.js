// Drawer: one contact beside its list, under the contact's own URL. Without JavaScript it is a page.
// From 960 px on it is a panel beside the list, which stays usable; below that a modal sheet.
"use strict";

// The URL of the list whose rows are in the document. While a contact is open, the browser shows the contact's URL.
const currentUrl = () => location.pathname + location.search;
let listUrl = $("results") ? currentUrl() : null;
const OPEN = { htmx: true, drawer: true }; // history state; htmx overwrites a state without its own key
let openContactId = null; // the id of the contact in the drawer
let returnTo = null; // the row's link that gets the focus after closing
let drawerRequest = null, drawerRequestedAt = 0; // the drawer's last request, and when it started (ms)
let focused = null; // the element that had the focus last
let closing = 0, afterClosing = null; // timer while history goes back to the list's URL; what a person asked for meanwhile
const STEP_DEBOUNCE = 150; // milliseconds; faster steps along the rows are debounced
const WIDE = matchMedia("(min-width: 60rem)");
const NOT_THE_ROW = "a, button, input, label, select, summary"; // what has an effect of its own within a row

const rowLinks = () => [...document.querySelectorAll("#results .phone__link")];
const rowOf = (id) => document.querySelector(`#results tr[data-contact-id="${CSS.escape(id ?? "")}"]`);
const linkOf = (id) => rowOf(id)?.querySelector(".phone__link");
const idIn = (address) => new URL(address, location.href).pathname.match(/contacts\/([0-9a-f-]{36})\/$/)?.[1] ?? null;

for (const name of ["htmx:after:history:push", "htmx:after:history:replace"]) {
  document.addEventListener(name, (event) => { if (!openContactId) listUrl = event.detail.path; });
}
// Back from a contact to the list that is still in the document: no request is needed.
document.addEventListener("htmx:before:history:restore", (event) => {
  if ($("results") && (history.state?.drawer || event.detail.path === listUrl)) event.preventDefault();
  else listUrl = event.detail.path;
});

// Requests from the drawer name the list as current URL: the server finds the contact in its cached page, with no API call.
document.addEventListener("htmx:config:request", (event) => {
  const { request, sourceElement } = event.detail.ctx;
  if (sourceElement.id === "drawer-body") drawerRequest = request;
  if (sourceElement.closest("#drawer")) request.headers["HX-Current-URL"] = new URL(listUrl, location.href).href;
});

// The rows of a list request would be shown under the URL of the contact. Beside a panel the request waits until the panel
// is closed and the URL is the list's again; behind a modal sheet nobody can have meant it.
document.addEventListener("htmx:before:request", (event) => {
  if (!isResults(event) || !$("drawer")?.open) return;
  event.preventDefault();
  const { sourceElement } = event.detail.ctx, shown = new URL(listUrl, location.href).searchParams;
  if (isModal()) { fillBoxes(shown); return; }
  if (sourceElement.id === "filters" && showsFilters(sourceElement, shown)) return; // typed before the row was clicked
  afterClosing = () => { if (sourceElement.isConnected) (sourceElement.matches("form") ? sourceElement.requestSubmit() : sourceElement.click()); };
  const active = document.activeElement;
  $("drawer").close();
  if (active.isConnected && !active.closest("#drawer")) active.focus({ preventScroll: true }); // Chromium gives it to the row
});

// Whether the form has the filters of the list, so that its request would bring the same rows.
function showsFilters(form, shown) {
  const fields = new FormData(form), size = $("page-size");
  return ["search", "channel"].every((name) => (fields.get(name) ?? "") === (shown.get(name) ?? "")) && (!size || size.selectedOptions[0].defaultSelected);
}

const isModal = () => $("drawer").matches(":modal");

function highlightRow(id) {
  document.querySelector(".phone__link[aria-current]")?.removeAttribute("aria-current");
  document.querySelector("tr[data-open]")?.removeAttribute("data-open");
  linkOf(id)?.setAttribute("aria-current", "true");
  rowOf(id)?.setAttribute("data-open", "");
}

function updatePosition(id) {
  const ids = rowLinks().map((link) => idIn(link.href)), at = ids.indexOf(id);
  $("drawer-position").textContent = at < 0 ? "" : `${at + 1} of ${ids.length} on this page`;
  for (const button of document.querySelectorAll("#drawer [data-step]")) {
    button.disabled = at < 0 || !ids[at + Number(button.dataset.step)];
  }
}

async function load(address) {
  const body = $("drawer-body"), id = openContactId = idIn(address), isStepping = Date.now() - drawerRequestedAt < STEP_DEBOUNCE;
  drawerRequestedAt = Date.now();
  highlightRow(id);
  updatePosition(id);
  $("drawer-page").href = address;
  body.setAttribute("aria-busy", "true");
  for (const article of body.querySelectorAll(":scope > div, article")) article.inert = true; // it still shows the previous contact
  if (isStepping) await new Promise((resolve) => { setTimeout(resolve, STEP_DEBOUNCE); }); // it may cost an API call: only for the last step
  if (openContactId !== id) return;
  await htmx.ajax("GET", address, { source: body, target: body, swap: "innerHTML" }).catch(() => {});
  if (openContactId === id) body.setAttribute("aria-busy", "false");
}

function openDrawer(link) {
  if (closing) { // the pending history.back() would leave this contact instead
    afterClosing = () => { if (link.isConnected) openDrawer(link); };
    return;
  }
  if (openContactId) { goTo(link); return; }
  const address = new URL(link.href).pathname;
  currentRequest?.abort();
  fillBoxes(new URL(listUrl, location.href).searchParams); // they show the filters of the list, not of the aborted request
  if (!history.state?.htmx) history.replaceState({ htmx: true }, "", location.href); // so that Back can restore the list after a reload
  history.pushState(OPEN, "", address);
  render(address);
}

function render(address) {
  const drawer = $("drawer"), body = $("drawer-body"), link = linkOf(idIn(address));
  const heading = document.createElement("h1");
  Object.assign(heading, { id: "contact-h", tabIndex: -1, className: "drawer__wait", textContent: link?.textContent ?? "Contact" });
  body.replaceChildren(heading); // the number of the row at once; the response replaces it
  document.title = document.title.replace(/Contacts · Contact Desk$/, "Contact · Contact Desk");
  if (!drawer.open && WIDE.matches) drawer.show();
  else if (!drawer.open) drawer.showModal();
  if (isModal()) drawer.append($("notice"), $("live")); // outside a modal dialog they would be inert
  heading.focus();
  return load(address);
}

function navigate(by) {
  const links = rowLinks(), next = links[links.findIndex((link) => idIn(link.href) === openContactId) + by];
  if (next && openContactId) goTo(next);
}

// Shows another contact in place of the open one. Whoever is in the list stays there.
function goTo(link) {
  const address = new URL(link.href).pathname;
  if (idIn(address) === openContactId) return;
  history.replaceState(OPEN, "", address);
  link.scrollIntoView({ block: "nearest" });
  if (document.activeElement.closest("#results")) link.focus({ preventScroll: true });
  load(address);
}

function closed() {
  const link = returnTo = linkOf(openContactId);
  openContactId = null;
  drawerRequest?.abort();
  document.title = document.title.replace(/Contact · Contact Desk$/, "Contacts · Contact Desk");
  document.body.append($("notice"), $("live"));
  $("drawer-body").replaceChildren();
  highlightRow(null);
  // A panel may be closed from elsewhere, by typing in the search: the focus stays there.
  if (document.activeElement === document.body || document.activeElement.closest("#drawer, #results")) link?.focus();
}

// A click on the backdrop closes if the press began there too, and is no double click: not after a double click on a row or a drag.
let pressedBeside = false;
document.addEventListener("mousedown", (event) => { pressedBeside = event.target === $("drawer") && event.detail < 2; });

const opensTab = (event) => event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey;

// The whole row opens its contact, as its link does; whoever selects text in it does not mean to.
function clickedRow(event) {
  const row = event.target.closest("#results tr[data-contact-id]");
  return row && !event.target.closest(NOT_THE_ROW) && getSelection().isCollapsed ? row.querySelector(".phone__link") : null;
}

for (const kind of ["click", "auxclick"]) {
  document.addEventListener(kind, (event) => {
    const link = event.button < 2 && clickedRow(event);
    if (!link || event.altKey) return;
    if (opensTab(event)) window.open(link.href, "_blank", "noopener");
    else openDrawer(link);
  });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#results .phone__link");
  if (link && event.button === 0 && !opensTab(event) && !event.altKey) {
    event.preventDefault();
    openDrawer(link);
    return;
  }
  const stepButton = event.target.closest("#drawer [data-step]");
  if (stepButton) navigate(Number(stepButton.dataset.step));
  else if (event.target.closest("#drawer [data-close]")) $("drawer").close();
  else if (pressedBeside && event.target === $("drawer")) $("drawer").close();
});

// Closed by Esc, the button or the backdrop: history goes back too. Closed by Back: it already has.
document.addEventListener("close", (event) => {
  if (event.target.id !== "drawer") return;
  if (history.state?.drawer) {
    closing = setTimeout(finishClosing, 500); // in case the browser ignores history.back()
    history.back();
  }
  closed();
  if (!closing) finishClosing();
}, true);

function finishClosing() {
  const action = afterClosing;
  clearTimeout(closing);
  closing = 0;
  afterClosing = null;
  action?.();
}

// Esc closes a modal sheet by itself, a panel here. In the search input it empties the input first.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !$("drawer")?.open || isModal()) return;
  if (document.querySelector("[popover]:popover-open") || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  $("drawer").close();
});

document.addEventListener("focusin", (event) => { focused = event.target; });

addEventListener("popstate", (event) => {
  const drawer = $("drawer");
  if (event.state?.drawer && drawer) render(currentUrl());
  else if (drawer?.open) drawer.close();
  else {
    setTimeout(() => { // Chromium drops the focus a little later
      if (document.activeElement === document.body && returnTo?.isConnected) (focused?.isConnected ? focused : returnTo).focus();
      finishClosing();
    }, 60);
  }
});

document.addEventListener("htmx:after:swap", (event) => {
  const { target, sourceElement } = event.detail.ctx, focusLost = document.activeElement === document.body;
  const focus = (element) => element?.focus({ preventScroll: true });
  if (target?.id === "drawer-body") {
    const heading = $("contact-h");
    if (target.querySelector("[data-error]")) announce(announcementText(target));
    else if (document.activeElement.closest("[data-step]")) announce(`${heading.textContent}, ${$("drawer-position").textContent}`);
    if (focusLost || target.contains(document.activeElement)) focus(heading);
    target.scrollTop = 0;
  } else if (target?.matches?.(".messages")) {
    announce(target.querySelector("[data-error]") ? announcementText(target) : "Message history shown");
    target.tabIndex = -1;
    target.scrollIntoView({ block: "nearest" });
    if (focusLost) focus(target); // the pressed button was replaced
  } else { // a number was revealed, or revealing failed
    const cell = target?.matches?.(".c-phone") ? target : sourceElement.closest?.("#drawer-body, #contact");
    if (!cell) return;
    const number = cell.querySelector(".phone__link, #contact-h");
    announce(cell.querySelector("[data-error]") ? announcementText(cell) || cell.textContent.trim() : number.textContent);
    if (focusLost) focus(number);
  }
});
