// Command list (Ctrl+K, Cmd+K): opens it, and hands a typed number to the search of the list. The combobox: switcher.js.
"use strict";

// Opens the list; with `only`, nothing but its options of that kind.
function openCommands(only = "") {
  const pop = $("commands");
  if (!pop || pop.matches(":popover-open")) return;
  pop.dataset.only = only;
  document.querySelector("[data-popover='commands']").click();
}

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

document.addEventListener("keydown", (event) => {
  const isK = event.key.toLowerCase() === "k" || (event.key.codePointAt(0) > 127 && event.code === "KeyK"); // another script
  if (!isK || event.altKey || event.shiftKey || event.isComposing || (isApple ? !event.metaKey || event.ctrlKey : !event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  const pop = $("commands");
  if (pop?.matches(":popover-open")) pop.hidePopover();
  else openCommands();
});

document.addEventListener("click", (event) => {
  const option = event.target.closest?.("#commands [role=option]");
  if (!option || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const button = option.dataset.presses && document.querySelector(option.dataset.presses);
  if (option.id === "command-search") searchFor(option, event);
  else if (option.id === "command-lookup") lookUp(event);
  else if (button) {
    event.preventDefault();
    if (option.id === "command-find" && $("profiles")) $("profiles").dataset.typed = $("command").value.trim();
    $("commands").hidePopover();
    button.click();
  }
}, true);

// Ctrl+click opens the list without the number: no URL is made of it here.
function searchFor(option, event) {
  const input = $("command"), box = $("search");
  event.preventDefault();
  if (!box || new URL(option.href).pathname !== location.pathname) { input.form.submit(); return; }
  box.value = input.value.trim();
  $("commands").hidePopover();
  box.focus();
  box.form.requestSubmit();
}

// By POST: the number gets into no URL.
function lookUp(event) {
  const form = $("command-number");
  event.preventDefault();
  form.elements.number.value = $("command").value.trim();
  form.submit();
}

document.addEventListener("toggle", (event) => {
  if (event.target.id === "commands" && event.newState === "closed") event.target.dataset.only = "";
}, true);
