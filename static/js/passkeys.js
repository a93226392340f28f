// Passkeys, the one thing of signing in that needs JavaScript: a form marked with data-passkey asks the browser for one.
// Its mark says what for: "sign-in", "use" (as a second step, or to confirm) or "add".
"use strict";

{
  const MESSAGES = {
    NotAllowedError: "No passkey was used. Try again, or choose another way.",
    InvalidStateError: "This device holds a passkey of yours already.",
    SecurityError: "Passkeys do not work at this address. Ask an admin.",
    slow: "Too many tries. Wait a minute, then try again.",
    fault: "That did not work. Check your connection, then try again.",
  };

  const pageOptions = () => JSON.parse(document.getElementById("js_data").textContent);

  // Only whole passkeys: found without a user name, and opened by fingerprint, face or PIN.
  function creationOptions() {
    const options = pageOptions().creation_options;
    Object.assign(options.publicKey.authenticatorSelection, { residentKey: "required", requireResidentKey: true, userVerification: "required" });
    return options;
  }

  async function requestOptions(form) {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw Object.assign(new Error(answer.statusText), { name: answer.status === 429 ? "slow" : "fault" });
    return (await answer.json()).request_options;
  }

  const ACTIONS = {
    "sign-in": async (form) => webauthnJSON.get(await requestOptions(form)),
    use: () => webauthnJSON.get(pageOptions().request_options),
    add: () => webauthnJSON.create(creationOptions()),
  };

  async function run(form, button) {
    const message = form.querySelector("[data-passkey-message]");
    message.hidden = true;
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(await ACTIONS[form.dataset.passkey](form));
      form.submit();
    } catch (error) {
      message.textContent = MESSAGES[error.name] ?? MESSAGES.fault;
      message.hidden = false;
      button.disabled = false;
    }
  }

  const able = Boolean(window.webauthnJSON?.supported());
  for (const words of document.querySelectorAll("[data-no-passkeys]")) words.hidden = able;
  for (const form of able ? document.querySelectorAll("[data-passkey]") : []) {
    const button = form.querySelector("button");
    form.hidden = false;
    form.addEventListener("submit", (event) => { event.preventDefault(); button.click(); }); // Enter in a box
    button.addEventListener("click", () => run(form, button));
  }
}
