// Theme toggle: applied at once, then stored on the server. Uses announce.js, htmx-guard.js.
"use strict";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-theme-toggle]");
  if (!form) return;
  event.preventDefault();
  const buttons = [...form.elements].filter((element) => element.name === "theme"); // a phone's is in the account menu
  const theme = buttons[0].value, other = theme === "dark" ? "light" : "dark", label = `${other[0].toUpperCase()}${other.slice(1)} theme`;
  const body = new FormData(form, buttons[0]);
  const choice = document.querySelector(`.prefs [name="theme"][value="${theme}"]`); // on the preferences page, so that saving keeps it
  document.documentElement.dataset.theme = theme;
  document.querySelector("meta[name='color-scheme']").content = theme;
  if (choice) choice.checked = true;
  for (const button of buttons) {
    const picture = button.querySelector("use"), text = button.querySelector("span");
    button.value = other; // before the response: a second press toggles back
    picture.setAttribute("href", picture.getAttribute("href").replace(/#.*/, other === "light" ? "#sun" : "#moon"));
    if (text) text.textContent = label;
    else for (const name of ["title", "aria-label"]) button.setAttribute(name, label);
  }
  const send = () => fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
  let response = await send();
  const token = response?.headers.get("X-Form-Token"); // signed in again in another tab: the form's own token is out of date
  if (token) {
    form.elements.csrfmiddlewaretoken.value = token;
    body.set("csrfmiddlewaretoken", token);
    response = await send();
  }
  if (response?.status === 204) return;
  if (response?.redirected) endSession();
  else showNotice(!response ? "unreachable" : response.status < 500 ? "stale" : "fault");
});
