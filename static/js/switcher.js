// The profile switcher. Uses $ and say of app.js.
"use strict";

document.addEventListener("htmx:before:request", (event) => {
  const link = event.detail.ctx.sourceElement.closest?.("[data-opens]");
  if (link) $(link.dataset.opens).showPopover({ source: link });
});
document.addEventListener("toggle", (event) => {
  if (event.target.id !== "profiles") return;
  document.querySelector("[data-opens='profiles']").setAttribute("aria-expanded", String(event.newState === "open"));
  if (event.newState === "closed") event.target.replaceChildren();
}, true);

const optionsOf = (form) => [...document.querySelectorAll(`${form.dataset.filters} > li`)];
document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-filters]");
  if (!form) return;
  const wanted = event.target.value.trim().toLowerCase();
  let left = 0;
  for (const item of optionsOf(form)) {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
    if (!item.hidden) left += 1;
  }
  form.parentElement.querySelector("[data-count]").textContent = left;
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest(".pop [data-filters]");
  if (!form) return;
  event.preventDefault();
  optionsOf(form).find((item) => !item.hidden)?.querySelector("a")?.click();
});
