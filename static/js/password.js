// Password inputs: a button that shows what is typed. Without JavaScript there is none.
"use strict";

for (const button of document.querySelectorAll("[data-show-password]")) {
  const input = button.previousElementSibling;
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    button.setAttribute("aria-pressed", visible);
    button.title = visible ? "Hide password" : "Show password";
  };
  button.hidden = false;
  button.addEventListener("click", () => { show(input.type === "password"); input.focus(); });
  // Hidden again before it is sent: browsers suggest what was typed into a text input to whoever comes next.
  input.form.addEventListener("submit", () => show(false));
  addEventListener("pagehide", () => show(false));
}
