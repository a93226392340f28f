// Preferences: offers the browser's time zone where it differs from the one in the form, and lets a suggestion replace
// what an input holds: browsers suggest only what contains it.
"use strict";

for (const input of document.querySelectorAll(".prefs input[list]")) {
  input.addEventListener("focus", () => input.select());
}

{
  const offer = document.querySelector("[data-offer-zone]"), input = document.getElementById("time_zone");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone?.replaceAll("_", " ");
  const known = zone && [...input.list.options].some((option) => option.value === zone);
  if (known && zone !== input.value) {
    offer.querySelector("b").textContent = zone;
    offer.hidden = false;
    offer.addEventListener("click", () => { input.value = zone; offer.hidden = true; input.focus(); });
  }
}
