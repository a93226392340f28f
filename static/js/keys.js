// Single-key shortcuts. They can be switched off (WCAG 2.1.4) and never fire in a text input.
"use strict";

const isTyping = (element) => element.matches?.("input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]");

function moveRow(by) {
  if ($("drawer")?.open) { navigate(by); return; }
  const links = rowLinks(), at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

function copyNumber() {
  const source = $("drawer")?.open ? $("drawer") : document.activeElement.closest?.("tr[data-contact-id]") ?? $("contact");
  const button = source?.querySelector("[data-copy-number], .c-phone [data-copy]");
  if (source?.querySelector("[aria-busy=true]")) announce("The contact is still on its way");
  else if (button) copy(button);
  else if (!source) announce("Choose a contact first");
  else announce(source.querySelector("[form=reveal]") ? "Reveal the number first" : "There is no number to copy");
}

// htmx makes new content alive a moment after it is shown: a key in between would leave the page by the link's href.
function press(link) {
  if (link?.matches("[hx-get]")) htmx.process(link);
  link?.click();
}

const SHORTCUTS = {
  "/": () => { const box = $("search") ?? $("lookup-number"); box?.focus(); box?.select(); },
  "j": () => moveRow(1),
  "k": () => moveRow(-1),
  "[": () => press(document.querySelector(".pager [rel=prev]")),
  "]": () => press(document.querySelector(".pager [rel=next]")),
  "p": () => document.querySelector("[data-popover='profiles']")?.click(),
  "c": copyNumber,
  "m": () => press(document.querySelector("article:not([inert]) [data-messages]")),
  "?": () => $("keys")?.showPopover(),
};
const IN_DRAWER = new Set(["j", "k", "c", "m"]);
const AT_KEY = { Slash: "/", BracketLeft: "[", BracketRight: "]" }; // by their place on the keyboard; letters are KeyJ and so on

// What a key means: its character, in either case where Caps Lock is on. On a keyboard of another script, the character
// that a Latin one has in its place. AltGr is how a German keyboard writes brackets, and no modifier of a shortcut.
function shortcutOf(event) {
  const altGr = event.getModifierState("AltGraph");
  if (event.metaKey || (!altGr && (event.ctrlKey || event.altKey))) return null;
  const { key, code } = event;
  if (Object.hasOwn(SHORTCUTS, key)) return key;
  if (event.getModifierState("CapsLock") && !event.shiftKey) return key.toLowerCase();
  if (key.length !== 1 || key.codePointAt(0) < 128 || altGr) return null;
  return event.shiftKey ? (code === "Slash" ? "?" : null) : AT_KEY[code] ?? code.match(/^Key([A-Z])$/)?.[1].toLowerCase();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || isTyping(event.target)) return;
  const key = shortcutOf(event), onRow = event.target.matches?.("#results .phone__link, .drawer:not(:modal) #contact-h");
  // Arrow keys are not character keys: they work on a row even with the shortcuts off.
  if (onRow && (event.key === "ArrowDown" || event.key === "ArrowUp") && !(event.ctrlKey || event.metaKey || event.altKey)) {
    event.preventDefault();
    moveRow(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (document.documentElement.dataset.shortcuts === "off" || !Object.hasOwn(SHORTCUTS, key ?? "")) return;
  if (document.querySelector("[popover]:popover-open") || (document.querySelector("dialog:modal") && !IN_DRAWER.has(key))) return;
  event.preventDefault();
  SHORTCUTS[key]();
});

// In the search input ArrowDown moves to the first row, and Esc leaves the input once it is empty.
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "search" || event.isComposing) return;
  if (event.key === "Escape" && !event.target.value) event.target.blur();
  if (event.key === "ArrowDown" && rowLinks().length) {
    event.preventDefault();
    rowLinks()[0].focus();
  }
});
