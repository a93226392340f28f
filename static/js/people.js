// Person form: profile search and count of selected profiles. Without JavaScript, Enter in the search loads the page.
"use strict";

// The list is filtered while typing, so Enter in the search has nothing to do, and must not save the form.
document.addEventListener("keydown", (event) => {
  if (event.target.id === "find" && event.key === "Enter") event.preventDefault();
});

// The count of selected profiles, those hidden by the search included.
document.addEventListener("change", (event) => {
  if (event.target.name !== "profiles") return;
  const form = event.target.form, hiddenCount = form.elements.kept.value.split(" ").filter(Boolean).length;
  document.getElementById("selected").textContent = (hiddenCount + form.querySelectorAll("[name=profiles]:checked").length).toLocaleString("en");
});
