// Keys that this device or a small stick holds: the browser is asked to make one, or to show that it has one.
const asked = (form) => JSON.parse(document.getElementById(form.dataset.options).textContent);

const ways = {
  add: (form) => {
    const options = asked(form).creation_options;
    const alone = form.elements.passwordless.checked;
    const wish = options.publicKey.authenticatorSelection;
    wish.residentKey = alone ? "required" : "discouraged";
    wish.requireResidentKey = alone;
    if (alone) wish.userVerification = "required";
    return window.webauthnJSON.create(options);
  },
  show: (form) => window.webauthnJSON.get(asked(form).request_options),
  enter: async (form) => {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    return window.webauthnJSON.get((await answer.json()).request_options);
  },
};

const isPossible = Boolean(window.PublicKeyCredential && window.webauthnJSON);
for (const told of document.querySelectorAll("[data-impossible]")) told.hidden = isPossible;
for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !isPossible;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await ways[form.dataset.passkey](form));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
