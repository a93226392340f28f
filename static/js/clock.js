// Clocks: the age of the shown data, and the retry countdown after a rate limit.
"use strict";

const UNITS = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [Infinity, 86400, "d"]];
function ago(seconds) {
  if (seconds < 1) return "just now";
  const [, unit, name] = UNITS.find(([limit]) => seconds < limit);
  return `${Math.floor(seconds / unit)} ${name} ago`;
}

// The age in seconds is the server's, and time is counted from then on: a browser's clock may be wrong by minutes.
const firstSeen = new WeakMap();
function ageOf(time) {
  const seen = firstSeen.get(time);
  if (seen?.age === time.dataset.age) return Number(seen.age) + Math.max(0, Date.now() - seen.at) / 1000;
  firstSeen.set(time, { age: time.dataset.age, at: Date.now() });
  return Number(time.dataset.age);
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-age]")) time.textContent = ago(ageOf(time));
  for (const clock of document.querySelectorAll("[data-countdown]")) {
    const left = Number(clock.dataset.countdown) - 1;
    if (left < 0) continue;
    clock.dataset.countdown = left;
    clock.textContent = left ? `in ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "now";
    // Up to 2 s of jitter, so that a whole team does not retry in the same second.
    if (left === 0) setTimeout(() => { if (clock.isConnected) clock.closest(".state")?.querySelector("[data-retry]")?.click(); }, Math.random() * 2000);
  }
}, 1000);

addEventListener("beforeprint", () => {
  for (const now of document.querySelectorAll("[data-now]")) now.textContent = new Date().toLocaleString();
});

// A page from the back-forward cache may be another person's: reload it.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
