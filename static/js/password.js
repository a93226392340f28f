// Password inputs: a button that shows what is typed in its form. Without JavaScript there is none.
"use strict";

const BUTTONS = [...document.querySelectorAll("[data-show-password]")];

for (const button of BUTTONS) {
  const input = button.previousElementSibling, form = input.form;
  const all = BUTTONS.filter((other) => other.previousElementSibling.form === form);
  const show = (visible) => all.forEach((each) => {
    each.previousElementSibling.type = visible ? "text" : "password";
    each.setAttribute("aria-pressed", visible);
    each.title = visible ? "Hide password" : "Show password";
  });
  button.hidden = false;
  // Tab leads from one box to the next, or what is typed there presses the button. The last one shows all of the form.
  if (button !== all.at(-1)) button.tabIndex = -1;
  button.addEventListener("click", (event) => {
    show(input.type === "password");
    if (event.detail) input.focus(); // by mouse; a key that is typed on goes nowhere else
  });
  // Hidden again before it is sent: browsers suggest what was typed into a text input to whoever comes next.
  form.addEventListener("submit", () => show(false));
  addEventListener("pagehide", () => show(false));
}
