// Copy buttons, the reload button, and the link back to the list. Uses announce.js.
"use strict";

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy || `+${button.closest("td").textContent.replace(/\D/g, "")}`);
  } catch {
    announce("Copying is not allowed here");
    return;
  }
  announce("Copied");
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

// "Back to the list" goes back in history if the previous page is that list, so its filters are kept.
function cameFromList(link) {
  if (history.state?.drawer) return true; // a reloaded drawer: the previous history entry is its list
  if (!document.referrer || !(window.navigation?.canGoBack ?? history.length > 1)) return false;
  const from = new URL(document.referrer);
  return from.origin === location.origin && from.pathname === new URL(link.href).pathname;
}
