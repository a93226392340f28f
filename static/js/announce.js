// Announcements: one live region for counts, waits and errors (the last one wins), and the notice above the page.
"use strict";

const $ = (id) => document.getElementById(id);

const timers = { announce: 0, busy: 0, slow: 0 };
function announce(text) {
  clearTimeout(timers.announce);
  $("live").textContent = "";
  timers.announce = setTimeout(() => { $("live").textContent = text; }, 60); // a region that was emptied before is always announced again
}
const announcementText = (element) => [...element.querySelectorAll("[data-announce]")].map((part) => part.textContent.trim()).join(". ");

const NOTICES = {
  session: ["Your session has ended. Sign in again to continue here.", "Sign in again"],
  stale: ["This page is out of date: you signed in again in another tab.", "Reload"],
  gone: ["This no longer exists, or you don’t have access.", "Reload"],
  fault: ["Something went wrong on our side. This page may be out of date.", "Reload"],
  foreign: ["An answer for another profile was refused. This page may be out of date.", "Reload"],
  offline: ["You are offline. This page may be out of date.", "Reload"],
  unreachable: ["The desk cannot be reached. Check your connection.", "Reload"],
};

function showNotice(name) {
  const [text, action] = NOTICES[name], box = $("notice");
  box.querySelector("span").textContent = text;
  box.querySelector("button").textContent = action;
  box.querySelector("button").hidden = name === "offline"; // offline, reloading would lose the page
  box.dataset.notice = name;
  box.hidden = false;
  announce(text);
}
addEventListener("offline", () => showNotice("offline"));
addEventListener("online", () => {
  const box = $("notice");
  if (box.hidden || !["offline", "unreachable"].includes(box.dataset.notice)) return;
  box.hidden = true;
  announce("You are online again");
});
