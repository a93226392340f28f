// The page of one person. Without it, Enter in the box of what to find narrows the list by loading the page.
"use strict";

// With it the list is narrowed while one types: Enter there has nothing left to do, and must not save.
document.addEventListener("keydown", (event) => {
  if (event.target.id === "find" && event.key === "Enter") event.preventDefault();
});

// How many are ticked, those that are not shown included.
document.addEventListener("change", (event) => {
  if (event.target.name !== "profiles") return;
  const form = event.target.form, kept = form.elements.kept.value.split(" ").filter(Boolean).length;
  document.getElementById("ticked").textContent = (kept + form.querySelectorAll("[name=profiles]:checked").length).toLocaleString("en");
});
