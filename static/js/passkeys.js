// Passkeys, the only part of sign-in that needs JavaScript: a form with data-passkey requests one from the browser.
// Its value is the purpose: "sign-in", "use" (second factor or reauthentication) or "add".
"use strict";

{
  const MESSAGES = {
    NotAllowedError: "No passkey was used. Try again, or choose another way.",
    InvalidStateError: "This device already has a passkey of yours.",
    SecurityError: "Passkeys don’t work at this address. Ask an admin.",
    slow: "Too many attempts. Wait a minute, then try again.",
    fault: "Sign-in failed. Check your connection, then try again.",
  };

  const pageOptions = () => JSON.parse(document.getElementById("js_data").textContent);

  // Only discoverable credentials with user verification: no user name is needed, but a fingerprint, face or PIN.
  function creationOptions() {
    const options = pageOptions().creation_options;
    Object.assign(options.publicKey.authenticatorSelection, { residentKey: "required", requireResidentKey: true, userVerification: "required" });
    return options;
  }

  async function requestOptions(form) {
    const response = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!response.ok) throw Object.assign(new Error(response.statusText), { name: response.status === 429 ? "slow" : "fault" });
    return (await response.json()).request_options;
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

  const isSupported = Boolean(window.webauthnJSON?.supported());
  for (const fallback of document.querySelectorAll("[data-no-passkeys]")) fallback.hidden = isSupported;
  for (const form of isSupported ? document.querySelectorAll("[data-passkey]") : []) {
    const button = form.querySelector("button");
    form.hidden = false;
    form.addEventListener("submit", (event) => { event.preventDefault(); button.click(); }); // Enter in an input
    button.addEventListener("click", () => run(form, button));
  }
}
