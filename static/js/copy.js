// Copy buttons, the reload button, and the link back to the list. Uses announce.js, drawer.js.
"use strict";

// Numbers come from the attribute: extensions of the browser write into the text of a cell ("Call with 3CX").
function copy(button) {
  const text = copiedText(button);
  if (button.matches("[data-copy-number], .c-phone *") && !/^\d{7,15}$/.test(text.replace(/\D/g, ""))) {
    announce("This isn’t a whole phone number, so it wasn’t copied");
    return;
  }
  copyText(text, button, "Copied");
}

// A row's button says only how the number is read out: "Copy +1 201-555-0143".
const copiedText = (button) => button.dataset.copy || "+" + button.ariaLabel.replace(/[^0-9]/g, "");

async function copyText(text, button, words) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    announce("Copying is not allowed here");
    return;
  }
  announce(words);
  if (button.classList.contains("is-done")) return;
  const use = button.querySelector("use"), was = use?.getAttribute("href");
  const label = button.matches(".btn") ? button.lastChild : null, name = label?.textContent;
  button.classList.add("is-done");
  use?.setAttribute("href", was.replace(/#.*/, "#check"));
  if (label) { button.style.minWidth = `${button.offsetWidth}px`; label.textContent = "Copied"; } // what stands beside it stays in place
  setTimeout(() => {
    button.classList.remove("is-done");
    use?.setAttribute("href", was);
    if (label?.textContent === "Copied") label.textContent = name;
    button.style.minWidth = "";
  }, 1400);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  else if (event.target.closest("[data-reload]")) reload();
  else if (event.target.closest("[data-back]") && cameFromList(event.target.closest("[data-back]"))) {
    event.preventDefault();
    history.back();
  }
});

// After signing in again, what was typed or chosen meanwhile is searched: it must not be typed twice.
function reload() {
  if ($("notice").dataset.notice === "session" && hasEntries()) { open("/sign-in/", "_blank", "noopener"); return; }
  const form = ["session", "stale"].includes($("notice").dataset.notice) && changedForm();
  if (!form) { location.reload(); return; }
  const to = new URLSearchParams(new FormData(form)), size = listParameters().get("page_size");
  if (size && !to.has("page_size")) to.set("page_size", size); // its select went with the rows
  location.assign(`${form.getAttribute("action")}?${to}`);
}

// Whether a form that is sent by POST has something in it that a reload would lose: signing in then takes a new tab.
function hasEntries() {
  return [...document.querySelectorAll("main form[method=post] :is(input, select, textarea)")].some((field) =>
    field.matches("select") ? [...field.options].some((option) => option.selected !== option.defaultSelected)
    : field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked
    : field.type !== "hidden" && field.value !== field.defaultValue);
}

// The form whose input differs from the list in the document, else null. While a contact is open, the URL is the contact's.
function changedForm() {
  if (!$("filters")) return null;
  const shown = listParameters(), search = shown.get("search") ?? "", several = search.includes("\n");
  if ($("numbers").value !== (several ? search.replaceAll("\r", "") : "")) return $("several");
  const text = several ? "" : search || (shown.get("phone") ?? ""), channel = new FormData($("filters")).get("channel") ?? "";
  return $("search").value !== text || channel !== (shown.get("channel") ?? "") ? $("filters") : null;
}
const listParameters = () => new URL(listUrl ?? "", location.href).searchParams;

// "Back to the list" goes back in history if the previous page is that list, so its filters are kept.
function cameFromList(link) {
  if (history.state?.drawer) return true; // a reloaded drawer: the previous history entry is its list
  if (!document.referrer || !(window.navigation?.canGoBack ?? history.length > 1)) return false;
  const from = new URL(document.referrer);
  return from.origin === location.origin && from.pathname === new URL(link.href).pathname;
}
